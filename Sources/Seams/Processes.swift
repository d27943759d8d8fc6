import Bytes
import Model

/// A descriptor number; who owns it is said where it is passed.
package typealias Descriptor = Int32

/// Rows and columns of a terminal.
package struct WindowSize: Hashable, Sendable {
    package var rows: UInt16
    package var columns: UInt16
    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

/// A program to start, and the world it wakes up in.
///
/// All signals are unblocked and at their defaults; no descriptor but those of `descriptors` is open.
package struct SpawnRequest {
    /// An absolute path; nothing is searched.
    package var program: String
    /// With the program's own name first.
    package var arguments: [String]
    /// `NAME=value`; the whole environment.
    package var environment: [String]
    package var directory: String?
    /// The child's number and what of ours it becomes; at most 16. Ours stay open and ours.
    package var descriptors: [(child: Descriptor, ours: Descriptor)] = []
    /// A session of its own, so that no terminal of ours reaches it.
    package var newSession = true
    /// Makes the child's descriptor 0, a terminal, its controlling one; needs `newSession`.
    package var controllingTerminal = false
    /// Control group directories joined before the program runs; at most 8.
    package var cgroups: [String] = []
    /// Namespaces of this process are joined first: for a program inside a running task.
    package var namespacesOf: (any ProcessHandle)?
    /// Which of its namespaces.
    package var namespaces: Namespaces = []
    /// Kill it when the daemon dies.
    package var diesWithParent = false

    package init(program: String, arguments: [String], environment: [String]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }
}

/// Kinds of namespace, as `CLONE_NEW…`.
package struct Namespaces: OptionSet, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let mount = Namespaces(rawValue: 0x0002_0000)
    package static let cgroup = Namespaces(rawValue: 0x0200_0000)
    package static let uts = Namespaces(rawValue: 0x0400_0000)
    package static let ipc = Namespaces(rawValue: 0x0800_0000)
    package static let user = Namespaces(rawValue: 0x1000_0000)
    package static let pid = Namespaces(rawValue: 0x2000_0000)
    package static let network = Namespaces(rawValue: 0x4000_0000)
}

/// How a process ended.
package enum ExitStatus: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// It was not our child, so the kernel tells only that it is gone.
    case unknown

    /// As a shell says it: the code, or 128 + the signal; `nil` when unknown.
    package var code: Int32? {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        case .unknown: nil
        }
    }
}

/// Starting, watching and signalling programs.
package protocol Processes: AnyObject {
    /// Starts a program; returns once it runs.
    ///
    /// - Throws: the errno of the step that failed in the child, "execute" among them.
    func spawn(_ request: SpawnRequest) throws(SystemError) -> any ProcessHandle
    /// A handle for a process that someone else started.
    ///
    /// - Parameter startTime: as `ProcessHandle.startTime` said; another one means the number was used again.
    /// - Throws: `ESRCH` when it is gone or another.
    func adopt(pid: Int32, startTime: UInt64?) throws(SystemError) -> any ProcessHandle
    /// Children of `pid`, from its first thread, in the order they were made; empty when it is gone.
    func children(of pid: Int32) -> [Int32]
    /// A pair of ends of a terminal.
    func openTerminal(_ size: WindowSize) throws(SystemError) -> any Terminal
    /// A pipe, both ends close-on-exec; both are the caller's.
    func openPipe() throws(SystemError) -> (read: Descriptor, write: Descriptor)
    /// Opens a file for a child's descriptor; the caller's. `append`: write-only, made 0600 when absent.
    func openFile(_ path: String, append: Bool) throws(SystemError) -> Descriptor
    func closeDescriptor(_ descriptor: Descriptor)
    /// A stream over a pipe, terminal or socket, which it owns from now on. Back-pressure as a connection's.
    ///
    /// `end` closes the write side where there is one; a terminal's stream ends as `closed(.ended)` when the last
    /// user of its other end is gone.
    func stream(_ descriptor: Descriptor) throws(SystemError) -> any Connection
    /// Calls `changed` after `path`, a file that exists, was written to, until the watch is cancelled.
    func watchFile(_ path: String, changed: @escaping () -> Void) throws(SystemError) -> any Timer
}

/// A process that can't be mistaken for a later one with the same number: a pidfd. Closed when released.
package protocol ProcessHandle: AnyObject {
    var pid: Int32 { get }
    /// Clock ticks after boot; with `pid` it names a process until the next boot.
    var startTime: UInt64 { get }
    /// The descriptor, for `namespacesOf`.
    var pidfd: Descriptor { get }
    /// Calls `handler` once when it has ended, also when that was before. The handle lives until then.
    func onExit(_ handler: @escaping (ExitStatus) -> Void)
    /// - Returns: `false` when it has ended.
    @discardableResult func signal(_ number: Int32) throws(SystemError) -> Bool
}

/// A terminal made here. The ends are closed by who takes them: `stream(ours)` owns `ours`.
package protocol Terminal: AnyObject {
    var ours: Descriptor { get }
    var theirs: Descriptor { get }
    func resize(_ size: WindowSize) throws(SystemError)
}
