import Bytes
import Model
import Primitives

/// The first page and the chunks' frame of a snapshot. `proto/README.md`, "Snapshot".
package struct SnapshotFile {
    static let magic: StaticString = "CNCLSNP1"
    static let personal: StaticString = "conclave/snap"
    static let clearBytes = 40
    static let tagBytes = XChaCha.tagBytes

    enum Kind: UInt8 {
        case head = 0
        case deflated = 1
        case plain = 2
        case end = 3
    }

    package let keyID: UInt32
    let fileID: FileID
    package let index: Index
    package let term: Term
    let commitment: Digest

    package static func name(_ index: Index, _ term: Term) -> String {
        "snap-\(SegmentHeader.hex(index.rawValue))-\(SegmentHeader.hex(term.rawValue)).csnap"
    }

    func page(_ identity: LogIdentity) -> [UInt8] {
        var page = [UInt8](page: Self.magic, keyID: keyID, identity: identity, fileID: fileID)
        page.put(index.rawValue, at: 72)
        page.put(term.rawValue, at: 80)
        page.put(commitment, at: 88)
        page.putSum()
        return page
    }

    init(keyID: UInt32, fileID: FileID, index: Index, term: Term, commitment: Digest) {
        self.keyID = keyID
        self.fileID = fileID
        self.index = index
        self.term = term
        self.commitment = commitment
    }

    init(_ page: Bytes, identity: LogIdentity, file: String) throws(LogError) {
        let head = try PageHead(page, magic: Self.magic, identity: identity, file: file)
        self.init(
            keyID: head.keyID, fileID: head.fileID, index: Index(page.number(at: 72)), term: Term(page.number(at: 80)),
            commitment: page.digest(at: 88))
        guard self.page(identity) == page.array else { throw .corrupt(file: file, offset: 0) }
    }

    /// Checks that the snapshot a mark names is there.
    static func check(
        _ mark: LogMark, _ files: any SegmentFiles, _ identity: LogIdentity
    ) throws(LogError) {
        let name = name(mark.index, mark.term)
        let page = try at(name) { () throws(FileError) in try files.read(name, at: 0, count: LogLimits.pageBytes) }
        let header = try SnapshotFile(page, identity: identity, file: name)
        guard Bytes(header.fileIDBytes) == mark.file, header.index == mark.index, header.term == mark.term else {
            throw .forged(file: name, offset: 56)
        }
    }

    var fileIDBytes: [UInt8] {
        unsafe fileID.withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// Removes what no mark names: other snapshots and unfinished ones. `keep`: names that a reader still has open.
    package static func tidy(_ files: any SegmentFiles, keeping keep: [String]) throws(LogError) {
        let names = try at("snapshots") { () throws(FileError) in try files.list() }
        var isChanged = false
        for name in names where !keep.contains(name) && (name.hasSuffix(".tmp") || name.hasSuffix(".csnap")) {
            try at(name) { () throws(FileError) in try files.remove(name) }
            isChanged = true
        }
        if isChanged { try at("snapshots") { () throws(FileError) in try files.syncFolder() } }
    }
}

/// The seal of one snapshot's chunks: each is bound to the file, its number and the chunk before.
final class SnapshotSeal {
    private let key: CommittedKey
    private let digest: Digest
    private(set) var number: UInt64 = 0
    private var tag = Bytes([UInt8](repeating: 0, count: 16))

    init(page: Bytes, _ key: consuming CommittedKey) {
        digest = BLAKE2b.digest(page)
        self.key = key
    }

    /// The whole chunk.
    func seal(
        _ kind: SnapshotFile.Kind, _ text: Bytes, covers: Int, random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        precondition(text.count <= LogLimits.storedChunkBytes, "a chunk of \(text.count) bytes")
        var chunk = [UInt8](repeating: 0, count: SnapshotFile.clearBytes)
        chunk.put(UInt32(text.count), at: 0)
        chunk.put(UInt32(covers), at: 4)
        chunk[8] = kind.rawValue
        chunk.put(Random.bytes(24, from: &random), at: 16)
        let associated = associated(Bytes(chunk))
        chunk.append(contentsOf: text)
        chunk.append(contentsOf: repeatElement(0, count: 16))
        unsafe chunk.withUnsafeMutableBytes { chunk in
            unsafe associated.withUnsafeBytes { associated in
                unsafe XChaCha.seal(
                    UnsafeRawBufferPointer(rebasing: chunk[40..<chunk.count - 16]),
                    into: UnsafeMutableRawBufferPointer(rebasing: chunk[40...]),
                    nonce: UnsafeRawBufferPointer(rebasing: chunk[16..<40]), associated: associated, key: key.key)
            }
        }
        advance(past: Bytes(Array(chunk[(chunk.count - 16)...])))
        return chunk
    }

    /// The text of the whole chunk `chunk`, or `nil`.
    func open(_ chunk: Bytes) -> Bytes? {
        let associated = associated(chunk.slice(0..<40))
        guard let text = try? XChaCha.open(chunk.slice(16..<chunk.count), associated: associated, key: key.key) else {
            return nil
        }
        advance(past: chunk.slice(chunk.count - 16..<chunk.count).copied())
        return text
    }

    private func advance(past tag: Bytes) {
        self.tag = tag
        number += 1
    }

    private func associated(_ clear: Bytes) -> Bytes {
        var array = Array("conclave/snap/v1".utf8)
        array.reserveCapacity(112)
        array += unsafe digest.withUnsafeBytes { unsafe [UInt8]($0) }
        array += repeatElement(0, count: 8)
        array.put(number, at: 48)
        array += clear
        array += tag
        return Bytes(array)
    }
}
