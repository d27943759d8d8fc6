import Bytes
import Compression
import Model
import Primitives
import Wire

/// Reads a snapshot: its canonical stream, portion by portion.
///
/// One thread at a time. A file that is removed while it is read must stay readable in `SegmentFiles`, or be kept.
package final class SnapshotReader: @unchecked Sendable {
    private let files: any SegmentFiles
    package let name: String
    package let header: SnapshotFile
    /// Index, term and configuration.
    package let head: SnapshotMark
    private let seal: SnapshotSeal
    private let inflater = Inflater()
    private let size: Int
    private var offset = LogLimits.pageBytes
    /// Where in the canonical stream the next portion begins.
    private var position: UInt64 = 0
    /// Of the stream so far; `nil` behind its end.
    private var hash: HashStream? = HashStream()
    private var isDone = false

    /// - Throws: as every opening of a file here.
    package init(
        _ files: any SegmentFiles, identity: LogIdentity, keys: LogKeys, name: String
    ) throws(LogError) {
        let page = try at(name) { () throws(FileError) in try files.read(name, at: 0, count: LogLimits.pageBytes) }
        header = try SnapshotFile(page, identity: identity, file: name)
        let key = try keys.fileKey(
            header.keyID, header.fileID, identity, personal: SnapshotFile.personal, commitment: header.commitment,
            name: name)
        seal = SnapshotSeal(page: page, key)
        self.files = files
        self.name = name
        size = try at(name) { () throws(FileError) in try files.size(name) }
        guard let first = try Self.frame(files, name, offset, size), first.kind == .head,
            let text = seal.open(try Self.chunk(files, name, offset, first)),
            let head = try? SnapshotMark.decode(text), head.index == header.index, head.term == header.term
        else { throw .corrupt(file: name, offset: LogLimits.pageBytes) }
        self.head = head
        offset += first.bytes
    }

    /// The next portion of the canonical stream, at most 64 KiB; `nil` at its authenticated end.
    ///
    /// - Throws: `corrupt` for a file that does not open up to its end.
    package func next() throws(LogError) -> Bytes? {
        if isDone { return nil }
        guard let frame = try Self.frame(files, name, offset, size),
            let text = seal.open(try Self.chunk(files, name, offset, frame))
        else { throw .corrupt(file: name, offset: offset) }
        let portion: Bytes
        switch frame.kind {
        case .deflated:
            guard let raw = try? inflater.inflate(text, length: frame.covers, limit: LogLimits.chunkBytes) else {
                throw .corrupt(file: name, offset: offset)
            }
            portion = raw
        case .plain:
            guard text.count == frame.covers, !text.isEmpty else { throw .corrupt(file: name, offset: offset) }
            portion = text
        case .end:
            try finish(text, frame)
            return nil
        case .head:
            throw .corrupt(file: name, offset: offset)
        }
        guard !portion.isEmpty else { throw .corrupt(file: name, offset: offset) }
        hash?.update(portion)
        offset += frame.bytes
        position += UInt64(portion.count)
        return portion
    }

    private func finish(_ text: Bytes, _ frame: Frame) throws(LogError) {
        guard text.count == 40, text.number(at: 0) == position, offset + frame.bytes == size else {
            throw .corrupt(file: name, offset: offset)
        }
        if let whole = hash.take() {
            guard whole.digest().bytes == text.slice(8..<40) else { throw .corrupt(file: name, offset: offset) }
        }
        isDone = true
    }

    private struct Frame {
        var length: Int
        var covers: Int
        var kind: SnapshotFile.Kind
        var bytes: Int { SnapshotFile.clearBytes + length + SnapshotFile.tagBytes }
    }

    /// The clear part of the chunk at `offset`, with its lengths in bounds; `nil`: there is none.
    private static func frame(
        _ files: any SegmentFiles, _ name: String, _ offset: Int, _ size: Int
    ) throws(LogError) -> Frame? {
        let clear = try at(name) { () throws(FileError) in
            try files.read(name, at: offset, count: SnapshotFile.clearBytes)
        }
        guard clear.count == SnapshotFile.clearBytes, let kind = SnapshotFile.Kind(rawValue: clear[8]) else {
            return nil
        }
        let frame = Frame(
            length: Int(clear.number(at: 0, as: UInt32.self)), covers: Int(clear.number(at: 4, as: UInt32.self)),
            kind: kind)
        guard frame.length <= LogLimits.storedChunkBytes, frame.covers <= LogLimits.chunkBytes,
            clear.slice(9..<16).allSatisfy({ $0 == 0 }), offset + frame.bytes <= size
        else { return nil }
        return frame
    }

    private static func chunk(
        _ files: any SegmentFiles, _ name: String, _ offset: Int, _ frame: Frame
    ) throws(LogError) -> Bytes {
        let chunk = try at(name) { () throws(FileError) in try files.read(name, at: offset, count: frame.bytes) }
        guard chunk.count == frame.bytes else { throw .corrupt(file: name, offset: offset) }
        return chunk
    }
}
