import Model
import Text

/// Reads a file of variables: an `env_file`, or the `.env` beside a stack file.
///
/// | | |
/// |---|---|
/// | `NAME=value`, `export NAME=value` | up to the end of the line, or to a `#` behind a blank; variables put in |
/// | `NAME="value"` | may go over several lines; variables put in; `\n`, `\r`, `\t`, `\"`, `\\`, `\$` |
/// | `NAME='value'` | may go over several lines; as it is, but for `\'` |
/// | `NAME` | the variable of whoever deploys |
/// | `# …`, nothing | a remark |
///
/// No error shows a value: it may be a password.
struct VariableFile {
    struct Variable {
        var name: String
        /// `nil`: the file names it alone.
        var value: String?
    }

    private let mark: Mark
    private let isRaw: Bool
    private var rest: Substring.UnicodeScalarView
    private var line = 1
    private(set) var variables: [Variable] = []
    /// Puts in the variables of whoever deploys, and those that stand above.
    private(set) var interpolation: Interpolation

    /// - Parameter isRaw: whether each line is `NAME=value` and nothing in it means anything, `format: raw`.
    init(_ text: [UInt8], name: String, variables: [String: String], isRaw: Bool = false) throws(ComposeError) {
        mark = Mark(name, line: 1, column: 1)
        self.isRaw = isRaw
        interpolation = Interpolation(variables)
        guard let text = String(validating: text, as: UTF8.self) else {
            throw ComposeError(mark, "the text is not UTF-8")
        }
        // Editors elsewhere begin a file with a mark of its encoding, and end lines with two bytes.
        rest = Substring(text).unicodeScalars
        if rest.first == "\u{feff}" { rest.removeFirst() }
        try read()
    }

    private var place: Mark { Mark(mark.file, line: line, column: 1) }

    private mutating func read() throws(ComposeError) {
        while !rest.isEmpty {
            skipBlanks()
            switch rest.first {
            case nil: return
            case "\n": next()
            case "#": _ = restOfLine()
            default: try readVariable()
            }
        }
    }

    private mutating func readVariable() throws(ComposeError) {
        let place = place
        var name = take { $0 != "=" && $0 != "\n" }
        if !isRaw, name.hasPrefix("export ") { name = String(name.dropFirst("export ".count)) }
        name = name.trimmed
        guard !name.isEmpty, !name.unicodeScalars.contains(where: \.properties.isWhitespace) else {
            throw ComposeError(place, "a line must be NAME=value, and a name has no blanks")
        }
        guard rest.first == "=" else { return variables.append(Variable(name: name, value: nil)) }
        next()
        let value = isRaw ? restOfLine() : try readValue(place)
        guard !value.unicodeScalars.contains("\0") else {
            throw ComposeError(place, "the value of \(name.printable) has a zero byte")
        }
        variables.append(Variable(name: name, value: value))
        if !isRaw { interpolation.variables[name] = value }
    }

    private mutating func readValue(_ place: Mark) throws(ComposeError) -> String {
        skipBlanks()
        guard let quote = rest.first, quote == "\"" || quote == "'" else {
            return try interpolation.expand(Self.withoutRemark(restOfLine()), at: place)
        }
        next()
        let value = try quoted(quote, place)
        let behind = restOfLine().trimmed
        guard behind.isEmpty || behind.hasPrefix("#") else {
            throw ComposeError(place, "something stands behind the quote that ends the value")
        }
        return quote == "'" ? value : try interpolation.expand(value, at: place)
    }

    /// Up to the quote that ends it.
    private mutating func quoted(_ quote: Unicode.Scalar, _ place: Mark) throws(ComposeError) -> String {
        var value = String.UnicodeScalarView()
        while let scalar = rest.first {
            next()
            if scalar == quote { return String(value) }
            guard scalar == "\\", let escaped = rest.first, let meant = Self.meant(escaped, in: quote) else {
                value.append(scalar)
                continue
            }
            next()
            value.append(contentsOf: meant.unicodeScalars)
        }
        throw ComposeError(place, "a quote does not end")
    }

    /// What a backslash and the next letter stand for; `nil`: for themselves.
    private static func meant(_ escaped: Unicode.Scalar, in quote: Unicode.Scalar) -> String? {
        guard quote == "\"" else { return escaped == quote ? "'" : nil }
        switch escaped {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "\"", "\\": return String(escaped)
        // Variables are put in later.
        case "$": return "$$"
        default: return nil
        }
    }

    /// Without a `#` behind a blank, and what follows.
    private static func withoutRemark(_ text: String) -> String {
        var isBehindBlank = true
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "#", isBehindBlank { break }
            isBehindBlank = scalar.properties.isWhitespace
            kept.append(scalar)
        }
        return String(kept).trimmed
    }

    // MARK: - Letters

    private mutating func next() {
        if rest.removeFirst() == "\n" { line += 1 }
    }

    private mutating func take(while isWanted: (Unicode.Scalar) -> Bool) -> String {
        let taken = rest.prefix(while: isWanted)
        rest = rest[taken.endIndex...]
        return String(taken)
    }

    private mutating func skipBlanks() { _ = take { $0 == " " || $0 == "\t" || $0 == "\r" } }

    /// Up to the end of the line, which is taken too.
    private mutating func restOfLine() -> String {
        var text = take { $0 != "\n" }
        if !rest.isEmpty { next() }
        if text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
        return text
    }
}

extension String {
    /// Without blanks at its ends.
    fileprivate var trimmed: String {
        let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(scalars[...last])
    }
}
