import Foundation
import Model

/// Python with Conclave's test client and what it needs from PyPI: `Tests/Client`.
package struct PythonClient {
    private let root: URL

    package init(root: URL) {
        self.root = root
    }

    /// Runs a script of the client to its end and returns what it said.
    package func output(_ script: String, _ arguments: String...) throws(Failure) -> Data {
        try Program.output(["Tests/Client/python", "Tests/Client/\(script)"] + arguments, in: root)
    }

    /// Whether the client can be run: without it and without PyPI its tests are skipped, but never in CI.
    package var isAvailable: Bool {
        if ProcessInfo.processInfo.environment["CI"] != nil { return true }
        do throws(Failure) {
            _ = try Program.output(["Tests/Client/python", "-c", ""], in: root)
            return true
        } catch {
            return error.code != .unavailable
        }
    }
}
