/// A place in a file; line and column count from 1.
package struct Mark: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int

    package init(_ file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }
}

/// A piece of a YAML document, with the place where it begins. Aliases and merge keys are resolved.
package struct YAMLNode: Hashable, Sendable {
    package indirect enum Content: Hashable, Sendable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        case mapping(YAMLMapping)
    }

    package var content: Content
    package var mark: Mark
    /// A tag of the user's own, such as `!reset`; empty: none.
    package var tag = ""

    package init(_ content: Content, _ mark: Mark, tag: String = "") {
        self.content = content
        self.mark = mark
        self.tag = tag
    }

    /// Two nodes are equal when they say the same, wherever they stand.
    package static func == (left: YAMLNode, right: YAMLNode) -> Bool {
        left.content == right.content && left.tag == right.tag
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(content)
        hasher.combine(tag)
    }

    package var isScalar: Bool { if case .scalar = content { true } else { false } }

    /// Says nothing, or no: `null`, an empty list or mapping, `false`.
    package var asksNothing: Bool {
        switch content {
        case .scalar(let scalar): scalar.isNull || Scalar(scalar.text, isPlain: true).truth == false
        case .sequence(let items): items.isEmpty
        case .mapping(let mapping): mapping.pairs.isEmpty
        }
    }
}

/// A scalar as it is written: what it means depends on who asks, for YAML's own guesses (`no`, `1e3`, `0o17`) differ
/// between versions.
package struct Scalar: Hashable, Sendable {
    package static let null = Scalar("", isPlain: true)

    package var text: String
    /// Written without quotes, so that it may be a number, a truth or nothing.
    package var isPlain: Bool

    package init(_ text: String, isPlain: Bool) {
        self.text = text
        self.isPlain = isPlain
    }

    package var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }

    /// The truth that YAML 1.2 reads, or 1.1's other spellings of it.
    package var truth: Bool? {
        guard isPlain else { return nil }
        switch text {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return false
        default: return nil
        }
    }
}

/// The pairs of a mapping in the order of the file, each key once.
package struct YAMLMapping: Hashable, Sendable {
    package struct Pair: Hashable, Sendable {
        package var key: String
        /// Where the key stands.
        package var mark: Mark
        package var value: YAMLNode

        package static func == (left: Pair, right: Pair) -> Bool { left.key == right.key && left.value == right.value }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(key)
            hasher.combine(value)
        }
    }

    package private(set) var pairs: [Pair] = []
    private var places: [String: Int] = [:]

    package init() {}

    package subscript(key: String) -> YAMLNode? { places[key].map { pairs[$0].value } }

    /// The key itself, with where it stands.
    package func pair(_ key: String) -> Pair? { places[key].map { pairs[$0] } }

    /// Replaces the value in its place, or appends the pair.
    package mutating func set(_ key: String, _ value: YAMLNode, at mark: Mark) {
        if let place = places[key] {
            pairs[place].value = value
            pairs[place].mark = mark
        } else {
            places[key] = pairs.count
            pairs.append(Pair(key: key, mark: mark, value: value))
        }
    }

    func filter(_ isKept: (Pair) -> Bool) -> YAMLMapping {
        var kept = YAMLMapping()
        for pair in pairs where isKept(pair) { kept.set(pair.key, pair.value, at: pair.mark) }
        return kept
    }
}
