import Foundation
import Testing

/// Values that are looked for in every place where none may be.
@Suite(.serialized, .enabled(if: isRoot, "reading another process's memory needs root"))
struct CanaryTests {
    @Test func `no value is on a disk, in a log, on a command line or in ordinary memory`() throws {
        let cluster = try TestCluster("canary")
        defer { cluster.tearDown() }
        let managers = ["m1", "m2", "m3"]
        try cluster.form(managers: managers, workers: ["w1"])
        for node in managers { try cluster.must("m1", "node", "update", "--availability", "drain", node) }

        let canaries = (0..<4).map { _ in Canary() }
        let sizes = [1_000, 300_000, 1_000, 300_000]
        func give(_ words: [String], _ number: Int, at node: String) throws {
            let finished = try cluster.conclave(
                node, arguments: words, input: canaries[number].value(bytes: sizes[number]))
            #expect(finished.code == 0, "\(finished.all)")
        }
        try give(["secret", "create", "small", "-"], 0, at: "m2")
        try give(["secret", "create", "large", "-"], 1, at: "m3")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--secret", "small", "--secret", "large",
            "--process", "--", "/bin/sleep", "1000000")
        try cluster.waitRunning("m1", "web", 1)
        try give(["secret", "update", "small", "-"], 2, at: "m3")
        try give(["secret", "update", "large", "-"], 3, at: "m1")
        for (name, number) in [("small", 2), ("large", 3)] {
            let value = canaries[number].value(bytes: sizes[number])
            let sum = try run("/usr/bin/cksum", [], input: value).output.split(whereSeparator: \.isWhitespace)
            let isNew = try eventually {
                try cluster.conclave("m2", "exec", "web.1", "cksum", "/run/secrets/\(name)").output
                    .split(whereSeparator: \.isWhitespace).prefix(2).elementsEqual(sum)
            }
            #expect(isNew, "the task does not read the new value of \(name)")
        }
        let inFiles = try files(cluster, canaries)
        #expect(inFiles == [])
        let inProcesses = try processes(canaries)
        #expect(inProcesses == [])
        for node in managers + ["w1"] {
            var sightings: [Sighting] = []
            let pid = try #require(cluster.daemons[node]?.pid)
            let isClean = try eventually(within: 10) {
                sightings = try search(canaries, in: pid)
                return sightings.allSatisfy(\.isLocked)
            }
            print("\(node): \(sightings)")
            #expect(isClean, "\(node): \(sightings.filter { !$0.isLocked })")
        }
        for pid in cluster.sandboxes() where !cluster.daemons.values.contains(where: { $0.pid == pid }) {
            let sightings = try search(canaries, in: pid)
            #expect(sightings.isEmpty, "process \(pid): \(sightings)")
        }
    }

    @Test func `what a program in a task reads and says leaves no trace on its way, at a client that lives on`() throws
    {
        let cluster = try TestCluster("execcanary")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"], workers: ["w1"])
        for node in ["m1", "m2", "m3"] { try cluster.must("m1", "node", "update", "--availability", "drain", node) }
        let (said, read) = (Canary(), Canary())
        let made = try cluster.conclave(
            "m1", arguments: ["secret", "create", "said", "-"], input: said.value(bytes: 300_000))
        #expect(made.code == 0, "\(made.all)")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--secret", "said", "--process", "--",
            "/bin/sleep", "1000000")
        try cluster.waitRunning("m1", "web", 1)
        let fifo = cluster.base.appending(path: "input").path
        try #require(unsafe mkfifo(fifo, 0o600) == 0)
        // The client is the process that the shell becomes.
        let program = "cat /run/secrets/said; head -c 300000 >/dev/null; echo >/tmp/done; cat"
        let client = try Running(
            "/bin/sh",
            [
                "-c", "exec \"$0\" \"$@\" <\(fifo) >/dev/null", productsFolder.appending(path: "conclave").path,
                "--host", "unix://\(cluster.socket(try #require(try cluster.follower())))", "exec", "-i", "web.1",
                "/bin/sh", "-c", program,
            ])
        let input = FileHandle(fileDescriptor: unsafe open(fifo, O_WRONLY | O_CLOEXEC), closeOnDealloc: true)
        try input.write(contentsOf: read.value(bytes: 300_000))
        let isDone = try eventually { try cluster.conclave("m1", "exec", "web.1", "test", "-e", "/tmp/done").code == 0 }
        #expect(isDone)
        for (name, pid) in cluster.daemons.mapValues(\.pid).merging(["client": client.pid], uniquingKeysWith: { $1 }) {
            var sightings: [Sighting] = []
            let isClean = try eventually(within: 10) {
                sightings = try search([said, read], in: pid)
                return sightings.allSatisfy(\.isLocked)
            }
            #expect(isClean, "\(name): \(sightings.filter { !$0.isLocked })")
        }
        try input.close()
        let ended = client.wait()
        #expect(ended.code == 0, "\(ended.errors)")
    }

    @Test func `the search finds what is there`() throws {
        let canary = Canary()
        #expect(canary.forms(in: Data("x".utf8) + canary.value(bytes: 100)) == ["text"])
        for offset in 0..<3 {
            let text = (Data(count: offset) + canary.value(bytes: 100)).base64EncodedString()
            #expect(canary.forms(in: Data(text.utf8)).contains { $0.hasPrefix("base64") })
        }
        let mark = canary.value(bytes: 100)
        let held = try search([canary], in: getpid())
        #expect(held.contains { $0.form.hasPrefix("text") && !$0.isLocked }, "\(held)")
        #expect(mark.count == 100)
    }

    /// Every file of the cluster that is not in a file system in memory of its own: state, logs, records.
    private func files(_ cluster: TestCluster, _ canaries: [Canary]) throws -> [String] {
        let paths = try run("/usr/bin/find", [cluster.base.path, "-xdev", "-type", "f"]).lines
        #expect(paths.count > 20)
        return try paths.flatMap { path in
            let data = try Data(contentsOf: URL(filePath: path))
            return canaries.flatMap { $0.forms(in: data) }.map { "\($0) in \(path)" }
        }
    }

    /// The command lines and environments of all processes of the machine.
    private func processes(_ canaries: [Canary]) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).flatMap { pid in
            ["cmdline", "environ"].flatMap { name in
                let data = FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data()
                return canaries.flatMap { $0.forms(in: data) }.map { "\($0) in /proc/\(pid)/\(name)" }
            }
        }
    }
}
