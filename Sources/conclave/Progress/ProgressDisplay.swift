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

    private let isTerminal: Bool
    private let write: (String) -> Void
    private var drawn = 0
    private var shown: [String] = []
    private var told: Set<String> = []
    /// How far each service is, by its prefix.
    private var overall: [String: String] = [:]
    private var verifying: Set<String> = []

    /// More tasks than these are not shown one by one, nor more lines without them.
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

    mutating func show(_ sections: [Section]) {
        if isTerminal { draw(sections) } else { for section in sections { tell(section) } }
    }

    // MARK: - Terminal

    private mutating func draw(_ sections: [Section]) {
        let lines = Self.block(sections)
        guard lines != shown else { return }
        // Up to the first line of the block, then over it.
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        for line in lines { text += "\u{1B}[2K\(line)\n" }
        if drawn > lines.count { text += "\u{1B}[J" }
        write(text)
        (drawn, shown) = (lines.count, lines)
    }

    /// No higher than a screen: what is too much is counted only, and what is over goes first.
    private static func block(_ sections: [Section]) -> [String] {
        let tasks = sections.reduce(0) { $0 + $1.progress.lines.count }
        var lines = sections.flatMap { Self.lines($0, showsTasks: tasks <= mostLines) }
        if sections.count > 1, lines.count > mostLines {
            let isOver = sections.allSatisfy(\.isOver)
            lines = sections.filter { isOver || !$0.isOver }.map { $0.prefix + overall($0.progress) }
            lines = Array(lines.prefix(mostLines))
        }
        return lines.map { cut($0, to: Output.width) }
    }

    private static func lines(_ section: Section, showsTasks: Bool) -> [String] {
        let progress = section.progress
        var lines = [overall(progress)]
        if !progress.rollback.isEmpty { lines.insert("rollback: \(progress.rollback.printable)", at: 0) }
        if showsTasks {
            let width = progress.lines.map(\.head.count).max() ?? 0
            let room = Output.width - section.prefix.count
            lines += progress.lines.map { line($0, headWidth: width, hasBar: room >= leastWidth) }
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
        guard line.error.isEmpty else { return "\(head): \(cut(line.error.printable, to: 75))" }
        let word = TaskListing.word(line.state).lowercased()
        let padded = word + String(repeating: " ", count: max(0, 10 - word.count))
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

    private static func cut(_ text: String, to count: Int) -> String {
        text.count > count ? text.prefix(count - 1) + "…" : text
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
