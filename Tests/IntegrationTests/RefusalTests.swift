import Foundation
import Testing

/// What people and strangers do wrong: each gets its message and its exit code, and the daemons live on.
@Suite(.serialized, .enabled(if: isRoot, "daemons need root"))
struct RefusalTests {
    @Test func `bad input is refused with its message and its code`() throws {
        let cluster = try TestCluster("refuse")
        defer { cluster.tearDown() }
        try cluster.start("m1")

        func check(_ arguments: [String], _ code: Int32, _ text: String, input: Data? = nil) throws {
            let finished = try cluster.conclave("m1", arguments: arguments, input: input)
            #expect(finished.code == code, "\(arguments): \(finished.all)")
            #expect(finished.errors.contains(text), "\(arguments): \(finished.all)")
        }
        try check(["secret", "ls"], 4, "This node is not a swarm manager")
        try cluster.must("m1", "swarm", "init")
        try check(["swarm", "init"], 5, "This node is already part of a swarm")
        try check(["secret", "create", "x", "-"], 2, "data is empty", input: Data())
        try check(
            ["secret", "create", "x", "-"], 2, "secret data must be larger than 0 and less than 512000 bytes",
            input: Data(count: 512_000))
        try check(["secret", "create", "bad name!", "-"], 2, "invalid name", input: Data("v".utf8))
        try cluster.must("m1", "secret", "create", "x", "-", input: "v")
        try check(["secret", "create", "X", "-"], 5, "already exists", input: Data("v".utf8))
        try check(["secret", "rm", "nope"], 3, "secret nope not found")
        try check(["secret", "inspect", "nope"], 3, "secret nope not found")
        try check(["secret", "update", "x", "--revision", "1", "-"], 5, "was not changed", input: Data("w".utf8))
        try check(["secret", "frobnicate"], 2, "frobnicate")
        try check(["secret", "ls", "--nope"], 2, "unknown flag: --nope")
        try check(["config", "create", "c", "/nonexistent"], 1, "no such file or directory")
        try check(["service", "ps", "nope"], 3, "no such service: nope")
        try check(["swarm", "join-token", "bogus"], 2, "unknown role bogus")
        try check(["service", "logs", "--details", "web"], 2, "--details is not supported: lines have no attributes")
        try check(["exec", "nope.1", "true"], 125, "nope.1")
        try check(
            ["service", "create", "--name", "web", "--secret", "nope", "--process", "--", "/bin/true"], 3,
            "secret not found: nope")
        let unreachable = try run(
            productsFolder.appending(path: "conclave").path, ["--host", "unix:///nonexistent.sock", "secret", "ls"])
        #expect(unreachable.code == 6, "\(unreachable.all)")
        #expect(cluster.isAlive("m1"))
    }

    @Test func `the largest secret there may be reaches its task`() throws {
        let cluster = try TestCluster("largest")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"])
        let value = Data((0..<511_999).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let made = try cluster.conclave("m1", arguments: ["secret", "create", "big", "-"], input: value)
        #expect(made.code == 0, "\(made.all)")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--secret", "big", "--process", "--", "/bin/sleep",
            "1000000")
        try cluster.waitRunning("m1", "web", 1)
        #expect(try cluster.must("m1", "exec", "web.1", "wc", "-c", "/run/secrets/big").hasPrefix("511999 "))
    }

    @Test func `garbage on the port ends that connection and nothing else`() throws {
        let cluster = try TestCluster("garbage")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"])
        var generator = SystemRandomNumberGenerator()
        for round in 0..<50 {
            let bytes = Data((0..<(round * 7)).map { _ in UInt8.random(in: 0...255, using: &generator) })
            // bash opens the connection, so that the test needs no socket code of its own.
            let port = cluster.address("m1").split(separator: ":")[1]
            _ = try run(
                "/bin/bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); cat >&3; exec 3>&-"], input: bytes)
        }
        #expect(cluster.isAlive("m1"))
        try cluster.must("m1", "secret", "ls")
    }

    @Test func `a wrong token and a foreign cluster's token are refused`() throws {
        let one = try TestCluster("token1")
        defer { one.tearDown() }
        let two = try TestCluster("token2")
        defer { two.tearDown() }
        try one.form(managers: ["m1"])
        try two.form(managers: ["m1"])
        try one.start("w1")
        let foreign = try two.must("m1", "swarm", "join-token", "-q", "worker")
        let own = try one.must("m1", "swarm", "join-token", "-q", "worker")
        let refused = try one.conclave("w1", "swarm", "join", "--token", foreign, one.address("m1"))
        #expect(refused.code != 0, "\(refused.all)")
        let broken = try one.conclave("w1", "swarm", "join", "--token", String(own.dropLast(3)), one.address("m1"))
        #expect(broken.code == 2, "\(broken.all)")
        #expect(broken.errors.contains("token"), "\(broken.all)")
        #expect(!broken.errors.contains(own.suffix(30).dropLast(3)), "a token is not repeated in an error")
        try one.must("w1", "swarm", "join", "--token", own, one.address("m1"))
    }

    @Test func `a state directory in use is refused with its owner's number`() throws {
        let cluster = try TestCluster("locked")
        defer { cluster.tearDown() }
        try cluster.start("m1")
        let second = try run(
            productsFolder.appending(path: "conclaved").path,
            [
                "--listen", "127.0.0.1:0", "--state-dir", cluster.folder("m1").appending(path: "state").path,
                "--run-dir", cluster.base.appending(path: "other").path, "--socket",
                cluster.base.appending(path: "other.sock").path,
            ])
        #expect(second.code == 5, "\(second.all)")
        #expect(second.errors.contains("state"), "\(second.all)")
    }
}
