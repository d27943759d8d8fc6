/// What is wrong with a command line; it is said on standard error and ends with exit code 2.
package struct UsageError: Error, Equatable, Sendable {
    /// In Docker's words: `unknown flag: --nope`.
    package var message: String
    /// What was meant perhaps; empty: nothing is near.
    package var advice: String
    /// The commands as they were understood: `conclave secret ls`.
    package var path: String
    /// The usage line of that command, without `Usage:`; empty: not known here.
    package var usage: String

    package init(_ message: String, try advice: String = "", path: String = "", usage: String = "") {
        self.message = message
        self.advice = advice
        self.path = path
        self.usage = usage
    }

    /// All lines, the last ended by a newline; `program` stands before the message.
    package func text(program: String) -> String {
        var text = "\(program): \(message)\n"
        if !advice.isEmpty { text += "    try: \(advice)\n" }
        if !usage.isEmpty { text += "\nUsage:  \(usage)\n" }
        if !path.isEmpty { text += "\nRun '\(path) --help' for more information\n" }
        return text
    }
}
