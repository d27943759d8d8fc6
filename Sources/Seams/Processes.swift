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
/// All signals are unblocked and at their defaults; no descriptor but those of `descriptors` is open; the session is its
/// own, so that no terminal of ours reaches it.
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
    /// Kill it when the daemon dies.
    package var diesWithParent = false

    package init(program: String, arguments: [String], environment: [String]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }
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
    /// A pipe, both ends close-on-exec; both are the caller's.
    func openPipe() throws(SystemError) -> (read: Descriptor, write: Descriptor)
    /// Opens a file for a child's descriptor; the caller's. `append`: write-only, made 0600 when absent.
    func openFile(_ path: String, append: Bool) throws(SystemError) -> Descriptor
    func closeDescriptor(_ descriptor: Descriptor)
    /// A stream over a pipe, which it owns from now on. Back-pressure as a connection's.
    func stream(_ descriptor: Descriptor) throws(SystemError) -> any Connection
}

/// A process that can't be mistaken for a later one with the same number: a pidfd. Closed when released.
package protocol ProcessHandle: AnyObject {
    var pid: Int32 { get }
    /// Clock ticks after boot; with `pid` it names a process until the next boot.
    var startTime: UInt64 { get }
    /// The descriptor, to be passed on.
    var pidfd: Descriptor { get }
    /// Calls `handler` once when it has ended, also when that was before. The handle lives until then.
    func onExit(_ handler: @escaping (ExitStatus) -> Void)
    /// - Returns: `false` when it has ended.
    @discardableResult func signal(_ number: Int32) throws(SystemError) -> Bool
}
