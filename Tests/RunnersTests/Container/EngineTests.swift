import Bytes
import Glibc
import Linux
import Model
import Seams
import Testing
import Text
import Wire

@testable import Runners

/// The container runner with a real Docker and a real Podman.
@Suite(
    .serialized, .enabled(if: RealEngines.canRun, "needs root, docker.io, podman and busybox-static"), RealEngines())
struct EngineTests {
    @Test(arguments: RealEngines.kinds)
    func `a container reads its secrets, and a new version in place`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("sleep 1000")
        try node.run(task)
        #expect(node.facts[task.task]?.imageDigest.contains("sha256:") == true)
        #expect(node.containers(of: task) == [node.facts[task.task]?.containerID])
        #expect(node.read(task, "/run/secrets/db") == "hello")
        let facts = node.exec(
            task, ExecLaunch("stat -c '%a %u' /run/secrets/..data/db; grep ' /run/secrets ' /proc/mounts"))
        #expect(facts.output.hasPrefix("444 0\n") && facts.output.contains(" ro,"), "\(facts.output)")
        let pid = node.pid(task)
        try node.give("changed", to: task)
        #expect(node.read(task, "/run/secrets/db") == "changed")
        #expect(node.pid(task) == pid)
        #expect(node.exec(task, ExecLaunch("echo x > /run/secrets/db")).end != .ended(code: 0))
        node.runner.kill(task.task)
        #expect(node.end(task) == .ended(code: 137, reason: ""))
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a program inside has input, output, errors, a code and a user`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("sleep 1000")
        try node.run(task)
        var launch = ExecLaunch("cat; echo bad >&2; echo $GREETING $MORE; exit 7")
        launch.environment = ["MORE=more"]
        launch.wantsInput = true
        let result = node.exec(task, launch) { session in
            session.input(Bytes(utf8: "typed\n"))
            session.endInput()
        }
        #expect(result.end == .ended(code: 7))
        #expect(result.output == "typed\ngood day more\n")
        #expect(result.errors == "bad\n")
        var user = ExecLaunch("id -u; pwd")
        user.user = "app"
        user.directory = "/etc"
        #expect(node.exec(task, user).output == "1000\n/etc\n")
        var missing = ExecLaunch()
        missing.arguments = ["/nowhere"]
        let end = node.exec(task, missing).end
        #expect(end == .ended(code: 126) || end == .ended(code: 127), "\(end)")
        #expect(node.finish(task) == [])
        #expect(node.exec(task, ExecLaunch("true")).end == .failed(code: 125, reason: "the task does not run"))
    }

    @Test(arguments: RealEngines.kinds)
    func `an engine tells what a container uses, and that it can't of one that is gone`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("while :; do :; done")
        try node.run(task)
        let first = try node.usage(task)
        node.wait { ((try? node.usage(task))?.processorNanoseconds ?? .max) > (first.processorNanoseconds ?? 0) }
        let usage = try node.usage(task)
        #expect(usage.processorNanoseconds != nil)
        #expect((usage.memoryBytes ?? 1) > 0 && (usage.processes ?? 1) > 0, "\(usage)")
        node.runner.kill(task.task)
        _ = node.end(task)
        #expect(node.finish(task) == [])
        #expect(throws: SystemError.self) { try node.usage(task) }
    }

    @Test(arguments: RealEngines.kinds)
    func `what a container writes is read while it runs, as it comes, and after its end`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch(
            "echo one; echo bad >&2; echo two; while [ ! -e /run/secrets/go ]; do sleep 0.02; done; printf 'three\nlast'"
        )
        try node.run(task)
        let running = node.logs(task) {
            $0.follow = true
        } until: {
            $0.count == 3
        }
        #expect(running.end == nil && Set(running.lines) == ["one", "!bad", "two"], "\(running)")
        #expect(node.logs(task) { $0.tail = 2 }.lines.count == 2)
        #expect(node.logs(task) { $0.since = Timestamp(seconds: 4_000_000_000) }.lines == [])
        // Whoever follows is told the last word, though the container is removed at once.
        var isAsked = false
        let followed = node.logs(task) {
            $0.follow = true
            $0.tail = 1
        } until: { lines in
            if !lines.isEmpty, !isAsked {
                isAsked = true
                try? node.give("now", to: task, path: "go")
            }
            if case .ended = node.events[task.task]?.last { node.tidy(task) }
            return false
        }
        #expect(followed.lines.suffix(2) == ["three", "last"], "\(followed)")
        #expect(node.end(task) == .ended(code: 0, reason: ""))
        #expect(node.finish(task) == [])
        let saved = node.logs(task)
        #expect(saved.lines.sorted() == ["!bad", "last", "one", "three", "two"], "\(saved)")
        #expect(node.logs(task) { $0.tail = 1 }.lines == ["last"])
    }

    @Test(arguments: RealEngines.kinds)
    func `a follower who wants nothing old is told only what comes`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("echo old; while :; do echo tick; sleep 0.02; done")
        try node.run(task)
        node.wait { !node.logs(task).lines.isEmpty }
        let followed = node.logs(task) {
            $0.follow = true
            $0.tail = 0
        } until: {
            $0.count >= 5
        }
        #expect(followed.end == nil && followed.lines.allSatisfy { $0 == "tick" }, "\(followed)")
        #expect(node.finish(task) == [])
    }

    /// Seconds are all that Podman tells of a time, and many lines are written in one.
    @Test(arguments: RealEngines.kinds)
    func `whoever goes on elsewhere misses no line and is told none twice`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let count = 20_000
        let task = try node.launch(
            "i=0; while [ $i -lt \(count) ]; do i=$((i+1)); echo $i; done; until [ -e /run/secrets/go ]; do sleep 0.02; done"
        )
        try node.run(task)
        var lines: [String] = []
        var position: UInt64?
        for part in 1...3 {
            let read = node.logs(task) {
                $0.follow = true
                $0.position = position
                // Of no meaning for who has a position.
                if position != nil { $0.tail = 1 }
            } until: {
                lines.count + $0.count >= count * part / 10
            }
            lines += read.lines
            position = read.next
        }
        #expect(lines.count < count)
        // The last part from the task's own file.
        try node.give("now", to: task, path: "go")
        #expect(node.end(task) == .ended(code: 0, reason: ""))
        #expect(node.finish(task) == [])
        lines += node.logs(task) { $0.position = position }.lines
        #expect(lines == (1...count).map(String.init))
    }

    @Test(arguments: RealEngines.kinds)
    func `whoever wants nothing old is told where to go on before anything came`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("echo old; until [ -e /run/secrets/go ]; do sleep 0.02; done; echo new")
        try node.run(task)
        node.wait { !node.logs(task).lines.isEmpty }
        var position: UInt64?
        var query = LogQuery()
        query.follow = true
        query.tail = 0
        let reading = node.runner.logs(task, query) { event in
            if case .lines(_, _, let next) = event { position = next }
        }
        node.wait { position != nil }
        reading?.stop()
        try node.give("now", to: task, path: "go")
        #expect(node.end(task) == .ended(code: 0, reason: ""))
        #expect(node.logs(task) { $0.position = position }.lines == ["new"])
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a terminal's output is read as lines`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        var task = try node.launch("echo one; echo two >&2")
        task.spec.program?.terminal = true
        try node.run(task)
        _ = node.end(task)
        #expect(node.logs(task).lines == ["one", "two"])
        #expect(node.finish(task) == [])
        #expect(node.logs(task).lines == ["one", "two"])
    }

    @Test(arguments: RealEngines.kinds)
    func `what an engine keeps of a container's output has a bound, and so has what is saved`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("yes 0123456789012345678901234567890123456789012345678901234567890 | head -n 600000")
        try node.start(task)
        #expect(node.end(task) == .ended(code: 0, reason: ""))
        let most = 2 * LogFile.usualBytes + (1 << 20)
        let kept = try #require(node.engineLogBytes(of: task))
        #expect(kept > 0 && kept <= most)
        #expect(node.finish(task) == [])
        let saved = LogFile(path: task.logPath!, most: LogFile.usualBytes).range(LogQuery())
        #expect(saved.start < saved.end && saved.end - saved.start <= 2 * UInt64(LogFile.usualBytes), "\(saved)")
    }

    @Test(arguments: RealEngines.kinds)
    func `a terminal has the size it was given, and a new one`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("sleep 1000")
        try node.run(task)
        // The first size may come a moment after the program.
        var launch = ExecLaunch(
            "until [ \"$(stty size)\" = '33 99' ]; do sleep 0.05; done; echo ready; read x; stty size")
        launch.terminal = WindowSize(rows: 33, columns: 99)
        launch.wantsInput = true
        var output = ""
        var end: ExecEvent?
        let session = node.runner.exec(task.task, launch) { event in
            switch event {
            case .output(let bytes): output += bytes.text ?? "?"
            case .ended, .failed: end = event
            case .started, .errorOutput, .inputDrained: break
            }
        }
        node.wait { output.contains("ready") || end != nil }
        session.resize(WindowSize(rows: 44, columns: 111))
        let isResized = node.asks(for: task, "for f in /dev/pts/[0-9]*; do stty size -F $f; done | grep -q '44 111'")
        #expect(isResized)
        session.input(Bytes(utf8: "\n"))
        node.wait { end != nil }
        #expect(output.contains("44 111"))
        #expect(end == .ended(code: 0))
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a program whose asker is gone is killed`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("sleep 1000")
        try node.run(task)
        var isStarted = false
        let session = node.runner.exec(task.task, ExecLaunch("echo on; exec sleep 4242")) { event in
            if case .output = event { isStarted = true }
        }
        node.wait { isStarted }
        session.kill()
        let isGone = node.asks(for: task, "! ps | grep -v grep | grep -q 'sleep 4242'")
        #expect(isGone)
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `number 1 that ignores TERM is killed after the grace period`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let deaf = try node.launch("exec sleep 1000")
        try node.run(deaf)
        node.runner.stop(deaf.task, grace: .milliseconds(200))
        #expect(node.end(deaf) == .ended(code: 137, reason: ""))
        #expect(node.finish(deaf) == [])

        var polite = try node.launch("trap 'exit 42' INT; echo ready; while :; do sleep 0.05; done")
        polite.spec.program?.stopSignal = "INT"
        try node.run(polite)
        #expect(node.logs(polite, { $0.follow = true }, until: { !$0.isEmpty }).lines == ["ready"])
        node.runner.stop(polite.task, grace: .seconds(60))
        #expect(node.end(polite) == .ended(code: 42, reason: ""))
        #expect(node.finish(polite) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a start that fails says why and leaves no container`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        var task = try node.launch("")
        task.spec.program?.command = ["/nowhere"]
        try node.start(task)
        guard case .failed(let reason) = node.end(task) else {
            Issue.record("\(node.events[task.task] ?? [])")
            return
        }
        #expect(reason.contains("/nowhere"), "\(reason)")
        #expect(node.containers(of: task).count == 1)
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `an image that nobody has is refused with the registry's reason`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("true", image: "127.0.0.1:1/nothing:x")
        #expect(throws: SystemError.self) { try node.prepare(task) }
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `the next agent adopts a container, and learns how one ended meanwhile`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let long = try node.launch("sleep 1000")
        let short = try node.launch("while [ ! -e /run/secrets/go ]; do sleep 0.02; done; exit 7")
        try node.run(long)
        try node.run(short)
        let pid = node.pid(long)
        node.replaceAgent(keeping: [long.task, short.task])
        // It ends while no agent watches.
        let left = node.containers(of: short)
        try node.give("now", to: short, path: "go")
        node.adopt(long)
        node.wait { node.pid(long) != nil }
        #expect(node.pid(long) == pid)
        node.adopt(short)
        #expect(node.end(short) == .ended(code: 7, reason: ""))
        #expect(left.count == 1)
        #expect(node.read(long, "/run/secrets/db") == "hello")
        #expect(node.finish(short) == [])
        #expect(node.finish(long) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a container whose ID was lost is found by its label, and an orphan is removed with its network`(
        _ kind: String
    ) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let known = try node.launch("sleep 1000")
        var orphan = try node.launch("sleep 1000")
        orphan.spec.networks[0].network = "conclave-orphan"
        try node.run(known)
        try node.run(orphan)
        try SmallFile.replace("\(known.stateDirectory)/container", Array("boot \(Boot.id)\n".utf8))
        node.replaceAgent(keeping: [known.task])
        node.adopt(known)
        node.wait { node.pid(known) != nil }
        let isRemoved = (1...1000).contains { _ in node.containers(of: orphan).isEmpty }
        #expect(isRemoved)
        let isAlone = try (1...1000).contains { _ in try node.networks("conclave-orphan") == 0 }
        #expect(isAlone)
        #expect(node.containers(of: known).count == 1)
        #expect(node.finish(known) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `an engine that crashes and comes back loses no task, and no code`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let long = try node.launch("sleep 1000")
        let short = try node.launch("while [ ! -e /run/secrets/go ]; do sleep 0.02; done; exit 7")
        let killed = try node.launch("sleep 1000")
        for task in [long, short, killed] { try node.run(task) }
        RealEngines.kill(kind)
        try node.give("now", to: short, path: "go")
        // Stopped without the engine.
        node.runner.stop(killed.task, grace: .zero)
        #expect(node.events[long.task]?.count == 1)
        RealEngines.again(kind)
        #expect(node.end(short) == .ended(code: 7, reason: ""))
        guard case .ended = node.end(killed) else {
            Issue.record("\(node.events[killed.task] ?? [])")
            return
        }
        #expect(node.events[long.task]?.count == 1)
        node.wait { node.runner.unavailable == nil }
        #expect(node.read(long, "/run/secrets/db") == "hello")
        for task in [long, short, killed] { #expect(node.finish(task) == []) }
    }

    @Test(arguments: RealEngines.kinds)
    func `a named network is made when it is needed and removed with its last user`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let name = "conclave-test-\(kind)"
        var tasks: [TaskLaunch] = []
        for number in 1...2 {
            var task = try node.launch("sleep 1000")
            var network = NetworkAttachment()
            network.network = name
            network.aliases = ["web\(number)"]
            task.spec.networks = [network]
            try node.run(task)
            tasks.append(task)
        }
        #expect(try node.networks(name) == 1)
        #expect(node.exec(tasks[0], ExecLaunch("ip addr")).output.contains("eth0"))
        #expect(node.finish(tasks[0]) == [])
        #expect(try node.networks(name) == 1)
        #expect(node.finish(tasks[1]) == [])
        #expect(try node.networks(name) == 0)
    }

    @Test(arguments: RealEngines.kinds)
    func `two daemons that share an engine make a network once`(_ kind: String) throws {
        let host = TestHost(cgroups: NoCgroups())
        let nodes = try (1...2).map { _ in try ContainerNode(socket: RealEngines.socket(kind), host: host) }
        for number in 1...4 {
            let name = "conclave-shared-\(number)"
            var made: [Result<Void, EngineError>] = []
            let tasks = nodes.map { _ in TaskID(high: 1, low: UInt64(number)) }
            for (node, task) in zip(nodes, tasks) {
                node.runner.networks.make([name], for: task, try #require(node.runner.engine)) { made.append($0) }
            }
            nodes[0].wait { made.count == 2 }
            for result in made { #expect(throws: Never.self) { try result.get() } }
            #expect(try nodes[0].networks(name) == 1)
            var left = 0
            for (node, task) in zip(nodes, tasks) {
                node.runner.networks.leave(task, try #require(node.runner.engine)) { left += 1 }
            }
            nodes[0].wait { left == 2 }
            #expect(try nodes[0].networks(name) == 0)
        }
    }

    // MARK: - By hand

    @Test(arguments: RealEngines.kinds)
    func `a container that was paused by hand is stopped all the same`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("exec sleep 1000")
        try node.run(task)
        try node.ask(HTTPRequest(.post, "containers", try #require(node.containers(of: task).first), "pause"))
        // Nothing can be run in it, and that is said.
        guard case .failed(125, _) = node.exec(task, ExecLaunch("true")).end else {
            Issue.record("a program ran in a paused container")
            return
        }
        node.runner.stop(task.task, grace: .milliseconds(10))
        #expect(node.end(task) == .ended(code: 137, reason: ""))
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a container that was removed or renamed by hand is no riddle`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let removed = try node.launch("sleep 1000")
        let renamed = try node.launch("sleep 1000")
        for task in [removed, renamed] { try node.run(task) }
        let ids = try [removed, renamed].map { try #require(node.containers(of: $0).first) }
        try node.ask(HTTPRequest(.delete, "containers", ids[0], query: [("force", "1")]))
        // Docker may know the code, and nobody ever says that it ended well.
        let end = node.end(removed)
        #expect(
            [.ended(code: -1, reason: "the container was removed"), .ended(code: 137, reason: "")].contains(end),
            "\(end)")
        try node.ask(
            HTTPRequest(.post, "containers", ids[1], "rename", query: [("name", "conclave-other-\(renamed.task)")]))
        node.replaceAgent(keeping: [renamed.task])
        node.adopt(renamed)
        node.wait { node.pid(renamed) != nil }
        #expect(node.read(renamed, "/run/secrets/db") == "hello")
        for task in [removed, renamed] { #expect(node.finish(task) == []) }
    }

    @Test(arguments: RealEngines.kinds)
    func `a terminal whose container dies is told the end`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("sleep 1000")
        try node.run(task)
        var launch = ExecLaunch("echo on; cat")
        launch.terminal = WindowSize(rows: 24, columns: 80)
        launch.wantsInput = true
        var isStarted = false
        var end: ExecEvent?
        let session = node.runner.exec(task.task, launch) { event in
            switch event {
            case .output: isStarted = true
            case .ended, .failed: end = event
            case .started, .errorOutput, .inputDrained: break
            }
        }
        node.wait { isStarted }
        node.runner.kill(task.task)
        node.wait { end != nil }
        #expect(end != .ended(code: 0))
        session.input(Bytes(utf8: "too late\n"))
        #expect(node.finish(task) == [])
    }

    // MARK: - Secrets

    @Test(arguments: RealEngines.kinds)
    func `a watchdog waits for a container's end, over a change of agents, and goes with its files`(_ kind: String)
        throws
    {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("sleep 1000")
        try node.run(task)
        func noted() -> TaskRecord.Process? {
            ContainerRecord(parsing: text("\(task.stateDirectory)/container") ?? "").watchdog
        }
        let watchdog = try #require(noted())
        #expect(text("/proc/\(watchdog.pid)/cmdline")?.contains("folder=\(node.tasks)/\(task.task)\0") == true)
        node.replaceAgent(keeping: [task.task])
        node.adopt(task)
        node.wait { node.pid(task) != nil }
        #expect(noted() == watchdog)
        node.runner.kill(task.task)
        #expect(node.end(task) == .ended(code: 137, reason: ""))
        #expect(node.finish(task) == [])
        node.wait { kill(watchdog.pid, 0) != 0 }
    }

    @Test(arguments: RealEngines.kinds)
    func `a secret is read by its owner alone where it says so`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        var task = try node.launch("sleep 1000")
        (task.uid, task.gid) = (1000, 1000)
        try node.give("app's", to: task, mode: 0o400)
        try node.run(task)
        var launch = ExecLaunch("cat /run/secrets/db")
        launch.user = "app"
        #expect(node.exec(task, launch).output == "app's")
        launch.user = "1001:1001"
        let other = node.exec(task, launch)
        #expect(other.end == .ended(code: 1) && other.output.isEmpty, "\(other)")
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a reader in a container never sees a value in part, nor none`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let values = ["a", "b"].map { String(repeating: $0, count: 16_000) }
        let task = try node.launch(
            """
            echo begun
            while v=$(cat /run/secrets/db 2>/dev/null); do
              case $v in *a*b*|*b*a*|'') echo torn;; *a) a=seen;; *b) b=seen;; esac
            done
            echo $a $b
            """, value: values[0])
        try node.run(task)
        node.wait { node.logs(task).lines == ["begun"] }
        // Now and then so long that the reader has come around.
        for number in 1...100 {
            try node.give(values[number % 2], to: task)
            if number % 20 < 2 { _ = node.exec(task, ExecLaunch("true")) }
        }
        try node.give("x", to: task, path: "other")
        #expect(node.end(task) == .ended(code: 0, reason: ""))
        #expect(node.logs(task).lines == ["begun", "seen seen"])
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `an engine has no secret's value, in what it says or in what it keeps`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let value = "Canary\(node.newTask().task)"
        let task = try node.launch("sleep 1000", value: value)
        try node.run(task)
        #expect(node.read(task, "/run/secrets/db") == value)
        let id = try #require(node.containers(of: task).first)
        #expect(try !node.ask(HTTPRequest(.get, "containers", id, "json")).text.contains(value))
        #expect(unsafe system("grep -rqsF --devices=skip \(value) \(RealEngines.folder(kind))/root") != 0)
        #expect(unsafe system("grep -qsF \(value) \(RealEngines.folder(kind))/log") != 0)
        #expect(node.finish(task) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a file with an absolute target is there, and changes in place`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        var task = try node.launch("sleep 1000")
        var config = ConfigReference()
        var target = FileTarget()
        target.name = "/etc/deep/app.conf"
        config.target = target
        task.spec.program?.configs = [config]
        try node.give("one", to: task, in: .configs, path: ".root/etc/deep/app.conf")
        try node.run(task)
        #expect(node.read(task, "/etc/deep/app.conf") == "one")
        try node.give("two", to: task, in: .configs, path: ".root/etc/deep/app.conf")
        #expect(node.read(task, "/etc/deep/app.conf") == "two")
        #expect(node.finish(task) == [])

        var closed = try node.launch("sleep 1000")
        closed.spec.program?.configs = [config]
        closed.spec.program?.readOnly = true
        #expect(throws: SystemError.self) { try node.prepare(closed) }
        #expect(node.finish(closed) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `bounds are those that can be had (trap 2), and what is over the memory's is told`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        var task = try node.launch("sleep 1000")
        var limit = Ulimit()
        limit.name = "core"
        limit.soft = 0
        limit.hard = 0
        task.spec.program?.ulimits = [limit]
        try node.run(task)
        #expect(node.exec(task, ExecLaunch("ulimit -c")).output == "0\n")
        #expect(node.finish(task) == [])

        var greedy = try node.launch("dd if=/dev/zero of=/dev/null bs=300M count=1; exit 3")
        greedy.limits = TaskLimits(memoryBytes: 16 << 20)
        try node.start(greedy)
        guard case .ended(let code, _) = node.end(greedy) else {
            Issue.record("\(node.events[greedy.task] ?? [])")
            return
        }
        #expect(code == 3 || code == 137)
        #expect(node.finish(greedy) == [])
    }

    @Test(arguments: RealEngines.kinds)
    func `a container that has another folder at the secrets' place is found out (trap 3)`(_ kind: String) throws {
        let node = try ContainerNode(socket: RealEngines.socket(kind))
        let task = try node.launch("sleep 1000")
        let other = try node.launch("sleep 1000")
        try node.run(task)
        let pid = try #require(node.pid(task))
        #expect(ContainerTask.stale(task, in: pid) == nil)
        #expect(ContainerTask.stale(other, in: pid)?.contains("other mounts") == true)
        #expect(node.finish(task) == [])
        #expect(node.finish(other) == [])
    }
}

@Suite(.enabled(if: canSandbox, "namespaces need root")) struct MountNamespaceTests {
    @Test func `an engine with a mount namespace of its own is found out (trap 3)`() throws {
        let host = TestHost(cgroups: NoCgroups())
        var request = SpawnRequest(
            program: "/usr/bin/unshare", arguments: ["unshare", "-m", "/bin/sh", "-c", "echo; read x"], environment: [])
        let input = try host.processes.openPipe()
        let output = try host.processes.openPipe()
        request.descriptors = [(child: 0, ours: input.read), (child: 1, ours: output.write)]
        let apart = try host.processes.spawn(request)
        var byte: UInt8 = 0
        // It says so once it has its namespace.
        #expect(unsafe read(output.read, &byte, 1) == 1)
        #expect(EngineFinder.isApart(apart.pid))
        #expect(!EngineFinder.isApart(getpid()))
        #expect(!EngineFinder.isApart(0))
        // Reaped, or whoever waits for any child of this process would wait for ever.
        var isOver = false
        apart.onExit { _ in isOver = true }
        try apart.signal(SIGKILL)
        _ = host.linux.loop.run(until: { isOver }, limit: .seconds(20))
        #expect(isOver)
        for end in [input.read, input.write, output.read, output.write] { close(end) }
    }
}
