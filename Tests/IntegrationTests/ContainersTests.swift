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
            return try run(
                productsFolder.appending(path: "conclave").path, ["--host", "unix://\(cluster.socket("m1"))"] + words,
                environment: ["DOCKER_CONFIG": folder])
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
