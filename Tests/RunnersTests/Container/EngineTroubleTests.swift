import Bytes
import Glibc
import Model
import Seams
import Testing
import Wire

@testable import Runners

/// The container runner with engines that misbehave.
@Suite(.enabled(if: canSandbox, "mounts need root")) struct EngineTroubleTests {
    /// A node whose engine answers as `answer` says, and as engines do where that is `nil`.
    private func make(
        _ answer: @escaping (FakeEngine.Request) -> FakeEngine.Answer?
    ) throws -> (node: ContainerNode, engine: FakeEngine) {
        let scratch = Scratch()
        let host = TestHost(cgroups: NoCgroups())
        let engine = try FakeEngine(host, scratch.path) { request in
            if let special = answer(request) { return special }
            let line = request.line
            if line == "GET /version" { return FakeEngine.version }
            if line.hasPrefix("GET /v1.41/containers/json") { return .status(200, "[]") }
            if line.hasPrefix("GET /v1.41/images/") { return .status(200, #"{"Id":"sha256:12"}"#) }
            if line.hasPrefix("POST /v1.41/containers/create") { return .status(201, #"{"Id":"c1"}"#) }
            return .status(204, "")
        }
        let node = try ContainerNode(socket: engine.socket, host: host)
        node.belongings = [engine, scratch]
        return (node, engine)
    }

    private func error(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `without an engine the node says where it looked`() throws {
        let node = try ContainerNode(socket: "/var/tmp/nobody-listens-here.sock")
        #expect(node.runner.unavailable?.contains("/var/tmp/nobody-listens-here.sock") == true)
        let task = try node.launch("true")
        #expect(error { try node.prepare(task) }.contains("no container engine answers"))
        // Nothing was made, so nothing need be removed.
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
    }

    @Test func `an engine that is turned off is not looked for`() {
        let host = TestHost(cgroups: NoCgroups())
        var options = ContainerRunner.Options(stateDirectory: "/nowhere")
        options.sockets = []
        let runner = ContainerRunner(host: host, options: options)
        var isChanged = false
        runner.begin(keeping: []) { isChanged = true }
        #expect(runner.unavailable?.contains("--engine none") == true)
        #expect(!isChanged)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n{}", "",
    ])
    func `what is no engine is none`(_ text: String) throws {
        let (node, _) = try make { request in request.line == "GET /version" ? .raw(text) : nil }
        #expect(node.runner.unavailable != nil)
    }

    @Test func `an engine too old, or too new for us, is spoken to as it wants, or not at all`() throws {
        let (old, _) = try make { $0.line == "GET /version" ? .status(200, #"{"ApiVersion":"1.30"}"#) : nil }
        #expect(old.runner.unavailable?.contains("1.41") == true)
        let (new, engine) = try make { request in
            if request.line == "GET /version" { return .status(200, #"{"ApiVersion":"1.60","MinAPIVersion":"1.44"}"#) }
            return request.line.hasPrefix("GET /v1.44/images") ? .status(500, #"{"message":"so far"}"#) : nil
        }
        let task = try new.launch("true")
        #expect(error { try new.prepare(task) }.contains("so far"))
        #expect(engine.asked("GET /v1.44/images").count == 1)
    }

    @Test func `an image is fetched with the credentials, once and only for that`() throws {
        var isThere = false
        let (node, engine) = try make { request in
            if request.line.hasPrefix("POST /v1.41/images/create") {
                isThere = true
                return .status(200, #"{"status":"Pull complete"}"#)
            }
            if request.line.hasPrefix("GET /v1.41/images/") {
                return isThere
                    ? .status(200, #"{"Id":"sha256:12","RepoDigests":["h/app@sha256:9"]}"#) : .status(404, "")
            }
            return nil
        }
        let task = try node.launch("true", image: "h/app:2")
        try node.prepare(task, credentials: box("eyJ1IjoiYSJ9"))
        #expect(node.facts[task.task]?.imageDigest == "h/app@sha256:9")
        #expect(node.facts[task.task]?.imageFetched == true)
        let again = try node.launch("true", image: "h/app:2")
        try node.prepare(again)
        #expect(node.facts[again.task]?.imageDigest == "h/app@sha256:9")
        #expect(node.facts[again.task]?.imageFetched == false)
        let pulls = engine.asked("POST /v1.41/images/create?fromImage=h%2Fapp&tag=2")
        #expect(pulls.count == 1)
        #expect(pulls.first?.headers.contains("X-Registry-Auth: eyJ1IjoiYSJ9") == true)
        #expect(engine.requests.filter { $0.headers.contains { $0.hasPrefix("X-Registry-Auth") } }.count == 1)
    }

    @Test
    func `a tag that is to be looked up is fetched though it is there, and what is there serves without a registry`()
        throws
    {
        var hasRegistry = true
        var digest = "8"
        let (node, engine) = try make { request in
            if request.line.hasPrefix("POST /v1.41/images/create") {
                guard hasRegistry else { return .status(500, #"{"message":"no route"}"#) }
                digest = "9"
                return .status(200, #"{"status":"Pull complete"}"#)
            }
            guard request.line.hasPrefix("GET /v1.41/images/") else { return nil }
            return .status(200, #"{"Id":"sha256:12","RepoDigests":["h/app@sha256:\#(digest)"]}"#)
        }
        var task = try node.launch("true", image: "h/app:2")
        task.spec.container?.lookup = 1
        try node.prepare(task)
        #expect(node.facts[task.task]?.imageDigest == "h/app@sha256:9")
        #expect(node.facts[task.task]?.imageFetched == true)
        hasRegistry = false
        var cutOff = try node.launch("true", image: "h/app:2")
        cutOff.spec.container?.lookup = 1
        try node.prepare(cutOff)
        #expect(node.facts[cutOff.task]?.imageFetched == false)
        // A digest names one image for ever.
        var pinned = try node.launch("true", image: "h/app@sha256:9")
        pinned.spec.container?.lookup = 1
        try node.prepare(pinned)
        #expect(engine.asked("POST /v1.41/images/create").count == 2)
    }

    @Test func `of an image for several kinds of machines the digest is that of all of them`() throws {
        var isThere = false
        let (node, _) = try make { request in
            if request.line.hasPrefix("POST /v1.41/images/create") {
                isThere = true
                return .status(200, #"{"status":"Pull complete"}"#)
            }
            if request.line.hasPrefix("GET /v1.41/libpod/images/") { return .status(200, #"{"Digest":"sha256:9"}"#) }
            guard request.line.hasPrefix("GET /v1.41/images/") else { return nil }
            let image = #"{"Id":"sha256:12","RepoDigests":["h/app@sha256:8","h/app@sha256:9"]}"#
            return isThere ? .status(200, image) : .status(404, "")
        }
        let task = try node.launch("true", image: "h/app:2")
        try node.prepare(task)
        #expect(node.facts[task.task]?.imageDigest == "h/app@sha256:9")
        #expect(node.facts[task.task]?.imageFetched == true)
    }

    @Test func `credentials that could end the header are refused before anything is asked`() throws {
        let (node, engine) = try make { _ in nil }
        let task = try node.launch("true")
        let told = error { try node.prepare(task, credentials: box("abc\r\nX-Evil: 1")) }
        #expect(told.contains("X-Registry-Auth") && !told.contains("Evil"), "\(told)")
        #expect(engine.asked("GET /v1.41/images").isEmpty)
    }

    @Test func `a name that is taken by what was left is freed`() throws {
        var tries = 0
        let (node, engine) = try make { request in
            guard request.line.hasPrefix("POST /v1.41/containers/create") else { return nil }
            tries += 1
            return tries == 1 ? .status(409, #"{"message":"the name is in use"}"#) : nil
        }
        let task = try node.launch("true")
        try node.prepare(task)
        #expect(engine.asked("DELETE /v1.41/containers/web.1.\(task.task)").count == 1)
        #expect(tries == 2)
    }

    @Test func `a container whose making was not answered is removed by its label`() throws {
        let (node, engine) = try make { request in
            if request.line.hasPrefix("POST /v1.41/containers/create") { return .nothing }
            if request.line.contains("conclave.task") { return .status(200, #"[{"Id":"c9"}]"#) }
            return request.line.hasPrefix("GET /v1.41/containers/c9/json") ? .status(200, #"{"Id":"c9"}"#) : nil
        }
        let task = try node.launch("true")
        #expect(error { try node.prepare(task) }.contains("does not answer"))
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
        #expect(engine.asked("DELETE /v1.41/containers/c9").count == 1)
    }

    @Test func `a removal that is refused for a moment is asked for again`() throws {
        var tries = 0
        let (node, _) = try make { request in
            guard request.line.hasPrefix("DELETE /v1.41/containers/c1") else { return nil }
            tries += 1
            return tries < 3 ? .status(409, #"{"message":"container state improper"}"#) : nil
        }
        let task = try node.launch("true")
        try node.prepare(task)
        if case .failure(let error) = node.cleanUp(task) { Issue.record("\(error)") }
        #expect(tries == 3)
    }

    @Test func `tasks that need the same network at once make it once`() throws {
        var isThere = false
        let (node, engine) = try make { request in
            if request.line == "POST /v1.41/networks/create" {
                isThere = true
                return .status(201, #"{"Id":"n1"}"#)
            }
            guard request.line == "GET /v1.41/networks/front" else { return nil }
            return isThere ? .status(200, #"{"Id":"n1"}"#) : .status(404, #"{"message":"network front not found"}"#)
        }
        let known = try #require(node.runner.engine)
        var made = 0
        for _ in 0..<3 {
            let task = try node.launch("true").task
            node.runner.networks.make(["front"], for: task, known) { if case .success = $0 { made += 1 } }
        }
        node.wait { made == 3 }
        #expect(engine.asked("POST /v1.41/networks/create").count == 1)
    }

    @Test func `nothing is called clean while the engine is away`() throws {
        var isAway = false
        let (node, _) = try make { _ in isAway ? .nothing : nil }
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

    @Test func `an engine that comes and goes is told of each time`() throws {
        var isAway = false
        let (node, _) = try make { _ in isAway ? .nothing : nil }
        #expect(node.runner.unavailable == nil && node.changes == 1)
        isAway = true
        node.wait { node.runner.unavailable != nil }
        isAway = false
        node.wait { node.runner.unavailable == nil }
        #expect(node.changes == 3)
    }

    @Test func `output is read no further than its reader takes it`() throws {
        let count = 40_000
        let line = "2026-11-27T22:16:25Z " + String(repeating: "x", count: 78) + "\n"
        let frame = "\u{1}\0\0\0\0\0\0" + String(UnicodeScalar(UInt8(line.utf8.count))) + line
        let (node, _) = try make { request in
            guard request.line.hasPrefix("GET /v1.41/containers/c1/logs") else { return nil }
            return .raw("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: frame, count: count))
        }
        var (lines, pieces, isOver) = (0, 0, false)
        var logs: EngineLogs?
        logs = EngineLogs(try #require(node.runner.engine), "c1", LogQuery(), terminal: false) { event in
            switch event {
            case .lines(let more):
                lines += more.count
                pieces += 1
                logs?.pause()
            case .ended: isOver = true
            case .failed(let error): Issue.record("\(error)")
            }
        }
        node.wait { pieces == 1 }
        // Whatever comes meanwhile.
        var turns = 0
        node.wait {
            turns += 1
            node.host.time.after(.milliseconds(1)) {}
            return turns > 100
        }
        #expect(pieces == 1 && lines * line.utf8.count <= LogFile.pieceBytes)
        while !isOver {
            let before = pieces
            logs?.resume()
            node.wait { pieces > before || isOver }
        }
        #expect(lines == count)
    }

    private func box(_ text: String) -> SecretBox { SecretBox(SecretBytes(copying: Bytes(utf8: text))) }
}
