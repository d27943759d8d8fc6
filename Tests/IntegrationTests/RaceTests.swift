import Foundation
import Testing

/// Two clients at two managers who want what excludes each other: one gets it, the other is told why not.
@Suite(.serialized, .enabled(if: isRoot, "daemons need root"))
struct RaceTests {
    /// Both commands of each of `rounds` are begun at once; their exit codes, a line a round.
    ///
    /// A shell's loop: it starts a command in a fraction of the time that this process would need. It ends early on a
    /// slow machine, after 120 s.
    private func race(_ cluster: TestCluster, rounds: Int, before: String, _ left: String, _ right: String) throws
        -> [String]
    {
        let script = """
            a() { "$0" --host "unix://\(cluster.socket("m1"))" "$@"; }
            b() { "$0" --host "unix://\(cluster.socket("m2"))" "$@"; }
            for i in $(seq \(rounds)); do
                [ "$SECONDS" -lt 120 ] || break
                \(before)
                (\(left)) >/dev/null 2>&1 &
                one=$!
                (\(right)) >/dev/null 2>&1
                second=$?
                wait "$one"
                echo "$? $second"
            done
            """
        return try run("/bin/bash", ["-c", script, productsFolder.appending(path: "conclave").path]).lines
    }

    @Test func `a secret is removed or used, never both, five hundred times`() throws {
        let cluster = try TestCluster("race-rm")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"])
        let rounds = try race(
            cluster, rounds: 500, before: #"echo v | a secret create "s$i" - >/dev/null || echo failed"#,
            #"a secret rm "s$i""#,
            #"b service create --detach --replicas 0 --name "web$i" --secret "s$i" --process -- /bin/true"#)
        print("secret rm against service create: \(tally(rounds))")
        #expect(rounds.count >= 100)
        #expect(rounds.allSatisfy { ["0 3", "5 0"].contains($0) }, "\(tally(rounds))")
        // What was said is so, whichever manager is asked.
        let secrets = Set(try cluster.must("m3", "secret", "ls", "--format", "{{.Name}}").split(separator: "\n"))
        let services = Set(try cluster.must("m3", "service", "ls", "--format", "{{.Name}}").split(separator: "\n"))
        for (place, round) in rounds.enumerated() {
            let isUsed = round == "5 0"
            #expect(secrets.contains("s\(place + 1)") == isUsed && services.contains("web\(place + 1)") == isUsed)
        }
    }

    @Test func `of two updates at one revision one gets the conflict, five hundred times`() throws {
        let cluster = try TestCluster("race-update")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"])
        try cluster.must("m1", "secret", "create", "s", "-", input: "v")
        let rounds = try race(
            cluster, rounds: 500,
            before: #"revision=$(a secret inspect s --format '{{.Version.Index}}') || echo failed"#,
            #"echo "a$i" | a secret update --revision "$revision" s -"#,
            #"echo "b$i" | b secret update --revision "$revision" s -"#)
        print("two updates at one revision: \(tally(rounds))")
        #expect(rounds.count >= 100)
        #expect(rounds.allSatisfy { ["0 5", "5 0"].contains($0) }, "\(tally(rounds))")
    }

    private func tally(_ rounds: [String]) -> [String] {
        Dictionary(grouping: rounds) { $0 }.map { "\($0.key): \($0.value.count)" }.sorted()
    }
}
