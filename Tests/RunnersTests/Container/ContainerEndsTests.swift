import Bytes
import Glibc
import Model
import Seams
import Testing
import Wire

@testable import Runners

/// Containers whose beginning or end the engine does not tell as it should.
@Suite(.enabled(if: canSandbox, "mounts need root")) struct ContainerEndsTests {
    /// A process that a fake engine calls its container.
    private final class Inside {
        let pid: Int32
        private(set) var isOver = false

        init(_ host: TestHost) throws {
            let request = SpawnRequest(program: "/bin/sleep", arguments: ["sleep", "1000"], environment: [])
            let handle = try host.processes.spawn(request)
            pid = handle.pid
            handle.onExit { [weak self] _ in self?.isOver = true }
        }

        deinit { if !isOver { kill(pid, SIGKILL) } }

        var state: FakeEngine.Answer {
            isOver
                ? .status(200, #"{"Id":"c1","State":{"Status":"exited","Running":false,"Pid":0,"ExitCode":137}}"#)
                : .status(200, #"{"Id":"c1","State":{"Status":"running","Running":true,"Pid":\#(pid)}}"#)
        }
    }

    @Test func `a start that was not answered is known by what the engine says then`() throws {
        var inside: Inside?
        let (node, _) = try fakeNode { request in
            if request.line == "POST /v1.41/containers/c1/start" { return .nothing }
            return request.line == "GET /v1.41/containers/c1/json" ? inside?.state : nil
        }
        inside = try Inside(node.host)
        let task = try node.launch("true")
        try node.run(task)
        #expect(node.pid(task) == inside?.pid)
        node.runner.kill(task.task)
        #expect(node.end(task) == .ended(code: 137, reason: ""))
    }

    @Test func `a task that is stopped while it starts does not run on, though the engine refuses to remove it`() throws
    {
        var inside: Inside?
        let (node, engine) = try fakeNode { request in
            if request.line.hasPrefix("DELETE /v1.41/containers/c1"), inside?.isOver == false {
                return .status(409, #"{"message":"container state improper"}"#)
            }
            return request.line == "GET /v1.41/containers/c1/json" ? inside?.state : nil
        }
        inside = try Inside(node.host)
        let task = try node.launch("true")
        try node.prepare(task)
        node.begin(task)
        node.runner.stop(task.task, grace: .seconds(10))
        #expect(node.end(task) == .ended(code: 137, reason: ""))
        #expect(!engine.asked("DELETE /v1.41/containers/c1").isEmpty)
    }

    @Test func `a container that ended is said to have, though the engine never comes back`() throws {
        var inside: Inside?
        var isAway = false
        let (node, _) = try fakeNode(isHurried: true) { request in
            if isAway { return .nothing }
            return request.line == "GET /v1.41/containers/c1/json" ? inside?.state : nil
        }
        inside = try Inside(node.host)
        let task = try node.launch("true")
        try node.run(task)
        isAway = true
        node.runner.kill(task.task)
        guard case .ended(-1, let reason) = node.end(task) else {
            Issue.record("\(node.events[task.task] ?? [])")
            return
        }
        #expect(reason.contains("how it ended is not known"))
        isAway = false
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
    }

    @Test func `a container that somebody is removing did not end well`() throws {
        var inside: Inside?
        var looks = 0
        let (node, _) = try fakeNode { request in
            guard request.line == "GET /v1.41/containers/c1/json", let inside, inside.isOver else {
                return request.line == "GET /v1.41/containers/c1/json" ? inside?.state : nil
            }
            looks += 1
            return looks < 3
                ? .status(200, #"{"Id":"c1","State":{"Status":"removing","Running":false,"ExitCode":0}}"#)
                : .status(404, #"{"message":"no such container"}"#)
        }
        inside = try Inside(node.host)
        let task = try node.launch("true")
        try node.run(task)
        node.runner.kill(task.task)
        #expect(node.end(task) == .ended(code: -1, reason: "the container was removed"))
    }

    @Test func `a container whose making was not answered is removed by its label`() throws {
        let (node, engine) = try fakeNode { request in
            if request.line.hasPrefix("POST /v1.41/containers/create") { return .nothing }
            if request.line.contains("conclave.task") { return .status(200, #"[{"Id":"c9"}]"#) }
            return request.line.hasPrefix("GET /v1.41/containers/c9/json") ? .status(200, #"{"Id":"c9"}"#) : nil
        }
        let task = try node.launch("true")
        #expect(complaint { try node.prepare(task) }.contains("does not answer"))
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
        #expect(engine.asked("DELETE /v1.41/containers/c9").count == 1)
    }

    @Test func `a name that is taken by what was left is freed`() throws {
        var tries = 0
        let (node, engine) = try fakeNode { request in
            guard request.line.hasPrefix("POST /v1.41/containers/create") else { return nil }
            tries += 1
            return tries == 1 ? .status(409, #"{"message":"the name is in use"}"#) : nil
        }
        let task = try node.launch("true")
        try node.prepare(task)
        #expect(engine.asked("DELETE /v1.41/containers/web.1.\(task.task)").count == 1)
        #expect(tries == 2)
    }

    @Test func `a removal that is refused for a moment is asked for again`() throws {
        var tries = 0
        let (node, _) = try fakeNode { request in
            guard request.line.hasPrefix("DELETE /v1.41/containers/c1") else { return nil }
            tries += 1
            return tries < 3 ? .status(409, #"{"message":"container state improper"}"#) : nil
        }
        let task = try node.launch("true")
        try node.prepare(task)
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
        #expect(tries == 3)
    }

    @Test func `nothing is called clean while the engine is away`() throws {
        var isAway = false
        let (node, _) = try fakeNode { _ in isAway ? .nothing : nil }
        let task = try node.launch("true")
        try node.prepare(task)
        isAway = true
        guard case .failure(let error) = node.cleanUp(task) else {
            Issue.record("it was called clean")
            return
        }
        #expect("\(error)".contains("does not answer"))
        isAway = false
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
    }

    @Test func `what an engine makes after it was given up is removed`() throws {
        var isMade = false
        let (node, engine) = try fakeNode(isHurried: true) { request in
            if request.line.hasPrefix("POST /v1.41/containers/create") { return .nothing }
            guard request.line.hasPrefix("GET /v1.41/containers/json"), request.line.contains("conclave.node") else {
                return nil
            }
            return .status(200, isMade ? #"[{"Id":"c9","Labels":{}}]"# : "[]")
        }
        let task = try node.launch("true")
        #expect(complaint { try node.prepare(task) }.contains("does not answer"))
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
        #expect(engine.asked("DELETE").isEmpty)
        isMade = true
        node.wait { !engine.asked("DELETE /v1.41/containers/c9").isEmpty }
    }
}
