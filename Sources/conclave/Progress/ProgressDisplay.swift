import CommandLine
import Glibc
import Model
import Text

/// Shows how a service gets on: on a terminal a block that is drawn over, else a line for whatever is new. On standard
/// error, in Docker's words.
struct ProgressDisplay {
    private let isTerminal: Bool
    private let write: (String) -> Void
    private var drawn = 0
    private var shown: [String] = []
    private var told: Set<String> = []
    private var isVerifying = false

    /// More tasks than these are not shown one by one.
    static let mostLines = 20
    private static let barWidth = 50
    /// Below it there is no room for bars.
    private static let leastWidth = 90

    /// - Parameter write: where the text goes.
    init(isTerminal: Bool, write: @escaping (String) -> Void) {
        self.isTerminal = isTerminal
        self.write = write
    }

    /// The display of this run; none when `--quiet` says so.
    static func standard(_ session: Session) -> ProgressDisplay {
        let isQuiet = session.parsed.has("quiet")
        return ProgressDisplay(isTerminal: Output.isTerminal(STDERR_FILENO)) { text in
            if !isQuiet { Output.write(text, to: STDERR_FILENO) }
        }
    }

    /// - Parameter note: the last line, such as what is being verified; empty: none.
    mutating func show(_ progress: ServiceProgress, note: String) {
        if isTerminal { draw(progress, note) } else { tell(progress, note) }
    }

    /// The last word; what was drawn stays.
    mutating func end(_ line: String) {
        write(line + "\n")
        (drawn, shown) = (0, [])
    }

    // MARK: - Terminal

    private mutating func draw(_ progress: ServiceProgress, _ note: String) {
        var lines = [Self.overall(progress)]
        if !progress.rollback.isEmpty { lines.insert("rollback: \(progress.rollback.printable)", at: 0) }
        if progress.lines.count <= Self.mostLines {
            let width = progress.lines.map(\.head.count).max() ?? 0
            lines += progress.lines.map { Self.line($0, headWidth: width) }
        }
        if !note.isEmpty { lines.append("verify: \(note)") }
        guard lines != shown else { return }
        // Up to the first line of the block, then over it.
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        for line in lines { text += "\u{1B}[2K\(line)\n" }
        if drawn > lines.count { text += "\u{1B}[J" }
        write(text)
        (drawn, shown) = (lines.count, lines)
    }

    private static func overall(_ progress: ServiceProgress) -> String {
        let what = progress.rollback.isEmpty ? "" : "rolling back update: "
        return "overall progress: \(what)\(progress.done) out of \(progress.total) tasks"
    }

    private static func line(_ line: ServiceProgress.Line, headWidth: Int) -> String {
        let head = String(repeating: " ", count: headWidth - line.head.count) + line.head.printable
        guard line.error.isEmpty else { return "\(head): \(cut(line.error.printable, to: 75))" }
        let word = TaskListing.word(line.state).lowercased()
        let padded = word + String(repeating: " ", count: max(0, 10 - word.count))
        guard Output.width >= leastWidth else { return "\(head): \(word)" }
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

    private static func cut(_ text: String, to count: Int) -> String {
        text.count > count ? text.prefix(count - 1) + "…" : text
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
