/// The functions of templates, and how Go prints a value.
enum TemplateFunctions {
    private static let arities: [(String, ClosedRange<Int>)] = [
        ("and", 1...16), ("eq", 2...16), ("ge", 2...2), ("gt", 2...2), ("index", 2...16), ("join", 2...16),
        ("json", 1...1), ("le", 2...2), ("len", 1...1), ("lower", 1...1), ("lt", 2...2), ("ne", 2...2),
        ("not", 1...1), ("or", 1...16), ("print", 0...16), ("split", 2...2), ("truncate", 2...2), ("upper", 1...1),
    ]

    /// How many arguments a function takes.
    static func arity(_ name: String) throws(TextError) -> ClosedRange<Int> {
        if let known = arities.first(where: { $0.0 == name }) { return known.1 }
        let names = arities.map(\.0).joined(separator: " ")
        throw .template("function \"\(name)\" not defined; there are: \(names)")
    }

    static func call(_ name: String, _ arguments: [JSON]) throws(TextError) -> JSON {
        switch name {
        case "and": return arguments.first { !isTrue($0) } ?? arguments[arguments.count - 1]
        case "or": return arguments.first(where: isTrue) ?? arguments[arguments.count - 1]
        case "not": return .bool(!isTrue(arguments[0]))
        case "eq": return .bool(arguments.dropFirst().contains(arguments[0]))
        case "ne": return .bool(arguments[0] != arguments[1])
        case "lt": return .bool(try precedes(arguments[0], arguments[1]))
        case "le": return .bool(!(try precedes(arguments[1], arguments[0])))
        case "gt": return .bool(try precedes(arguments[1], arguments[0]))
        case "ge": return .bool(!(try precedes(arguments[0], arguments[1])))
        case "json": return .string(arguments[0].text)
        case "upper": return .string(try string(name, arguments[0]).uppercased())
        case "lower": return .string(try string(name, arguments[0]).lowercased())
        case "print": return .string(arguments.map(show).joined())
        case "len": return JSON(try length(arguments[0]))
        case "index": return try index(arguments)
        case "join": return .string(try join(arguments))
        case "split":
            return .array(try split(try string(name, arguments[0]), by: try string(name, arguments[1])))
        case "truncate":
            guard let count = arguments[1].integer, count >= 0 else { throw .template("truncate needs a length") }
            return .string(String(try string(name, arguments[0]).prefix(Int(clamping: count))))
        default: preconditionFailure("the function \(name) has an arity and no meaning")
        }
    }

    /// Whether a condition holds: not false, zero, empty or missing.
    static func isTrue(_ value: JSON) -> Bool {
        switch value {
        case .null: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .number(let value): value != 0
        case .string(let value): !value.isEmpty
        case .array(let values): !values.isEmpty
        case .object(let object): !object.isEmpty
        }
    }

    /// As Go's `print` shows it: lists as `[a b]`, objects as `map[a:1 b:2]`.
    static func show(_ value: JSON) -> String {
        switch value {
        case .null: "<no value>"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .number(let value): JSON.literal(value)
        case .string(let value): value
        case .array(let values): "[" + values.map(show).joined(separator: " ") + "]"
        case .object(let object):
            "map[" + object.keys.sorted().map { "\($0):\(show(object[$0] ?? .null))" }.joined(separator: " ") + "]"
        }
    }

    // MARK: - Parts

    private static func string(_ function: String, _ value: JSON) throws(TextError) -> String {
        guard let text = value.string else { throw .template("\(function) needs a text, not \(show(value))") }
        return text
    }

    /// A list and what goes between, as for lists of objects; or what goes between and texts, as in a service's spec.
    private static func join(_ arguments: [JSON]) throws(TextError) -> String {
        if let list = arguments[0].array {
            guard arguments.count == 2 else { throw .template("join was given \(arguments.count) arguments") }
            return list.map(show).joined(separator: try string("join", arguments[1]))
        }
        guard let separator = arguments[0].string else { throw .template("join needs a list, or texts") }
        return arguments.dropFirst().map(show).joined(separator: separator)
    }

    private static func length(_ value: JSON) throws(TextError) -> Int {
        switch value {
        case .string(let text): return text.utf8.count
        case .array(let values): return values.count
        case .object(let object): return object.count
        case .null: return 0
        case .bool, .integer, .number: throw .template("len needs a text or a list, not \(show(value))")
        }
    }

    private static func index(_ arguments: [JSON]) throws(TextError) -> JSON {
        var value = arguments[0]
        for key in arguments.dropFirst() {
            switch (value, key) {
            case (.array(let values), .integer(let place)):
                guard let place = Int(exactly: place), values.indices.contains(place) else {
                    throw .template("index \(place) is out of range; there are \(values.count)")
                }
                value = values[place]
            // A label that an object does not have is the empty text, as in Go.
            case (.object(let object), .string(let name)): value = object[name] ?? ""
            default: throw .template("index can't take \(show(key)) of \(show(value).truncated(to: 40))")
            }
        }
        return value
    }

    private static func split(_ text: String, by separator: String) throws(TextError) -> [JSON] {
        guard separator.count == 1, let character = separator.first else {
            throw .template("split needs one character to split by")
        }
        return text.split(separator: character, omittingEmptySubsequences: false).map { .string(String($0)) }
    }

    private static func precedes(_ left: JSON, _ right: JSON) throws(TextError) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): return left < right
        case (.number(let left), .number(let right)): return left < right
        case (.integer(let left), .number(let right)): return Double(left) < right
        case (.number(let left), .integer(let right)): return left < Double(right)
        case (.string(let left), .string(let right)): return left < right
        default: throw .template("\(show(left)) and \(show(right)) can't be compared")
        }
    }
}
