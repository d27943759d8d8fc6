import CYAML
import Text

/// What a YAML text may cost before it is refused.
package enum YAMLLimits {
    /// Size of the text.
    package static let bytes = 4 << 20
    /// Nodes inside each other, those that aliases bring along among them.
    package static let depth = 64
    /// Nodes in all, those that aliases repeat among them: ten lines of aliases could ask for billions.
    package static let nodes = 200_000
    /// Bytes of all scalars, with those that aliases repeat, and again with variables put in.
    package static let text = 16 << 20
}

extension YAMLNode {
    /// Reads the one document of a text; `nil`: there is none, or it is empty.
    ///
    /// Anchors, aliases and merge keys (`<<`) are resolved. A key must be a scalar and stand once.
    ///
    /// - Parameter file: what the text is called in errors.
    /// - Throws: the place and the reason.
    package static func read(_ text: [UInt8], file: String) throws(ComposeError) -> YAMLNode? {
        guard text.count <= YAMLLimits.bytes else {
            throw ComposeError(Mark(file, line: 1, column: 1), "the file has more than \(YAMLLimits.bytes) bytes")
        }
        var reader = YAMLReader(file: file, text: text)
        return try reader.read()
    }
}

/// One pass of libyaml's parser over a text.
///
/// Safe: libyaml's structures are read only between the call that fills and the one that frees them.
@safe
private struct YAMLReader {
    let file: String
    let text: [UInt8]
    private var parser = unsafe yaml_parser_t()
    private var anchors: [String: (node: YAMLNode, extent: YAMLExtent)] = [:]
    private var nodes = 0
    /// Bytes of the scalars that aliases repeat.
    private var repeated = 0

    init(file: String, text: [UInt8]) {
        self.file = file
        self.text = text
    }

    mutating func read() throws(ComposeError) -> YAMLNode? {
        guard !text.isEmpty else { return nil }
        guard unsafe yaml_parser_initialize(&parser) == 1 else {
            throw ComposeError(Mark(file, line: 1, column: 1), "there is no memory for the parser")
        }
        defer { unsafe yaml_parser_delete(&parser) }
        let text = text
        return try unsafe text.withUnsafeBufferPointer { (bytes) throws(ComposeError) in
            unsafe yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            return try document()
        }
    }

    // MARK: Events

    /// What the tree is built from, without libyaml's types.
    private enum Event {
        case start, end
        case alias(String)
        case scalar(Scalar, anchor: String, tag: String)
        case sequence(anchor: String, tag: String)
        case mapping(anchor: String, tag: String)
        case close
        case other
    }

    private mutating func next() throws(ComposeError) -> (Event, Mark) {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(&parser, &event) == 1 else { throw problem() }
        defer { unsafe yaml_event_delete(&event) }
        let mark = unsafe mark(event.start_mark)
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT: return (.start, mark)
        case YAML_STREAM_END_EVENT: return (.end, mark)
        case YAML_ALIAS_EVENT: return (.alias(unsafe Self.text(event.data.alias.anchor)), mark)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
                throw ComposeError(mark, "the text is not UTF-8")
            }
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return (
                .scalar(
                    Scalar(text, isPlain: isPlain), anchor: unsafe Self.text(scalar.anchor),
                    tag: unsafe Self.text(scalar.tag)), mark
            )
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return (.sequence(anchor: unsafe Self.text(start.anchor), tag: unsafe Self.text(start.tag)), mark)
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return (.mapping(anchor: unsafe Self.text(start.anchor), tag: unsafe Self.text(start.tag)), mark)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return (.close, mark)
        default: return (.other, mark)
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String {
        guard let pointer = unsafe pointer else { return "" }
        return unsafe String(cString: pointer)
    }

    private func mark(_ mark: yaml_mark_t) -> Mark {
        Mark(file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private func problem() -> ComposeError {
        let reason = unsafe parser.problem.map { unsafe String(cString: $0) } ?? "the text can't be read"
        // What is no text at all has an offset and no mark.
        guard unsafe parser.error != YAML_READER_ERROR else {
            return ComposeError(mark(at: unsafe parser.problem_offset), "not YAML: \(reason)")
        }
        let mark = unsafe mark(parser.problem_mark)
        let line =
            text.split(separator: UInt8(ascii: "\n"), maxSplits: mark.line, omittingEmptySubsequences: false)
            .dropFirst(mark.line - 1).first ?? []
        let indent = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let advice = indent.contains(UInt8(ascii: "\t")) ? "; indent with blanks, not with tabs" : ""
        return ComposeError(mark, "not YAML: \(reason)\(advice)")
    }

    private func mark(at offset: Int) -> Mark {
        let before = text.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return Mark(file, line: line, column: before.count - lineStart + 1)
    }

    // MARK: The tree

    private mutating func document() throws(ComposeError) -> YAMLNode? {
        var found: YAMLNode?
        while true {
            let (event, mark) = try next()
            switch event {
            case .end: return found
            case .start:
                let (first, place) = try next()
                let node = try node(first, place, depth: 0)
                if case .scalar(let scalar) = node.content, scalar.isNull { continue }
                guard found == nil else { throw ComposeError(mark, "a file may hold one document only") }
                found = node
            default: continue
            }
        }
    }

    private mutating func node(_ event: Event, _ mark: Mark, depth: Int) throws(ComposeError) -> YAMLNode {
        guard depth < YAMLLimits.depth else {
            throw ComposeError(mark, "more than \(YAMLLimits.depth) levels of nesting")
        }
        try count(1, mark)
        switch event {
        case .alias(let name):
            guard let (node, extent) = anchors[name] else {
                throw ComposeError(mark, "there is no anchor '\(name.printable)'")
            }
            try count(extent, mark, depth: depth)
            return node
        case .scalar(let scalar, let anchor, let tag):
            var scalar = scalar
            // `!!str 1` is a text whatever it looks like.
            if tag == "tag:yaml.org,2002:str" { scalar.isPlain = false }
            return named(anchor, YAMLNode(.scalar(scalar), mark, tag: try own(tag, mark)))
        case .sequence(let anchor, let tag):
            let tag = try own(tag, mark)
            var items: [YAMLNode] = []
            while true {
                let (event, mark) = try next()
                if case .close = event { break }
                items.append(try node(event, mark, depth: depth + 1))
            }
            return named(anchor, YAMLNode(.sequence(items), mark, tag: tag))
        case .mapping(let anchor, let tag):
            let tag = try own(tag, mark)
            return named(anchor, YAMLNode(.mapping(try mapping(depth: depth)), mark, tag: tag))
        case .start, .end, .close, .other:
            throw ComposeError(mark, "not YAML: something is missing here")
        }
    }

    private mutating func mapping(depth: Int) throws(ComposeError) -> YAMLMapping {
        var mapping = YAMLMapping()
        var inherited: [YAMLMapping] = []
        while true {
            let (event, mark) = try next()
            if case .close = event { break }
            guard case .scalar(let key) = try node(event, mark, depth: depth + 1).content else {
                throw ComposeError(mark, "a key must be a text")
            }
            let (second, place) = try next()
            let value = try node(second, place, depth: depth + 1)
            if key.isPlain, key.text == "<<" {
                try inherit(value, into: &inherited)
                continue
            }
            guard mapping[key.text] == nil else {
                throw ComposeError(mark, "the key '\(key.text.printable)' stands here twice")
            }
            mapping.set(key.text, value, at: mark)
        }
        // What the mapping says itself goes before what it inherits, and the first heir before the next.
        for source in inherited {
            for pair in source.pairs where mapping[pair.key] == nil { mapping.set(pair.key, pair.value, at: pair.mark) }
        }
        return mapping
    }

    private func inherit(_ value: YAMLNode, into inherited: inout [YAMLMapping]) throws(ComposeError) {
        switch value.content {
        case .mapping(let mapping): inherited.append(mapping)
        case .sequence(let items):
            for item in items {
                guard case .mapping(let mapping) = item.content else {
                    throw ComposeError(item.mark, "'<<' merges mappings only")
                }
                inherited.append(mapping)
            }
        case .scalar: throw ComposeError(value.mark, "'<<' merges mappings only")
        }
    }

    private mutating func count(_ more: Int, _ mark: Mark) throws(ComposeError) {
        nodes += more
        guard nodes <= YAMLLimits.nodes else {
            throw ComposeError(mark, "more than \(YAMLLimits.nodes) values, with those that aliases repeat")
        }
    }

    /// What an alias repeats.
    private mutating func count(_ extent: YAMLExtent, _ mark: Mark, depth: Int) throws(ComposeError) {
        guard depth + extent.levels <= YAMLLimits.depth else {
            throw ComposeError(mark, "more than \(YAMLLimits.depth) levels of nesting, with those of the alias")
        }
        try count(extent.nodes - 1, mark)
        repeated += extent.bytes
        guard text.count + repeated <= YAMLLimits.text else {
            throw ComposeError(mark, "more than \(YAMLLimits.text) bytes of text, with those that aliases repeat")
        }
    }

    private mutating func named(_ anchor: String, _ node: YAMLNode) -> YAMLNode {
        if !anchor.isEmpty { anchors[anchor] = (node, YAMLExtent(of: node)) }
        return node
    }

    /// A tag of compose files; YAML's say nothing that is not asked for again where the value is used.
    private func own(_ tag: String, _ mark: Mark) throws(ComposeError) -> String {
        if Self.kinds.contains(tag) { return "" }
        guard ["!reset", "!override"].contains(tag) else {
            throw ComposeError(mark, "the tag '\(tag.printable)' means nothing here")
        }
        return tag
    }

    private static let kinds: Set<String> = Set(
        ["str", "int", "float", "bool", "null", "map", "seq", "merge"].map { "tag:yaml.org,2002:\($0)" } + ["", "!"])
}

/// How large a tree is.
private struct YAMLExtent {
    private(set) var nodes = 1
    /// Of its scalars.
    private(set) var bytes = 0
    private(set) var levels = 1

    init(of node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): bytes = scalar.text.utf8.count
        case .sequence(let items): for item in items { add(item) }
        case .mapping(let mapping):
            for pair in mapping.pairs {
                nodes += 1
                bytes += pair.key.utf8.count
                add(pair.value)
            }
        }
    }

    private mutating func add(_ node: YAMLNode) {
        let below = YAMLExtent(of: node)
        nodes += below.nodes
        bytes += below.bytes
        levels = max(levels, below.levels + 1)
    }
}
