import Text

/// Puts variables into a text: `$NAME`, `${NAME}` and the operators of compose files.
///
/// | | |
/// |---|---|
/// | `${NAME:-word}`, `${NAME-word}` | `word` when the variable is unset or empty; when it is unset |
/// | `${NAME:?word}`, `${NAME?word}` | an error that says `word`, in the same cases |
/// | `${NAME:+word}`, `${NAME+word}` | `word` in the other cases, else nothing |
/// | `$$` | one `$` |
///
/// A word may hold variables itself; one that is not used is read and asks for nothing. A variable that is not set is
/// empty, and noted. No error shows a text: it may hold a password.
struct Interpolation {
    /// The variables of the process, or of a test.
    var variables: [String: String]
    /// Variables that were asked for, and are neither set nor have a default; and where first.
    private(set) var missing: [String: Mark] = [:]
    /// Bytes of the texts with variables in them.
    private var bytes = 0

    /// Words inside each other.
    private static let depth = 16

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// Puts variables into every scalar of a tree; keys stay as they are.
    mutating func apply(to node: YAMLNode) throws(ComposeError) -> YAMLNode {
        var node = node
        switch node.content {
        case .scalar(let scalar):
            guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { return node }
            // A value that is empty, or `null`, is a text like any other.
            node.content = .scalar(Scalar(try expand(scalar.text, at: node.mark), isPlain: false))
        case .sequence(let items):
            var result: [YAMLNode] = []
            for item in items { result.append(try apply(to: item)) }
            node.content = .sequence(result)
        case .mapping(var mapping):
            for pair in mapping.pairs { mapping.set(pair.key, try apply(to: pair.value), at: pair.mark) }
            node.content = .mapping(mapping)
        }
        return node
    }

    /// Where a `$` is not meant to begin a variable.
    static func escape(_ text: String) -> String { text.replacing("$", with: "$$") }

    mutating func expand(_ text: String, at mark: Mark) throws(ComposeError) -> String {
        var rest = Substring(text).unicodeScalars
        let result = try expand(&rest, mark)
        try count(result, mark)
        return result
    }

    /// Reads up to the end, or in a word up to the brace that closes it.
    ///
    /// - Parameter isUsed: whether the word is wanted; it is read in any case.
    private mutating func expand(
        _ rest: inout Substring.UnicodeScalarView, inWord depth: Int = 0, isUsed: Bool = true, _ mark: Mark
    ) throws(ComposeError) -> String {
        guard depth <= Self.depth else { throw invalid("more than \(Self.depth) words inside each other", mark) }
        var result = ""
        while let scalar = rest.first {
            if depth > 0, scalar == "}" { return result }
            rest.removeFirst()
            guard scalar == "$" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch rest.first {
            case "$":
                rest.removeFirst()
                result.append("$")
            case "{":
                rest.removeFirst()
                result += try braced(&rest, depth: depth, isUsed: isUsed, mark)
            default:
                guard let name = name(&rest) else { throw invalid("a '$' without a name", mark) }
                if isUsed { result += value(name, mark) }
            }
            guard result.utf8.count <= YAMLLimits.text else { throw Self.tooLong(mark) }
        }
        guard depth == 0 else { throw invalid("a '${' without its '}'", mark) }
        return result
    }

    /// What is behind `${`.
    private mutating func braced(
        _ rest: inout Substring.UnicodeScalarView, depth: Int, isUsed: Bool, _ mark: Mark
    ) throws(ComposeError) -> String {
        guard let name = name(&rest) else { throw invalid("a '${' without a name", mark) }
        if rest.first == "}" {
            rest.removeFirst()
            return isUsed ? value(name, mark) : ""
        }
        let countsEmpty = rest.first == ":"
        if countsEmpty { rest.removeFirst() }
        guard let operation = rest.popFirst(), "-?+".unicodeScalars.contains(operation) else {
            throw invalid("behind ${\(name) none of :- - :? ? :+ + and }", mark)
        }
        let set = variables[name].flatMap { countsEmpty && $0.isEmpty ? nil : $0 }
        let wantsWord = isUsed && (operation == "+") == (set != nil)
        let word = try expand(&rest, inWord: depth + 1, isUsed: wantsWord, mark)
        rest.removeFirst()
        if !wantsWord { return isUsed ? set ?? "" : "" }
        guard operation == "?" else { return word }
        let reason = word.isEmpty ? "it is not set" : word.printable
        throw ComposeError(mark, "required variable \(name) is missing a value: \(reason)")
    }

    private func name(_ rest: inout Substring.UnicodeScalarView) -> String? {
        let name = rest.prefix { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_") }
        guard let first = name.first, !("0"..."9").contains(first) else { return nil }
        rest.removeFirst(name.count)
        return String(name)
    }

    private mutating func value(_ name: String, _ mark: Mark) -> String {
        guard let value = variables[name] else {
            if missing[name] == nil { missing[name] = mark }
            return ""
        }
        return value
    }

    private mutating func count(_ text: String, _ mark: Mark) throws(ComposeError) {
        bytes += text.utf8.count
        guard bytes <= YAMLLimits.text else { throw Self.tooLong(mark) }
    }

    private static func tooLong(_ mark: Mark) -> ComposeError {
        ComposeError(mark, "more than \(YAMLLimits.text) bytes of text, with variables put in")
    }

    private func invalid(_ reason: String, _ mark: Mark) -> ComposeError {
        ComposeError(mark, "invalid interpolation format: \(reason); write $$ for a dollar sign")
    }
}
