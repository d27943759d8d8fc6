import Foundation
import Testing

/// «Secrets management with Docker Swarm», step by step, with real containers; and then what it could not do.
@Suite(
    .serialized, .enabled(if: RealEngine.canRun, "needs root, docker.io, podman and busybox-static"))
struct ArticleTests {
    /// Three nodes that share one engine, as three hosts have one each.
    private func cluster(_ name: String, _ engine: RealEngine) throws -> TestCluster {
        let cluster = try TestCluster(name)
        for node in ["m1", "w1", "w2"] { try cluster.start(node, ["--engine", engine.address]) }
        try cluster.form(managers: ["m1"], workers: ["w1", "w2"])
        let hasRunners = try eventually {
            try cluster.must("m1", "node", "inspect", "m1", "w1", "w2").components(separatedBy: "\"container\"").count
                == 4
        }
        let inspected = try cluster.must("m1", "node", "inspect", "m1")
        #expect(hasRunners, "\(inspected)")
        return cluster
    }

    private func read(_ cluster: TestCluster, _ task: String, _ path: String) throws -> String {
        try cluster.must("m1", "exec", task, "cat", path)
    }

    @Test(arguments: RealEngine.kinds)
    func `the article's walk`(_ kind: String) throws {
        let engine = try RealEngine(kind)
        defer { engine.stop() }
        let cluster = try cluster("article", engine)
        defer { cluster.tearDown() }

        // A secret.
        try cluster.must("m1", "secret", "create", "my-secret", "-", input: "This is my secret.")
        #expect(try cluster.must("m1", "secret", "ls").contains("my-secret"))
        #expect(try !cluster.must("m1", "secret", "inspect", "my-secret").contains("This is my secret."))

        // A service that uses it.
        try cluster.must(
            "m1", "service", "create", "--detach=true", "--name", "secret-service", "--secret", "my-secret",
            "--entrypoint", "/bin/sh", "--tty=true", "centos")
        try cluster.waitRunning("m1", "secret-service", 1)
        #expect(try engine.containers().count == 1)

        // A shell in its task, on whatever node it runs.
        #expect(try cluster.must("m1", "exec", "secret-service.1", "ls", "/run/secrets") == "my-secret")
        #expect(try read(cluster, "secret-service.1", "/run/secrets/my-secret") == "This is my secret.")
        let shell = try cluster.must(
            "m1", "exec", "-i", "secret-service.1", "/bin/sh", input: "cat /run/secrets/my-secret; echo; hostname\n")
        #expect(shell.hasPrefix("This is my secret.\n"), "\(shell)")

        // The stack of the article comes here.

        // In use.
        let refused = try cluster.conclave("m1", "secret", "rm", "my-secret")
        #expect(refused.code == 5)
        #expect(refused.errors.contains("secret 'my-secret' is in use by the following service: secret-service"))

        // Another secret under the old name: the task is replaced.
        try cluster.must("m1", "secret", "create", "my-secret.v2", "-", input: "A new secret")
        try cluster.must(
            "m1", "service", "update", "--detach=true", "--secret-rm", "my-secret", "--secret-add",
            "source=my-secret.v2,target=my-secret", "secret-service")
        let isSwapped = try eventually(within: 60) {
            try cluster.conclave("m1", "exec", "secret-service.1", "cat", "/run/secrets/my-secret").output
                == "A new secret"
        }
        let tasks = try cluster.must("m1", "service", "ps", "secret-service")
        #expect(isSwapped, "\(tasks)")
        #expect(tasks.contains("\\_ secret-service.1") && tasks.contains("Shutdown"), "\(tasks)")
        let isRemoved = try eventually { try cluster.conclave("m1", "secret", "rm", "my-secret").code == 0 }
        #expect(isRemoved)

        // What the article could not do: a new value, and the same container.
        let before = try engine.containers()
        try cluster.must("m1", "secret", "update", "my-secret.v2", "-", input: "Changed in place")
        let isChanged = try eventually {
            try cluster.conclave("m1", "exec", "secret-service.1", "cat", "/run/secrets/my-secret").output
                == "Changed in place"
        }
        #expect(isChanged)
        #expect(try engine.containers() == before)

        try cluster.must("m1", "service", "rm", "secret-service")
        let isCleared = try eventually(within: 30) { try engine.containers().isEmpty }
        #expect(isCleared)
        for value in ["This is my secret.", "A new secret", "Changed in place"] {
            let isLeaked = try cluster.isOnDisk(value)
            #expect(!isLeaked)
        }
    }

    @Test(arguments: RealEngine.kinds)
    func `an agent and an engine that crash lose no task, and the secret still changes in place`(_ kind: String) throws
    {
        let engine = try RealEngine(kind)
        defer { engine.stop() }
        let cluster = try cluster("crash", engine)
        defer { cluster.tearDown() }
        for node in ["m1", "w2"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }
        try cluster.must("m1", "secret", "create", "key", "-", input: "one")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--secret", "key", "--entrypoint", "sleep",
            "centos", "1000000")
        try cluster.waitRunning("m1", "web", 1)
        let containers = try engine.containers()
        let before = try cluster.must("m1", "service", "ps", "web", "--format", "{{.ID}} {{.Pid}}")

        cluster.kill("w1")
        try engine.kill()
        try engine.again()
        try cluster.start("w1", ["--engine", engine.address])
        try cluster.must("m1", "secret", "update", "key", "-", input: "two")
        let isNew = try eventually(within: 30) {
            try cluster.conclave("m1", "exec", "web.1", "cat", "/run/secrets/key").output == "two"
        }
        #expect(isNew)
        #expect(try engine.containers() == containers)
        #expect(try cluster.must("m1", "service", "ps", "web", "--format", "{{.ID}} {{.Pid}}") == before)
    }

    @Test func `a service whose image nobody has says why`() throws {
        let engine = try RealEngine("podman")
        defer { engine.stop() }
        let cluster = try cluster("noimage", engine)
        defer { cluster.tearDown() }
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--restart-condition", "none",
            "127.0.0.1:1/nothing:x")
        let isTold = try eventually(within: 30) {
            let shown = try cluster.must("m1", "service", "ps", "--no-trunc", "web")
            return shown.contains("Rejected") && shown.contains("127.0.0.1:1")
        }
        let shown = try cluster.must("m1", "service", "ps", "--no-trunc", "web")
        #expect(isTold, "\(shown)")
    }
}
