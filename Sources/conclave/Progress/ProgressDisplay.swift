import CommandLine
import Glibc
import Model
import Text

/// Shows how services get on: on a terminal a block that is drawn over, else a line for whatever is new. On standard
/// error, in Docker's words; where there are several services each line begins with the name of its own.
struct ProgressDisplay {
    /// What is shown of one service.
    struct Section {
        /// Empty: it is the only one.
        var name = ""
        var progress: ServiceProgress
        /// The last line, such as what is being verified; empty: none.
        var note: String
        /// Whether nothing more will come.
        var isOver = false

        fileprivate var prefix: String { name.isEmpty ? "" : "\(name): " }
    }

    private let terminal: () -> Terminal?
    private let write: (String) -> Void
    /// Lines of the block that stands on the terminal.
    private var shown: [String] = []
    private var told: Set<String> = []
    /// How far each service is, by its prefix.
    private var overall: [String: String] = [:]
    private var verifying: Set<String> = []

    /// More tasks than these are not shown one by one, nor more services of many.
    static let mostLines = 20
    /// Columns of the longest state, and of a bar.
    private static let stateWidth = 10
    private static let barWidth = 50

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
        return ProgressDisplay(terminal: { Output.canDraw ? Output.terminal(STDERR_FILENO) : nil }) { text in
            if !isQuiet { Output.write(text, to: STDERR_FILENO) }
        }
    }

    mutating func show(_ sections: [Section]) {
        if let terminal = terminal() {
            draw(sections, on: terminal)
        } else {
            for section in sections { tell(section) }
        }
    }

    // MARK: - Terminal

    private mutating func draw(_ sections: [Section], on terminal: Terminal) {
        let lines = Self.block(sections, on: terminal).map { $0.truncated(toColumns: terminal.columns) }
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

    /// No higher than the terminal: what is too much is counted only, and what is over goes first.
    private static func block(_ sections: [Section], on terminal: Terminal) -> [String] {
        // Below it there are the cursor's row and one to spare.
        let rows = max(1, terminal.rows - 2)
        let tasks = sections.reduce(0) { $0 + $1.progress.lines.count }
        if tasks <= mostLines {
            let lines = sections.flatMap { Self.lines($0, showsTasks: true, columns: terminal.columns) }
            if lines.count <= rows { return lines }
        }
        let lines = sections.flatMap { Self.lines($0, showsTasks: false, columns: terminal.columns) }
        let most = min(mostLines, rows)
        guard sections.count > 1, lines.count > most else { return lines }
        let isOver = sections.allSatisfy(\.isOver)
        let shown = sections.filter { isOver || !$0.isOver }
        return shown.prefix(most).map { $0.prefix + overall($0.progress) }
    }

    private static func lines(_ section: Section, showsTasks: Bool, columns: Int) -> [String] {
        let progress = section.progress
        var lines = [overall(progress)]
        if !progress.rollback.isEmpty { lines.insert("rollback: \(progress.rollback.printable)", at: 0) }
        if showsTasks {
            let width = progress.lines.map(\.head.count).max() ?? 0
            let hasBars = section.prefix.count + width + ": ".count + stateWidth + "[]".count + barWidth <= columns
            lines += progress.lines.map { line($0, headWidth: width, hasBar: hasBars) }
        }
        if !section.note.isEmpty { lines.append("verify: \(section.note)") }
        return lines.map { section.prefix + $0 }
    }

    private static func overall(_ progress: ServiceProgress) -> String {
        let what = progress.rollback.isEmpty ? "" : "rolling back update: "
        return "overall progress: \(what)\(progress.done) out of \(progress.total) tasks"
    }

    private static func line(_ line: ServiceProgress.Line, headWidth: Int, hasBar: Bool) -> String {
        let head = String(repeating: " ", count: headWidth - line.head.count) + line.head.printable
        guard line.error.isEmpty else { return "\(head): \(line.error.printable)" }
        let word = TaskListing.word(line.state).lowercased()
        let padded = word + String(repeating: " ", count: max(0, stateWidth - word.count))
        guard hasBar else { return "\(head): \(word)" }
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
    private mutating func tell(_ section: Section) {
        let (prefix, progress) = (section.prefix, section.progress)
        if !progress.rollback.isEmpty { tell("\(prefix)rollback: \(progress.rollback)") }
        let line = Self.overall(progress)
        if overall.updateValue(line, forKey: prefix) != line { write("\(prefix)\(line)\n") }
        for line in progress.lines where !line.error.isEmpty { tell("\(prefix)\(line.head): \(line.error)") }
        guard !section.note.isEmpty else {
            verifying.remove(prefix)
            return
        }
        // Not each second of the same wait.
        let isNew = verifying.insert(prefix).inserted
        if section.isOver {
            tell("\(prefix)verify: \(section.note)")
        } else if isNew {
            write("\(prefix)verify: \(section.note)\n")
        }
    }

    private mutating func tell(_ line: String) {
        if told.insert(line).inserted { write(line.printable + "\n") }
    }
}
