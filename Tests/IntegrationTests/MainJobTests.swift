import Foundation
import Testing

/// The main job, on real daemons: a cluster that gets a secret to a task, and a new version to the same process.
@Suite(.serialized, .enabled(if: isRoot, "sandboxes and mounts need root"))
struct MainJobTests {
    @Test func `three managers and two workers bring a secret to a task and change it in place`() throws {
        let cluster = try TestCluster("main")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"], workers: ["w1", "w2"])
        for node in ["m1", "m2", "m3"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }

        let old = "canary-\(UUID().uuidString)"
        let new = "canary-\(UUID().uuidString)"
        try cluster.must("m2", "secret", "create", "my-secret", "-", input: old)
        let inspected = try cluster.must("m3", "secret", "inspect", "my-secret")
        #expect(!inspected.contains(old))
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--replicas", "2", "--secret", "my-secret",
            "--process", "--", "/bin/sleep", "1000000")
        try cluster.waitRunning("m3", "web", 2)
        for task in ["web.1", "web.2"] {
            #expect(try cluster.must("m2", "exec", task, "cat", "/run/secrets/my-secret") == old)
        }
        let much = Data(repeating: UInt8(ascii: "x"), count: 700_000)
        let counted = try exec(cluster, "m2", ["-i", "web.2", "wc", "-c"], input: much)
        #expect(counted.output == "700000\n", "\(counted.all)")
        let mount = try exec(cluster, "m2", ["web.1", "grep", " /run/secrets ", "/proc/self/mounts"]).output
        #expect(mount.hasPrefix("tmpfs") || mount.hasPrefix("ramfs"), "\(mount)")

        let refused = try cluster.conclave("m1", "secret", "rm", "my-secret")
        #expect(refused.code == 5)
        #expect(refused.errors.contains("secret 'my-secret' is in use by the following service: web"))

        let before = try cluster.must("m1", "service", "ps", "web", "--format", "{{.Name}} {{.Pid}}")
        try cluster.must("m3", "secret", "update", "my-secret", "-", input: new)
        for task in ["web.1", "web.2"] {
            let isNew = try eventually {
                try cluster.conclave("m1", "exec", task, "cat", "/run/secrets/my-secret").output == new
            }
            #expect(isNew, "\(task) still reads the old value")
        }
        #expect(try cluster.must("m1", "service", "ps", "web", "--format", "{{.Name}} {{.Pid}}") == before)

        let leader = try #require(try cluster.leader("m1"))
        let follower = try #require(["m1", "m2", "m3"].first { $0 != leader })
        cluster.kill(leader)
        try cluster.must(follower, "secret", "create", "after", "-", input: old)

        let isLeaked = try (old: cluster.isOnDisk(old), new: cluster.isOnDisk(new))
        #expect(!isLeaked.old && !isLeaked.new, "\(isLeaked)")

        try cluster.must(follower, "service", "rm", "web")
        let isRemoved = try eventually { try cluster.conclave(follower, "secret", "rm", "my-secret").code == 0 }
        #expect(isRemoved)
        let isCleared = eventually { cluster.sandboxes().count == cluster.daemons.count }
        #expect(isCleared)
    }

    /// What a program in a task says. On a busy machine the leader may change meanwhile, which exec tells with code 125:
    /// then it is asked again.
    private func exec(_ cluster: TestCluster, _ node: String, _ words: [String], input: Data? = nil) throws -> Finished
    {
        var finished: Finished?
        _ = try eventually {
            finished = try cluster.conclave(node, arguments: ["exec"] + words, input: input)
            return finished?.code != 125
        }
        return try #require(finished)
    }

    @Test func `tasks survive their agent and are adopted with their exit codes`() throws {
        let cluster = try TestCluster("adopt")
        defer { cluster.tearDown() }
        // A file of the host's that a task can see: not below /tmp, which is the task's own.
        let go = URL(filePath: "/var/tmp/conclave-test-go-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: go) }
        try cluster.form(managers: ["m1"], workers: ["w1"])
        try cluster.must("m1", "node", "update", "--availability", "drain", "m1")
        try cluster.must("m1", "secret", "create", "key", "-", input: "one")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "long", "--secret", "key", "--process", "--",
            "/bin/sleep", "1000000")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "short", "--restart-condition", "none", "--process", "--",
            "/bin/sh", "-c", "while [ ! -e \"$0\" ]; do sleep 0.05; done; exit 7", go.path)
        try cluster.waitRunning("m1", "long", 1)
        try cluster.waitRunning("m1", "short", 1)
        let pid = try cluster.must("m1", "service", "ps", "long", "--format", "{{.Pid}}")
        let program = try cluster.must("m1", "service", "ps", "short", "--format", "{{.Pid}}")
        cluster.kill("w1")
        // It ends while no agent is there to see it.
        try Data().write(to: go)
        let isOver = eventually { !FileManager.default.fileExists(atPath: "/proc/\(program)") }
        #expect(isOver, "program \(program) goes on")
        try cluster.start("w1")
        let isReported = try eventually {
            try cluster.must("m1", "service", "ps", "--no-trunc", "short").contains("non-zero exit (7)")
        }
        let shown = try cluster.must("m1", "service", "ps", "--no-trunc", "short")
        #expect(isReported, "\(shown)")
        try cluster.waitRunning("m1", "long", 1)
        #expect(try cluster.must("m1", "service", "ps", "long", "--format", "{{.Pid}}") == pid)
        try cluster.must("m1", "secret", "update", "key", "-", input: "two")
        let isNew = try eventually {
            try cluster.conclave("m1", "exec", "long.1", "cat", "/run/secrets/key").output == "two"
        }
        #expect(isNew)
    }

    @Test func `a worker that dies loses its tasks to others`() throws {
        let cluster = try TestCluster("dies")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"], workers: ["w1", "w2"])
        try cluster.must("m1", "node", "update", "--availability", "drain", "m1")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--replicas", "2", "--process", "--", "/bin/sleep",
            "1000000")
        try cluster.waitRunning("m1", "web", 2)
        cluster.kill("w1")
        let isMoved = try eventually(within: 60) {
            let nodes = try cluster.must(
                "m1", "service", "ps", "web", "--filter", "desired-state=running", "--format",
                "{{.Node}} {{.CurrentState}}"
            ).split(separator: "\n")
            return nodes.count == 2 && nodes.allSatisfy { $0.hasPrefix("w2 Running") }
        }
        let shown = try cluster.must("m1", "service", "ps", "web")
        #expect(isMoved, "\(shown)")
        #expect(try cluster.must("m1", "node", "ls").contains("Down"))
    }
}
