import Bytes
import Disks
import Model
import Primitives
import Wire

@testable import Segments

extension FuzzTarget {
    /// The plaintexts of a log's records, one after the other: whoever has the log's key wrote them.
    ///
    /// What is replayed has no gap and no falling term.
    static let record = FuzzTarget(
        name: "record",
        variants: 7,
        seeds: {
            let plain = Member.batches.map { Member.record($0).encoded() }
            return plain.map { Bytes(Input.piece($0)) } + [Bytes(plain.flatMap(Input.piece))]
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            var replay = Replay()
            while !input.isEmpty, replay.take(input.piece()) {
                let entries = replay.entries
                for (entry, next) in zip(entries, entries.dropFirst()) {
                    try Broken.unless(
                        next.index.rawValue == entry.index.rawValue + 1 && next.term >= entry.term,
                        "\(next.index) follows \(entry.index)")
                }
            }
        })

    /// A log's folder that was changed behind its member's back, in bytes or by a record of its own key.
    ///
    /// Recovery finds what was written, or less of its end, or says that it can't; never anything else.
    static let segment = FuzzTarget(
        name: "segment",
        seeds: {
            [[0], [0, 1, 16, 0, 1], [1, 0, 0, 80, 1], [4, 2, 16, 72, 255], [3, 2, 0, 79, 1]].map { Bytes($0) }
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            let disk = Member.newLog()
            let names = Member.names
            let kind = input.byte()
            while !input.isEmpty {
                let name = names[Int(input.byte()) % names.count]
                let place = input.word()
                let value = input.byte()
                guard var content = disk.content(name), place < content.count else { continue }
                content[place] ^= value
                if kind & 1 == 1 { Member.mendSum(&content) }
                disk.replace(name, with: content)
            }
            if kind & 2 == 2 { Member.rename(disk) }
            guard let log = try? Member.open(disk, Member.newSnapshots()).log else { return }
            try Broken.unless(Member.entries.starts(with: log.entries), "entries that nobody wrote")
        })

    /// A snapshot: the first byte says whether the input changes a whole one's file, or is the stream of a leader.
    static let snapshot = FuzzTarget(
        name: "snapshot",
        seeds: {
            let stream = Member.pieces.flatMap(\.framed)
            return [Bytes([0, 16, 0, 1]), Bytes([1] + stream), Bytes([3] + stream + [8, 0, 0, 0, 1, 2, 3, 4])]
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            let kind = input.byte()
            if kind & 1 == 0 {
                let folder = Member.newSnapshots()
                guard var content = folder.content(Member.snapshotName) else { throw Broken("no snapshot") }
                while !input.isEmpty {
                    let place = input.word()
                    let value = input.byte()
                    if place < content.count { content[place] ^= value }
                }
                if kind & 2 == 2 { Member.mendSum(&content) }
                folder.replace(Member.snapshotName, with: content)
                let read = Member.read(folder)
                try Broken.unless(
                    Member.stream.starts(with: read.bytes) && (!read.isWhole || read.bytes == Member.stream),
                    "a snapshot that nobody wrote")
            } else {
                let folder = SimulatedDisk()
                let stream = input.remainder()
                guard Member.write(stream, cut: max(1, Int(kind >> 1)), to: folder) else { return }
                let read = Member.read(folder)
                try Broken.unless(read.isWhole && read.bytes == stream.array, "another stream came back")
            }
        })
}

/// One member's folders, the same in every run.
private enum Member {
    static let identity = LogIdentity(
        cluster: ClusterID(high: 1, low: 2), member: MemberID(3), incarnation: Incarnation(high: 4, low: 5))
    static let keys: LogKeys = {
        var random = Generator(seed: 1)
        return LogKeys([LogKey(id: 1, secret: SecretBox(Random.secret(32, from: &random)))])
    }()
    static let entries: [Entry] = (UInt64(1)...6).map { index in
        Entry(
            term: Term(index / 4 + 1), index: Index(index), kind: .command,
            body: Bytes((0..<100).map { UInt8(truncatingIfNeeded: $0 / 9) }), sealed: [1, 2, 3])
    }
    static let batches = [
        LogBatch(
            hardState: HardState(term: Term(1), vote: MemberID(3), commit: Index(1)), entries: Array(entries[..<2]),
            configuration: Configuration(voters: [MemberID(3)])),
        LogBatch(entries: Array(entries[2..<3])),
        LogBatch(hardState: HardState(term: Term(2), vote: .none, commit: Index(2)), entries: Array(entries[3...])),
    ]

    static func record(_ batch: LogBatch) -> LogRecord {
        var record = LogRecord()
        record.hardState = batch.hardState
        record.entries = batch.entries.map { LogEntry($0) }
        record.configuration = batch.configuration
        return record
    }

    static func open(
        _ disk: SimulatedDisk, _ snapshots: SimulatedDisk
    ) throws(LogError) -> (writer: LogWriter, log: RecoveredLog) {
        try LogWriter.open(
            disk, snapshots: snapshots, identity: identity, keys: keys, segmentBytes: 16 * LogLimits.pageBytes,
            random: Generator(seed: 2))
    }

    /// A log of three batches, to be changed.
    static func newLog() -> SimulatedDisk { unsafe disk.copy() }

    private nonisolated(unsafe) static let disk: SimulatedDisk = {
        let disk = SimulatedDisk()
        do throws(LogError) {
            let writer = try open(disk, SimulatedDisk()).writer
            for batch in batches { try writer.append(batch) }
        } catch {
            preconditionFailure("a log on a good disk: \(error)")
        }
        return disk
    }()
    /// Those that are read.
    static let names = (try? unsafe disk.list().filter { !$0.hasPrefix("spare-") }) ?? []

    /// Makes the sum of a file's first page right again, as whoever changes it can.
    static func mendSum(_ content: inout [UInt8]) {
        var page = Array(content[..<LogLimits.pageBytes])
        page.putSum()
        content.replaceSubrange(..<LogLimits.pageBytes, with: page)
    }

    /// Gives each segment the name that its header states.
    static func rename(_ disk: SimulatedDisk) {
        for name in names where name.hasPrefix("seg-") {
            guard let content = disk.content(name) else { continue }
            let page = Bytes(content)
            disk.replace(name, with: nil)
            disk.replace(SegmentHeader.name(page.number(at: 72), Index(page.number(at: 80))), with: content)
        }
    }

    // MARK: Snapshots

    static let head = SnapshotMark(index: Index(6), term: Term(2), configuration: Configuration(voters: [MemberID(3)]))
    static let pieces = [
        SnapshotPieces.Piece(Bytes([UInt8](repeating: 5, count: 300)), isRaw: false),
        SnapshotPieces.Piece(Bytes((0..<100).map { UInt8($0) }), isRaw: true),
        SnapshotPieces.Piece(Bytes(utf8: "end"), isRaw: false),
    ]
    static let stream = pieces.flatMap(\.framed)
    static let snapshotName = SnapshotFile.name(head.index, head.term)

    static func newSnapshots() -> SimulatedDisk { unsafe snapshots.copy() }

    private nonisolated(unsafe) static let snapshots: SimulatedDisk = {
        let folder = SimulatedDisk()
        guard write(Bytes(stream), cut: stream.count, to: folder) else { preconditionFailure("no snapshot") }
        return folder
    }()

    static func write(_ stream: Bytes, cut: Int, to folder: SimulatedDisk) -> Bool {
        do throws(LogError) {
            let writer = try SnapshotWriter(
                folder, identity: identity, keys: keys, head: head, random: Generator(seed: 3))
            for start in stride(from: 0, to: stream.count, by: cut) {
                try writer.append(stream: stream.slice(start..<min(stream.count, start + cut)))
            }
            _ = try writer.finish()
            return true
        } catch {
            return false
        }
    }

    static func read(_ folder: SimulatedDisk) -> (bytes: [UInt8], isWhole: Bool) {
        var bytes: [UInt8] = []
        do throws(LogError) {
            let reader = try SnapshotReader(folder, identity: identity, keys: keys, name: snapshotName)
            while let portion = try reader.next() { bytes += portion }
            return (bytes, true)
        } catch {
            return (bytes, false)
        }
    }
}
