import Text

/// One mapping of a stack file, key by key: each key is taken as what it must be, and what nobody took is reported.
///
/// A value of another kind is reported with its place and counts as absent.
struct Section {
    /// Where it is in the file, as `services.web.deploy`.
    let path: String
    let mark: Mark
    private let mapping: YAMLMapping
    private var taken: Set<String> = []
    let report: Report

    init(_ mapping: YAMLMapping, path: String, mark: Mark, report: Report) {
        self.mapping = mapping
        self.path = path
        self.mark = mark
        self.report = report
    }

    /// The mapping that `node` must be; nothing at all is an empty one.
    init?(_ node: YAMLNode, path: String, report: Report) {
        switch node.content {
        case .mapping(let mapping):
            self.init(mapping, path: path, mark: node.mark, report: report)
        case .scalar(let scalar) where scalar.isNull:
            self.init(YAMLMapping(), path: path, mark: node.mark, report: report)
        default:
            report.error(node.mark, "\(path) must be a mapping")
            return nil
        }
    }

    /// Where the key stands, or the section begins.
    func mark(of key: String) -> Mark { mapping.pair(key)?.mark ?? mark }

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Takes a key; a key with nothing behind it is absent.
    mutating func node(_ key: String) -> YAMLNode? {
        taken.insert(key)
        guard let node = mapping[key] else { return nil }
        if case .scalar(let scalar) = node.content, scalar.isNull { return nil }
        return node
    }

    // MARK: Scalars

    mutating func text(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        return Self.text(node, name(key), report)
    }

    static func text(_ node: YAMLNode, _ name: String, _ report: Report) -> String? {
        guard case .scalar(let scalar) = node.content else {
            report.error(node.mark, "\(name) must be a text")
            return nil
        }
        return scalar.text
    }

    mutating func truth(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        if case .scalar(let scalar) = node.content {
            // A variable's value is a text that looks like a truth.
            if let truth = Scalar(scalar.text, isPlain: true).truth { return truth }
        }
        report.error(node.mark, "\(name(key)) must be true or false")
        return nil
    }

    mutating func number(_ key: String) -> UInt64? {
        read(key, "a whole number") { UInt64($0) }
    }

    /// A size such as `50M`, in bytes.
    mutating func bytes(_ key: String) -> UInt64? {
        read(key, "a size such as 50M") { (try? Quantities.read(bytes: $0)).flatMap { UInt64(exactly: $0) } }
    }

    /// A duration such as `1m30s`, in milliseconds.
    mutating func milliseconds(_ key: String) -> UInt64? {
        read(key, "a duration such as 1m30s, not below 1ms") { text in
            // Nothing but zero goes without a unit.
            guard text != "0" else { return 0 }
            guard let time = (try? Moments.read(duration: text)).flatMap({ UInt64(exactly: $0) }) else { return nil }
            return time == 0 || time >= 1_000_000 ? time / 1_000_000 : nil
        }
    }

    /// Processors such as `0.5`, in billionths.
    mutating func processors(_ key: String) -> UInt64? {
        read(key, "a number of processors such as 0.5") { text in
            Double(text).flatMap { (0...1_000_000).contains($0) ? UInt64(($0 * 1_000_000_000).rounded()) : nil }
        }
    }

    mutating func ratio(_ key: String) -> Double? {
        read(key, "a number from 0 to 1") { text in Double(text).flatMap { (0...1).contains($0) ? $0 : nil } }
    }

    /// Permission bits such as `0440`.
    mutating func mode(_ key: String) -> UInt32? {
        read(key, "permission bits such as 0440") { try? Quantities.read(mode: $0) }
    }

    mutating func choice<Value>(_ key: String, _ choices: KeyValuePairs<String, Value>) -> Value? {
        let names = choices.map(\.key).joined(separator: ", ")
        return read(key, "one of \(names)") { text in choices.first { $0.key == text }?.value }
    }

    private mutating func read<Value>(_ key: String, _ what: String, _ convert: (String) -> Value?) -> Value? {
        guard let node = node(key) else { return nil }
        if case .scalar(let scalar) = node.content, let value = convert(scalar.text) { return value }
        report.error(node.mark, "\(name(key)) must be \(what)")
        return nil
    }

    // MARK: Lists

    /// A list of texts.
    mutating func texts(_ key: String) -> [String] {
        items(key).enumerated().compactMap { Self.text($0.element, "\(name(key))[\($0.offset)]", report) }
    }

    mutating func items(_ key: String) -> [YAMLNode] {
        guard let node = node(key) else { return [] }
        guard case .sequence(let items) = node.content else {
            report.error(node.mark, "\(name(key)) must be a list")
            return []
        }
        return items
    }

    /// A list, or one text alone.
    mutating func oneOrMore(_ key: String) -> [YAMLNode] {
        guard let node = node(key) else { return [] }
        if case .sequence(let items) = node.content { return items }
        return [node]
    }

    /// A list, or a mapping whose values stand for `key=value`, one or several of a key.
    mutating func lines(_ key: String) -> [YAMLNode] {
        guard let node = node(key), case .mapping(let mapping) = node.content else { return items(key) }
        return Merging.lines(mapping)
    }

    /// The words of a command: a list, or a line that is split as a shell would.
    mutating func words(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node.content else { return texts(key) }
        guard let words = ShellWords.split(scalar.text) else {
            report.error(node.mark, "\(name(key)) has a quote that does not end, or a backslash at its end")
            return nil
        }
        return words
    }

    /// `KEY: value` pairs, or a list of `KEY=value`; `nil` where there is no value.
    mutating func pairs(_ key: String) -> [(key: String, value: String?)] {
        guard let node = node(key) else { return [] }
        let mapping: YAMLMapping
        switch node.content {
        case .mapping(let given): mapping = given
        case .sequence(let items):
            for case let item in items {
                if case .scalar = item.content { continue }
                report.error(item.mark, "\(name(key)) must be a list of KEY=value")
            }
            mapping = Merging.pairs(items)
        case .scalar:
            report.error(node.mark, "\(name(key)) must be a mapping, or a list of KEY=value")
            return []
        }
        return mapping.pairs.compactMap { pair in
            guard case .scalar(let scalar) = pair.value.content else {
                report.error(pair.value.mark, "\(name(key)).\(pair.key.printable) must be a text")
                return nil
            }
            // `true` is the same to all; `yes` is a truth to some readers of YAML and a text to others.
            if scalar.truth != nil, !["true", "false"].contains(scalar.text) {
                report.error(
                    pair.value.mark,
                    "\(name(key)).\(pair.key.printable) is \(scalar.text), which YAML may change; put it in quotes")
                return nil
            }
            guard !pair.key.isEmpty else {
                report.error(pair.mark, "\(name(key)) has a value without a name")
                return nil
            }
            return (pair.key, scalar.isNull ? nil : scalar.text)
        }
    }

    // MARK: Sections

    mutating func section(_ key: String) -> Section? {
        guard let node = node(key) else { return nil }
        return Section(node, path: name(key), report: report)
    }

    /// The named sections below a key, such as the services below `services`, with where their names stand.
    ///
    /// A name may begin with `x-`: these are all the user's own.
    mutating func sections(_ key: String) -> [(name: String, mark: Mark, section: Section)] {
        guard let node = node(key) else { return [] }
        guard case .mapping(let mapping) = node.content else {
            report.error(node.mark, "\(name(key)) must be a mapping")
            return []
        }
        return mapping.pairs.compactMap { pair in
            let isName = pair.key.utf8.allSatisfy { "-._".utf8.contains($0) || Self.isAlphanumeric($0) }
            guard isName, !pair.key.isEmpty else {
                report.error(
                    pair.mark, "\(name(key)): a name has letters, digits, '-', '_' and '.', not '\(pair.key.printable)'"
                )
                return nil
            }
            return Section(pair.value, path: "\(name(key)).\(pair.key.printable)", report: report).map {
                (pair.key, pair.mark, $0)
            }
        }
    }

    private static func isAlphanumeric(_ unit: UInt8) -> Bool {
        (0x30...0x39).contains(unit) || (0x41...0x5a).contains(unit) || (0x61...0x7a).contains(unit)
    }

    // MARK: The rest

    /// Takes keys that compose files have and that nothing here can follow, unless they ask for nothing.
    mutating func unsupported(_ reasons: KeyValuePairs<String, String>) {
        for (key, reason) in reasons {
            taken.insert(key)
            guard let value = mapping[key], !value.asksNothing else { continue }
            report.unsupported(mark(of: key), "\(name(key)) is not supported: \(reason)")
        }
    }

    /// Reports each key that nobody took. Keys that begin with `x-` are the user's own.
    func end() {
        for pair in mapping.pairs where !taken.contains(pair.key) {
            if pair.key.hasPrefix("x-"), !pair.key.hasPrefix("x-conclave-") { continue }
            report.error(pair.mark, "\(path.isEmpty ? "the file" : path) has no key '\(pair.key.printable)'")
        }
    }
}
