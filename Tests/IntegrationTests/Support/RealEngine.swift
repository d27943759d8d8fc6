import Foundation

/// A container engine of a test's own, with an image `centos:latest`; ended and removed by `stop`.
struct RealEngine {
    static let kinds = ["docker", "podman"]
    static let canRun =
        isRoot
        && ["/usr/sbin/dockerd", "/usr/bin/podman", "/bin/busybox"].allSatisfy(FileManager.default.fileExists)

    let folder: String
    /// The network namespace that it runs in; `nil`: the machine's own.
    private let namespace: String?

    private init(_ kind: String, in namespace: String?) {
        folder = "/var/tmp/conclave-test-\(kind)-\(UUID().uuidString.prefix(8))"
        self.namespace = namespace
    }

    init(_ kind: String) throws {
        self.init(kind, in: nil)
        try tool(["start", kind, folder])
    }

    /// One in each of the namespaces, all started at once. Each asks a registry at port 5000 of its own loopback.
    static func start(_ kind: String, in namespaces: [String]) throws -> [RealEngine] {
        let engines = namespaces.map { RealEngine(kind, in: $0) }
        let starting = try engines.map { engine in
            let (program, arguments) = engine.line(script, ["start", kind, engine.folder, "5000"])
            return try Running(program, arguments)
        }
        let failed = starting.map { $0.wait() }.filter { $0.code != 0 }
        guard failed.isEmpty else {
            for engine in engines { engine.stop() }
            throw Trouble("Tools/engine start \(kind): \(failed.map(\.all))")
        }
        return engines
    }

    /// As `conclaved` is told.
    var address: String { "unix://\(folder)/engine.sock" }

    /// Ends the engine at once, and starts it again.
    func kill() throws { try tool(["kill", folder]) }
    func again() throws { try tool(["again", folder]) }
    func stop() { try? tool(["stop", folder]) }

    /// The IDs of its containers, whatever became of them.
    func containers() throws -> [String] { try values(of: "Id", "containers/json?all=1") }

    /// The names of its networks, but for those that every engine has.
    func networks() throws -> [String] {
        try values(of: "Name", "networks").filter { !["bridge", "host", "none", "podman"].contains($0) }.sorted()
    }

    /// Whether `text` is in any file that the engine keeps, or in what it says of its containers.
    func holds(_ text: String) throws -> Bool {
        let kept = ["root", "exec", "log"].map { "\(folder)/\($0)" }
        if try run("/bin/grep", ["-rqsF", "--devices=skip", text] + kept).code == 0 { return true }
        return try containers().contains { try ask("containers/\($0)/json").contains(text) }
    }

    private func ask(_ path: String) throws -> String {
        try run("/usr/bin/curl", ["-s", "--unix-socket", "\(folder)/engine.sock", "http://engine/v1.41/\(path)"]).output
    }

    /// What the objects of an answer have under a key.
    private func values(of key: String, _ path: String) throws -> [String] {
        let objects = try JSONSerialization.jsonObject(with: Data(ask(path).utf8)) as? [[String: Any]]
        return (objects ?? []).compactMap { $0[key] as? String }
    }

    private func tool(_ arguments: [String]) throws {
        let (program, arguments) = line(Self.script, arguments)
        let finished = try run(program, arguments)
        if finished.code != 0 { throw Trouble("Tools/engine \(arguments): \(finished.all)") }
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Tools/engine").standardized.path

    /// What runs `program` in the engine's own network.
    func line(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        guard let namespace else { return (program, arguments) }
        return ("/usr/bin/nsenter", ["--net=/run/netns/\(namespace)", program] + arguments)
    }
}
