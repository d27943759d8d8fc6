/// Reads a template: first into texts and actions, then each action into words.
struct TemplateReader {
    private enum Piece {
        case text(String)
        case action(String)
    }
    private enum Word: Equatable {
        case name(String)
        case field(root: Bool, [String])
        case literal(JSON)
        case open, bar
        /// Closes a parenthesis; names may follow it, as in `(index .List 0).Name`.
        case close([String])
    }
    /// What ended a list of nodes.
    private enum End {
        case text, end
        case otherwise(String)
    }

    private let pieces: [Piece]
    private var place = 0

    init(_ text: String) throws(TextError) {
        pieces = try Self.split(text)
    }

    mutating func document() throws(TextError) -> [Template.Node] {
        let (nodes, end) = try list(depth: 0)
        switch end {
        case .text: return nodes
        case .end: throw .template("{{end}} without a block to end")
        case .otherwise: throw .template("{{else}} without a block")
        }
    }

    // MARK: - Texts and actions

    private static func split(_ text: String) throws(TextError) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text[...]
        var trimsNext = false
        while true {
            let start = rest.range(of: "{{")
            var plain = String(start.map { rest[..<$0.lowerBound] } ?? rest)
            if trimsNext { plain = String(plain.drop(while: \.isWhitespace)) }
            guard let start else {
                if !plain.isEmpty { pieces.append(.text(plain)) }
                return pieces
            }
            rest = rest[start.upperBound...]
            if rest.hasPrefix("- ") {
                rest = rest.dropFirst()
                while plain.last?.isWhitespace == true { plain.removeLast() }
            }
            if !plain.isEmpty { pieces.append(.text(plain)) }
            guard let end = end(of: rest) else { throw .template("an action is not closed: \"}}\" is missing") }
            var action = rest[..<end]
            rest = rest[rest.index(end, offsetBy: 2)...]
            trimsNext = action.hasSuffix(" -")
            if trimsNext { action = action.dropLast() }
            pieces.append(.action(String(action)))
        }
    }

    /// Where the `}}` of an action is, outside quotes.
    private static func end(of text: Substring) -> String.Index? {
        var quote: Character?
        var place = text.startIndex
        while place < text.endIndex {
            let character = text[place]
            if let open = quote {
                if character == "\\", open == "\"" { place = text.index(after: place) }
                if character == open { quote = nil }
                if place == text.endIndex { return nil }
            } else if character == "\"" || character == "`" {
                quote = character
            } else if text[place...].hasPrefix("}}") {
                return place
            }
            place = text.index(after: place)
        }
        return nil
    }

    // MARK: - Blocks

    private mutating func list(depth: Int) throws(TextError) -> ([Template.Node], End) {
        guard depth <= Template.Limits.depth else { throw .template("blocks are nested too deeply") }
        var nodes: [Template.Node] = []
        while place < pieces.count {
            defer { place += 1 }
            switch pieces[place] {
            case .text(let text): nodes.append(.text(text))
            case .action(let action):
                let trimmed = action.trimmed
                if trimmed.hasPrefix("/*"), trimmed.hasSuffix("*/") { continue }
                let keyword = trimmed.prefix { $0.isLetter }
                let rest = String(trimmed.dropFirst(keyword.count)).trimmed
                switch keyword {
                case "end": return (nodes, .end)
                case "else": return (nodes, .otherwise(rest))
                case "if", "with", "range":
                    place += 1
                    nodes.append(try block(String(keyword), rest, depth: depth + 1))
                    place -= 1
                case "define", "template", "block", "break", "continue":
                    throw .template("{{\(keyword)}} is not supported")
                default: nodes.append(.output(try Self.pipeline(trimmed)))
                }
            }
        }
        return (nodes, .text)
    }

    /// The rest of a block whose first action was just passed; leaves `place` after its `{{end}}`.
    private mutating func block(
        _ keyword: String, _ condition: String, depth: Int
    ) throws(TextError) -> Template.Node {
        let condition = try Self.pipeline(condition)
        let (first, end) = try list(depth: depth)
        var otherwise: [Template.Node] = []
        switch end {
        case .end: break
        case .text: throw .template("{{\(keyword)}} is not closed: {{end}} is missing")
        case .otherwise(let rest) where rest.hasPrefix("if ") && keyword == "if":
            otherwise = [try block("if", String(rest.dropFirst(3)), depth: depth + 1)]
        case .otherwise(let rest):
            guard rest.isEmpty else { throw .template("{{else \(rest)}} is not understood") }
            let (second, end) = try list(depth: depth)
            guard case .end = end else { throw .template("{{\(keyword)}} is not closed: {{end}} is missing") }
            otherwise = second
        }
        switch keyword {
        case "if": return .choice(condition, then: first, otherwise: otherwise)
        case "with": return .with(condition, then: first, otherwise: otherwise)
        default: return .range(condition, each: first, otherwise: otherwise)
        }
    }

    // MARK: - Pipelines

    private static func pipeline(_ text: String) throws(TextError) -> Template.Pipeline {
        var words = try words(text)[...]
        let result = try pipeline(&words, depth: 0)
        guard words.isEmpty else { throw .template("{{\(text)}}: a \")\" too many") }
        return result
    }

    private static func pipeline(
        _ words: inout ArraySlice<Word>, depth: Int
    ) throws(TextError) -> Template.Pipeline {
        guard depth <= Template.Limits.depth else { throw .template("parentheses are nested too deeply") }
        var calls = [Template.Call(function: nil, operands: [])]
        scan: while let word = words.first {
            if case .close = word { break }
            words.removeFirst()
            let last = calls.count - 1
            let isFirst = calls[last].function == nil && calls[last].operands.isEmpty
            switch word {
            case .bar:
                guard !isFirst else { throw .template("there is nothing before \"|\"") }
                calls.append(Template.Call(function: nil, operands: []))
            case .name(let name):
                let arity = try TemplateFunctions.arity(name)
                if isFirst {
                    calls[last].function = name
                } else {
                    throw .template("the function \(name) (\(arity.lowerBound) arguments) needs parentheses here")
                }
            case .field(let isRoot, let path): calls[last].operands.append(.field(root: isRoot, path))
            case .literal(let literal): calls[last].operands.append(.literal(literal))
            case .open:
                let inner = try pipeline(&words, depth: depth + 1)
                guard case .close(let path)? = words.popFirst() else { throw .template("a \")\" is missing") }
                calls[last].operands.append(.pipeline(inner, path))
            case .close: break scan
            }
        }
        for (number, call) in calls.enumerated() {
            let count = call.operands.count + (number > 0 ? 1 : 0)
            if let function = call.function {
                let arity = try TemplateFunctions.arity(function)
                guard arity.contains(count) else {
                    throw .template("\(function) was given \(count) arguments")
                }
            } else if call.operands.isEmpty {
                throw .template("an action is empty")
            } else if count != 1 {
                throw .template("only a function takes arguments")
            }
        }
        return Template.Pipeline(calls: calls)
    }

    // MARK: - Words

    private static func words(_ text: String) throws(TextError) -> [Word] {
        var words: [Word] = []
        var rest = text[...]
        while let first = rest.first {
            switch first {
            case _ where first.isWhitespace: rest.removeFirst()
            case "|":
                words.append(.bar)
                rest.removeFirst()
            case "(":
                words.append(.open)
                rest.removeFirst()
            case ")":
                rest.removeFirst()
                words.append(.close(rest.first == "." ? path(&rest) : []))
            case ".": words.append(.field(root: false, path(&rest)))
            case "$":
                rest.removeFirst()
                guard rest.first?.isNameCharacter != true else { throw .template("variables are not supported") }
                words.append(.field(root: true, rest.first == "." ? path(&rest) : []))
            case "\"", "`": words.append(.literal(.string(try string(&rest))))
            case "-", "0"..."9":
                let digits = rest.prefix { $0 == "-" || $0 == "." || $0.isNumber }
                rest = rest.dropFirst(digits.count)
                if let integer = Int64(digits) {
                    words.append(.literal(.integer(integer)))
                } else if let number = Double(digits), number.isFinite {
                    words.append(.literal(.number(number)))
                } else {
                    throw .template("\(digits) is not a number")
                }
            case _ where first.isNameCharacter:
                let name = String(rest.prefix(while: \.isNameCharacter))
                rest = rest.dropFirst(name.count)
                switch name {
                case "true": words.append(.literal(.bool(true)))
                case "false": words.append(.literal(.bool(false)))
                case "nil": words.append(.literal(.null))
                default: words.append(.name(name))
                }
            default: throw .template("\"\(String(first).printable)\" is not understood in {{\(text.printable)}}")
            }
        }
        return words
    }

    /// Names after dots; none for a lone dot.
    private static func path(_ rest: inout Substring) -> [String] {
        var names: [String] = []
        while rest.first == "." {
            rest.removeFirst()
            let name = rest.prefix(while: \.isNameCharacter)
            guard !name.isEmpty else { break }
            names.append(String(name))
            rest = rest.dropFirst(name.count)
        }
        return names
    }

    private static func string(_ rest: inout Substring) throws(TextError) -> String {
        let quote = rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote { return text }
            guard character == "\\", quote == "\"" else {
                text.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case let escaped?: text.append(escaped)
            case nil: break
            }
        }
        throw .template("a string is not closed")
    }
}

extension Character {
    fileprivate var isNameCharacter: Bool { isLetter || isNumber || self == "_" }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...].drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension Substring {
    /// The first place where `text` stands.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var place = startIndex
        while place < endIndex {
            if self[place...].hasPrefix(text) { return place..<index(place, offsetBy: text.count) }
            place = index(after: place)
        }
        return nil
    }
}
