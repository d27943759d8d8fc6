import Bytes
import Glibc
import Model
import Seams
import Testing

@testable import Runners

/// Real sandboxes, files and processes of this host.
@Suite(.enabled(if: canSandbox, "sandboxes need user 0 and /usr/bin/bwrap"), .serialized)
struct ProcessRunnerTests {
    @Test func `a task starts, writes to its log and ends with its code`() throws {
        let node = try TestNode()
        let task = try node.launch("echo $GREETING; hostname; cat /run/secrets/db; exit 5")
        try node.start(task)
        #expect(node.end(task) == .ended(code: 5, reason: ""))
        #expect(node.isRunning(task))
        #expect(node.log(task) == "good day\nweb-1\nhello")
        #expect(node.finish(task) == [])
    }

    @Test func `a program that is not there or not executable fails with the reason`() throws {
        let node = try TestNode()
        for (program, reason) in [("nonesuch", "not found"), ("/etc/passwd", "cannot be executed")] {
            var task = try node.launch("")
            task.arguments = [program]
            try node.start(task)
            guard case .failed(let text) = node.end(task) else {
                Issue.record("\(program) ran")
                continue
            }
            #expect(text.contains(reason))
            #expect(node.finish(task) == [])
        }
    }

    @Test func `a task has its user, no group beside its own, no capability and no way to one`() throws {
        let node = try TestNode()
        let task = try node.launch(
            "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|SigBlk|SigIgn)' /proc/self/status; ls /proc/self/fd")
        try node.start(task)
        #expect(node.end(task) == .ended(code: 0, reason: ""))
        let lines = node.log(task).split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
        func line(_ name: String) -> [Substring] { lines.first { $0.first.map { $0 == name + ":" } ?? false } ?? [] }
        #expect(line("Uid").dropFirst().allSatisfy { $0 == "200007" } && line("Uid").count == 5)
        #expect(line("Gid").dropFirst().allSatisfy { $0 == "200007" } && line("Gid").count == 5)
        #expect(line("Groups").count == 1)
        for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "SigBlk", "SigIgn"] {
            #expect(line(name).dropFirst() == ["0000000000000000"], "\(name)")
        }
        #expect(line("NoNewPrivs").dropFirst() == ["1"])
        // The fourth is the folder that `ls` reads.
        #expect(lines.suffix(4).map { $0.joined() } == ["0", "1", "2", "3"])
        #expect(node.finish(task) == [])
    }

    @Test func `of many tasks all start in their turn, but not one that is stopped before it`() throws {
        let node = try TestNode()
        let tasks = try (0..<9).map { _ in try node.launch("echo ran") }
        for task in tasks { try node.prepare(task) }
        for task in tasks { node.begin(task) }
        node.runner.stop(tasks[8].task, grace: .zero)
        for task in tasks.dropLast() {
            #expect(node.end(task) == .ended(code: 0, reason: ""))
            #expect(node.log(task) == "ran\n")
        }
        #expect(node.end(tasks[8]) == .failed(reason: "it was stopped before it began"))
        #expect(node.log(tasks[8]) == "")
        for task in tasks { #expect(node.finish(task) == []) }
    }

    @Test func `a stopped task is asked by its signal first`() throws {
        let node = try TestNode()
        let task = try node.launch("trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done")
        try node.start(task)
        node.waitLog(task, "ready")
        node.runner.stop(task.task, grace: .seconds(60))
        #expect(node.end(task) == .ended(code: 42, reason: ""))
        #expect(node.finish(task) == [])
    }

    @Test func `a task that does not listen is killed after its grace`() throws {
        let node = try TestNode()
        let task = try node.launch("trap '' TERM; echo ready; while :; do sleep 0.05; done")
        try node.start(task)
        node.waitLog(task, "ready")
        node.runner.stop(task.task, grace: .milliseconds(50))
        #expect(node.end(task) == .ended(code: 137, reason: ""))
        #expect(node.finish(task) == [])
    }

    @Test func `a new value is read by the same process`() throws {
        let node = try TestNode()
        let task = try node.launch("echo $$; until grep -q new /run/secrets/db; do :; done; echo $$ saw it")
        try node.start(task)
        node.wait { node.isRunning(task) }
        try node.give("new", to: task)
        #expect(node.end(task) == .ended(code: 0, reason: ""))
        let lines = node.log(task).split(separator: "\n")
        #expect(lines.count == 2 && lines[1] == "\(lines[0]) saw it")
        #expect(node.finish(task) == [])
    }

    @Test(arguments: [200_007, 0] as [UInt32])
    func `a task sees nothing of a daemon's nor of another task's`(uid: UInt32) throws {
        let node = try TestNode(allowsRoot: true)
        node.scratch.write("state/keyring", "a private key", mode: 0o644)
        let other = node.scratch.folder("other-daemon", mode: 0o755)
        node.scratch.write("other-daemon/keyring", "another key", mode: 0o644)
        try node.runner.options.registry.announce("other", [other])
        let neighbour = try node.launch("echo up; exec sleep 600", value: "not yours")
        try node.start(neighbour)
        node.waitLog(neighbour, "up")
        let task = try node.launch(
            """
            id -u
            cat \(node.state)/keyring \(other)/keyring \(neighbour.secretsDirectory!)/db
            ls -A \(node.state) \(other) \(node.scratch.path)/run
            ls -A /run /proc/1/root/run
            grep -c \(neighbour.task) /proc/self/mountinfo
            touch /etc/x /run/secrets/x
            umount /run/secrets
            ls -d /proc/[0-9]* | wc -l
            """, uid: uid)
        try node.start(task)
        _ = node.end(task)
        let log = node.log(task)
        #expect(log.hasPrefix("\(uid)\n"))
        for word in ["a private key", "another key", "not yours", "keyring\n", "control.sock"] where word != "keyring\n"
        {
            #expect(!log.contains(word), "\(log)")
        }
        // The mount of the neighbour is absent, not only covered.
        #expect(log.contains("\n0\n"), "\(log)")
        #expect(log.contains("Read-only file system"))
        // bwrap's number 1, the shell, and its pipe.
        #expect(Int(log.split(separator: "\n").last ?? "").map { $0 <= 5 } == true, "\(log)")
        node.runner.kill(neighbour.task)
        #expect(node.end(neighbour) == .ended(code: 137, reason: ""))
        #expect(node.finish(task) == [] && node.finish(neighbour) == [])
    }

    @Test func `user 0 is refused unless the node allows it`() throws {
        let node = try TestNode()
        let task = try node.launch("true", uid: 0)
        #expect(throws: SystemError.self) { try node.start(task) }
        #expect(node.finish(task) == [])
    }

    @Test func `a limit that cannot be enforced is refused`() throws {
        let node = try TestNode(cgroups: NoCgroups())
        var task = try node.launch("true")
        task.limits.memoryBytes = 16 << 20
        #expect(throws: SystemError.self) { try node.start(task) }
        #expect(node.finish(task) == [])
    }

    // MARK: - A further program

    @Test func `exec runs inside the task as its user, with its output and code`() throws {
        let node = try TestNode()
        let task = try node.launch("echo ready; exec sleep 600")
        try node.start(task)
        node.waitLog(task, "ready")
        let ran = node.exec(
            task, ExecLaunch("id -u; hostname; cat /run/secrets/db; grep CapBnd /proc/self/status >&2; exit 7"))
        #expect(ran.end == .ended(code: 7))
        #expect(ran.output == "200007\nweb-1\nhello")
        #expect(ran.errors.hasSuffix("0000000000000000\n"))
        var input = ExecLaunch("cat")
        input.wantsInput = true
        let echoed = node.exec(task, input) {
            $0.input(Bytes(utf8: "through the pipe"))
            $0.endInput()
        }
        #expect(echoed.end == .ended(code: 0) && echoed.output == "through the pipe")
        for (program, code) in [("nonesuch", 127 as Int32), ("/etc/passwd", 126)] {
            var launch = ExecLaunch()
            launch.arguments = [program]
            guard case .failed(code, _) = node.exec(task, launch).end else {
                Issue.record("\(program) did not fail with \(code)")
                continue
            }
        }
        node.runner.kill(task.task)
        _ = node.end(task)
        guard case .failed(125, _) = node.exec(task, ExecLaunch("true")).end else {
            Issue.record("a program ran in a task that has ended")
            return
        }
        #expect(node.finish(task) == [])
    }

    @Test func `exec with a terminal has one of the sandbox, its size, and signals`() throws {
        let node = try TestNode()
        let task = try node.launch("echo ready; exec sleep 600")
        try node.start(task)
        node.waitLog(task, "ready")
        var launch = ExecLaunch("tty; stty size; read line; stty size; echo got $line; exit 6")
        launch.terminal = WindowSize(rows: 30, columns: 90)
        launch.wantsInput = true
        let ran = node.exec(task, launch) {
            $0.resize(WindowSize(rows: 40, columns: 120))
            $0.input(Bytes(utf8: "it\n"))
        }
        #expect(ran.end == .ended(code: 6))
        #expect(ran.output.contains("/dev/pts/"))
        #expect(ran.output.contains("40 120") && ran.output.contains("got it"))
        let killed = node.exec(task, ExecLaunch("exec sleep 600")) { $0.signal(SIGTERM) }
        #expect(killed.end == .ended(code: 143))
        let left = node.exec(task, ExecLaunch("exec sleep 600")) { $0.kill() }
        #expect(left.end == .ended(code: 137))
        node.runner.kill(task.task)
        _ = node.end(task)
        #expect(node.finish(task) == [])
    }

    // MARK: - The agent's end

    @Test func `a task outlives its agent, and the next one gets its code`() throws {
        let node = try TestNode()
        let task = try node.launch("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done")
        try node.start(task)
        node.waitLog(task, "ready")
        node.wait { node.isRunning(task) }
        let first = node.events[task.task]!
        node.replaceAgent()
        node.adopt(task)
        node.wait { node.isRunning(task) }
        #expect(node.events[task.task]! == first)
        #expect(node.exec(task, ExecLaunch("cat /run/secrets/db")).output == "hello")
        node.runner.stop(task.task, grace: .seconds(60))
        #expect(node.end(task) == .ended(code: 9, reason: ""))
        #expect(node.finish(task) == [])
    }

    @Test func `a task that ended without an agent tells its code to the next`() throws {
        let node = try TestNode()
        let task = try node.launch("exit 3")
        try node.start(task)
        _ = node.end(task)
        node.replaceAgent()
        node.adopt(task)
        #expect(node.end(task) == .ended(code: 3, reason: ""))
        #expect(node.finish(task) == [])
        let unknown = try node.launch("true")
        node.adopt(unknown)
        guard case .failed = node.end(unknown) else {
            Issue.record("a task without a trace was adopted")
            return
        }
        #expect(node.finish(unknown) == [])
    }

    @Test func `a task whose monitor is killed does not go on unseen`() throws {
        let node = try TestNode()
        let task = try node.launch("echo ready; exec sleep 600")
        try node.start(task)
        node.waitLog(task, "ready")
        node.wait { node.isRunning(task) }
        let record = TaskRecord(parsing: text("\(task.stateDirectory)/record") ?? "")
        let monitor = try #require(record.monitor)
        #expect(Glibc.kill(monitor.pid, SIGKILL) == 0)
        guard case .ended(-1, _) = node.end(task) else {
            Issue.record("the end of a lost task is not told")
            return
        }
        let program = try #require(record.program)
        node.wait { Glibc.kill(program.pid, 0) != 0 }
        #expect(node.finish(task) == [])
    }
}
