import Foundation
import Testing

/// What tasks wrote and what changed, on real daemons of several nodes, asked of a manager that does not lead.
@Suite(.serialized, .enabled(if: isRoot, "sandboxes and mounts need root"))
struct LogsTests {
    @Test func `logs of all tasks on all nodes are read, followed, and never hold a task up`() throws {
        let cluster = try TestCluster("logs")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"], workers: ["w1", "w2"])
        for node in ["m1", "m2", "m3"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }
        let asked = try #require(try cluster.follower())

        try run(cluster, "count", "2", "for i in 1 2 3 4 5; do echo line $i; done; sleep 1000000")
        let isWhole = try eventually { try cluster.conclave(asked, "service", "logs", "count").lines.count == 10 }
        let read = try cluster.conclave(asked, "service", "logs", "count")
        #expect(isWhole, "\(read.all)")
        let lines = read.lines
        for (slot, node) in [("1", "w1"), ("2", "w2")] {
            let own = lines.filter { $0.hasPrefix("count.\(slot).") }
            #expect(own.map { $0.components(separatedBy: " | ").last } == (1...5).map { "line \($0)" })
            #expect(own.allSatisfy { $0.wholeMatch(of: /count\.\d\.[0-9a-z]{12}@w\d    \| line \d/) != nil }, "\(node)")
        }
        #expect(Set(lines.compactMap { $0.firstMatch(of: /@(w\d)/)?.1 }) == ["w1", "w2"])
        let tail = try cluster.must(asked, "service", "logs", "--raw", "--tail", "2", "count")
        #expect(tail.split(separator: "\n").sorted() == ["line 4", "line 4", "line 5", "line 5"])
        #expect(try cluster.must(asked, "service", "logs", "--raw", "-n", "1", "count.1") == "line 5")
        let missing = try cluster.conclave(asked, "service", "logs", "nobody")
        #expect(missing.code == 3 && missing.errors.contains("no such task or service: nobody"), "\(missing.all)")

        // A follower sees what comes, also of a task that did not exist when it began.
        let conclave = productsFolder.appending(path: "conclave").path
        let host = ["--host", "unix://\(cluster.socket(asked))"]
        let follower = try Running(conclave, host + ["service", "logs", "--follow", "--tail", "0", "count"])
        defer { end(follower) }
        try cluster.must("m1", "service", "scale", "--detach", "count=3")
        let isFollowed = eventually { follower.output.components(separatedBy: "count.3.").count == 6 }
        #expect(isFollowed, "\(follower.output)\(follower.errors)")

        // A task that ended, and how late what it said is known to be.
        try run(cluster, "short", "1", "echo bye; exit 3", "--restart-condition", "none")
        let isEnded = try eventually {
            try cluster.conclave(asked, "service", "ps", "short", "--format", "{{.CurrentState}}").output
                .hasPrefix("Failed")
        }
        #expect(isEnded)
        #expect(try cluster.must(asked, "service", "logs", "--raw", "short") == "bye")
        #expect(try cluster.must(asked, "service", "logs", "--raw", "--since", "1h", "short") == "bye")
        #expect(try cluster.must(asked, "service", "logs", "--raw", "--since", "2100-01-01T00:00:00Z", "short") == "")

        // A reader that stalls: the task goes on, and others read it.
        let words = String(repeating: "x", count: 80)
        try run(cluster, "flood", "1", "i=0; while :; do i=$((i+1)); echo $i \(words); done")
        try cluster.waitRunning("m1", "flood", 1)
        let stalled = try Running(conclave, host + ["service", "logs", "--follow", "--raw", "flood"])
        defer { end(stalled) }
        let isReading = eventually { !stalled.output.isEmpty }
        #expect(isReading, "\(stalled.errors)")
        kill(stalled.pid, SIGSTOP)
        func last() throws -> Int {
            let line = try cluster.must(asked, "service", "logs", "--raw", "--tail", "1", "flood")
            return Int(line.split(separator: " ").first ?? "") ?? 0
        }
        let first = try last()
        let goesOn = try eventually { try last() > first + 100_000 }
        #expect(goesOn, "the task stands still near \(first)")

        let since = Date().ISO8601Format()
        let recent = try cluster.conclave(
            asked, "service", "logs", "--raw", "--timestamps", "--since", since, "--tail", "50", "flood")
        #expect(recent.lines.allSatisfy { $0 >= since.dropLast() }, "\(recent.all)")
        try cluster.must("m1", "service", "rm", "flood")
    }

    @Test func `the events of a secret's life are told by every manager, as they happen and later`() throws {
        let cluster = try TestCluster("events")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"])
        let asked = try #require(try cluster.follower())
        let format = "{{.Type}} {{.Event}} {{.Name}}"
        let live = try Running(
            productsFolder.appending(path: "conclave").path,
            ["--host", "unix://\(cluster.socket(asked))", "events", "--filter", "type=secret", "--format", format])
        defer { end(live) }
        // It has begun once it is told of what is made after.
        var made = 0
        let isWatching = try eventually {
            made += 1
            try cluster.must("m1", "secret", "create", "probe\(made)", "-", input: "v")
            return live.output.contains("probe")
        }
        #expect(isWatching, "\(live.errors)")
        try cluster.must("m1", "secret", "create", "db", "-", input: "one")
        try cluster.must("m1", "secret", "update", "db", "-", input: "two")
        try cluster.must("m1", "secret", "rm", "db")
        let life = ["secret create db", "secret update db", "secret remove db"]
        let isTold = eventually { live.output.split(separator: "\n").suffix(3).map(String.init) == life }
        #expect(isTold, "\(live.output)")
        for node in ["m1", "m2", "m3"] {
            let isRemembered = try eventually {
                try cluster.conclave(
                    node, "events", "--since", "1h", "--until", "0s", "--filter", "secret=db", "--format", format
                ).lines == life
            }
            #expect(isRemembered, "\(node)")
        }
        let line = try cluster.must(
            asked, "events", "--since", "1h", "--until", "0s", "--filter", "name=db", "--filter", "event=create")
        #expect(line.contains(" secret create ") && line.contains("(name=db, actor=uid:0@m1, index="), "\(line)")
    }

    private func run(_ cluster: TestCluster, _ name: String, _ replicas: String, _ script: String, _ more: String...)
        throws
    {
        let words = ["service", "create", "--detach", "--name", name, "--replicas", replicas] + more
        let made = try cluster.conclave("m1", arguments: words + ["--process", "--", "/bin/sh", "-c", script])
        #expect(made.code == 0, "\(made.all)")
    }

    private func end(_ program: Running) {
        kill(program.pid, SIGKILL)
        _ = program.wait()
    }
}
