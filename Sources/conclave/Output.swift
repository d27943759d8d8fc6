import Bytes
import Glibc
import Linux
import Model
import Seams
import Text

/// Writes text to a descriptor, whole.
enum Output {
    static func write(_ text: String, to descriptor: Int32) {
        do throws(SystemError) {
            try StandardOutput.write(Bytes(utf8: text), to: descriptor)
        } catch {
            // Nobody reads it any more, or the disk is full. For data that is a failure of the whole command.
            if descriptor == STDOUT_FILENO { exit(1) }
        }
    }

    /// What happened, why, and what to do now.
    static func report(_ failure: Failure) {
        var text = "conclave: \(failure.message.escapedLines)\n"
        if !failure.why.isEmpty { text += "    why: \(failure.why.escapedLines)\n" }
        if !failure.advice.isEmpty { text += "    try: \(failure.advice.escapedLines)\n" }
        write(text, to: STDERR_FILENO)
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { TerminalMode.isTerminal(descriptor) }

    /// Whether the terminal that this user says to have understands more than lines.
    static var canDraw: Bool { unsafe getenv("TERM").map { unsafe String(cString: $0) } != "dumb" }

    /// Columns for running text: those of the terminal, within what can be read; 80 when there is none.
    static var width: Int { min(max(terminal(STDOUT_FILENO)?.columns ?? 80, 60), 120) }

    /// The terminal's size as it is now; `nil`: it is none.
    static func terminal(_ descriptor: Int32) -> Terminal? {
        guard isTerminal(descriptor) else { return nil }
        guard let size = TerminalMode.windowSize(descriptor) else { return Terminal(columns: 80, rows: 24) }
        return Terminal(columns: Int(size.columns), rows: Int(size.rows))
    }
}

/// The size of a terminal.
struct Terminal: Equatable {
    var columns: Int
    var rows: Int
}

extension String {
    /// Printable, but for its line ends, after which it is indented.
    fileprivate var escapedLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
            .joined(separator: "\n    ")
    }
}
