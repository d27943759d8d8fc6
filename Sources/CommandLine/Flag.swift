/// A declared option of a command, such as `-l, --label list   Label of the secret`.
package struct Flag: Sendable {
    /// What may be said after it, checked where the line is parsed.
    package enum Value: Equatable, Sendable {
        /// Nothing, or `=true` and `=false`.
        case truth
        /// Any text.
        case text
        /// A number from 0, which fits 64 bits.
        case number
        /// One of a few words.
        case choice([String])
    }

    /// The long name, without dashes.
    package var name: String
    package var short: Character?
    /// Other long names, which are understood but not shown.
    package var aliases: [String] = []
    package var value = Value.truth
    /// What help calls the value: `string`, `list`, `duration`, `bytes`.
    package var placeholder = ""
    package var isRepeatable = false
    /// One sentence, without a dot.
    package var help: String
    /// Used when neither the line nor the environment says anything; empty: none.
    package var standard = ""
    /// Variable that is read when the line says nothing; empty: none.
    package var variable = ""

    private init(_ name: String, _ short: Character?, _ help: String) {
        self.name = name
        self.short = short
        self.help = help
    }

    /// An option that is there or not.
    package static func truth(_ name: String, _ short: Character? = nil, _ help: String) -> Flag {
        Flag(name, short, help)
    }

    /// An option with a text after it; given twice, the last counts.
    package static func text(
        _ name: String, _ short: Character? = nil, _ placeholder: String = "string", _ help: String,
        standard: String = "", variable: String = "", aliases: [String] = []
    ) -> Flag {
        var flag = Flag(name, short, help)
        flag.value = .text
        flag.placeholder = placeholder
        flag.standard = standard
        flag.variable = variable
        flag.aliases = aliases
        return flag
    }

    /// An option that may be given several times.
    package static func list(
        _ name: String, _ short: Character? = nil, _ placeholder: String = "list", _ help: String
    ) -> Flag {
        var flag = text(name, short, placeholder, help)
        flag.isRepeatable = true
        return flag
    }

    /// An option with a number from 0 after it.
    package static func number(
        _ name: String, _ short: Character? = nil, _ help: String, standard: String = ""
    ) -> Flag {
        var flag = Flag(name, short, help)
        flag.value = .number
        flag.placeholder = "uint"
        flag.standard = standard
        return flag
    }

    /// An option with one of a few words after it, which help lists.
    package static func choice(
        _ name: String, _ short: Character? = nil, _ words: [String], _ help: String, standard: String = ""
    ) -> Flag {
        var flag = Flag(name, short, help)
        flag.value = .choice(words)
        flag.placeholder = "string"
        flag.standard = standard
        return flag
    }
}

extension Flag {
    var takesValue: Bool { value != .truth }

    /// Whether `name`, a long name without dashes, means this option.
    func answers(to name: String) -> Bool { self.name == name || aliases.contains(name) }

    /// What is wrong with `text` as its value, in the words of Go's flag package; `nil`: nothing.
    func complaint(about text: String) -> String? {
        switch value {
        case .text: return nil
        case .truth:
            return Flag.truth(of: text) == nil ? "strconv.ParseBool: parsing \"\(text)\": invalid syntax" : nil
        case .number:
            guard !text.isEmpty, text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else {
                return "strconv.ParseUint: parsing \"\(text)\": invalid syntax"
            }
            return UInt64(text) == nil ? "strconv.ParseUint: parsing \"\(text)\": value out of range" : nil
        case .choice(let words):
            return words.contains(text) ? nil : "must be one of \(words.map { "\"\($0)\"" }.joined(separator: ", "))"
        }
    }

    static func truth(of text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE", "1", "t", "T": true
        case "false", "False", "FALSE", "0", "f", "F": false
        default: nil
        }
    }
}
