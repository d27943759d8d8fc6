import CLinux
import Glibc
import Seams

/// The person's terminal in another mode, until `restore`.
///
/// Its own mode comes back at `restore`, when the value is gone, when the process exits, and before SIGINT, SIGTERM,
/// SIGHUP or SIGQUIT end it. One at a time in a process.
package struct TerminalMode: ~Copyable {
    /// Every key goes to the program as it is pressed, ^C too; nothing is echoed.
    ///
    /// - Throws: `ENOTTY` when `descriptor` is no terminal, `EBUSY` when one is in another mode already.
    package static func raw(_ descriptor: Descriptor) throws(SystemError) -> TerminalMode {
        try TerminalMode(cl_make_raw(descriptor))
    }

    /// Line by line, but what is typed is not shown.
    package static func hidden(_ descriptor: Descriptor) throws(SystemError) -> TerminalMode {
        try TerminalMode(cl_hide_input(descriptor))
    }

    private init(_ code: Int32) throws(SystemError) {
        guard code == 0 else { throw SystemError("change the terminal's mode", code: code) }
    }

    deinit { cl_restore() }

    /// Ends the other mode; what was typed and not read is dropped.
    package consuming func restore() {}

    package static func isTerminal(_ descriptor: Descriptor) -> Bool { isatty(descriptor) == 1 }

    /// `nil`: no terminal, or one that has no size.
    package static func windowSize(_ descriptor: Descriptor) -> WindowSize? {
        var size = WindowSize(rows: 0, columns: 0)
        guard unsafe cl_get_window(descriptor, &size.rows, &size.columns) == 0, size.rows > 0, size.columns > 0
        else { return nil }
        return size
    }
}
