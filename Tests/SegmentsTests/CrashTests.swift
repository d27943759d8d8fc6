import Bytes
import Disks
import Model
import Testing

@testable import Segments

struct CrashTests {
    /// Appends random batches until the disk fails; returns the logs that were acknowledged and attempted last.
    private func run(
        _ bench: Bench, _ writer: LogWriter, _ model: inout [Entry], _ term: inout UInt64, _ generator: inout SplitMix
    ) -> (attempt: [Entry], attemptTerm: UInt64) {
        while true {
            if UInt64.random(in: 0..<4, using: &generator) == 0 { term += 1 }
            let last = UInt64(model.count)
            let first = UInt64.random(in: max(1, last)...last + 1, using: &generator)
            let bytes = Int.random(in: 0...4000, using: &generator)
            let entries = Bench.entries(first...first + 3, term: term, bytes: bytes)
            let attempt = Array(model.prefix(Int(first) - 1)) + entries
            do {
                try writer.append(LogBatch(hardState: HardState(term: Term(term)), entries: entries))
            } catch {
                return (attempt, term)
            }
            model = attempt
        }
    }

    @Test func `whatever a crash leaves, all that was acknowledged is found and nothing half`() throws {
        for seed in 0..<80 as Range<UInt64> {
            var generator = SplitMix(seed: seed)
            var bench = Bench()
            bench.seed = seed
            var model: [Entry] = []
            var stored: UInt64 = 0
            for _ in 0..<3 {
                bench.disk.failsAt =
                    bench.disk.operations + Int.random(in: 0..<(seed % 2 == 0 ? 12 : 60), using: &generator)
                do throws(LogError) {
                    let (writer, log) = try bench.open()
                    #expect(log.entries == model, "seed \(seed)")
                    var term = max(stored, log.termBound.rawValue)
                    let tried = run(bench, writer, &model, &term, &generator)
                    let acknowledged = model
                    bench.disk.crash(&generator)
                    let found = try bench.open().log
                    #expect(found.entries == acknowledged || found.entries == tried.attempt, "seed \(seed)")
                    #expect(found.termBound.rawValue <= tried.attemptTerm, "seed \(seed)")
                    #expect(found.hardState.term.rawValue >= model.last?.term.rawValue ?? 0, "seed \(seed)")
                    model = found.entries
                    stored = found.termBound.rawValue
                } catch {
                    guard case .failed = error else {
                        Issue.record("seed \(seed): \(error)")
                        break
                    }
                    bench.disk.crash(&generator)
                }
            }
            let log = try bench.open().log
            #expect(log.entries == model, "seed \(seed)")
        }
    }
}

struct SnapshotTests {
    private func pieces() -> [SnapshotPieces.Piece] {
        var generator = SplitMix(seed: 3)
        var pieces: [SnapshotPieces.Piece] = []
        for number in 0..<40 {
            let count = number == 7 ? 200_000 : Int.random(in: 0...5000, using: &generator)
            let fill = UInt8(number)
            pieces.append(.init(Bytes([UInt8](repeating: fill, count: count)), isRaw: number % 3 == 0))
        }
        return pieces
    }

    private func stream(_ reader: SnapshotReader) throws -> [UInt8] {
        var all: [UInt8] = []
        while let portion = try reader.next() { all += portion }
        return all
    }

    private func reader(_ bench: Bench) throws(LogError) -> SnapshotReader {
        try SnapshotReader(
            bench.snapshots, identity: bench.identity, keys: bench.keys, name: SnapshotFile.name(Index(9), Term(1)))
    }

    @Test func `a snapshot gives back its pieces, from any offset, and a receiver makes the same stream`() throws {
        let bench = Bench()
        let mark = try bench.snapshot(9, pieces: pieces())
        #expect(mark.index == Index(9) && mark.configuration == Configuration(voters: [MemberID(3)]))
        let all = try stream(try reader(bench))
        var cutter = SnapshotPieces()
        var found: [SnapshotPieces.Piece] = []
        for start in stride(from: 0, to: all.count, by: 999) {
            cutter.add(Bytes(all[start..<min(all.count, start + 999)]))
            while let piece = try cutter.next() { found.append(piece) }
        }
        #expect(found == pieces() && cutter.isWhole)
        let other = Bench()
        let receiver = try SnapshotWriter(
            other.snapshots, identity: other.identity, keys: other.keys, head: try reader(bench).head,
            random: SplitMix(seed: 77))
        for start in stride(from: 0, to: all.count, by: 10_000) {
            try receiver.append(stream: Bytes(all[start..<min(all.count, start + 10_000)]))
        }
        #expect(receiver.count == UInt64(all.count))
        #expect(try receiver.finish(reset: true).reset)
        #expect(try stream(try reader(other)) == all)
        #expect(other.snapshots.content(SnapshotFile.name(Index(9), Term(1)))?.count ?? 0 < all.count)
    }

    @Test func `every flipped byte and every truncation of a snapshot is refused`() throws {
        let bench = Bench()
        _ = try bench.snapshot(
            9, pieces: [.init(Bytes(utf8: "a raw one"), isRaw: true), .init(Bytes(utf8: "another"), isRaw: false)])
        let name = SnapshotFile.name(Index(9), Term(1))
        let content = try #require(bench.snapshots.content(name))
        let places = Array(0..<200) + Array(stride(from: 200, to: 4096, by: 31)) + Array(4096..<content.count)
        for offset in places {
            var bad = content
            bad[offset] ^= 1
            bench.snapshots.replace(name, with: bad)
            #expect(throws: LogError.self, "byte \(offset)") { _ = try stream(try reader(bench)) }
        }
        for length in [0, 100, 4096] + Array(4097..<content.count) {
            bench.snapshots.replace(name, with: Array(content[..<length]))
            #expect(throws: LogError.self, "\(length) bytes") { _ = try stream(try reader(bench)) }
        }
        bench.snapshots.replace(name, with: content + [0])
        #expect(throws: LogError.self) { _ = try stream(try reader(bench)) }
    }

    @Test func `a log whose snapshot is gone does not open`() throws {
        let bench = Bench()
        let (writer, _) = try bench.open()
        try writer.append(Bench.batch(1...9))
        try writer.append(LogBatch(snapshot: bench.snapshot(9)))
        let name = SnapshotFile.name(Index(9), Term(1))
        #expect(try bench.open().log.snapshot?.index == Index(9))
        bench.snapshots.replace(name, with: nil)
        #expect(throws: LogError.missing(file: name)) { try bench.open() }
    }

    @Test func `a snapshot from the leader voids the log, an own one keeps what is behind it`() throws {
        let bench = Bench()
        let (writer, _) = try bench.open()
        try writer.append(Bench.batch(1...12))
        try writer.append(LogBatch(snapshot: bench.snapshot(9)))
        #expect(try bench.open().log.entries == Bench.entries(10...12))
        var mark = try bench.snapshot(11, term: 1)
        mark.reset = true
        try writer.append(LogBatch(snapshot: mark))
        try writer.append(LogBatch(entries: Bench.entries(12...13)))
        #expect(try bench.open().log.entries == Bench.entries(12...13))
    }
}
