import Bytes

/// Writes down what a message's walk declares, not what it holds.
struct SchemaCoder: Coder, OneOfCoder {
    private(set) var fields: [FieldSchema] = []
    private(set) var unknown: UnknownPolicy?
    private var oneof = ""

    private mutating func add(
        _ number: UInt32, _ name: StaticString, _ label: FieldSchema.Label, _ type: FieldType
    ) {
        fields.append(FieldSchema(number: number, name: "\(name)", label: label, type: type))
    }

    mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        add(number, name, .singular, K.type)
    }

    mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        // Every message has presence, without the word.
        if case .message = K.type {
            add(number, name, .singular, K.type)
        } else {
            add(number, name, .optional, K.type)
        }
    }

    mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        // What can't be packed is not said to be unpacked.
        add(number, name, .repeated(packed: packed || !K.isNumber), K.type)
    }

    mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        add(number, name, .singular, .map(key: K.type, value: V.type))
    }

    mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        add(number, name, .singular, .bytes)
        fields[fields.count - 1].isSecret = true
    }

    mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        oneof = "\(name)"
        try T.members(&self, &value)
    }

    mutating func member<K: Kind, T: OneOf>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
        _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        add(number, name, .oneof(oneof), K.type)
    }

    mutating func unknown(_ value: inout UnknownFields) throws(WireError) { unknown = .kept }
    mutating func dropUnknown() { unknown = .dropped }
}
