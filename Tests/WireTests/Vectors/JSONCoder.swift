import Bytes
import Foundation
import Wire

/// Shows a decoded message as proto3 JSON with the field names of the schema.
struct JSONCoder: Coder, OneOfCoder {
    private var object: [String: JSONValue] = [:]

    static func json<M: Message>(_ message: M) throws(WireError) -> JSONValue {
        var coder = JSONCoder()
        var copy = message
        try copy.fields(&coder)
        return .object(coder.object)
    }

    mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        if !K.isZero(value) { object["\(name)"] = try Self.json(kind, value) }
    }

    mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        if let value { object["\(name)"] = try Self.json(kind, value) }
    }

    mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        if value.isEmpty { return }
        var array: [JSONValue] = []
        for element in value { array.append(try Self.json(kind, element)) }
        object["\(name)"] = .array(array)
    }

    mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        if value.isEmpty { return }
        var pairs: [String: JSONValue] = [:]
        for pair in value { pairs["\(pair.key)"] = try Self.json(element, pair.value) }
        object["\(name)"] = .object(pairs)
    }

    mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        preconditionFailure("no vector has a secret")
    }

    mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        try T.members(&self, &value)
    }

    mutating func member<K: Kind, T: OneOf>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
        _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        if let set = value, let payload = get(set) { object["\(name)"] = try Self.json(kind, payload) }
    }

    mutating func unknown(_ value: inout UnknownFields) throws(WireError) {}

    private static func json<K: Kind>(_ kind: K.Type, _ value: K.Value) throws(WireError) -> JSONValue {
        switch value {
        case let value as Bool: .bool(value)
        case let value as Int32: .number(Double(value))
        case let value as UInt32: .number(Double(value))
        case let value as Color: .number(Double(value.rawValue))
        case let value as Float: json(Double(value))
        case let value as Double: json(value)
        case let value as String: .string(value)
        case let value as Bytes: .string(Data(value.array).base64EncodedString())
        case let value as any Message: try Self.json(value)
        default: .string("\(value)")  // 64-bit integers.
        }
    }

    private static func json(_ value: Double) -> JSONValue {
        if value.isNaN { return .string("NaN") }
        if value.isInfinite { return .string(value < 0 ? "-Infinity" : "Infinity") }
        return .number(value)
    }
}
