import Foundation
import Testing

/// Single tasks, as they are looked at: on real daemons, asked of a manager that does not lead.
@Suite(.serialized, .enabled(if: isRoot, "sandboxes and mounts need root"))
struct TasksTests {
    @Test func `a task is inspected, and what it uses is asked of its node, through a manager that does not lead`()
        throws
    {
        let cluster = try TestCluster("tasks")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"], workers: ["w1"])
        for node in ["m1", "m2", "m3"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }
        let asked = try #require(try cluster.follower())
        let canary = "canary-\(UUID().uuidString)"
        try cluster.must("m1", "secret", "create", "db", "-", input: canary)
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "busy", "--replicas", "2", "--secret", "db", "--process",
            "--", "/bin/sh", "-c", "while :; do :; done")
        try cluster.waitRunning("m1", "busy", 2)

        let isSeen = try eventually {
            try cluster.must(
                asked, "task", "inspect", "--format",
                "{{.Name}} {{.NodeName}} {{.Status.State}} {{.Protection}}", "busy.1"
            ).wholeMatch(of: /busy\.1 w1 running (secure|weak|insecure)/) != nil
        }
        let shown = try cluster.must(asked, "task", "inspect", "busy.1")
        #expect(isSeen && shown.contains("\"SecretName\": \"db\"") && !shown.contains(canary), "\(shown)")

        let format = "{{.Name}} {{.Node}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}"
        let stats = try cluster.conclave(asked, "task", "stats", "--format", format, "busy")
        let line = /busy\.[12] w1 (-|[1-9]\d*\.\d\d%) (-|[1-9][\d.]*[KM]iB) \/ - (-|[1-9]\d*)/
        #expect(stats.code == 0 && stats.lines.count == 2, "\(stats.all)")
        #expect(stats.lines.allSatisfy { $0.wholeMatch(of: line) != nil }, "\(stats.all)")
        #expect(try cluster.must(asked, "task", "stats", "--format", "{{.Name}}", "busy.2") == "busy.2")
        let missing = try cluster.conclave(asked, "task", "stats", "nobody")
        #expect(missing.code == 3 && missing.errors.contains("no such task or service: nobody"), "\(missing.all)")

        // One that can't be asked costs the others nothing, and is told.
        cluster.kill("w1")
        let isLost = try eventually(within: 60) {
            let stats = try cluster.conclave(asked, "task", "stats", "--format", format, "busy.1")
            return stats.code != 0 && stats.lines.count == 1 && stats.output.contains(" - - / - -")
                && stats.errors.contains("busy.1: ")
        }
        #expect(isLost)
    }
}
