import Bytes
import Compression
import Model
import Wire

extension LogEntry {
    /// `entry` as it rests: its body compressed alone where that saves, `sealed` as it is.
    init(_ entry: Entry) {
        term = entry.term
        index = entry.index
        kind = entry.kind
        minLevel = entry.minLevel
        sealed = entry.sealed
        entryUnknown = Bytes(entry.unknown.raw)
        // What fits beside an entry's other fields in one sector gains nothing.
        if entry.body.count > 64, let block = LZ4.compress(entry.body) {
            codec = .lz4
            rawLength = UInt32(entry.body.count)
            body = block
        } else {
            body = entry.body
        }
    }

    /// The entry again, or `nil` when no writer of ours can have written this.
    var entry: Entry? {
        guard index > .zero else { return nil }
        let text: Bytes
        switch codec {
        case .none:
            guard rawLength == 0 else { return nil }
            text = body
        case .lz4:
            let length = Int(rawLength)
            guard let raw = try? LZ4.decompress(body, length: length, limit: LogLimits.entryBytes) else { return nil }
            text = raw
        default:
            return nil
        }
        guard text.count + sealed.count <= LogLimits.entryBytes else { return nil }
        var entry = Entry(term: term, index: index, kind: kind, minLevel: minLevel, body: text, sealed: sealed)
        entry.unknown = UnknownFields(raw: entryUnknown.array)
        return entry
    }
}
