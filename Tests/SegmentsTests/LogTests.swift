import Bytes
import Disks
import Model
import Primitives
import Testing

@testable import Segments

struct LogTests {
    @Test func `what was appended is found after a restart`() throws {
        let bench = Bench()
        let (writer, fresh) = try bench.open()
        #expect(fresh.entries.isEmpty && fresh.hardState == HardState() && fresh.cut == nil)
        try writer.append(Bench.batch(1...3))
        try writer.append(LogBatch(hardState: HardState(term: Term(2), vote: MemberID(9), commit: Index(2))))
        try writer.append(LogBatch(entries: Bench.entries(4...4, term: 2)))
        let (again, log) = try bench.open()
        #expect(log.entries == Bench.entries(1...3) + Bench.entries(4...4, term: 2))
        #expect(log.hardState == HardState(term: Term(2), vote: MemberID(9), commit: Index(2)))
        #expect(log.cut == nil && log.termBound == Term(2))
        try again.append(LogBatch(entries: Bench.entries(5...6, term: 2)))
        #expect(try bench.open().log.entries.count == 6)
        #expect(again.segmentCount == 1)
    }

    @Test func `an entry in the place of another implies the truncation`() throws {
        let bench = Bench()
        let (writer, _) = try bench.open()
        try writer.append(Bench.batch(1...5))
        try writer.append(Bench.batch(3...4, term: 2))
        #expect(try bench.open().log.entries == Bench.entries(1...2) + Bench.entries(3...4, term: 2))
        try writer.append(LogBatch(truncateAfter: Index(1)))
        #expect(try bench.open().log.entries == Bench.entries(1...1))
        #expect(writer.lastIndex == Index(1))
    }

    @Test func `random batches over many segments come back`() throws {
        var generator = SplitMix(seed: 11)
        let bench = Bench()
        var (writer, _) = try bench.open()
        var model: [Entry] = []
        var term: UInt64 = 1
        for _ in 0..<120 {
            if UInt64.random(in: 0..<5, using: &generator) == 0 { term += 1 }
            let last = UInt64(model.count)
            let first = last == 0 ? 1 : UInt64.random(in: max(1, last - min(last, 3))...last + 1, using: &generator)
            let count = UInt64.random(in: 1...6, using: &generator)
            let bytes = Int.random(in: 0...3000, using: &generator)
            let entries = Bench.entries(first...first + count - 1, term: term, bytes: bytes)
            model = Array(model.prefix(Int(first) - 1)) + entries
            try writer.append(LogBatch(hardState: HardState(term: Term(term)), entries: entries))
            if UInt64.random(in: 0..<10, using: &generator) == 0 {
                let opened = try bench.open()
                writer = opened.writer
                #expect(opened.log.entries == model)
            }
        }
        #expect(try bench.open().log.entries == model)
    }

    @Test func `a batch larger than a segment is several, in order`() throws {
        var bench = Bench()
        bench.seed = 4
        let (writer, _) = try bench.open()
        var generator = SplitMix(seed: 5)
        let entries = (1...20).map { (index: UInt64) in
            Entry(term: Term(1), index: Index(index), kind: .command, sealed: Random.bytes(20_000, from: &generator))
        }
        try writer.append(LogBatch(hardState: HardState(term: Term(1)), entries: entries))
        #expect(writer.segmentCount > 4)
        #expect(try bench.open().log.entries == entries)
    }

    @Test func `sealed bytes and names are nowhere in the files`() throws {
        let bench = Bench()
        let (writer, _) = try bench.open()
        let canary = Bytes(utf8: "canary-4711-canary")
        try writer.append(
            LogBatch(
                hardState: HardState(term: Term(1)),
                entries: [Entry(term: Term(1), index: Index(1), kind: .command, body: canary, sealed: canary)]))
        _ = try bench.snapshot(1, pieces: [.init(canary, isRaw: true), .init(canary, isRaw: false)])
        for disk in [bench.disk, bench.snapshots] {
            for name in try disk.list() {
                let content = try #require(disk.content(name))
                #expect(!content.indices.dropLast(6).contains { Array(content[$0..<$0 + 6]) == Array("canary".utf8) })
            }
        }
    }

    @Test func `after a snapshot segments are recycled, and their old records are not taken for new`() throws {
        let bench = Bench()
        var (writer, _) = try bench.open()
        for index in 1...200 as ClosedRange<UInt64> {
            try writer.append(Bench.batch(index...index, bytes: 40_000 / 40))
            if index % 50 == 0 {
                let mark = try bench.snapshot(index)
                try writer.append(LogBatch(snapshot: mark))
                try writer.recycle()
                try SnapshotFile.tidy(bench.snapshots, keeping: [SnapshotFile.name(mark.index, mark.term)])
                #expect(writer.segmentCount <= 2)
                let opened = try bench.open()
                #expect(opened.log.snapshot?.index == Index(index) && opened.log.entries.isEmpty)
                #expect(opened.log.hardState.term == Term(1) && opened.log.lastIndex == Index(index))
                #expect(opened.log.cut == nil)
                writer = opened.writer
            }
        }
        #expect(try bench.disk.list().count <= 2 + 2 + LogLimits.spares)
    }

    @Test func `a new key begins a new segment, and a log is not opened without the keys of its files`() throws {
        var bench = Bench()
        try bench.open().writer.append(Bench.batch(1...2))
        bench.keys = LogKeys([Bench.key(1), Bench.key(2)])
        let (writer, _) = try bench.open()
        try writer.append(LogBatch(entries: Bench.entries(3...3)))
        #expect(writer.segmentCount == 2)
        #expect(try bench.open().log.entries == Bench.entries(1...3))
        bench.keys = LogKeys([Bench.key(1, fill: 9), Bench.key(2)])
        #expect(throws: LogError.wrongKey(file: "meta-A", keyID: 1)) { try bench.open() }
        bench.keys = LogKeys([Bench.key(3)])
        #expect(throws: LogError.unknownKey(file: "meta-A", keyID: 1)) { try bench.open() }
    }

    @Test func `another member's or a newer version's log is refused`() throws {
        var bench = Bench()
        let (writer, _) = try bench.open()
        try writer.append(Bench.batch(1...2))
        bench.identity.incarnation = Incarnation(high: 8, low: 8)
        #expect(throws: LogError.foreign(file: "meta-A")) { try bench.open() }
        bench.identity.incarnation = Incarnation(high: 4, low: 5)
        let name = try #require(try bench.disk.list().first { $0.hasPrefix("seg-") })
        var content = try #require(bench.disk.content(name))
        var page = Array(content[..<4096])
        page.put(UInt32(2), at: 8)
        page.putSum()
        content.replaceSubrange(0..<4096, with: page)
        bench.disk.replace(name, with: content)
        #expect(throws: LogError.newer(file: name, version: 2)) { try bench.open() }
    }

    @Test func `a full disk refuses entries, still stores votes, and recovers`() throws {
        let bench = Bench()
        let (writer, _) = try bench.open()
        try writer.append(Bench.batch(1...1))
        bench.disk.capacity = 0
        var index: UInt64 = 2
        while (try? writer.append(Bench.batch(index...index, bytes: 4000))) != nil { index += 1 }
        #expect(index > 10)
        #expect(throws: LogError.full) { try writer.append(Bench.batch(index...index, bytes: 60_000)) }
        for term in 2...400 as ClosedRange<UInt64> {
            try writer.append(LogBatch(hardState: HardState(term: Term(term), vote: MemberID(term))))
        }
        #expect(try bench.open().log.hardState.vote == MemberID(400))
        bench.disk.capacity = .max
        let (again, log) = try bench.open()
        #expect(log.lastIndex == Index(index - 1))
        try again.append(LogBatch(entries: Bench.entries(index...index + 5, term: 400, bytes: 30_000)))
    }

    @Test func `a failed synchronisation is final`() throws {
        let bench = Bench()
        let (writer, _) = try bench.open()
        try writer.append(Bench.batch(1...1))
        bench.disk.failsSync = true
        #expect(throws: LogError.self) { try writer.append(Bench.batch(2...2)) }
        #expect(throws: LogError.self) { try writer.append(Bench.batch(2...2)) }
    }

    @Test func `a lost greater term is spent on the member itself`() throws {
        let bench = Bench()
        let (writer, _) = try bench.open()
        try writer.append(Bench.batch(1...1))
        // The page of term 5 is stored, its record is not.
        bench.disk.failsAt = bench.disk.operations + 2
        #expect(throws: LogError.self) { try writer.append(LogBatch(hardState: HardState(term: Term(5)))) }
        var generator = SplitMix(seed: 1)
        bench.disk.crash(&generator)
        let (next, log) = try bench.open()
        #expect(log.hardState.term == Term(1) && log.termBound == Term(5))
        #expect(log.hardState(of: MemberID(3)) == HardState(term: Term(5), vote: MemberID(3)))
        // Entries of that term follow without a hard state of their own.
        try next.append(LogBatch(entries: [Entry(term: Term(5), index: Index(2), kind: .opening)]))
        #expect(try bench.open().log.hardState.term == Term(5))
    }
}
