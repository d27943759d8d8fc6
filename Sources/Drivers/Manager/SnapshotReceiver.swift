import Bytes
import Model
import Primitives
import Segments
import Store

/// A snapshot that is arriving: written as it comes, then loaded. Used on the snapshots' thread but for what says so.
final class SnapshotReceiver: @unchecked Sendable {
    let mark: SnapshotMark
    let term: Term
    let from: MemberID
    private let files: LogFolder
    private let identity: LogIdentity
    private let keys: LogKeys
    private let random: SecureGenerator
    private var writer: SnapshotWriter?
    private(set) var store: ReplicatedStore?
    /// Bytes of the stream taken so far, and whether they were the last; the loop's alone.
    var received: UInt64 = 0
    var isWhole = false

    init(
        mark: SnapshotMark, term: Term, from: MemberID, files: LogFolder, identity: LogIdentity, keys: LogKeys,
        random: SecureGenerator
    ) {
        self.mark = mark
        self.term = term
        self.from = from
        self.files = files
        self.identity = identity
        self.keys = keys
        self.random = random
    }

    func append(_ portion: Bytes) throws(LogError) {
        if writer == nil {
            writer = try SnapshotWriter(files, identity: identity, keys: keys, head: mark, random: random)
        }
        try writer?.append(stream: portion)
    }

    func finish() throws(LogError) -> LogMark {
        guard let writer else { throw .missing(file: "snapshot") }
        let finished = try writer.finish(reset: true)
        let reader = try SnapshotReader(
            files, identity: identity, keys: keys, name: SnapshotFile.name(mark.index, mark.term))
        store = try Member.load(reader)
        return finished
    }
}
