import Bytes
import Glibc
import Linux
import Seams
import Testing

/// Control groups, mounts and foreign owners are root's alone.
let isRoot = geteuid() == 0
let needsRoot: Comment = "needs root: makes control groups, mounts or files of other owners"

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

/// How many open descriptors of this process are of a kind: "socket", "pidfd", "pipe".
func openDescriptors(_ kind: String) -> Int {
    let names = (try? LinuxFiles().list("/proc/self/fd")) ?? []
    return names.compactMap { Descriptor($0) }.count { target(of: $0)?.contains(kind) == true }
}

/// What the kernel says that a descriptor of this process is: a path, or "pipe:[…]".
func target(of descriptor: Descriptor) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension Loop {
    /// Starts a shell command.
    func shell(_ script: String, _ change: (inout SpawnRequest) -> Void = { _ in }) throws -> any ProcessHandle {
        var request = SpawnRequest(
            program: "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"])
        change(&request)
        return try spawn(request)
    }

    /// Waits for what the loop itself does not see, such as the end of a grandchild.
    func watch(_ condition: @escaping () -> Bool) -> Bool {
        var holds = false
        func look() {
            holds = condition()
            if !holds { after(.milliseconds(5), look) }
        }
        look()
        return run { holds }
    }

    /// Waits for a process's end.
    func end(of process: any ProcessHandle) -> Seams.ExitStatus? {
        var status: Seams.ExitStatus?
        process.onExit { status = $0 }
        _ = run { status != nil }
        return status
    }
}
