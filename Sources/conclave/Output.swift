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

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Columns of the terminal; 80 when there is none.
    static var width: Int {
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            var size = winsize()
            guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { continue }
            return min(max(Int(size.ws_col), 60), 120)
        }
        return 80
    }
}

extension String {
    /// Printable, but for its line ends, after which it is indented.
    fileprivate var escapedLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
            .joined(separator: "\n    ")
    }
}
