import Bytes
import Wire

/// What a message's walk declares and the schema can't say.
struct MessageTraits: Sendable {
    /// A field of a fixed number of bytes, or none.
    struct Fixed {
        var number: UInt32
        var byteCount: Int
    }

    /// Whether fields that this version does not know are kept.
    private(set) var keepsUnknown = false
    private(set) var fixed: [Fixed] = []

    init<M: Message>(_ type: M.Type) {
        var coder = Finder(traits: self)
        var zero = M()
        try? zero.fields(&coder)
        self = coder.traits
    }

    private struct Finder: Coder, OneOfCoder {
        var traits: MessageTraits

        private mutating func see<K: Kind>(_ kind: K.Type, _ number: UInt32) {
            guard let zero = K.zero as? any FixedBytes else { return }
            traits.fixed.append(Fixed(number: number, byteCount: type(of: zero).byteCount))
        }

        mutating func singular<K: Kind>(
            _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
        ) throws(WireError) {
            see(kind, number)
        }

        mutating func optional<K: Kind>(
            _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
        ) throws(WireError) {
            see(kind, number)
        }

        mutating func repeated<K: Kind>(
            _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
        ) throws(WireError) {
            see(kind, number)
        }

        mutating func map<K: Kind, V: Kind>(
            _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
            _ value: inout SortedMap<K.Value, V.Value>
        ) throws(WireError) where K.Value: MapKey {}

        mutating func secret(
            _ number: UInt32, _ name: StaticString, _ value: inout SecretBox?
        ) throws(WireError) {}

        mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
            try T.members(&self, &value)
        }

        mutating func member<K: Kind, T: OneOf>(
            _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
            _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
        ) throws(WireError) {
            see(kind, number)
        }

        mutating func unknown(_ value: inout UnknownFields) throws(WireError) { traits.keepsUnknown = true }
    }
}
