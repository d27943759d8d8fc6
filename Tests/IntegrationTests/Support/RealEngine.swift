import Foundation

/// A container engine of a test's own, with an image `centos:latest`; ended and removed by `stop`.
struct RealEngine {
    static let kinds = ["docker", "podman"]
    static let canRun =
        isRoot
        && ["/usr/sbin/dockerd", "/usr/bin/podman", "/bin/busybox"].allSatisfy(FileManager.default.fileExists)

    let folder: String

    init(_ kind: String) throws {
        folder = "/var/tmp/conclave-test-\(kind)-\(UUID().uuidString.prefix(8))"
        try tool(["start", kind, folder])
    }

    /// As `conclaved` is told.
    var address: String { "unix://\(folder)/engine.sock" }

    /// Ends the engine at once, and starts it again.
    func kill() throws { try tool(["kill", folder]) }
    func again() throws { try tool(["again", folder]) }
    func stop() { try? tool(["stop", folder]) }

    /// The IDs of its containers, whatever became of them.
    func containers() throws -> [String] {
        let list = try run(
            "/usr/bin/curl",
            ["-s", "--unix-socket", "\(folder)/engine.sock", "http://engine/v1.41/containers/json?all=1"])
        return list.output.split(separator: "\"Id\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    private func tool(_ arguments: [String]) throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Tools/engine").standardized.path
        let finished = try run(script, arguments)
        if finished.code != 0 { throw Trouble("Tools/engine \(arguments): \(finished.all)") }
    }
}
