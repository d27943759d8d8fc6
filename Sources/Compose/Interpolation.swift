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
/// A word may hold variables itself. A variable that is not set is empty, and noted.
struct Interpolation {
    /// The variables of the process, or of a test.
    let variables: [String: String]
    /// Variables that were asked for, and are neither set nor have a default; and where first.
    private(set) var missing: [String: Mark] = [:]

    /// Words inside each other.
    private static let depth = 16

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// Puts variables into every scalar of a tree; keys stay as they are.
    mutating func apply(to node: YAMLNode) throws(ComposeError) -> YAMLNode {
        var node = node
        switch node.content {
        case .scalar(var scalar):
            guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { return node }
            scalar.text = try expand(scalar.text, at: node.mark)
            node.content = .scalar(scalar)
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

    mutating func expand(_ text: String, at mark: Mark) throws(ComposeError) -> String {
        var rest = Substring(text)
        let result = try expand(&rest, inWord: false, depth: 0, text, mark)
        return result
    }

    /// Reads up to the end, or in a word up to the brace that closes it.
    private mutating func expand(
        _ rest: inout Substring, inWord: Bool, depth: Int, _ whole: String, _ mark: Mark
    ) throws(ComposeError) -> String {
        guard depth < Self.depth else { throw invalid(whole, mark) }
        var result = ""
        while let character = rest.first {
            if inWord, character == "}" { return result }
            rest.removeFirst()
            guard character == "$" else {
                result.append(character)
                continue
            }
            switch rest.first {
            case "$":
                rest.removeFirst()
                result.append("$")
            case "{":
                rest.removeFirst()
                result += try braced(&rest, depth: depth, whole, mark)
            default:
                guard let name = name(&rest) else { throw invalid(whole, mark) }
                result += value(name, mark)
            }
        }
        guard !inWord else { throw invalid(whole, mark) }
        return result
    }

    private mutating func braced(
        _ rest: inout Substring, depth: Int, _ whole: String, _ mark: Mark
    ) throws(ComposeError) -> String {
        guard let name = name(&rest) else { throw invalid(whole, mark) }
        if rest.first == "}" {
            rest.removeFirst()
            return value(name, mark)
        }
        let countsEmpty = rest.first == ":"
        if countsEmpty { rest.removeFirst() }
        guard let operation = rest.popFirst(), "-?+".contains(operation) else { throw invalid(whole, mark) }
        // The word that is not used may name variables that are not there.
        let noted = missing
        let word = try expand(&rest, inWord: true, depth: depth + 1, whole, mark)
        rest.removeFirst()
        let set = variables[name].flatMap { countsEmpty && $0.isEmpty ? nil : $0 }
        switch operation {
        case "+":
            guard set != nil else { break }
            return word
        case "-":
            guard let set else { return word }
            missing = noted
            return set
        default:
            guard let set else {
                let reason = word.isEmpty ? "it is not set" : word.printable
                throw ComposeError(mark, "required variable \(name) is missing a value: \(reason)")
            }
            missing = noted
            return set
        }
        missing = noted
        return ""
    }

    private func name(_ rest: inout Substring) -> String? {
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard let first = name.first, !first.isNumber else { return nil }
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

    private func invalid(_ text: String, _ mark: Mark) -> ComposeError {
        ComposeError(mark, "invalid interpolation format: \"\(text.printable)\"; write $$ for a dollar sign")
    }
}
