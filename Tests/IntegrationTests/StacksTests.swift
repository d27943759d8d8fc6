import Foundation
import Testing

/// Stacks on real daemons: all or nothing, changed in place, removed without a trace.
@Suite(.serialized, .enabled(if: isRoot, "sandboxes and mounts need root"))
struct StacksTests {
    /// The files of a stack and the commands about it.
    private struct Stack {
        let cluster: TestCluster
        var file: String { path("shop.yml") }

        func path(_ name: String) -> String { cluster.base.appending(path: name).path }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path(name)))
        }

        func deploy(_ flags: String...) throws -> Finished {
            try cluster.conclave("m1", arguments: ["stack", "deploy", "-c", file] + flags + ["shop"])
        }

        func read(_ task: String, _ path: String) throws -> String {
            try cluster.must("m1", "exec", task, "cat", path)
        }

        /// What tells whether anything of it was changed.
        func state() throws -> [String] {
            try [
                ["service", "ls", "--format", "{{.ID}} {{.Name}} {{.Replicas}}"],
                ["secret", "ls", "--format", "{{.ID}} {{.Name}}"],
                ["config", "ls", "--format", "{{.ID}} {{.Name}}"],
                ["secret", "inspect", "shop_key", "--format", "{{.Version.Index}}"],
                ["config", "inspect", "shop_page", "--format", "{{.Version.Index}}"],
                ["service", "inspect", "shop_agent", "--format", "{{.Version.Index}}"],
            ].map { try cluster.conclave("m1", arguments: $0).all }
        }
    }

    private static let processes =
        """
        services:
          agent:
            x-conclave-process: true
            command: /bin/sleep 1000000
            secrets: [key]
            configs: [page]

        """ + values

    private static let values = """
        secrets:
          key:
            file: ./key.txt
        configs:
          page:
            file: ./page.txt

        """

    private func processStack(_ name: String) throws -> Stack {
        let cluster = try TestCluster(name)
        try cluster.form(managers: ["m1"], workers: ["w1"])
        let stack = Stack(cluster: cluster)
        try stack.write("shop.yml", Self.processes)
        try stack.write("key.txt", "the first key")
        try stack.write("page.txt", "the first page")
        return stack
    }

    // MARK: - What Docker's stacks can't

    @Test func `one bad service leaves everything as it was, and nothing when nothing was`() throws {
        let stack = try processStack("allornothing")
        let cluster = stack.cluster
        defer { cluster.tearDown() }
        let bad = Self.processes.replacing(
            "secrets:\n  key:",
            with: """
                  bad:
                    x-conclave-process: true
                    command: /bin/sleep 1
                    secrets: [missing]
                secrets:
                  missing:
                    external: true
                  key:
                """)
        try stack.write("shop.yml", bad)
        let first = try stack.deploy()
        #expect(first.code == 3, "\(first.all)")
        #expect(first.errors.contains("stack shop was not deployed: secret not found: missing"), "\(first.all)")
        for list in ["service", "secret", "config"] { #expect(try cluster.must("m1", list, "ls", "-q") == "") }

        try stack.write("shop.yml", Self.processes)
        #expect(try stack.deploy().code == 0)
        try cluster.waitRunning("m1", "shop_agent", 1)
        let before = try stack.state()
        try stack.write("shop.yml", bad.replacing("sleep 1000000", with: "sleep 2000000"))
        try stack.write("key.txt", "the second key")
        try stack.write("page.txt", "the second page")
        let second = try stack.deploy("--prune")
        #expect(second.code == 3, "\(second.all)")
        let after = try stack.state()
        #expect(after == before)
        #expect(try stack.read("shop_agent.1", "/run/secrets/key") == "the first key")
    }

    @Test func `a changed secret file is a new version, in the same process`() throws {
        let stack = try processStack("changed")
        let cluster = stack.cluster
        defer { cluster.tearDown() }
        let deployed = try stack.deploy("--wait")
        #expect(deployed.code == 0, "\(deployed.all)")
        #expect(
            deployed.errors.hasPrefix(
                "Creating secret shop_key\nCreating config shop_page\nCreating service shop_agent\n"),
            "\(deployed.all)")
        #expect(deployed.errors.hasSuffix("verify: Service shop_agent converged\n"), "\(deployed.all)")
        let process = try cluster.must("m1", "stack", "ps", "shop", "--format", "{{.ID}} {{.Pid}}")
        #expect(try stack.deploy().errors == "Nothing has changed in stack shop\n")

        try stack.write("key.txt", "the second key")
        let changed = try stack.deploy()
        #expect(changed.errors == "Updating secret shop_key (version 2)\n", "\(changed.all)")
        let isNew = try eventually { try stack.read("shop_agent.1", "/run/secrets/key") == "the second key" }
        #expect(isNew)
        #expect(try cluster.must("m1", "stack", "ps", "shop", "--format", "{{.ID}} {{.Pid}}") == process)
        for value in ["the first key", "the second key"] {
            let isLeaked = try cluster.isOnDisk(value)
            #expect(!isLeaked)
        }
    }

    @Test func `what stack config shows is the same stack, read from anywhere`() throws {
        let stack = try processStack("whole")
        let cluster = stack.cluster
        defer { cluster.tearDown() }
        try stack.write(".env", "TAG=7\nexport NAME='of the file'\n")
        try stack.write("more.env", "FROM=\"a b\" # a remark\n")
        let environment = "    environment: {TAG: \"${TAG}\", PRICE: '$$5'}\n    env_file: more.env\n"
        try stack.write(
            "shop.yml", Self.processes.replacing("secrets:\n  key:", with: environment + "secrets:\n  key:"))
        let deployed = try stack.deploy("--wait")
        #expect(deployed.errors.hasPrefix("Reading variables from \(stack.path(".env"))\n"), "\(deployed.all)")
        let shown = try cluster.must("m1", "exec", "shop_agent.1", "env").split(separator: "\n")
        for variable in ["TAG=7", "PRICE=$5", "FROM=a b"] { #expect(shown.contains(Substring(variable)), "\(shown)") }

        let whole = try cluster.must("m1", "stack", "config", "-c", stack.file)
        let again = try cluster.conclave("m1", "stack", "deploy", "-c", "-", "shop", input: whole)
        #expect(again.errors == "Nothing has changed in stack shop\n", "\(again.all)")
    }

    @Test func `a file that is not there is said before anything is sent`() throws {
        let stack = try processStack("absent")
        let cluster = stack.cluster
        defer { cluster.tearDown() }
        try stack.write("shop.yml", Self.processes.replacing("./page.txt", with: "./absent.txt"))
        // As many deployments as may be under way.
        for _ in 0..<16 { #expect(try stack.deploy().errors.contains("no such file or directory")) }
        try stack.write("shop.yml", Self.processes)
        let deployed = try stack.deploy()
        #expect(deployed.code == 0, "\(deployed.all)")
    }

    @Test func `configs that fill more than a message are deployed, listed and shown`() throws {
        let stack = try processStack("large")
        let cluster = stack.cluster
        defer { cluster.tearDown() }
        let names = ["a", "b", "c"]
        for name in names { try stack.write("\(name).txt", String(repeating: name, count: 900_000)) }
        let more = "configs:\n" + names.map { "  \($0): {file: \($0).txt}\n" }.joined()
        try stack.write("more.yml", more)
        let deployed = try stack.deploy("-c", stack.path("more.yml"))
        #expect(deployed.code == 0, "\(deployed.all)")
        let again = try stack.deploy("-c", stack.path("more.yml"))
        #expect(again.errors == "Nothing has changed in stack shop\n", "\(again.all)")
        let listed = try cluster.must("m1", "config", "ls", "--format", "{{.Name}}")
        #expect(listed == (names + ["page"]).map { "shop_\($0)" }.joined(separator: "\n"))
        let shown = try cluster.must(
            "m1", "config", "inspect", "--format", "{{len .Spec.Data}}", "shop_a", "shop_b", "shop_c")
        #expect(shown == "1200000\n1200000\n1200000")
    }

    // MARK: - Waiting

    @Test func `waiting ends with its time and the reason, or with Ctrl-C, and the work goes on`() throws {
        let stack = try processStack("waiting")
        let cluster = stack.cluster
        defer { cluster.tearDown() }
        let nowhere = "    deploy: {placement: {constraints: [node.labels.x == y]}}\n"
        try stack.write("shop.yml", Self.processes.replacing("secrets:\n  key:", with: nowhere + "secrets:\n  key:"))
        let late = try stack.deploy("--wait", "--timeout", "1s")
        #expect(late.code == 8, "\(late.all)")
        #expect(late.errors.contains("service shop_agent has 0 of 1 tasks after 1s"), "\(late.all)")
        #expect(late.errors.contains("no suitable node"), "\(late.all)")
        let detached = try stack.deploy("--detach")
        #expect(detached.code == 0 && detached.errors == "Nothing has changed in stack shop\n", "\(detached.all)")

        let waiting = try Running(
            productsFolder.appending(path: "conclave").path,
            ["--host", "unix://\(cluster.socket("m1"))", "stack", "deploy", "--wait", "-c", stack.file, "shop"])
        let isWaiting = eventually { waiting.errors.contains("no suitable node") }
        #expect(isWaiting, "\(waiting.errors)")
        kill(waiting.pid, SIGINT)
        let finished = waiting.wait()
        #expect(finished.code == 130)
        #expect(finished.errors.contains("Operation continuing in background."), "\(finished.all)")
        try cluster.must("m1", "node", "update", "--label-add", "x=y", "w1")
        try cluster.waitRunning("m1", "shop_agent", 1)
    }

    // MARK: - With real engines

    /// `web` on every node, `peer` beside one of them, and a process.
    private static let containers = """
        services:
          web:
            image: centos
            command: sleep 1000000
            init: true
            secrets: [key]
            configs:
              - source: page
                target: /etc/page
            networks: [front]
            deploy: {mode: global}
          peer:
            image: centos
            command: sleep 1000000
            init: true
            networks: [front]
            deploy:
              placement:
                constraints: [node.hostname == w1]
        networks:
          front:

        """

    @Test(
        .enabled(if: RealEngine.canRun, "needs root, docker.io, podman and busybox-static"), arguments: RealEngine.kinds
    )
    func `a stack of containers and processes lives and goes`(_ kind: String) throws {
        let hosts = try EngineHosts("stack", kind)
        defer { hosts.tearDown() }
        let cluster = hosts.cluster
        let stack = Stack(cluster: cluster)
        try stack.write("shop.yml", Self.containers)
        try stack.write("more.yml", Self.processes)
        try stack.write("key.txt", "the first key")
        try stack.write("page.txt", "the first page")
        let more = stack.path("more.yml")
        let deployed = try stack.deploy("-c", more, "--wait")
        #expect(deployed.code == 0, "\(deployed.all)")
        for service in ["web", "peer", "agent"] {
            #expect(
                deployed.errors.contains("shop_\(service): verify: Service shop_\(service) converged\n"),
                "\(deployed.all)")
        }
        #expect(try cluster.must("m1", "stack", "ls", "--format", "{{.Name}} {{.Services}}") == "shop 3")

        let web = try cluster.must("m1", "service", "ps", "shop_web", "--format", "{{.Name}}").split(separator: "\n")
            .map(String.init)
        #expect(web.count == 3)
        let front = Dictionary(uniqueKeysWithValues: EngineHosts.nodes.map { ($0, ["shop_front"]) })
        #expect(try hosts.networks() == front)
        for task in web {
            #expect(try stack.read(task, "/run/secrets/key") == "the first key")
            #expect(try stack.read(task, "/etc/page") == "the first page")
        }
        #expect(try stack.read("shop_agent.1", "/run/secrets/key") == "the first key")
        // Services of a node reach each other by name. All Podmans of one machine would share one service of names.
        if kind == "docker" {
            #expect(try cluster.conclave("m1", "exec", "shop_peer.1", "ping", "-c", "1", "web").code == 0)
        }

        // New values, in the same containers.
        let containers = try hosts.containers()
        try stack.write("key.txt", "the second key")
        try stack.write("page.txt", "the second page")
        let changed = try stack.deploy("-c", more, "--wait")
        #expect(
            changed.errors.hasPrefix("Updating secret shop_key (version 2)\nUpdating config shop_page\n"),
            "\(changed.all)")
        for task in web + ["shop_agent.1"] {
            let isNew = try eventually { try stack.read(task, "/run/secrets/key") == "the second key" }
            #expect(isNew)
        }
        for task in web {
            let isNew = try eventually { try stack.read(task, "/etc/page") == "the second page" }
            #expect(isNew)
        }
        #expect(try hosts.containers() == containers)

        // Pruned, and removed.
        try stack.write("more.yml", Self.values)
        let pruned = try stack.deploy("-c", more, "--prune", "--detach")
        #expect(pruned.code == 0 && pruned.errors == "Removing service shop_agent\n", "\(pruned.all)")
        #expect(try cluster.must("m1", "stack", "services", "shop", "--format", "{{.Name}}") == "shop_peer\nshop_web")
        try cluster.must("m1", "stack", "rm", "shop")
        for list in ["service", "secret", "config", "stack"] {
            #expect(try cluster.must("m1", list, "ls", "--format", "{{.Name}}") == "")
        }
        let areEmpty = try hosts.areEmpty()
        let left = try (hosts.containers(), hosts.networks())
        #expect(areEmpty, "\(left)")
    }
}
