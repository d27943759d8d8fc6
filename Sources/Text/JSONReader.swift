/// What a JSON text may cost before it is refused.
package struct JSONLimits: Sendable {
    /// Size of the text.
    package var bytes = 16 << 20
    /// Arrays and objects inside each other; bounds the reader's own recursion.
    package var depth = 64

    package init(bytes: Int = 16 << 20, depth: Int = 64) {
        self.bytes = bytes
        self.depth = depth
    }
}

extension JSON {
    /// Reads one value that fills the whole text.
    ///
    /// Strict: no comments, no trailing commas, no duplicate keys, no leading zeros, valid UTF-8 only.
    ///
    /// - Throws: `TextError.json` with line and column.
    package static func read(_ text: [UInt8], limits: JSONLimits = JSONLimits()) throws(TextError) -> JSON {
        var reader = JSONReader(text: text, limits: limits)
        return try reader.document()
    }

    package static func read(_ text: String, limits: JSONLimits = JSONLimits()) throws(TextError) -> JSON {
        try read(Array(text.utf8), limits: limits)
    }
}

/// One pass over a JSON text.
struct JSONReader {
    let text: [UInt8]
    let limits: JSONLimits
    var offset = 0

    init(text: [UInt8], limits: JSONLimits) {
        self.text = text
        self.limits = limits
    }

    mutating func document() throws(TextError) -> JSON {
        guard text.count <= limits.bytes else { throw failure("longer than \(limits.bytes) bytes") }
        let value = try value(depth: 0)
        skipSpace()
        guard offset == text.count else { throw failure("something follows the value") }
        return value
    }

    private mutating func value(depth: Int) throws(TextError) -> JSON {
        skipSpace()
        guard let byte = peek else { throw failure("a value was expected, the text ends") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("a value was expected")
        }
    }

    private mutating func array(depth: Int) throws(TextError) -> JSON {
        guard depth <= limits.depth else { throw failure("deeper than \(limits.depth) levels") }
        offset += 1
        var elements: [JSON] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw failure("\",\" or \"]\" was expected") }
        }
    }

    private mutating func object(depth: Int) throws(TextError) -> JSON {
        guard depth <= limits.depth else { throw failure("deeper than \(limits.depth) levels") }
        offset += 1
        var object = JSONObject()
        var seen: Set<String> = []
        skipSpace()
        if take("}") { return .object(object) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a key in quotes was expected") }
            let start = offset
            let key = try string()
            guard seen.insert(key).inserted else { throw failure("this key was there before", at: start) }
            skipSpace()
            guard take(":") else { throw failure("\":\" was expected") }
            object.append(key, try value(depth: depth))
            skipSpace()
            if take("}") { return .object(object) }
            guard take(",") else { throw failure("\",\" or \"}\" was expected") }
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(TextError) -> JSON {
        let expected = Array("\(word)".utf8)
        guard text[offset...].starts(with: expected) else { throw failure("a value was expected") }
        offset += expected.count
        return value
    }

    private mutating func number() throws(TextError) -> JSON {
        let start = offset
        var isInteger = true
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") {
            isInteger = false
            try digits()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let literal = String(decoding: text[start..<offset], as: UTF8.self)
        if isInteger, let value = Int64(literal) { return .integer(value) }
        guard let value = Double(literal), value.isFinite else {
            throw failure("this number is too large", at: start)
        }
        return .number(value)
    }

    private mutating func digits() throws(TextError) {
        let start = offset
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        guard offset > start else { throw failure("a digit was expected") }
    }

    private mutating func string() throws(TextError) -> String {
        let start = offset
        offset += 1
        var bytes: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                guard let value = String(validating: bytes, as: UTF8.self) else {
                    throw failure("this string is not UTF-8", at: start)
                }
                return value
            case UInt8(ascii: "\\"):
                offset += 1
                try escape(into: &bytes)
            case 0..<0x20:
                throw failure("a control character in a string is written \\u00XX")
            default:
                bytes.append(byte)
                offset += 1
            }
        }
        throw failure("this string does not end", at: start)
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(TextError) {
        guard let byte = peek else { throw failure("this string does not end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(8)
        case UInt8(ascii: "f"): bytes.append(12)
        case UInt8(ascii: "n"): bytes.append(10)
        case UInt8(ascii: "r"): bytes.append(13)
        case UInt8(ascii: "t"): bytes.append(9)
        case UInt8(ascii: "u"): bytes.append(contentsOf: String(try scalar()).utf8)
        default: throw failure("no such escape", at: offset - 1)
        }
    }

    private mutating func scalar() throws(TextError) -> Unicode.Scalar {
        let start = offset
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
            guard take("\\"), take("u") else { throw failure("half of a surrogate pair", at: start) }
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair", at: start) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair", at: start) }
        return scalar
    }

    private mutating func hexadecimal() throws(TextError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits were expected")
            }
            code = code << 4 | UInt32(digit)
            offset += 1
        }
        return code
    }

    // MARK: - Bytes

    private var peek: UInt8? { offset < text.count ? text[offset] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 32 || byte == 10 || byte == 13 || byte == 9 { offset += 1 }
    }

    private func failure(_ reason: String, at place: Int? = nil) -> TextError {
        let before = text[..<min(place ?? offset, text.count)]
        let line = before.count { $0 == 10 } + 1
        let start = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
        return .json(line: line, column: before.count - start + 1, reason)
    }
}
