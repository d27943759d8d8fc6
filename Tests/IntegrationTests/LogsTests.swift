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

        try begin(cluster, "count", "2", "for i in 1 2 3 4 5; do echo line $i; done; sleep 1000000")
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
        try begin(cluster, "short", "1", "echo bye; exit 3", "--restart-condition", "none")
        let isEnded = try eventually {
            try cluster.conclave(asked, "service", "ps", "short", "--format", "{{.CurrentState}}").output
                .hasPrefix("Failed")
        }
        #expect(isEnded)
        #expect(try cluster.must(asked, "service", "logs", "--raw", "short") == "bye")
        #expect(try cluster.must(asked, "service", "logs", "--raw", "--since", "1h", "short") == "bye")
        #expect(try cluster.must(asked, "service", "logs", "--raw", "--since", "2100-01-01T00:00:00Z", "short") == "")

        // Bytes come through as they were written, and a last line without its end.
        let bytes = "printf 'nul\\000cr\\r\\377\\033[1m\\nno end'"
        try begin(cluster, "bytes", "1", bytes, "--restart-condition", "none")
        let dump = "\(conclave) \(host.joined(separator: " ")) service logs --raw bytes | od -An -v -tx1 | tr -d ' \\n'"
        let isSame = try eventually {
            try run("/bin/sh", ["-c", dump]).output == "6e756c006372" + "0dff1b5b316d0a" + "6e6f20656e640a"
        }
        #expect(isSame)

        // What a task prints of its secret is in its own log, and nowhere else.
        let canary = "canary-\(UUID().uuidString)"
        try cluster.must("m1", "secret", "create", "printed", "-", input: canary)
        try begin(cluster, "printer", "1", "cat /run/secrets/printed; echo; sleep 1000000", "--secret", "printed")
        let isPrinted = try eventually {
            try cluster.conclave(asked, "service", "logs", "--raw", "printer").lines == [canary]
        }
        #expect(isPrinted)
        let places = ["m1", "m2", "m3", "w1", "w2"].flatMap { node in
            ["state", "log"].map { cluster.folder(node).appending(path: $0).path }
        }
        let found = try run("/bin/grep", ["-rlF", canary] + places).lines
        #expect(found.count == 1 && found[0].contains("/state/logs/"), "\(found)")

        // A reader that stalls: the task goes on, and others read it.
        let words = String(repeating: "x", count: 80)
        try begin(cluster, "flood", "1", "i=0; while :; do i=$((i+1)); echo $i \(words); done")
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

    @Test func `who follows misses nothing and sees nothing twice when the leader changes and when a node comes back`()
        throws
    {
        let cluster = try TestCluster("follow")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"], workers: ["w1", "w2"])
        for node in ["m1", "m2", "m3"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }
        try begin(cluster, "count", "2", "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done")
        try cluster.waitRunning("m1", "count", 2)
        let leader = try #require(try cluster.leader("m1"))
        let asked = try #require(try cluster.follower())
        let follower = try follow(cluster, asked, "count")
        defer { end(follower) }
        /// The numbers that the follower has of a slot.
        func numbers(_ slot: Int) -> [Int] {
            follower.output.split(separator: "\n").filter { $0.hasPrefix("count.\(slot).") }
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        }
        func goesOn(_ slots: [Int]) -> Bool {
            let before = slots.map { numbers($0).count }
            return eventually { zip(slots, before).allSatisfy { numbers($0).count > $1 + 100 } }
        }
        #expect(goesOn([1, 2]), "\(follower.errors)")

        cluster.kill(leader)
        #expect(goesOn([1, 2]), "\(follower.errors)")
        #expect(follower.errors.contains("the rest is asked for again"), "\(follower.errors)")

        // A daemon goes and comes back; its task stays.
        let places = try cluster.must(asked, "service", "ps", "count", "--format", "{{.Name}} {{.Node}}").split(
            separator: "\n")
        let node = try #require(places.first { $0.hasPrefix("count.1 ") }?.split(separator: " ").last.map(String.init))
        cluster.kill(node)
        let isTold = eventually { follower.errors.contains("the connection to the task was lost") }
        try cluster.start(node)
        #expect(isTold && goesOn([1, 2]), "\(follower.errors)")
        #expect(follower.errors.contains("is read again"), "\(follower.errors)")
        for slot in [1, 2] {
            let seen = numbers(slot)
            #expect(seen == Array((seen.first ?? 0)..<(seen.first ?? 0) + seen.count), "of slot \(slot)")
        }
        // A daemon goes for good: the other node's task is read on.
        cluster.kill(node)
        #expect(goesOn([2]), "\(follower.errors)")

        // Its end is the service's.
        try cluster.must(asked, "service", "rm", "count")
        let hasEnded = eventually { !follower.isRunning }
        #expect(hasEnded, "\(follower.errors)")
    }

    @Test func `a reader that stands still costs no daemon memory, and is told what was dropped`() throws {
        let cluster = try TestCluster("still")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2"], workers: ["w1"])
        for node in ["m1", "m2"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }
        let asked = try #require(try cluster.follower())
        try begin(cluster, "flood", "1", "exec /usr/bin/yes 0123456789012345678901234567890123456789")
        try cluster.waitRunning("m1", "flood", 1)
        let reader = try follow(cluster, asked, "flood")
        defer { end(reader) }
        #expect(eventually { reader.output.contains("0123") }, "\(reader.errors)")
        kill(reader.pid, SIGSTOP)
        // Other readers of the same task see it go on, for much more than anybody keeps.
        func written() throws -> Int { try output(cluster, "w1").size }
        let first = try written()
        let before = try ["m1", "m2", "w1"].map { try memory(cluster, $0) }
        #expect(try eventually(within: 60) { try written() > first + 512 << 20 }, "the task stands still at \(first)")
        let after = try ["m1", "m2", "w1"].map { try memory(cluster, $0) }
        for (before, after) in zip(before, after) {
            #expect(after < before + 8 << 20, "\(before) became \(after) bytes")
        }
        // As fast as it writes: what is too old goes a little later.
        var kept = 0
        let isCut = try eventually {
            kept = try output(cluster, "w1").kept
            return kept < 256 << 20
        }
        #expect(isCut, "\(kept) bytes")

        kill(reader.pid, SIGCONT)
        let isTold = eventually { reader.errors.contains("bytes were cut off before they could be shown") }
        #expect(isTold, "\(reader.errors)")
        try cluster.must("m1", "service", "rm", "flood")
    }

    /// Bytes that the one task of a node has written, and what they take of its disk.
    private func output(_ cluster: TestCluster, _ node: String) throws -> (size: Int, kept: Int) {
        let folder = cluster.folder(node).appending(path: "state/logs").path
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".log") })
        var status = stat()
        try #require(unsafe stat("\(folder)/\(name)", &status) == 0)
        return (status.st_size, status.st_blocks * 512)
    }

    /// Resident memory of a daemon, in bytes.
    private func memory(_ cluster: TestCluster, _ node: String) throws -> Int {
        let pid = try #require(cluster.daemons[node]).pid
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return (Int(line.split(separator: " ")[1]) ?? 0) * 1024
    }

    private func follow(_ cluster: TestCluster, _ asked: String, _ what: String) throws -> Running {
        try Running(
            productsFolder.appending(path: "conclave").path,
            ["--host", "unix://\(cluster.socket(asked))", "service", "logs", "--follow", what])
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

        // Each manager tells what it applies, whoever leads.
        let leader = try #require(try cluster.leader(asked))
        cluster.kill(leader)
        try cluster.must(asked, "secret", "create", "after", "-", input: "v")
        let goesOn = eventually { live.output.contains("secret create after") }
        #expect(goesOn, "\(live.output)\(live.errors)")
    }

    @Test func `a reader of events that stands still costs a manager little, and is told that it missed some`()
        throws
    {
        let cluster = try TestCluster("gap")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"])
        try cluster.must("m1", "node", "update", "--availability", "drain", "m1")
        func watch(_ format: String) throws -> Running {
            try Running(
                productsFolder.appending(path: "conclave").path,
                ["--host", "unix://\(cluster.socket("m1"))", "events", "--since", "1h", "--format", format])
        }
        let (live, still) = (try watch("{{.Index}}"), try watch("{{.Index}} {{.Event}} {{.Name}}"))
        defer { for reader in [live, still] { end(reader) } }
        #expect(eventually { still.output.contains("m1") }, "\(still.errors)")
        /// Makes tasks that have no node, and removes them, until the one who reads was told of so many events.
        let name = String(repeating: "n", count: 60)
        try begin(cluster, name, "0", "sleep 1")
        func change(until events: Int) throws {
            while live.output.utf8.count(where: { $0 == UInt8(ascii: "\n") }) < events {
                for replicas in ["1000", "0"] {
                    try cluster.must("m1", "service", "scale", "--detach", "\(name)=\(replicas)")
                    let isDone = try eventually(within: 60) {
                        try cluster.must("m1", "service", "ps", "-q", name).split(separator: "\n").count
                            == Int(replicas)
                    }
                    try #require(isDone, "\(replicas)")
                }
            }
        }
        try change(until: 10_000)
        kill(still.pid, SIGSTOP)
        let before = try memory(cluster, "m1")
        try change(until: 70_000)
        let after = try memory(cluster, "m1")
        #expect(after < before + 32 << 20, "\(before) became \(after) bytes")
        #expect(live.errors == "", "who reads misses nothing")

        kill(still.pid, SIGCONT)
        #expect(eventually { still.errors.contains("some events before these are not remembered") }, "\(still.errors)")
        try cluster.must("m1", "config", "create", "last", "-", input: "v")
        #expect(eventually { still.output.hasSuffix("create last\n") }, "\(still.output.suffix(200))")
    }

    private func begin(_ cluster: TestCluster, _ name: String, _ replicas: String, _ script: String, _ more: String...)
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
