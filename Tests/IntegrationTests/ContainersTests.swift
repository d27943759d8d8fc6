import Foundation
import Testing

/// Containers of real engines on real daemons.
@Suite(
    .serialized, .enabled(if: RealEngine.canRun, "needs root, docker.io, podman and busybox-static"))
struct ContainersTests {
    private func cluster(_ name: String, _ engine: RealEngine) throws -> TestCluster {
        let cluster = try TestCluster(name)
        for node in ["m1", "w1"] { try cluster.start(node, ["--engine", engine.address]) }
        try cluster.form(managers: ["m1"], workers: ["w1"])
        try cluster.must("m1", "node", "update", "--availability", "drain", "m1")
        return cluster
    }

    private func tasks(_ cluster: TestCluster, _ service: String) throws -> String {
        try cluster.must("m1", "service", "ps", "--no-trunc", service)
    }

    @Test(arguments: RealEngine.kinds)
    func `an image is fetched with the user's login, which is a secret`(_ kind: String) throws {
        let engine = try RealEngine(kind)
        defer { engine.stop() }
        let password = "Canary\(UUID().uuidString)"
        let registry = try RealRegistry(engine, user: "ann", password: password)
        defer { registry.stop() }
        let cluster = try cluster("registry", engine)
        defer { cluster.tearDown() }
        func conclave(_ password: String, _ words: [String]) throws -> Finished {
            let folder = try registry.login(user: "ann", password: password, in: engine.folder)
            return try cluster.conclave("m1", arguments: words, environment: ["DOCKER_CONFIG": folder])
        }

        let image = "\(registry.host)/busybox:1"
        let created = try conclave(
            "wrong",
            [
                "service", "create", "--detach", "--name", "app", "--with-registry-auth", "--network", "none",
                "--restart-delay", "0s", image, "/bin/sh", "-c", "echo hello; sleep 1000000",
            ])
        #expect(created.code == 0, "\(created.all)")
        let isTold = try eventually(within: 30) {
            let shown = try tasks(cluster, "app")
            return shown.contains("Rejected") && shown.contains("image \(image) can't be fetched: ")
                && shown.contains("unauthorized")
        }
        let shown = try tasks(cluster, "app")
        #expect(isTold, "\(shown)")

        let updated = try conclave(
            password, ["service", "update", "--detach", "--with-registry-auth", "--force", "app"])
        #expect(updated.code == 0, "\(updated.all)")
        try cluster.waitRunning("m1", "app", 1)
        #expect(registry.requests.contains { $0.hasPrefix("200 GET /v2/busybox/manifests/") })
        #expect(try cluster.must("m1", "service", "logs", "--raw", "app") == "hello")

        // What Swarm's users look for.
        let listed = try tasks(cluster, "app")
        #expect(listed.contains("\(image)@sha256:"), "\(listed)")
        #expect(try !cluster.must("m1", "service", "ps", "app").contains("@sha256:"))
        let container = try cluster.must(
            "m1", "service", "ps", "--filter", "desired-state=running", "--format", "{{.ContainerID}}", "app")
        #expect(try engine.containers().contains(container), "\(container)")

        // The login is a secret in use, in no place where none may be.
        let name = "registry-\(registry.host.replacing(":", with: "-"))"
        #expect(try cluster.must("m1", "secret", "ls").contains(name))
        let refused = try cluster.conclave("m1", "secret", "rm", name)
        #expect(refused.code == 5, "\(refused.all)")
        let header = Data(#"{"serveraddress":"\#(registry.host)","username":"ann","password":"\#(password)"}"#.utf8)
        for form in [password, Data("ann:\(password)".utf8).base64EncodedString(), header.base64EncodedString()] {
            let isLeaked = try cluster.isOnDisk(form)
            #expect(!isLeaked)
        }
        #expect(try cluster.conclave("m1", "exec", "app.1", "/bin/cat", "/run/secrets/\(name)").code != 0)

        // Another registry is not sent it.
        try cluster.must("m1", "service", "update", "--detach", "--image", "localhost/other", "app")
        try cluster.must("m1", "service", "rm", "app")
        let isRemoved = try eventually(within: 30) { try cluster.conclave("m1", "secret", "rm", name).code == 0 }
        #expect(isRemoved)
    }

    @Test(arguments: RealEngine.kinds)
    func `a login reaches each node that fetches the image, and only those`(_ kind: String) throws {
        let hosts = try EngineHosts("login", kind)
        defer { hosts.tearDown() }
        let cluster = hosts.cluster
        let password = "Canary\(UUID().uuidString)"
        let registries = try hosts.registries(user: "ann", password: password)
        defer { for registry in registries.values { registry.stop() } }
        let registry = try #require(registries["m1"])
        let environment = try ["DOCKER_CONFIG": registry.login(user: "ann", password: password, in: cluster.base.path)]
        func fetched() -> [String] {
            registries.filter { $0.value.requests.contains { $0.hasPrefix("200 GET /v2/busybox/manifests/") } }
                .keys.sorted()
        }
        let image = "\(registry.host)/busybox:1"

        // A service's: the second node fetches long after the user is gone.
        for node in ["m1", "w2"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }
        let created = try cluster.conclave(
            "m1",
            arguments: [
                "service", "create", "--detach", "--name", "app", "--with-registry-auth", "--network", "none",
                "--stop-grace-period", "0s", "--replicas-max-per-node", "1", image, "/bin/sleep", "1000000",
            ], environment: environment)
        #expect(created.code == 0, "\(created.all)")
        try cluster.waitRunning("m1", "app", 1)
        #expect(fetched() == ["w1"])
        try cluster.must("m1", "node", "update", "--availability", "active", "w2")
        try cluster.must("m1", "service", "scale", "--detach", "app=2")
        try cluster.waitRunning("m1", "app", 2)
        #expect(fetched() == ["w1", "w2"])
        #expect(registry.requests.isEmpty)

        // A stack's: where the tag is there already, nothing is asked, and what it is is shown. The second node has the
        // image by its digest alone, which was known by then.
        try cluster.must("m1", "node", "update", "--availability", "active", "m1")
        let asked = registries["w1"]?.requests.count
        let file = cluster.base.appending(path: "shop.yml")
        let stack = """
            services:
              web:
                image: \(image)
                entrypoint: [/bin/sleep, "1000000"]
                stop_grace_period: 0s
                deploy:
                  mode: global

            """
        try Data(stack.utf8).write(to: file)
        let words = ["stack", "deploy", "--detach", "-c", file.path, "shop"]
        let deployed = try cluster.conclave(
            "m1", arguments: words + ["--with-registry-auth"], environment: environment)
        #expect(deployed.code == 0, "\(deployed.all)")
        try cluster.waitRunning("m1", "shop_web", 3)
        #expect(fetched() == ["m1", "w1", "w2"])
        #expect(registries["w1"]?.requests.count == asked)
        let digests = try cluster.must("m1", "service", "ps", "--no-trunc", "--format", "{{.Image}}", "shop_web")
        #expect(digests.split(separator: "\n").allSatisfy { $0.hasPrefix("\(image)@sha256:") }, "\(digests)")
        #expect(Set(digests.split(separator: "\n")).count == 1, "\(digests)")

        // Each login is a secret of its own that stays, also with a stack that is deployed without one.
        let names = ["registry-127.0.0.1-5000", "shop_registry-127.0.0.1-5000"]
        let again = try cluster.conclave("m1", arguments: words)
        #expect(again.code == 0, "\(again.all)")
        for name in names {
            let refused = try cluster.conclave("m1", "secret", "rm", name)
            #expect(refused.code == 5, "\(refused.all)")
        }
        for form in [password, Data("ann:\(password)".utf8).base64EncodedString()] {
            let isLeaked = try cluster.isOnDisk(form) || hosts.engines.contains { try $0.holds(form) }
            #expect(!isLeaked)
        }
        try cluster.must("m1", "stack", "rm", "shop")
        try cluster.must("m1", "service", "rm", "app")
        #expect(try eventually(within: 30) { try cluster.conclave("m1", "secret", "rm", names[0]).code == 0 })
        #expect(try cluster.must("m1", "secret", "ls", "-q") == "")
    }

    /// The second engine is always Docker: it takes images from any registry at 127.0.0.1.
    @Test(arguments: RealEngine.kinds)
    func `all tasks of a service run the image that its tag was first`(_ kind: String) throws {
        let engines = try [RealEngine(kind), RealEngine("docker")]
        defer { for engine in engines { engine.stop() } }
        let registry = try RealRegistry(engines[0], user: "ann", password: "hunter2")
        defer { registry.stop() }
        let cluster = try TestCluster("tag")
        defer { cluster.tearDown() }
        try cluster.start("m1", ["--engine", "none"])
        for (node, engine) in zip(["w1", "w2"], engines) { try cluster.start(node, ["--engine", engine.address]) }
        try cluster.form(managers: ["m1"], workers: ["w1", "w2"])
        try cluster.waitEngines("m1", ["w1", "w2"])
        try cluster.must("m1", "node", "update", "--availability", "drain", "w2")

        let image = "\(registry.host)/busybox:1"
        let created = try cluster.conclave(
            "m1",
            arguments: [
                "service", "create", "--detach", "--name", "app", "--with-registry-auth", "--network", "none",
                "--replicas-max-per-node", "1", image, "/bin/sh", "-c",
                "echo edition $EDITION; sleep 1000000",
            ],
            environment: ["DOCKER_CONFIG": registry.login(user: "ann", password: "hunter2", in: engines[0].folder)])
        #expect(created.code == 0, "\(created.all)")
        try cluster.waitRunning("m1", "app", 1)
        func shown() throws -> String {
            try cluster.must(
                "m1", "service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", "app")
        }
        let pinned = try "\(image)@\(registry.digest(user: "ann", password: "hunter2"))"
        let isPinned = try eventually(within: 30) { try shown() == pinned }
        let told = try shown()
        #expect(isPinned, "\(told) is not \(pinned)")

        try registry.moveTag()
        try cluster.must("m1", "node", "update", "--availability", "active", "w2")
        try cluster.must("m1", "service", "scale", "--detach", "app=2")
        try cluster.waitRunning("m1", "app", 2)
        let isSame = try eventually(within: 30) {
            try cluster.must("m1", "service", "logs", "--raw", "app") == "edition 1\nedition 1"
        }
        #expect(isSame, "\(registry.requests)")
        #expect(try shown() == pinned)
        let listed = try cluster.must("m1", "service", "ps", "--no-trunc", "--format", "{{.Image}}", "app")
        #expect(listed == "\(pinned)\n\(pinned)")
        let services = try cluster.must("m1", "service", "ls", "--no-trunc", "--format", "{{.Image}}")
        #expect(services == pinned)
        #expect(try cluster.must("m1", "service", "inspect", "--pretty", "app").contains(pinned))

        // Asked to look again, a node that has no image of that name finds what the tag is now.
        try cluster.must("m1", "node", "update", "--availability", "drain", "w1")
        try cluster.must("m1", "service", "update", "--detach", "--image", image, "--replicas", "1", "app")
        let isNew = try eventually(within: 30) {
            try cluster.must("m1", "service", "logs", "--raw", "app").contains("edition 2")
        }
        #expect(isNew, "\(registry.requests)")
        #expect(try eventually(within: 30) { try shown().hasPrefix("\(image)@sha256:") })
        #expect(try shown() != pinned)
    }

    @Test(arguments: RealEngine.kinds)
    func `a container that is not well is replaced, and what each one wrote is kept`(_ kind: String) throws {
        let engine = try RealEngine(kind)
        defer { engine.stop() }
        let cluster = try cluster("health", engine)
        defer { cluster.tearDown() }
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--network", "none", "--restart-delay", "0s",
            "--stop-grace-period", "0s", "--health-cmd", "test ! -e /tmp/ill", "--health-interval", "100ms",
            "--health-retries", "2", "centos", "/bin/sh", "-c", "echo begun; sleep 1000000")
        try cluster.waitRunning("m1", "web", 1)
        let first = try cluster.must("m1", "service", "ps", "--quiet", "--no-trunc", "web")
        let container = try engine.containers()
        #expect(try cluster.must("m1", "service", "logs", "--raw", "--timestamps", "web").hasSuffix("Z begun"))
        try cluster.must("m1", "exec", "web.1", "touch", "/tmp/ill")
        let isReplaced = try eventually(within: 30) {
            let now = try cluster.must(
                "m1", "service", "ps", "--format", "{{.ID}} {{.CurrentState}}", "--no-trunc", "web")
            return now.split(separator: "\n").contains { $0.contains(" Running ") && !$0.hasPrefix(first) }
        }
        let shown = try tasks(cluster, "web")
        #expect(isReplaced, "\(shown)")
        #expect(shown.contains("unhealthy"), "\(shown)")
        #expect(try engine.containers() != container)
        // The first container is gone, its output is not.
        #expect(try cluster.must("m1", "service", "logs", "--raw", first) == "begun")
        #expect(try cluster.must("m1", "service", "logs", "--raw", "web") == "begun\nbegun")
    }
}
