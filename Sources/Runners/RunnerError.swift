import Glibc

/// Why a task, its files or a program in it cannot be had. Names places and numbers, never a value.
package enum RunnerError: Error, Equatable {
    /// This host cannot do what was asked: a missing program, controller or kind of file system.
    case unsupported(String)
    /// What was asked is not allowed here, or makes no sense.
    case refused(String)
    /// The task's file system in memory has no room for `needed` bytes until older generations may go.
    case full(needed: Int, capacity: Int)
    /// There is no such task, or it has ended.
    case gone
    /// The kernel said no: what was tried, and `errno`.
    case system(String, Int32)
}

extension RunnerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupported(let reason), .refused(let reason): reason
        case .full(let needed, let capacity): "\(needed) bytes do not fit into the task's \(capacity) bytes in memory"
        case .gone: "the task has ended"
        case .system(let what, let code): "\(what): \(Self.text(code))"
        }
    }

    private static func text(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}
