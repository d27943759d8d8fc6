import CYAML
import Text

/// What a YAML text may cost before it is refused.
package enum YAMLLimits {
    /// Size of the text.
    package static let bytes = 4 << 20
    /// Nodes inside each other.
    package static let depth = 64
    /// Nodes in all, those that aliases repeat among them: ten lines of aliases could ask for billions.
    package static let nodes = 200_000
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
        var reader = YAMLReader(file: file)
        return try reader.read(text)
    }
}

/// One pass of libyaml's parser over a text.
///
/// Safe: libyaml's structures are read only between the call that fills and the one that frees them.
@safe
private struct YAMLReader {
    let file: String
    private var parser = unsafe yaml_parser_t()
    private var anchors: [String: YAMLNode] = [:]
    /// How many nodes each anchor stands for.
    private var sizes: [String: Int] = [:]
    private var nodes = 0

    init(file: String) {
        self.file = file
    }

    mutating func read(_ text: [UInt8]) throws(ComposeError) -> YAMLNode? {
        guard !text.isEmpty else { return nil }
        guard unsafe yaml_parser_initialize(&parser) == 1 else {
            throw ComposeError(Mark(file, line: 1, column: 1), "there is no memory for the parser")
        }
        defer { unsafe yaml_parser_delete(&parser) }
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
        return ComposeError(unsafe mark(parser.problem_mark), "not YAML: \(reason)")
    }

    // MARK: The tree

    private mutating func document() throws(ComposeError) -> YAMLNode? {
        var found: YAMLNode?
        while true {
            let (event, mark) = try next()
            switch event {
            case .end: return found
            case .start:
                guard found == nil else { throw ComposeError(mark, "a file may hold one document only") }
                let (first, mark) = try next()
                let node = try node(first, mark, depth: 0)
                if case .scalar(let scalar) = node.content, scalar.isNull { continue }
                found = node
            default: continue
            }
        }
    }

    private mutating func node(_ event: Event, _ mark: Mark, depth: Int) throws(ComposeError) -> YAMLNode {
        guard depth < YAMLLimits.depth else {
            throw ComposeError(mark, "more than \(YAMLLimits.depth) levels of nesting")
        }
        let before = nodes
        try count(1, mark)
        switch event {
        case .alias(let name):
            guard let node = anchors[name] else { throw ComposeError(mark, "there is no anchor '\(name.printable)'") }
            try count(sizes[name] ?? 1, mark)
            return node
        case .scalar(let scalar, let anchor, let tag):
            var scalar = scalar
            // `!!str 1` is a text whatever it looks like.
            if tag == "tag:yaml.org,2002:str" { scalar.isPlain = false }
            return named(anchor, YAMLNode(.scalar(scalar), mark, tag: Self.own(tag)), since: before)
        case .sequence(let anchor, let tag):
            var items: [YAMLNode] = []
            while true {
                let (event, mark) = try next()
                if case .close = event { break }
                items.append(try node(event, mark, depth: depth + 1))
            }
            return named(anchor, YAMLNode(.sequence(items), mark, tag: Self.own(tag)), since: before)
        case .mapping(let anchor, let tag):
            let mapping = try mapping(depth: depth)
            return named(anchor, YAMLNode(.mapping(mapping), mark, tag: Self.own(tag)), since: before)
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

    private mutating func named(_ anchor: String, _ node: YAMLNode, since before: Int) -> YAMLNode {
        if !anchor.isEmpty {
            anchors[anchor] = node
            sizes[anchor] = nodes - before
        }
        return node
    }

    /// The user's own tags; YAML's say nothing that is not asked for again where the value is used.
    private static func own(_ tag: String) -> String { tag.hasPrefix("tag:") || tag == "!" ? "" : tag }
}
