import Foundation
import TestSupport
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
        try cluster.waitEngines("m1", ["m1", "w1", "w2"])
        return cluster
    }

    // MARK: - The walk

    private static let service = "secret-service"
    private static let client = "secret-stack_client-service"
    private static let values = ["This is my secret.", "A new secret", "Changed in place"]

    @Test(arguments: RealEngine.kinds)
    func `the article's walk`(_ kind: String) throws {
        let hosts = try EngineHosts("article", kind)
        defer { hosts.tearDown() }
        let cluster = hosts.cluster
        try createService(cluster)
        try deployStack(hosts)
        try swap(cluster)
        try changeInPlace(hosts)

        try cluster.must("m1", "service", "rm", Self.service)
        try cluster.must("m1", "stack", "rm", "secret-stack")
        let areEmpty = try hosts.areEmpty()
        let left = try (hosts.containers(), hosts.networks())
        #expect(areEmpty, "\(left)")
        for value in Self.values {
            let isLeaked = try cluster.isOnDisk(value)
            #expect(!isLeaked)
        }
    }

    /// A secret, a service that uses it, and a shell in its task, on whatever node it runs.
    private func createService(_ cluster: TestCluster) throws {
        try cluster.must("m1", "secret", "create", "my-secret", "-", input: Self.values[0])
        #expect(try cluster.must("m1", "secret", "ls").contains("my-secret"))
        #expect(try !cluster.must("m1", "secret", "inspect", "my-secret").contains(Self.values[0]))
        try cluster.must(
            "m1", "service", "create", "--detach=true", "--name", Self.service, "--secret", "my-secret",
            "--entrypoint", "/bin/sh", "--tty=true", "centos")
        try cluster.waitRunning("m1", Self.service, 1)
        #expect(try cluster.must("m1", "exec", "\(Self.service).1", "ls", "/run/secrets") == "my-secret")
        #expect(try read(cluster, Self.service, "my-secret") == Self.values[0])
        let shell = try cluster.must(
            "m1", "exec", "-i", "\(Self.service).1", "/bin/sh", input: "cat /run/secrets/my-secret; echo; hostname\n")
        #expect(shell.hasPrefix("\(Self.values[0])\n"), "\(shell)")
    }

    /// The stack's task is on another node, and reads the same secret.
    private func deployStack(_ hosts: EngineHosts) throws {
        let cluster = hosts.cluster
        let file = Repository.root.appending(path: "Tools/secret_stack.yml")
        let deployed = try cluster.conclave("m1", "stack", "deploy", "-c", file.path, "secret-stack")
        #expect(deployed.code == 0 && deployed.errors == "Creating service \(Self.client)\n", "\(deployed.all)")
        try cluster.waitRunning("m1", Self.client, 1)
        let node = try cluster.must("m1", "stack", "ps", "secret-stack", "--format", "{{.Node}}")
        let other = try cluster.must("m1", "service", "ps", Self.service, "--format", "{{.Node}}")
        #expect(node != other)
        #expect(try hosts.containers().filter { $0.value.count == 1 }.keys.sorted() == [node, other].sorted())
        #expect(try hosts.networks().filter { $0.value == ["secret-stack_default"] }.keys.sorted() == [node])
        #expect(try read(cluster, Self.client, "my-secret") == Self.values[0])
    }

    /// Another secret under the old name: the tasks are replaced, and the old secret can go when nobody uses it.
    private func swap(_ cluster: TestCluster) throws {
        try expectInUse(cluster, "services: \(Self.service), \(Self.client)")
        try cluster.must("m1", "secret", "create", "my-secret.v2", "-", input: Self.values[1])
        try swap(cluster, Self.service)
        let tasks = try cluster.must("m1", "service", "ps", Self.service)
        #expect(tasks.contains("\\_ \(Self.service).1") && tasks.contains("Shutdown"), "\(tasks)")
        try expectInUse(cluster, "service: \(Self.client)")
        #expect(try read(cluster, Self.client, "my-secret") == Self.values[0])
        try swap(cluster, Self.client)
        let isRemoved = try eventually { try cluster.conclave("m1", "secret", "rm", "my-secret").code == 0 }
        #expect(isRemoved)
    }

    private func swap(_ cluster: TestCluster, _ service: String) throws {
        try cluster.must(
            "m1", "service", "update", "--detach=true", "--secret-rm", "my-secret", "--secret-add",
            "source=my-secret.v2,target=my-secret", service)
        let isUpdated = try eventually(within: 60) {
            try cluster.must("m1", "service", "inspect", "--pretty", service).contains(" State:\t\tcompleted\n")
        }
        let tasks = try cluster.must("m1", "service", "ps", "--no-trunc", service)
        #expect(isUpdated, "\(tasks)")
        #expect(try read(cluster, service, "my-secret") == Self.values[1])
    }

    private func expectInUse(_ cluster: TestCluster, _ users: String) throws {
        let refused = try cluster.conclave("m1", "secret", "rm", "my-secret")
        #expect(refused.code == 5)
        #expect(
            refused.errors.contains("secret 'my-secret' is in use by the following \(users)\n"), "\(refused.all)")
    }

    /// What the article could not do: a new value, in the same containers.
    private func changeInPlace(_ hosts: EngineHosts) throws {
        let before = try hosts.containers()
        try hosts.cluster.must("m1", "secret", "update", "my-secret.v2", "-", input: Self.values[2])
        for service in [Self.service, Self.client] {
            let isThere = try eventually { try read(hosts.cluster, service, "my-secret") == Self.values[2] }
            #expect(isThere)
        }
        #expect(try hosts.containers() == before)
    }

    private func read(_ cluster: TestCluster, _ service: String, _ secret: String) throws -> String {
        try cluster.must("m1", "exec", "\(service).1", "cat", "/run/secrets/\(secret)")
    }

    // MARK: - Crashes and refusals

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
