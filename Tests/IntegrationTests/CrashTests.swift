import Foundation
import Testing

/// Real kills: what was acknowledged is there afterwards.
@Suite(.serialized, .enabled(if: isRoot, "daemons need root"))
struct CrashTests {
    @Test func `every acknowledged secret survives the death of all managers, twenty times`() throws {
        let cluster = try TestCluster("crash")
        defer { cluster.tearDown() }
        let managers = ["m1", "m2", "m3"]
        try cluster.form(managers: managers)
        var acknowledged: Set<String> = []
        var generator = SystemRandomNumberGenerator()
        for round in 0..<20 {
            // A client at each manager creates secrets until its manager dies.
            let clients = try managers.map { node in
                try Running(
                    "/bin/bash",
                    [
                        "-c",
                        """
                        for i in $(seq 1000); do
                            echo value | "$0" --host "unix://$1" --timeout 2s secret create "r$2-$3-$i" - >/dev/null \
                                2>&1 && echo "r$2-$3-$i" || exit 0
                        done
                        """,
                        productsFolder.appending(path: "conclave").path, cluster.socket(node), "\(round)", node,
                    ])
            }
            let isLoaded = eventually { clients.map { $0.output.split(separator: "\n").count }.reduce(0, +) >= 5 }
            #expect(isLoaded, "round \(round): no client got through")
            usleep(UInt32.random(in: 0...100_000, using: &generator))  // A random moment, not a wait.
            for node in managers.shuffled() { cluster.kill(node) }
            for client in clients {
                for line in client.wait().lines { acknowledged.insert(line) }
            }
            for node in managers { try cluster.start(node) }
            let names = try self.names(cluster)
            #expect(acknowledged.isSubset(of: names), "round \(round): lost \(acknowledged.subtracting(names))")
        }
        #expect(acknowledged.count >= 100)
    }

    private func names(_ cluster: TestCluster) throws -> Set<String> {
        var listed: Finished?
        _ = try eventually(within: 30) {
            let finished = try cluster.conclave("m1", "secret", "ls", "--format", "{{.Name}}")
            listed = finished.code == 0 ? finished : nil
            return finished.code == 0
        }
        return Set(try #require(listed, "no leader came back").lines)
    }

    @Test func `a manager whose directory is gone comes back only as a new member`() throws {
        let cluster = try TestCluster("wiped")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"])
        try cluster.must("m1", "secret", "create", "s", "-", input: "v")
        cluster.kill("m3")
        try FileManager.default.removeItem(at: cluster.folder("m3").appending(path: "state"))
        try cluster.start("m3")
        #expect(try cluster.conclave("m3", "secret", "ls").code == 4)
        let token = try cluster.must("m1", "swarm", "join-token", "-q", "manager")
        try cluster.must("m3", "swarm", "join", "--token", token, cluster.address("m1"))
        let isBack = try eventually { try cluster.conclave("m3", "secret", "ls", "-q").lines.count == 1 }
        #expect(isBack)
        let members = try cluster.must("m1", "status", "--format", "{{range .Members}}{{.Member}} {{end}}")
        #expect(members.split(separator: " ").contains("4"), "members \(members)")
    }
}
