import Bytes
import Glibc
import Linux
import Seams
import Testing

/// Control groups, mounts and foreign owners are root's alone.
let isRoot = geteuid() == 0
let needsRoot: Comment = "needs root: makes control groups, mounts or files of other owners"

/// A directory of a test's own; removed when released.
final class Scratch {
    let path: String
    init() {
        var template = Array("/tmp/conclave-test-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }
    deinit { try? LinuxFiles().removeTree(path) }
    subscript(_ name: String) -> String { path + "/" + name }
}

/// Keeps what a connection delivers.
final class Recorder: ConnectionEvents {
    var content: [UInt8] = []
    var hasEnded = false
    var drains = 0
    var reason: CloseReason?
    var text: String { String(decoding: content, as: UTF8.self) }
    func received(_ bytes: Bytes) { unsafe bytes.withUnsafeBytes { unsafe content.append(contentsOf: $0) } }
    func receivedEnd() { hasEnded = true }
    func drained() { drains += 1 }
    func closed(_ reason: CloseReason) { self.reason = reason }
}

/// Names of this process's open descriptors.
func openDescriptors() -> [String] {
    (try? LinuxFiles().list("/proc/self/fd")) ?? []
}

extension Loop {
    /// Starts a shell command.
    func shell(_ script: String, _ change: (inout SpawnRequest) -> Void = { _ in }) throws -> any ProcessHandle {
        var request = SpawnRequest(
            program: "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"])
        change(&request)
        return try spawn(request)
    }

    /// Waits for a process's end.
    func end(of process: any ProcessHandle) -> Seams.ExitStatus? {
        var status: Seams.ExitStatus?
        process.onExit { status = $0 }
        _ = run { status != nil }
        return status
    }
}
