import Bytes
import Compression
import Model
import Primitives
import Wire

/// Writes a snapshot: piece by piece from the store, or portion by portion of the canonical stream from a leader.
///
/// One thread at a time; not the log's, which it would hold up. Dropped unfinished it leaves a `.tmp`, which
/// `SnapshotFile.tidy` removes.
package final class SnapshotWriter: @unchecked Sendable {
    private let files: any SegmentFiles
    private let identity: LogIdentity
    private let keys: LogKeys
    private let header: SnapshotFile
    private let head: SnapshotMark
    private let temporary: String
    private let seal: SnapshotSeal
    private let deflater = Deflater()
    private var random: any RandomNumberGenerator
    /// Of the canonical stream so far; `nil` when finished.
    private var hash: HashStream?
    private var incoming = SnapshotPieces()
    /// What the next chunk will hold, all of one kind.
    private var gathered: [UInt8] = []
    private var isRaw = false
    private var offset = LogLimits.pageBytes
    private var synced = 0
    /// Length of the canonical stream so far: where a transfer goes on.
    package private(set) var count: UInt64 = 0

    /// - Throws: `full` or `failed`.
    package init(
        _ files: any SegmentFiles, identity: LogIdentity, keys: LogKeys, head: SnapshotMark,
        random: any RandomNumberGenerator = SecureGenerator()
    ) throws(LogError) {
        var random = random
        let key = keys.current
        let fileID = FileID(random: &random)
        let fileKey = LogKeys.derive(key, fileID, identity, personal: SnapshotFile.personal)
        header = SnapshotFile(
            keyID: key.id, fileID: fileID, index: head.index, term: head.term, commitment: fileKey.commitment)
        let page = header.page(identity)
        seal = SnapshotSeal(page: Bytes(page), fileKey)
        hash = HashStream()
        self.files = files
        self.identity = identity
        self.keys = keys
        self.head = head
        self.random = random
        let name = "\(SnapshotFile.name(head.index, head.term)).tmp"
        temporary = name
        try at(name) { () throws(FileError) in
            if try files.list().contains(name) { try files.remove(name) }
            try files.create(name, bytes: 0)
            try page.write(to: files, name, at: 0)
        }
        try put(.head, head.encoded(), covers: 0)
    }

    /// Adds one piece, at most 1 MiB.
    package func append(_ piece: SnapshotPieces.Piece) throws(LogError) {
        let framed = piece.framed
        if piece.isRaw != isRaw {
            try flush()
            isRaw = piece.isRaw
        }
        hash?.update(Bytes(framed))
        count += UInt64(framed.count)
        var place = 0
        while place < framed.count {
            let end = min(framed.count, place + LogLimits.chunkBytes - gathered.count)
            gathered.append(contentsOf: framed[place..<end])
            place = end
            if gathered.count == LogLimits.chunkBytes { try flush() }
        }
    }

    /// Adds a portion of a canonical stream, cut anywhere.
    ///
    /// - Throws: `corrupt` when it is none.
    package func append(stream portion: Bytes) throws(LogError) {
        incoming.add(portion)
        while let piece = try incoming.next() { try append(piece) }
    }

    /// Stores the snapshot under its name and reads it again through the opener. When this returns, its mark may go
    /// into the log; older snapshots and segments may go after that.
    package func finish(reset: Bool = false) throws(LogError) -> LogMark {
        guard incoming.isWhole else { throw .corrupt(file: temporary, offset: offset) }
        try flush()
        var text = [UInt8](repeating: 0, count: 8)
        text.put(count, at: 0)
        guard let whole = hash.take() else { preconditionFailure("a snapshot is finished once") }
        text += whole.digest().bytes
        try put(.end, Bytes(text), covers: 0)
        let name = SnapshotFile.name(head.index, head.term)
        try at(name) { () throws(FileError) in
            try files.sync(temporary)
            try files.rename(temporary, to: name)
            try files.syncFolder()
        }
        let reader = try SnapshotReader(files, identity: identity, keys: keys, name: name)
        while try reader.next() != nil {}
        var mark = LogMark()
        mark.index = head.index
        mark.term = head.term
        mark.file = Bytes(header.fileIDBytes)
        mark.reset = reset
        mark.configuration = head.configuration
        return mark
    }

    private func flush() throws(LogError) {
        guard !gathered.isEmpty else { return }
        let text = Bytes(gathered)
        gathered.removeAll(keepingCapacity: true)
        if !isRaw {
            let deflated = deflater.deflate(text)
            if deflated.count < text.count { return try put(.deflated, deflated, covers: text.count) }
        }
        try put(.plain, text, covers: text.count)
    }

    private func put(_ kind: SnapshotFile.Kind, _ text: Bytes, covers: Int) throws(LogError) {
        let chunk = seal.seal(kind, text, covers: covers, random: &random)
        try at(temporary) { () throws(FileError) in try chunk.write(to: files, temporary, at: offset) }
        offset += chunk.count
        // A disk that is told to keep all of a snapshot at once keeps the log waiting meanwhile.
        guard offset - synced >= LogLimits.snapshotSyncBytes else { return }
        try at(temporary) { () throws(FileError) in try files.sync(temporary) }
        synced = offset
    }
}
