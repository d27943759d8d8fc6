import Bytes
import Disks
import Model
import Primitives

@testable import Segments

/// One member's folders and keys.
struct Bench {
    var disk = SimulatedDisk()
    var snapshots = SimulatedDisk()
    var identity = LogIdentity(
        cluster: ClusterID(high: 1, low: 2), member: MemberID(3), incarnation: Incarnation(high: 4, low: 5))
    var keys = LogKeys([key(1)])
    var seed: UInt64 = 1

    static func key(_ id: UInt32, fill: UInt8 = 7) -> LogKey {
        let secret = unsafe SecretBytes(count: 32) { buffer in
            for place in 0..<32 { unsafe buffer[place] = fill ^ UInt8(truncatingIfNeeded: id) }
        }
        return LogKey(id: id, secret: SecretBox(secret))
    }

    func open(_ disk: SimulatedDisk? = nil) throws(LogError) -> (writer: LogWriter, log: RecoveredLog) {
        try LogWriter.open(
            disk ?? self.disk, snapshots: snapshots, identity: identity, keys: keys, segmentBytes: 65_536,
            random: SplitMix(seed: seed))
    }

    /// Entries `range` of `term`, each a little text and a little that is sealed.
    static func entries(_ range: ClosedRange<UInt64>, term: UInt64 = 1, bytes: Int = 100) -> [Entry] {
        range.map { index in
            Entry(
                term: Term(term), index: Index(index), kind: .command,
                body: Bytes((0..<bytes).map { UInt8(truncatingIfNeeded: $0 / 9 + Int(index)) }),
                sealed: Bytes([UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 16)))
        }
    }

    static func batch(_ range: ClosedRange<UInt64>, term: UInt64 = 1, bytes: Int = 100) -> LogBatch {
        LogBatch(hardState: HardState(term: Term(term)), entries: entries(range, term: term, bytes: bytes))
    }

    func snapshot(_ index: UInt64, term: UInt64 = 1, pieces: [SnapshotPieces.Piece] = []) throws(LogError)
        -> LogMark
    {
        let head = SnapshotMark(
            index: Index(index), term: Term(term), configuration: Configuration(voters: [MemberID(3)]))
        let writer = try SnapshotWriter(
            snapshots, identity: identity, keys: keys, head: head, random: SplitMix(seed: index))
        for piece in pieces { try writer.append(piece) }
        return try writer.finish()
    }
}
