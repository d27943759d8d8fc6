/// A declared command: what it is called, what may follow it, and what is done then. A command has either commands
/// of its own or an action.
///
/// Help, errors, completion scripts and manual pages all come from this declaration.
package struct Command<Action> {
    package var name: String
    package var aliases: [String] = []
    /// One line for the list of commands, without a dot.
    package var summary: String
    /// Paragraphs after the usage line; empty: the summary.
    package var discussion = ""
    /// What to type and what it does.
    package var examples: [Example] = []
    package var flags: [Flag] = []
    /// Options, long and short ones without their dashes, that such a command has elsewhere and that can't be had
    /// here: the reason.
    package var refused: [String: String] = [:]
    package var arguments: [Argument] = []
    package var action: Action?
    package var commands: [Command<Action>] = []

    /// A command that is carried out.
    package init(
        _ name: String, aliases: [String] = [], _ summary: String, discussion: String = "",
        examples: [Example] = [], flags: [Flag] = [], arguments: [Argument] = [], action: Action
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.discussion = discussion
        self.examples = examples
        self.flags = flags
        self.arguments = arguments
        self.action = action
    }

    /// A command that only has commands.
    package init(
        _ name: String, aliases: [String] = [], _ summary: String, discussion: String = "", flags: [Flag] = [],
        commands: [Command<Action>]
    ) {
        self.name = name
        self.aliases = aliases
        self.summary = summary
        self.discussion = discussion
        self.flags = flags
        self.commands = commands
    }
}

extension Command: Sendable where Action: Sendable {}

/// A line that can be typed, and what it does.
package struct Example: Sendable {
    package var line: String
    package var note: String

    package init(_ line: String, _ note: String) {
        self.line = line
        self.note = note
    }
}

/// What stands on the line beside options.
package struct Argument: Sendable {
    package enum Count: Equatable, Sendable {
        case one, optional
        /// One or more.
        case several
        /// None or more.
        case any
        /// None or more, whatever they look like: the first argument of the command ends its options.
        case rest
    }

    /// As help writes it: `SECRET`.
    package var name: String
    package var count: Count

    package init(_ name: String, _ count: Count = .one) {
        self.name = name
        self.count = count
    }

    var least: Int { count == .one || count == .several ? 1 : 0 }
    /// `nil`: any number.
    var most: Int? { count == .one || count == .optional ? 1 : nil }

    /// As the usage line writes it. Docker's form: `SECRET [SECRET...]`.
    var usage: String {
        switch count {
        case .one: name
        case .optional: "[\(name)]"
        case .several: "\(name) [\(name)...]"
        case .any, .rest: "[\(name)...]"
        }
    }
}

extension Command {
    func command(named name: String) -> Command? {
        commands.first { $0.name == name || $0.aliases.contains(name) }
    }

    /// Whether options end at the first argument.
    var endsOptionsEarly: Bool { arguments.contains { $0.count == .rest } }
}
