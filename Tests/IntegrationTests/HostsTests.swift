import Foundation
import NetworkHosts
import Testing

/// Three hosts in network namespaces: what a cut between them does, and what is left of it afterwards.
@Suite(.serialized, .enabled(if: isRoot, "network namespaces need root"))
struct HostsTests {
    @Test func `the majority goes on without a leader that is cut off, and all are equal when it is back`() throws {
        let network = try TestNetwork(hosts: 3)
        defer { network.tearDown() }
        let cluster = try TestCluster("hosts")
        defer { cluster.tearDown() }
        let nodes = ["m1", "m2", "m3"]
        for (place, node) in nodes.enumerated() {
            cluster.place(node, in: network.namespace(place + 1), address: network.address(place + 1))
        }
        try cluster.form(managers: nodes)
        try cluster.must("m2", "secret", "create", "before", "-", input: "v")

        for round in 1...2 {
            let leader = try #require(try cluster.leader("m1"))
            let host = try #require(nodes.firstIndex(of: leader)) + 1
            let others = nodes.filter { $0 != leader }
            try network.cut(host)
            defer { try? network.heal(host) }
            // The old leader can't say whether somebody else leads by now, so it neither writes nor answers.
            let lost = try cluster.conclave(
                leader, "--timeout", "3s", "secret", "create", "lost-\(round)", "-", input: "v")
            #expect(lost.code == 6, "\(lost.all)")
            let written = try eventually(within: 30) {
                try cluster.conclave(others[0], "secret", "create", "during-\(round)", "-", input: "v").code == 0
            }
            #expect(written, "no write on the majority's side:\n\(cluster.log(others[0]))")
            try cluster.must(others[1], "secret", "update", "before", "-", input: "v\(round)")
            let read = try cluster.conclave(leader, "--timeout", "3s", "secret", "ls")
            #expect(read.code == 6, "a manager that is cut off answers: \(read.all)")
            let stale = try cluster.conclave(leader, "--stale", "secret", "ls", "--format", "{{.Name}}")
            #expect(stale.code == 0 && !stale.lines.contains("during-\(round)"), "\(stale.all)")

            try network.heal(host)
            let isEqual = try eventually(within: 30) {
                let lists = try nodes.map { try list(cluster, $0) }
                return lists.allSatisfy { $0.contains("during-\(round)") && $0 == lists[0] }
            }
            let lists = try nodes.map { try list(cluster, $0) }
            #expect(isEqual, "\(lists)")
            #expect(!lists[0].contains("lost-\(round)"), "a write that was refused is there: \(lists[0])")
        }
    }

    /// What a manager has in its own store, whoever leads.
    private func list(_ cluster: TestCluster, _ node: String) throws -> String {
        try cluster.conclave(node, "--stale", "secret", "ls", "--format", "{{.ID}} {{.Name}} {{.UpdatedAt}}").output
    }
}
