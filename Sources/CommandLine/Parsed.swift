/// A command line that was understood: which command, and what was said.
package struct Parsed<Action> {
    /// The command that is to be carried out.
    package let command: Command<Action>
    /// Its names from the program on: `conclave secret ls`.
    package let path: String
    /// What stands beside options, in order.
    package let arguments: [String]
    /// How many of them stand before a `--`; all when there is none.
    package let beforeDashes: Int
    /// By option: what was said on the line, in order.
    let said: [String: [String]]
    /// By option: what counts when nothing was said.
    let standards: [String: String]

    /// The text of an option; `nil` when neither line, environment nor declaration has one.
    package func text(_ name: String) -> String? { said[name]?.last ?? standards[name] }

    /// Every text of a repeatable option, in order.
    package func list(_ name: String) -> [String] { said[name] ?? standards[name].map { [$0] } ?? [] }

    /// Whether an option that is there or not is there.
    package func has(_ name: String) -> Bool { text(name).flatMap(Flag.truth(of:)) ?? false }

    /// The number of an option, which was checked.
    package func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }

    /// Whether the line itself says something of an option.
    package func isSaid(_ name: String) -> Bool { said[name] != nil }

    /// The error for an argument or option whose meaning is wrong.
    package func failure(_ message: String, try advice: String = "") -> UsageError {
        UsageError(message, try: advice, path: path, usage: command.usageLine(path))
    }

    /// The error for the value of an option, in the words of Go's flag package.
    package func failure(_ value: String, of flag: String, _ reason: String) -> UsageError {
        failure("invalid argument \"\(value)\" for \"--\(flag)\" flag: \(reason)")
    }
}

/// What a command line asks for.
package enum Outcome<Action> {
    case run(Parsed<Action>)
    /// The text of `--help`.
    case help(String)
}
