import Bytes
import Model
import Seams
import Testing
import Wire

@testable import Drivers

/// What tasks wrote, from the runner to the stream of whoever reads it.
@Suite struct AgentLogsTests {
    private func read(
        _ bench: AgentBench, _ task: StoredTask, _ stream: UInt32, _ change: (inout LogsStart) -> Void = { _ in }
    ) throws -> FakeReading {
        var start = LogsStart()
        start.taskID = task.id
        change(&start)
        let before = bench.fake.readings.count
        bench.receive(.logsStart, stream: stream, start)
        try #require(bench.fake.readings.count == before + 1)
        return bench.fake.readings[before]
    }

    private var lines: LogEvent {
        var line = LogLine()
        line.time = Timestamp(seconds: 9)
        line.data = Bytes(utf8: "a line")
        return .lines([line], missed: 3, next: 7)
    }

    @Test func `lines go with their task, their place and what was cut off before them`() throws {
        let (bench, task) = try AgentBench.running()
        let reading = try read(bench, task, 2)
        reading.events(lines)
        let chunk = try #require(bench.link.last(.logsChunk, LogsChunk.self))
        #expect(chunk.taskID == task.id && chunk.missed == 3 && chunk.next == 7 && chunk.time == Timestamp(seconds: 9))
        reading.events(.ended)
        #expect(bench.link.sent.last?.type == .logsEnd && bench.link.sent.last?.flags == [.response, .end])
        #expect(bench.link.closed == [2])
    }

    @Test func `a reader that takes nothing stops its own reading alone, and its end comes after all output`() throws {
        let (bench, task) = try AgentBench.running()
        let (slow, quick) = (try read(bench, task, 2), try read(bench, task, 4))
        bench.link.held[2] = 1
        slow.events(lines)
        slow.events(lines)
        quick.events(lines)
        #expect(slow.log == ["pause"] && quick.log.isEmpty)
        slow.events(.ended)
        quick.events(.ended)
        #expect(bench.link.sent.filter { $0.type == .logsEnd }.map(\.stream) == [4])
        bench.link.held[2] = 0
        let isTold = bench.wait { bench.link.count(.logsEnd) == 2 }
        #expect(isTold && slow.log == ["pause", "resume"])
    }

    @Test func `who was told of a task before goes on there, by place or by time`() throws {
        let (bench, task) = try AgentBench.running()
        var place = LogsPosition()
        place.taskID = task.id
        place.next = 40
        #expect(try read(bench, task, 2) { $0.known = [place] }.query.position == 40)
        place.next = nil
        place.time = Timestamp(rawValue: 99)
        let query = try read(bench, task, 4) {
            $0.known = [place]
            $0.tail = 5
        }.query
        #expect(query.position == nil && query.since == Timestamp(rawValue: 100) && query.tail == nil)
    }

    @Test func `when nobody reads any more, or the link is lost, the runner stops`() throws {
        let (bench, task) = try AgentBench.running()
        let (given, lost) = (try read(bench, task, 2), try read(bench, task, 4))
        bench.driver.received(.logsEnd, stream: 2, flags: .end, LogsEnd().encoded())
        #expect(given.log == ["stop"] && lost.log.isEmpty)
        bench.driver.lost()
        #expect(lost.log == ["stop"])
        let count = bench.link.sent.count
        for reading in [given, lost] { reading.events(lines) }
        #expect(bench.link.sent.count == count)
    }

    @Test func `a node has so many readers and no more`() throws {
        let (bench, task) = try AgentBench.running()
        for number in 1...1024 as ClosedRange<UInt32> { _ = try read(bench, task, number * 2) }
        var start = LogsStart()
        start.taskID = task.id
        bench.receive(.logsStart, stream: 5000, start)
        #expect(bench.fake.readings.count == 1024)
        #expect(bench.link.last(.logsEnd, LogsEnd.self)?.failure?.code == .unavailable)
        // One that ends makes room.
        bench.driver.received(.logsEnd, stream: 2, flags: .end, LogsEnd().encoded())
        _ = try read(bench, task, 5002)
    }
}
