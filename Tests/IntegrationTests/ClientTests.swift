import Foundation
import Testing
import WireTools

/// A worker that was written in Python from `proto/` alone is one of the cluster.
@Suite(.serialized, .enabled(if: isRoot, "daemons need root"))
struct ClientTests {
    private static let client = URL(filePath: #filePath).appending(path: "../../Client").standardized

    private func arguments(_ rest: [String]) -> [String] {
        [Self.client.appending(path: "client.py").path] + rest
    }

    /// Runs the client to its end; it must succeed.
    private func client(_ rest: String..., input: String) throws -> Finished {
        let finished = try run(
            Self.client.appending(path: "python").path, arguments(rest), input: Data((input + "\n").utf8))
        if finished.code != 0 { throw Trouble("client.py \(rest[0]): \(finished.all)") }
        return finished
    }

    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    @Test(.enabled(if: PythonClient(root: root).isAvailable, "PyPI can't be reached"))
    func `a client in another language joins, runs a task with its secret, and is refused what is wrong`() throws {
        let cluster = try TestCluster("client")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"])
        // A follower is asked, which sends the client on to the leader, for joining and for its session.
        let follower = try cluster.leader("m1") == "m1" ? "m2" : "m1"
        let identity = cluster.base.appending(path: "python.json").path
        let token = try cluster.must("m1", "swarm", "join-token", "-q", "worker")
        let joined = try client(
            "join", "--address", cluster.address(follower), "--identity", identity, "--name", "python", input: token)
        #expect(joined.output == "joined\n")

        let canary = Canary()
        let value = canary.value(bytes: 5000)
        let made = try cluster.conclave("m1", arguments: ["secret", "create", "db", "-"], input: value)
        #expect(made.code == 0, "\(made.all)")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--secret", "db", "--constraint",
            "node.hostname==python", "--process", "--", "/bin/true")
        let worker = try Running(
            Self.client.appending(path: "python").path,
            arguments([
                "work", "--address", cluster.address(follower), "--identity", identity, "--name", "python", "--capture",
                cluster.base.path, "--go", cluster.base.appending(path: "go").path,
            ]), input: value)
        defer { if worker.isRunning { kill(worker.pid, SIGKILL) } }
        let isPreparing = eventually(within: 60) { worker.output.contains("preparing") || !worker.isRunning }
        #expect(isPreparing && worker.isRunning, "\(worker.output)\(worker.errors)\n\(cluster.log(follower))")
        #expect(try cluster.must("m1", "service", "ps", "web", "--format", "{{.CurrentState}}").hasPrefix("Preparing"))
        try Data().write(to: cluster.base.appending(path: "go"))
        try cluster.waitRunning("m1", "web", 1)
        let shown = try cluster.must("m1", "service", "ps", "web", "--format", "{{.Node}} {{.CurrentState}}")
        #expect(shown.hasPrefix("python Running"), "\(shown)")

        try cluster.must("m1", "service", "rm", "web")
        let finished = worker.wait()
        #expect(finished.code == 0 && finished.output == "preparing\nrunning\nended\n", "\(finished.all)")
        #expect(canary.forms(in: Data((finished.output + finished.errors).utf8)) == [], "the client shows no value")

        try showCapture(cluster, canary)
        try makeWrongMoves(cluster, token, identity)
    }

    /// The capture of the session is readable with its key log, and no value is in it.
    private func showCapture(_ cluster: TestCluster, _ canary: Canary) throws {
        for (half, text) in [("dialler", "ReportTasks (40)"), ("acceptor", "Assignment (38)")] {
            let dump = try run(
                productsFolder.appending(path: "wire").path,
                ["dump", "--keys", "\(cluster.base.path)/link.keys", "\(cluster.base.path)/link.\(half)"])
            #expect(dump.code == 0 && dump.output.contains(text), "\(dump.all)")
            #expect(canary.forms(in: Data(dump.output.utf8)) == [])
        }
    }

    /// Every wrong move gets what `proto/README.md` says, and another node's task is as it was.
    private func makeWrongMoves(_ cluster: TestCluster, _ token: String, _ identity: String) throws {
        let leader = try #require(try cluster.leader("m1"))
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "other", "--constraint", "node.hostname==\(leader)",
            "--process", "--", "/bin/sleep", "1000000")
        try cluster.waitRunning("m1", "other", 1)
        let task = try cluster.must("m1", "service", "ps", "other", "-q", "--no-trunc")
        let wrong = try client(
            "wrong", "--address", cluster.address(leader), "--identity", identity, "--others", task, "--socket",
            cluster.socket(leader), input: token)
        #expect(wrong.lines.count >= 10 && wrong.lines.allSatisfy { $0.hasPrefix("right: ") }, "\(wrong.all)")
        let state = try cluster.must("m1", "service", "ps", "other", "--format", "{{.CurrentState}} {{.Error}}")
        #expect(state.hasPrefix("Running"), "another node's report changed it: \(state)")
        for node in ["m1", "m2", "m3"] { #expect(cluster.isAlive(node)) }
    }
}
