import Bytes
import Glibc
import Model
import Seams
import Testing
import Wire

@testable import Runners

/// The container runner with engines that misbehave.
@Suite(.enabled(if: canSandbox, "mounts need root")) struct EngineTroubleTests {
    @Test func `without an engine the node says where it looked`() throws {
        let node = try ContainerNode(socket: "/var/tmp/nobody-listens-here.sock")
        #expect(node.runner.unavailable?.contains("/var/tmp/nobody-listens-here.sock") == true)
        let task = try node.launch("true")
        #expect(complaint { try node.prepare(task) }.contains("no container engine answers"))
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
        "HTTP/1.1 301 Moved\r\nLocation: /v1.41/version\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 UPGRADED\r\n\r\n{\"ApiVersion\":\"1.41\"}",
        "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"ApiVersion\":\"1.41\"}",
    ])
    func `what is no engine is none`(_ text: String) throws {
        let (node, _) = try fakeNode { request in request.line == "GET /version" ? .raw(text) : nil }
        #expect(node.runner.unavailable != nil)
    }

    @Test func `an engine too old, or too new for us, is spoken to as it wants, or not at all`() throws {
        let (old, _) = try fakeNode { $0.line == "GET /version" ? .status(200, #"{"ApiVersion":"1.30"}"#) : nil }
        #expect(old.runner.unavailable?.contains("1.41") == true)
        let (new, engine) = try fakeNode { request in
            if request.line == "GET /version" { return .status(200, #"{"ApiVersion":"1.60","MinAPIVersion":"1.44"}"#) }
            return request.line.hasPrefix("GET /v1.44/images") ? .status(500, #"{"message":"so far"}"#) : nil
        }
        let task = try new.launch("true")
        #expect(complaint { try new.prepare(task) }.contains("so far"))
        #expect(engine.asked("GET /v1.44/images").count == 1)
    }

    @Test func `an image is fetched with the credentials, once and only for that`() throws {
        var isThere = false
        let (node, engine) = try fakeNode { request in
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
        let (node, engine) = try fakeNode { request in
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
        let (node, _) = try fakeNode { request in
            if request.line.hasPrefix("POST /v1.41/images/create") {
                isThere = true
                return .status(200, #"{"status":"Pull complete"}"#)
            }
            if request.line.hasPrefix("GET /v1.41/libpod/images/") { return .status(200, #"{"Digest":"sha256:9"}"#) }
            guard request.line.hasPrefix("GET /v1.41/images/") else { return nil }
            let image = #"{"Id":"sha256:12","RepoDigests":["h/app@sha256:8","h/app@sha256:9"]}"#
            return isThere ? .status(200, image) : .status(404, "")
        }
        // Also where it is there already.
        for isFetched in [true, false] {
            let task = try node.launch("true", image: "h/app:2")
            try node.prepare(task)
            #expect(node.facts[task.task]?.imageDigest == "h/app@sha256:9")
            #expect(node.facts[task.task]?.imageFetched == isFetched)
        }
        let pinned = try node.launch("true", image: "h/app@sha256:7")
        try node.prepare(pinned)
        #expect(node.facts[pinned.task]?.imageDigest == "h/app@sha256:7")
        #expect(node.facts[pinned.task]?.imageFetched == false)
    }

    @Test func `credentials that could end the header are refused before anything is asked`() throws {
        let (node, engine) = try fakeNode { _ in nil }
        let task = try node.launch("true")
        let told = complaint { try node.prepare(task, credentials: box("abc\r\nX-Evil: 1")) }
        #expect(told.contains("X-Registry-Auth") && !told.contains("Evil"), "\(told)")
        #expect(engine.asked("GET /v1.41/images").isEmpty)
    }

    // MARK: - Engines that say nothing

    @Test func `an engine that says nothing is given up, also when it should hand over a connection`() throws {
        let (node, _) = try fakeNode(isHurried: true) { request in
            if request.line.hasSuffix("/exec") { return .status(201, #"{"Id":"e1"}"#) }
            return request.line.contains("/start") || request.line.contains("/logs") ? .silence : nil
        }
        let engine = try #require(node.runner.engine)
        var ends: [EngineCall.Event] = []
        let calls = [
            engine.startExec("e1", terminal: true) { ends.append($0) },
            engine.logs(of: "c1", follow: false, since: .zero, tail: nil) { ends.append($0) },
        ]
        node.wait { ends.count == calls.count }
        for case .failed(let error) in ends { #expect("\(error)".contains("said nothing for 60 s")) }
    }

    @Test func `a program that says nothing is not an engine that does`() throws {
        let (node, _) = try fakeNode(isHurried: true) { request in
            request.line.contains("/start") ? .held("HTTP/1.1 101 UPGRADED\r\n\r\n") : nil
        }
        var isHandedOver = false
        var isOver = false
        let call = try #require(node.runner.engine).startExec("e1", terminal: true) { event in
            switch event {
            case .head: isHandedOver = true
            case .drained: break
            case .body, .ended, .failed: isOver = true
            }
        }
        node.wait { isHandedOver }
        pass(.seconds(180), node)
        #expect(!isOver)
        call.cancel()
    }

    @Test func `output that nobody takes for a while is not silence of the engine`() throws {
        let (node, _) = try fakeNode(isHurried: true) { request in
            request.line.contains("/logs") ? .held("HTTP/1.1 200 OK\r\n\r\n") : nil
        }
        var isOver = false
        let call = try #require(node.runner.engine).logs(of: "c1", follow: false, since: .zero, tail: nil) { event in
            if case .failed = event { isOver = true }
        }
        call.pause()
        pass(.seconds(180), node)
        #expect(!isOver)
        call.resume()
        node.wait { isOver }
    }

    /// Waits until so much of the node's time is over.
    private func pass(_ duration: Duration, _ node: ContainerNode) {
        var isOver = false
        node.host.time.after(duration) { isOver = true }
        node.wait { isOver }
    }

    @Test func `an engine that comes and goes is told of each time`() throws {
        var isAway = false
        let (node, _) = try fakeNode { _ in isAway ? .nothing : nil }
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
        let (node, _) = try fakeNode { request in
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
