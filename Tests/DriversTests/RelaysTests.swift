import Bytes
import Link
import Model
import Seams
import Store
import Testing
import Wire

@testable import Drivers

/// What passes through a leader between tasks and those who ask. The nodes may be hostile.
@Suite struct RelaysTests {
    private let bench: ManagerBench

    init() throws { bench = try ManagerBench() }

    /// A client that reads the logs of all tasks, and each worker's stream for it.
    private func read(_ ports: [TestPort], follow: Bool = false) throws -> (client: TestPort, streams: [UInt32]) {
        let client = TestPort()
        var start = LogsStart()
        start.reference = "web"
        start.follow = follow
        bench.manager.relays.start(.logs(start), from: client, stream: 1, bench.manager)
        let streams = try ports.map { try #require($0.sent.last { $0.type == .logsStart }).stream }
        return (client, streams)
    }

    private func chunk(_ task: TaskID, _ text: String = "a line", next: UInt64 = 0) -> LogsChunk {
        var line = LogLine()
        line.data = Bytes(utf8: text)
        var chunk = LogsChunk()
        chunk.taskID = task
        chunk.lines = [line]
        chunk.next = next
        return chunk
    }

    private func begin(_ port: TestPort, _ task: TaskID) -> (client: TestPort, stream: UInt32) {
        let client = TestPort()
        var start = ExecStart()
        start.task = task.description
        bench.manager.relays.start(.exec(start), from: client, stream: 1, bench.manager)
        return (client, port.sent.last { $0.type == .execStart }?.stream ?? 0)
    }

    @Test func `output of several tasks comes in one stream, and ends with the last of them`() throws {
        let ports = [try bench.worker(), try bench.worker()]
        let tasks = try bench.run(ports)
        let (client, streams) = try read(ports)
        #expect(client.count(.logsSource) == 2)
        for (place, port) in ports.enumerated() {
            bench.receive(.logsChunk, stream: streams[place], flags: .response, from: port, chunk(tasks[place]))
        }
        #expect(client.count(.logsChunk) == 2)
        #expect(client.sent.allSatisfy { $0.stream == 1 && !$0.flags.contains(.end) })
        for (place, port) in ports.enumerated() {
            bench.receive(.logsEnd, stream: streams[place], flags: [.response, .end], from: port, LogsEnd())
        }
        bench.turn()
        #expect(client.count(.logsEnd) == 3)
        #expect(client.sent.last?.flags == [.response, .end])
    }

    @Test func `no node is heard in another's name, and its own task is not read on`() throws {
        let ports = [try bench.worker(), try bench.worker()]
        let tasks = try bench.run(ports)
        let (client, streams) = try read(ports, follow: true)
        bench.receive(.logsChunk, stream: streams[0], flags: .response, from: ports[0], chunk(tasks[1]))
        #expect(client.count(.logsChunk) == 0)
        let end = try #require(client.last(.logsEnd, LogsEnd.self))
        #expect(end.taskID == tasks[0] && end.failure?.message == "the task's node sent what makes no sense")
        // Its stream is over; the other one's goes on.
        #expect(ports[0].sent.last?.type == .logsEnd && ports[0].closed.contains(streams[0]))
        bench.receive(.logsChunk, stream: streams[0], flags: .response, from: ports[0], chunk(tasks[0]))
        #expect(client.count(.logsChunk) == 0)
        bench.receive(.logsChunk, stream: streams[1], flags: .response, from: ports[1], chunk(tasks[1]))
        #expect(client.count(.logsChunk) == 1)
    }

    @Test func `nothing passes from a node but what its stream is for`() throws {
        let port = try bench.worker()
        let task = try bench.run([port])[0]
        let all: [FrameType] = [
            .execInput, .execOutput, .execResize, .execSignal, .execExit, .logsSource, .logsChunk, .logsEnd, .taskUsage,
        ]
        for type in all where type != .logsEnd {
            let (client, streams) = try read([port])
            let before = client.sent.count
            // A chunk of no task is none of this one's.
            bench.receive(type, stream: streams[0], flags: .response, from: port, LogsSource())
            #expect(client.sent[before...].map(\.type) == [.logsEnd], "\(type)")
        }
        for type in all where type != .execOutput && type != .execExit {
            let (client, stream) = begin(port, task)
            bench.receive(type, stream: stream, flags: .response, from: port, LogsSource())
            #expect(client.sent.map(\.type) == [.execExit], "\(type)")
            #expect(client.last(.execExit, ExecExit.self)?.code == 125)
            #expect(client.sent.last?.flags.contains(.end) == true)
            // The program is ended.
            #expect(port.last(.execSignal, ExecSignal.self)?.number == 9)
        }
    }

    @Test func `a task's last word is its last, whatever a node says of it`() throws {
        let port = try bench.worker()
        let task = try bench.run([port])[0]
        let (reader, streams) = try read([port])
        for _ in 0..<3 { bench.receive(.logsEnd, stream: streams[0], flags: .response, from: port, LogsEnd()) }
        bench.turn()
        #expect(reader.count(.logsEnd) == 2)
        #expect(reader.sent.last?.flags == [.response, .end])
        let (client, stream) = begin(port, task)
        for _ in 0..<3 { bench.receive(.execExit, stream: stream, flags: .response, from: port, ExecExit()) }
        #expect(client.sent.map(\.type) == [.execExit])
        #expect(client.sent[0].flags == [.response, .end])
        // Nor is output the last word.
        let (other, third) = begin(port, task)
        bench.receive(.execOutput, stream: third, flags: [.response, .end], from: port, ExecOutput())
        #expect(other.sent.map(\.type) == [.execExit])
    }

    @Test func `output that nobody asked for goes nowhere`() throws {
        let port = try bench.worker()
        let task = try bench.run([port])[0]
        let (client, streams) = try read([port])
        let before = (client.sent.count, port.sent.count)
        for stream in [streams[0] + 2, 1, 77] {
            bench.receive(.logsChunk, stream: stream, flags: .response, from: port, chunk(task))
            bench.receive(.logsEnd, stream: stream, flags: [.response, .end], from: port, LogsEnd())
        }
        #expect((client.sent.count, port.sent.count) == before)
    }

    @Test func `a node gets credit once there is room, and nobody waits for another's reader`() throws {
        let port = try bench.worker()
        let task = try bench.run([port])[0]
        let (slow, first) = try read([port])
        let (quick, second) = try read([port])
        slow.held[1] = Relays.heldBytes
        let body = chunk(task).encoded().count
        bench.receive(.logsChunk, stream: first[0], flags: .response, from: port, chunk(task))
        bench.receive(.logsChunk, stream: second[0], flags: .response, from: port, chunk(task))
        #expect(port.credits == [second[0]: body])
        #expect(quick.count(.logsChunk) == 1)
        slow.held[1] = 0
        let isGiven = bench.wait { port.credits[first[0]] == body }
        #expect(isGiven)
    }

    @Test func `when too much waits, the reader for whom most does must ask again, and others read on`() throws {
        let port = try bench.worker()
        let task = try bench.run([port])[0]
        let (slow, first) = try read([port], follow: true)
        let (slower, second) = try read([port], follow: true)
        slow.held[1] = Relays.mostHeldBytes / 2 - 1
        slower.held[1] = Relays.mostHeldBytes / 2 + 1
        bench.receive(.logsChunk, stream: first[0], flags: .response, from: port, chunk(task))
        #expect(slower.count(.logsEnd) == 0)
        slow.held[1] = Relays.mostHeldBytes / 2
        bench.receive(.logsChunk, stream: first[0], flags: .response, from: port, chunk(task))
        // What waited for it is dropped, and it learns that it is to ask again.
        let end = try #require(slower.last(.logsEnd, LogsEnd.self))
        #expect(end.failure?.code == .unavailable && slower.sent.last?.flags.contains(.end) == true)
        #expect(slower.held[1] == nil)
        #expect(port.sent.last?.type == .logsEnd && port.sent.last?.stream == second[0])
        bench.receive(.logsChunk, stream: first[0], flags: .response, from: port, chunk(task))
        #expect(slow.count(.logsChunk) == 3 && slow.count(.logsEnd) == 0)
    }

    @Test func `only of tasks that were there are the last lines asked, also once their node is back`()
        throws
    {
        let port = try bench.worker()
        let task = try bench.run([port])[0]
        let client = TestPort()
        bench.manager.closed(port)
        var start = LogsStart()
        start.reference = "web"
        start.follow = true
        start.tail = 3
        bench.manager.relays.start(.logs(start), from: client, stream: 1, bench.manager)
        #expect(client.last(.logsEnd, LogsEnd.self)?.failure?.message == "its node can't be reached")
        let back = TestPort(port.node)
        bench.register(back)
        bench.report(back, task, .running)
        let isAsked = bench.wait { back.count(.logsStart) == 1 }
        #expect(isAsked)
        #expect(back.last(.logsStart, LogsStart.self)?.tail == 3)
        // Who was told of a task before is told all that comes of others.
        let later = TestPort()
        start.known = [LogsPosition()]
        start.known[0].taskID = TaskID(high: 1, low: 1)
        bench.manager.relays.start(.logs(start), from: later, stream: 1, bench.manager)
        #expect(back.count(.logsStart) == 2 && back.last(.logsStart, LogsStart.self)?.tail == nil)
    }
}

/// What a worker may say of itself.
@Suite struct HostileWorkerTests {
    @Test func `a worker that registers again and again is sent away with the reason`() throws {
        let bench = try ManagerBench()
        let port = try bench.worker()
        for _ in 0..<100 where port.isOpen { bench.register(port) }
        #expect(!port.isOpen)
        #expect(port.farewell?.message == "it registers too often")
        // The others do not notice.
        let other = try bench.worker()
        #expect(other.isOpen && other.count(.registered) == 1)
    }

    @Test func `a worker that describes itself at length gets no session, and nothing of it is kept`() throws {
        let bench = try ManagerBench()
        let port = try bench.worker()
        bench.register(port) { $0.description?.hostname = String(repeating: "x", count: 100_000) }
        #expect(!port.isOpen && port.count(.registered) == 1)
        bench.turn()
        #expect(bench.manager.store.node(port.node)?.description?.hostname == "")
    }
}
