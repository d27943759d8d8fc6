import Bytes
import Model
import Seams
import Testing
import Wire

@testable import Drivers

@Suite struct AgentExecTests {
    /// A bench with one running task and a program in it, on stream 2.
    private func begin(_ change: (inout ExecStart) -> Void = { _ in }) throws -> (AgentBench, FakeExecution) {
        let (bench, task) = try AgentBench.running()
        var start = ExecStart()
        start.taskID = task.id
        start.command = ["/bin/sh"]
        start.input = true
        change(&start)
        bench.receive(.execStart, stream: 2, start)
        try #require(bench.wait { bench.fake.execution != nil })
        return (bench, bench.fake.execution!)
    }

    @Test func `a program's output and end travel back, in small frames`() throws {
        let (bench, program) = try begin()
        program.events(.output(Bytes([UInt8](repeating: 1, count: 100_000))))
        program.events(.ended(code: 3))
        let frames = bench.link.sent.filter { $0.stream == 2 }
        #expect(frames.allSatisfy { $0.body.count < Limits.workerFrameBytes })
        let outputs = try frames.filter { $0.type == .execOutput }.map { try ExecOutput.decode($0.body).data.count }
        #expect(outputs.reduce(0, +) == 100_000)
        #expect(frames.last?.type == .execExit)
        #expect(frames.last?.flags == [.response, .end])
        #expect(bench.link.last(.execExit, ExecExit.self)?.code == 3)
        #expect(bench.link.closed == [2])
    }

    @Test func `input is credited once the program took it`() throws {
        let (bench, program) = try begin()
        var input = ExecInput()
        input.data = Bytes(utf8: "hello")
        bench.receive(.execInput, stream: 2, input)
        #expect(program.log == ["input hello"])
        // What frames the input is nobody's to take; the program has taken nothing yet.
        let body = input.encodedSize
        #expect(bench.link.credits[2] == body - 5)
        program.drain()
        #expect(bench.link.credits[2] == body)
        input.data = []
        input.end = true
        bench.receive(.execInput, stream: 2, input)
        #expect(program.log == ["input hello", "end"])
    }

    @Test func `a program waits while its output is not taken, and its end comes after all output`() throws {
        let (bench, program) = try begin()
        bench.link.held[2] = 300_000
        // A literal is not to be wiped.
        program.events(.output(Bytes([UInt8](repeating: 1, count: 1))))
        #expect(program.log == ["pause"])
        bench.link.held[2] = 1
        #expect(bench.wait { program.log == ["pause", "resume"] })
        program.events(.ended(code: 0))
        bench.driver.linkDrained()
        #expect(bench.link.count(.execExit) == 0)
        bench.link.held[2] = 0
        #expect(bench.wait { bench.link.count(.execExit) == 1 })
    }

    @Test func `the loss of the link kills the program`() throws {
        let (bench, program) = try begin()
        bench.driver.lost()
        #expect(program.log == ["kill"])
        let count = bench.link.sent.count
        program.events(.ended(code: 137))
        #expect(bench.link.sent.count == count)
    }

    @Test func `output and input are wiped once they were passed on, or came too late`() throws {
        let (bench, program) = try begin()
        let zeros = Bytes([UInt8](repeating: 0, count: 9))
        func secret() -> Bytes { Bytes([UInt8](repeating: 7, count: 9)) }
        let output = secret()
        program.events(.output(output))
        #expect(output == zeros)
        #expect(bench.link.last(.execOutput, ExecOutput.self)?.data == secret())
        var input = ExecInput()
        input.data = secret()
        program.events(.ended(code: 0))
        let body = Bytes(input.encoded().map { $0 })
        bench.driver.received(.execInput, stream: 2, flags: [], body)
        #expect(try ExecInput.decode(body).data == zeros)
        bench.driver.lost()
        let late = secret()
        program.events(.errorOutput(late))
        #expect(late == zeros)
    }

    @Test func `the asker's last word ends the program, and nothing more is said`() throws {
        let (bench, program) = try begin()
        var signal = ExecSignal()
        signal.number = 9
        bench.driver.received(.execSignal, stream: 2, flags: .end, signal.encoded())
        #expect(program.log == ["kill"])
        #expect(bench.link.closed == [2])
        let count = bench.link.sent.count
        program.events(.ended(code: 137))
        #expect(bench.link.sent.count == count)
    }

    @Test func `signals and sizes reach the program, as the user asked for`() throws {
        let (bench, program) = try begin {
            $0.user = "1000:1001"
            $0.terminal = true
            $0.rows = 24
            $0.columns = 80
        }
        #expect(program.launch.uid == 1000)
        #expect(program.launch.gid == 1001)
        #expect(program.launch.terminal == WindowSize(rows: 24, columns: 80))
        var signal = ExecSignal()
        signal.number = 2
        bench.receive(.execSignal, stream: 2, signal)
        var size = ExecResize()
        size.rows = 30
        size.columns = 90
        bench.receive(.execResize, stream: 2, size)
        #expect(program.log == ["signal 2", "resize 30x90"])
    }

    @Test func `a detached program is answered once it runs, and outlives its asker`() throws {
        let (bench, program) = try begin { $0.detached = true }
        #expect(!program.launch.wantsInput)
        #expect(bench.link.count(.execExit) == 0)
        program.events(.started)
        #expect(bench.link.last(.execExit, ExecExit.self)?.code == 0)
        program.events(.output([1]))
        #expect(bench.link.count(.execOutput) == 0)
        bench.driver.lost()
        #expect(program.log.isEmpty)
        program.events(.ended(code: 3))
        #expect(bench.driver.detachedExecs == 0)
    }

    @Test func `a detached program that can't be run says so`() throws {
        let (bench, program) = try begin { $0.detached = true }
        program.events(.failed(code: 127, reason: "not found"))
        let exit = try #require(bench.link.last(.execExit, ExecExit.self))
        #expect(exit.code == 127)
        #expect(exit.failure?.code == .programNotFound)
    }

    @Test func `a task that does not run here is refused`() throws {
        let bench = AgentBench()
        #expect(bench.register())
        var start = ExecStart()
        start.taskID = TaskID(high: 5, low: 5)
        start.command = ["/bin/true"]
        bench.receive(.execStart, stream: 2, start)
        let exit = try #require(bench.link.last(.execExit, ExecExit.self))
        #expect(exit.failure?.code == .notFound)
    }

    @Test func `what a task uses is told once, and of one that does not run why it can't be`() throws {
        let (bench, task) = try AgentBench.running()
        var start = GetUsage()
        start.taskID = task.id
        bench.receive(.getUsage, stream: 2, start)
        try #require(bench.wait { bench.link.count(.taskUsage) == 1 })
        let usage = try #require(bench.link.last(.taskUsage, TaskUsage.self))
        #expect(usage.memoryBytes == 4096 && usage.failure == nil && usage.clockMilliseconds > 0)
        #expect(usage.processorNanoseconds == nil)
        #expect(bench.link.closed == [2])
        start.taskID = AgentBench.task(9).id
        bench.receive(.getUsage, stream: 4, start)
        #expect(bench.link.last(.taskUsage, TaskUsage.self)?.failure?.code == .notFound)
        // Who is gone is told nothing.
        start.taskID = task.id
        bench.receive(.getUsage, stream: 6, start)
        bench.receive(.failure, stream: 6, Failure(.unavailable, "gone"))
        bench.receive(.getUsage, stream: 8, start)
        try #require(bench.wait { bench.link.sent.contains { $0.stream == 8 } })
        #expect(!bench.link.sent.contains { $0.stream == 6 })
    }

    @Test func `more questions at once than a node answers are refused, and the others are answered`() throws {
        let (bench, task) = try AgentBench.running()
        var start = GetUsage()
        start.taskID = task.id
        for stream in 1...257 { bench.receive(.getUsage, stream: UInt32(2 * stream), start) }
        let refused = try #require(bench.link.last(.taskUsage, TaskUsage.self))
        #expect(bench.link.count(.taskUsage) == 1 && refused.failure?.code == .unavailable)
        #expect(bench.wait { bench.link.count(.taskUsage) == 257 })
        #expect(bench.link.last(.taskUsage, TaskUsage.self)?.failure == nil)
    }

    @Test func `what a task holds is told with the memory that it is in`() throws {
        let bench = AgentBench()
        try #require(bench.register())
        let task = AgentBench.task(1)
        bench.assign(1, task, value: (1, "first"))
        try #require(bench.wait { bench.state(task.id) == .running })
        var held: [HeldVersion] {
            bench.link.sent.filter { $0.type == .reportTasks }
                .flatMap { (try? ReportTasks.decode($0.body))?.held ?? [] }
        }
        try #require(bench.wait { held.contains { $0.stage == .swapped } })
        #expect(held.allSatisfy { $0.protection == .weak })
    }
}
