import Glibc
import Model
import Seams
import Testing

@testable import Runners

/// What a program of the host can have beside its files, and what it can't.
@Suite(.enabled(if: canSandbox, "sandboxes need root and bubblewrap")) struct SurroundingsTests {
    private func bind(_ source: String, _ target: String, readOnly: Bool = true) -> Mount {
        var mount = Mount()
        mount.type = .bind
        mount.source = source
        mount.target = target
        mount.readOnly = readOnly
        return mount
    }

    @Test func `mounts, bounds, groups and lines of hosts are as they were asked for, also to exec`() throws {
        let node = try TestNode()
        // The folder of the test has the daemon's own in it: only what is beside them may be shown.
        let beside = node.scratch.folder("beside", mode: 0o755)
        node.scratch.write("beside/shown", "from the host", mode: 0o644)
        let open = node.scratch.folder("open", mode: 0o777)
        let script = """
            cat /tmp/in/shown; echo; cp /tmp/in/shown /tmp/out/copy; touch /tmp/in/x 2>/dev/null || echo read-only
            df -k /tmp/memory | tail -n 1 | awk '{print $2}'; ulimit -Hn; ulimit -c; id -G; grep -c db.example /etc/hosts
            echo done; sleep 1000
            """
        var task = try node.launch(script)
        var memory = Mount()
        memory.type = .tmpfs
        memory.target = "/tmp/memory"
        memory.sizeBytes = 1 << 20
        var program = ProgramSpec()
        program.mounts = [bind(beside, "/tmp/in"), bind(open, "/tmp/out", readOnly: false), memory]
        program.hosts = ["10.9.8.7 db.example"]
        for (name, soft, hard) in [("nofile", Int64(100), Int64(200)), ("core", 0, 0)] {
            var limit = Ulimit()
            limit.name = name
            limit.soft = soft
            limit.hard = hard
            program.ulimits.append(limit)
        }
        task.spec.program = program
        task.groups = [4242, 4343]
        try node.start(task)
        node.waitLog(task, "done")
        #expect(
            node.log(task)
                == "from the host\nread-only\n1024\n200\n0\n\(task.gid) 4242 4343\n1\ndone\n", "\(node.log(task))")
        #expect(text("\(open)/copy") == "from the host")
        #expect(node.exec(task, ExecLaunch("id -G")).output == "\(task.gid) 4242 4343\n")
        node.replaceAgent()
        node.adopt(task)
        node.wait { node.isRunning(task) }
        #expect(node.exec(task, ExecLaunch("id -G")).output == "\(task.gid) 4242 4343\n")
        node.runner.kill(task.task)
        _ = node.end(task)
        #expect(node.finish(task) == [])
    }

    @Test func `no mount shows a daemon's own directories, by whatever path`() throws {
        let node = try TestNode()
        let link = "\(node.scratch.path)/link"
        #expect(unsafe symlink(node.state, link) == 0)
        for source in [node.state, "\(node.state)/tasks", node.scratch.path, "/var", "/", link] {
            var task = try node.launch("true")
            var program = ProgramSpec()
            program.mounts = [bind(source, "/tmp/in")]
            task.spec.program = program
            #expect(throws: SystemError.self, "\(source)") { try node.start(task) }
            #expect(node.finish(task) == [])
        }
    }

    @Test func `what a sandbox can't do is refused with its name`() throws {
        let rules = ProcessRules(masks: [])
        func refusal(_ change: (inout TaskSpec, inout ProgramSpec) -> Void) -> String {
            var spec = TaskSpec()
            var program = ProgramSpec()
            change(&spec, &program)
            spec.program = program
            do throws(SystemError) {
                try rules.check(spec)
                return ""
            } catch {
                return error.detail
            }
        }
        #expect(refusal { $1.terminal = true }.contains("terminal"))
        #expect(refusal { $1.openInput = true }.contains("standard input"))
        #expect(refusal { $1.usesInit = false }.contains("process 1"))
        #expect(refusal { $1.capabilitiesAdded = ["CAP_NET_ADMIN"] }.contains("capability"))
        #expect(refusal { spec, _ in spec.networks = [NetworkAttachment()] }.contains("network"))
        for target in ["/", "relative", "/proc/x", "/run/secrets", "/run/secrets/db", "/dev"] {
            #expect(refusal { $1.mounts = [self.bind("/etc", target)] }.contains("nothing can be mounted"), "\(target)")
        }
        #expect(refusal { $1.mounts = [self.bind("/nowhere", "/tmp/x")] }.contains("there is no /nowhere"))
        var volume = Mount()
        volume.type = .volume
        volume.target = "/tmp/x"
        #expect(refusal { $1.mounts = [volume] }.contains("volume"))
        #expect(
            refusal { _, program in
                program.usesInit = true
                program.readOnly = true
                program.capabilitiesDropped = ["ALL"]
            } == "")
    }
}
