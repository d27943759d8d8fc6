import Glibc
import Testing

/// Real engines of a suite's own, started before its first test and ended after its last.
struct RealEngines: SuiteTrait, TestScoping {
    static let kinds = ["docker", "podman"]
    /// Whether both can be run here.
    static let canRun =
        geteuid() == 0
        && ["/usr/sbin/dockerd", "/usr/bin/podman", "/bin/busybox"].allSatisfy { exists($0) }

    /// Below `/var/tmp`, for a socket's path is short.
    static func folder(_ kind: String) -> String { "/var/tmp/conclave-engine-\(getpid())-\(kind)" }
    static func socket(_ kind: String) -> String { "\(folder(kind))/engine.sock" }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard Self.canRun else { return try await function() }
        for kind in Self.kinds { Self.tool("start \(kind) \(Self.folder(kind))") }
        do {
            try await function()
        } catch {
            stop()
            throw error
        }
        stop()
    }

    private func stop() {
        for kind in Self.kinds { Self.tool("stop \(Self.folder(kind))") }
    }

    /// Ends an engine at once, and starts it again.
    static func kill(_ kind: String) { tool("kill \(folder(kind))") }
    static func again(_ kind: String) { tool("again \(folder(kind))") }

    private static let script = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/Tools/engine"

    private static func tool(_ words: String) {
        let code = unsafe system("\(script) \(words)")
        precondition(code == 0, "Tools/engine \(words) failed: \(code)")
    }
}
