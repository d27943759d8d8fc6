import Foundation
import Testing

/// Managers that go: what the others count afterwards, and when the cluster would end with them.
@Suite(.serialized, .enabled(if: isRoot, "daemons need root"))
struct LeavingTests {
    @Test func `a manager that leaves hands over and is counted no more, and the last one needs force`() throws {
        let cluster = try TestCluster("leaving")
        defer { cluster.tearDown() }
        var nodes = ["m1", "m2", "m3"]
        try cluster.form(managers: nodes)
        try cluster.must("m1", "secret", "create", "kept", "-", input: "v")

        // The leader first, then a follower: two of three could not outvote one that is only silent.
        for leavesAsLeader in [true, false] {
            let leader = try #require(try cluster.leader(nodes[0]))
            let leaving = try #require(nodes.first { ($0 == leader) == leavesAsLeader })
            try cluster.must(leaving, "swarm", "leave")
            nodes.removeAll { $0 == leaving }
            try cluster.must(nodes[0], "secret", "create", "after-\(nodes.count)", "-", input: "v")
            let status = try cluster.must(nodes[0], "status")
            #expect(status.contains("of \(nodes.count) managers"), "\(status)")
            let left = try cluster.conclave(leaving, "secret", "ls")
            #expect(left.code == 4, "\(left.all)")
            // Its row stays until somebody forgets it, as a worker's that is down does.
            let rows = try cluster.must(
                nodes[0], "node", "ls", "--format", "{{.Hostname}} [{{.ManagerStatus}}]")
            #expect(rows.contains("\(leaving) []"), "\(rows)")
        }

        let last = nodes[0]
        let refused = try cluster.conclave(last, "swarm", "leave")
        #expect(refused.code == 5, "\(refused.all)")
        #expect(refused.errors.contains("Removing the last manager erases all current state of the swarm"))
        try cluster.must(last, "secret", "inspect", "kept")
        try cluster.must(last, "swarm", "leave", "--force")
        #expect(try cluster.conclave(last, "secret", "ls").code == 4)
    }

    @Test func `a manager whose majority is gone stays, unless it is forced`() throws {
        let cluster = try TestCluster("stuck")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"])
        cluster.kill("m2")
        cluster.kill("m3")
        let refused = try cluster.conclave("m1", "swarm", "leave")
        #expect(refused.code == 5, "\(refused.all)")
        #expect(refused.errors.contains("--force"), "\(refused.all)")
        try cluster.must("m1", "swarm", "leave", "--force")
        #expect(try cluster.conclave("m1", "secret", "ls").code == 4)
    }
}
