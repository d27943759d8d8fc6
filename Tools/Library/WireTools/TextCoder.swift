import Bytes
import Wire

/// Shows a message in protobuf's text format: one line a field, nested messages in braces.
package struct TextCoder: Coder, OneOfCoder {
    package enum Style: Equatable {
        /// As `text_format` of any protobuf reads it back. Values of secret fields are in it: for messages that a
        /// generator made, and for nothing else.
        case exact
        /// IDs in base 36, other bytes in hex, long ones by their first bytes and their length; secrets by their length
        /// alone.
        case people
        /// As `people`, and all bytes by their length: of bodies that may hold a value in the clear.
        case lengths
    }

    private let style: Style
    private let indent: String
    private var lines: [String] = []

    /// Of so many bytes all are shown; of more, the first 16.
    private static let shownBytes = 32

    private init(_ style: Style, indent: String) {
        self.style = style
        self.indent = indent
    }

    /// The lines of a message, without its name, each behind `indent`.
    package static func lines<M: Message>(_ message: M, _ style: Style, indent: String = "") -> [String] {
        var coder = TextCoder(style, indent: indent)
        var copy = message
        do throws(WireError) {
            try copy.fields(&coder)
        } catch {
            preconditionFailure("a coder that only reads threw \(error)")
        }
        return coder.lines
    }

    // MARK: Positions

    package mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        if !K.isZero(value) { add(name, value) }
    }

    package mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        if let value { add(name, value) }
    }

    package mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        for element in value { add(name, element) }
    }

    package mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        for pair in value {
            var entry = TextCoder(style, indent: indent + "  ")
            entry.add("key", pair.key)
            entry.add("value", pair.value)
            braces(name, entry.lines)
        }
    }

    package mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        guard let value else { return }
        switch style {
        case .exact: lines.append("\(indent)\(name): \(unsafe value.borrow { unsafe Self.literal([UInt8]($0)) })")
        case .people, .lengths: lines.append("\(indent)\(name): secret of \(value.count) bytes")
        }
    }

    package mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        try T.members(&self, &value)
    }

    package mutating func member<K: Kind, T: OneOf>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
        _ make: (K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        if let set = value, let payload = get(set) { add(name, payload) }
    }

    package mutating func unknown(_ value: inout UnknownFields) throws(WireError) {
        if style == .exact || value.raw.isEmpty { return }
        lines.append("\(indent)# \(value.raw.count) bytes of fields that this version does not know")
    }

    // MARK: Values

    private mutating func add(_ name: StaticString, _ value: some Any) {
        if let message = value as? any Message {
            braces(name, Self.lines(message, style, indent: indent + "  "))
        } else {
            lines.append("\(indent)\(name): \(text(value))")
        }
    }

    private mutating func braces(_ name: StaticString, _ inner: [String]) {
        if inner.isEmpty { return lines.append("\(indent)\(name) {}") }
        lines += ["\(indent)\(name) {"] + inner + ["\(indent)}"]
    }

    private func text(_ value: some Any) -> String {
        switch value {
        case let value as String: return Self.literal(value.utf8, isText: true)
        case let value as Bytes: return text(value)
        case let value as any FixedBytes: return text(fixed: value)
        case let value as any WireEnum: return text(value)
        case let value as any RawRepresentable<UInt64>: return "\(value.rawValue)"
        default: return "\(value)"
        }
    }

    private func text(_ value: Bytes) -> String {
        switch style {
        case .exact: Self.literal(value)
        case .lengths: "\(value.count) bytes"
        case .people where value.count <= Self.shownBytes: Hex.text(value)
        case .people: "\(Hex.text(value.slice(0..<16)))… \(value.count) bytes"
        }
    }

    private func text<F: FixedBytes>(fixed value: F) -> String {
        if style != .exact, let value = value as? any CustomStringConvertible { return value.description }
        // The zero travels as nothing.
        return text(value == F.zero ? Bytes() : unsafe value.withUnsafeBytes { unsafe Bytes($0) })
    }

    private func text<E: WireEnum>(_ value: E) -> String {
        E.names.first { $0.0 == value.rawValue }?.1 ?? "\(value.rawValue)"
    }

    /// A quoted literal. Text keeps its letters, bytes are escaped one by one.
    private static func literal(_ bytes: some Sequence<UInt8>, isText: Bool = false) -> String {
        var output: [UInt8] = [UInt8(ascii: "\"")]
        for byte in bytes {
            let isPlain = byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7f
            if isText && isPlain {
                output.append(byte)
            } else {
                output += Array("\\x\(Hex.text([byte]))".utf8)
            }
        }
        return String(decoding: output + [UInt8(ascii: "\"")], as: UTF8.self)
    }
}
