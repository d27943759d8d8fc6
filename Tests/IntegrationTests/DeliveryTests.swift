import Foundation
import Testing

/// Which workers hold which values, seen in their memory: no more than their tasks need.
@Suite(.serialized, .enabled(if: isRoot, "reading another process's memory needs root"))
struct DeliveryTests {
    @Test func `a worker that runs no task with a secret never received it`() throws {
        let cluster = try TestCluster("delivery")
        defer { cluster.tearDown() }
        cluster.flags = ["--log-level", "debug"]
        let workers = ["w1", "w2"]
        try cluster.form(managers: ["m1"], workers: workers)
        try cluster.must("m1", "node", "update", "--availability", "drain", "m1")
        let canaries = [Canary(), Canary()]
        var allowed: [String] = []
        for (number, worker) in workers.enumerated() {
            let made = try cluster.conclave(
                "m1", arguments: ["secret", "create", "for-\(worker)", "-"],
                input: canaries[number].value(bytes: 3_000))
            #expect(made.code == 0, "\(made.all)")
            let id = try cluster.must("m1", "node", "inspect", worker, "--format", "{{.ID}}")
            let secret = try cluster.must("m1", "secret", "inspect", "for-\(worker)", "--format", "{{.ID}}")
            allowed.append("node=\(id) secret=\(secret)")
            try cluster.must(
                "m1", "service", "create", "--detach", "--name", "on-\(worker)", "--constraint",
                "node.id==\(id)", "--secret", "for-\(worker)", "--process", "--", "/bin/sleep", "1000000")
        }
        for worker in workers { try cluster.waitRunning("m1", "on-\(worker)", 1) }

        // The leader's own record of what it sent to whom.
        let sent = cluster.log("m1").split(separator: "\n").filter { $0.contains("a value is sent") }
        for line in sent {
            let fields = line.split(separator: " ").filter { $0.hasPrefix("node=") || $0.hasPrefix("secret=") }
            #expect(allowed.contains(fields.joined(separator: " ")), "\(line)")
        }
        #expect(sent.count >= workers.count)

        for (number, worker) in workers.enumerated() {
            let pid = try #require(cluster.daemons[worker]?.pid)
            let own = try search([canaries[number]], in: pid)
            // The agent keeps what it publishes again after a restart of its own.
            #expect(own.contains { $0.isLocked }, "\(worker) holds nothing of its own: the search sees nothing")
            let ordinary = own.filter { !$0.isLocked }
            #expect(ordinary.isEmpty, "\(worker): \(ordinary)")
            let foreign = try search([canaries[1 - number]], in: pid)
            #expect(foreign.isEmpty, "\(worker) has the other's value: \(foreign)")
            let shown = try run("/bin/grep", ["-rlF", canaries[1 - number].mark, cluster.folder(worker).path])
            #expect(shown.lines.isEmpty, "\(worker): \(shown.all)")
        }

        // With its last task a worker forgets the value.
        try cluster.must("m1", "service", "rm", "on-w1")
        let pid = try #require(cluster.daemons["w1"]?.pid)
        var left: [Sighting] = []
        let isForgotten = try eventually(within: 30) {
            left = try search([canaries[0]], in: pid)
            return try left.isEmpty
                && run("/bin/grep", ["-rlF", canaries[0].mark, cluster.folder("w1").path]).lines.isEmpty
        }
        #expect(isForgotten, "\(left)")
    }
}
