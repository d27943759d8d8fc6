import Bytes
import Model
import Primitives

/// The first page of a segment. `proto/README.md`, "Segment".
struct SegmentHeader: Equatable {
    static let magic: StaticString = "CNCLSEG1"
    static let personal: StaticString = "conclave/segment"

    var keyID: UInt32
    var identity: LogIdentity
    var fileID: FileID
    var seq: UInt64
    /// The index of the next entry when the segment began.
    var firstIndex: Index
    var firstOrdinal: UInt64
    /// Where the segment before ends: its last record that counts, its file and that record's tag.
    var previousOrdinal: UInt64
    var previousFile: FileID
    var previousTag: Bytes
    var salt: UInt64
    var commitment: Digest
    var bytes: Int

    var name: String { Self.name(seq, firstIndex) }

    static func name(_ seq: UInt64, _ firstIndex: Index) -> String {
        "seg-\(hex(seq))-\(hex(firstIndex.rawValue)).clog"
    }

    /// Sequence number and first index that a file's name states, or `nil` when it is no segment's.
    static func parse(_ name: String) -> (seq: UInt64, firstIndex: Index)? {
        let text = Array(name.utf8)
        guard text.count == 42, name.hasPrefix("seg-"), name.hasSuffix(".clog"), text[20] == UInt8(ascii: "-") else {
            return nil
        }
        guard let seq = UInt64(String(decoding: text[4..<20], as: UTF8.self), radix: 16),
            let first = UInt64(String(decoding: text[21..<37], as: UTF8.self), radix: 16),
            name == Self.name(seq, Index(first))
        else { return nil }
        return (seq, Index(first))
    }

    /// 16 digits, zero-padded, so that names sort as numbers do.
    static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    var page: [UInt8] {
        var page = [UInt8](page: Self.magic, keyID: keyID, identity: identity, fileID: fileID)
        page.put(seq, at: 72)
        page.put(firstIndex.rawValue, at: 80)
        page.put(firstOrdinal, at: 88)
        page.put(previousOrdinal, at: 96)
        page.put(previousFile, at: 104)
        page.put(previousTag, at: 120)
        page.put(salt, at: 136)
        page.put(commitment, at: 144)
        page.put(UInt64(bytes), at: 176)
        page.putSum()
        return page
    }

    /// Reads the header of `file`, whose name and size must agree with it.
    static func read(
        _ page: Bytes, identity: LogIdentity, file: String, size: Int
    ) throws(LogError) -> SegmentHeader {
        let head = try PageHead(page, magic: magic, identity: identity, file: file)
        let header = SegmentHeader(
            keyID: head.keyID, identity: identity, fileID: head.fileID, seq: page.number(at: 72),
            firstIndex: Index(page.number(at: 80)), firstOrdinal: page.number(at: 88),
            previousOrdinal: page.number(at: 96), previousFile: page.fixed(at: 104),
            previousTag: page.slice(120..<136), salt: page.number(at: 136), commitment: page.digest(at: 144),
            bytes: Int(clamping: page.number(at: 176, as: UInt64.self)))
        guard header.name == file else { throw .forged(file: file, offset: 0) }
        guard header.bytes == size else { throw .corrupt(file: file, offset: min(size, header.bytes)) }
        // The last number there is has no successor to go on with.
        guard header.firstOrdinal > header.previousOrdinal, header.seq < .max, header.page == page.array else {
            throw .corrupt(file: file, offset: 0)
        }
        return header
    }
}
