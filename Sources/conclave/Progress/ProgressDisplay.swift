import CommandLine
import Glibc
import Model
import Text

/// Shows how a service gets on: on a terminal a block that is drawn over, else a line for whatever is new. On standard
/// error, in Docker's words.
struct ProgressDisplay {
    private let terminal: () -> Terminal?
    private let write: (String) -> Void
    /// Lines of the block that stands on the terminal, or the last line that was told.
    private var shown: [String] = []
    private var told: Set<String> = []
    private var isVerifying = false

    /// More tasks than these are not shown one by one, nor those that the terminal has no rows for.
    static let mostLines = 20
    private static let barWidth = 50
    /// Below it there is no room for bars.
    private static let leastWidth = 90

    /// - Parameters:
    ///   - terminal: its size, asked for each time, since people pull at windows; `nil`: it is none.
    ///   - write: where the text goes.
    init(terminal: @escaping () -> Terminal?, write: @escaping (String) -> Void) {
        self.terminal = terminal
        self.write = write
    }

    /// The display of this run; none when `--quiet` says so.
    static func standard(_ session: Session) -> ProgressDisplay {
        let isQuiet = session.parsed.has("quiet")
        return ProgressDisplay(terminal: { Output.terminal(STDERR_FILENO) }) { text in
            if !isQuiet { Output.write(text, to: STDERR_FILENO) }
        }
    }

    /// - Parameter note: the last line, such as what is being verified; empty: none.
    mutating func show(_ progress: ServiceProgress, note: String) {
        if let terminal = terminal() { draw(progress, note, on: terminal) } else { tell(progress, note) }
    }

    /// The last word; what was drawn stays.
    mutating func end(_ line: String) {
        write(line + "\n")
        shown = []
    }

    // MARK: - Terminal

    private mutating func draw(_ progress: ServiceProgress, _ note: String, on terminal: Terminal) {
        var lines = [Self.overall(progress)]
        if !progress.rollback.isEmpty { lines.insert("rollback: \(progress.rollback.printable)", at: 0) }
        // Beside them there are the cursor's row and the last word's.
        if progress.lines.count <= min(Self.mostLines, terminal.rows - lines.count - 2) {
            let width = progress.lines.map(\.head.count).max() ?? 0
            lines += progress.lines.map { Self.line($0, headWidth: width, columns: terminal.columns) }
        }
        if !note.isEmpty { lines.append("verify: \(note)") }
        lines = lines.map { $0.truncated(toColumns: terminal.columns) }
        guard lines != shown else { return }
        write(Self.upTo(shown, on: terminal) + lines.map { "\u{1B}[2K\($0)\n" }.joined())
        if shown.count > lines.count { write("\u{1B}[J") }
        shown = lines
    }

    /// Moves to the first line of the block; on a terminal that became narrower than it, which may have broken lines in
    /// its own way, a new one begins below.
    private static func upTo(_ block: [String], on terminal: Terminal) -> String {
        guard !block.isEmpty, block.allSatisfy({ $0.displayWidth <= terminal.columns }) else { return "" }
        return "\u{1B}[\(block.count)A"
    }

    private static func overall(_ progress: ServiceProgress) -> String {
        let what = progress.rollback.isEmpty ? "" : "rolling back update: "
        return "overall progress: \(what)\(progress.done) out of \(progress.total) tasks"
    }

    private static func line(_ line: ServiceProgress.Line, headWidth: Int, columns: Int) -> String {
        let head = String(repeating: " ", count: headWidth - line.head.count) + line.head.printable
        guard line.error.isEmpty else { return "\(head): \(line.error.printable)" }
        let word = TaskListing.word(line.state).lowercased()
        let padded = word + String(repeating: " ", count: max(0, 10 - word.count))
        guard columns >= leastWidth else { return "\(head): \(word)" }
        let filled = barWidth * step(line.state) / 9
        let bar = String(repeating: "=", count: max(0, filled - 1)) + ">"
        return "\(head): \(padded)[\(bar)\(String(repeating: " ", count: barWidth - bar.count))]"
    }

    /// A task's way to running has nine steps, as Docker counts them.
    private static func step(_ state: TaskState) -> Int {
        switch state {
        case .unspecified: 1
        case .pending: 3
        case .assigned: 4
        case .accepted: 5
        case .preparing: 6
        case .ready: 7
        case .starting: 8
        default: 9
        }
    }

    // MARK: - Lines

    /// Each line and each reason once: a script's log shows what it waits for.
    private mutating func tell(_ progress: ServiceProgress, _ note: String) {
        if !progress.rollback.isEmpty { tell("rollback: \(progress.rollback)") }
        let overall = Self.overall(progress)
        if shown.first != overall {
            shown = [overall]
            write(overall + "\n")
        }
        for line in progress.lines where !line.error.isEmpty { tell("\(line.head): \(line.error)") }
        // Not each second of the same wait.
        if !note.isEmpty, !isVerifying { write("verify: \(note)\n") }
        isVerifying = !note.isEmpty
    }

    private mutating func tell(_ line: String) {
        if told.insert(line).inserted { write(line.printable + "\n") }
    }
}
