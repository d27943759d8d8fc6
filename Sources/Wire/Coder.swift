import Bytes

/// One walk over a message's fields: decoding, sizing, encoding, describing or generating.
///
/// A field is a kind (how a value is written, `Kind`) in a position: `singular` fields are written unless zero
/// by bit pattern; `optional` ones (submessages too) and members of a `oneof` whenever present; `repeated` ones
/// element by element, numbers packed. The bytes are those of `proto/README.md`. Messages call the named
/// functions below (`uint64`, `string`, `messages`), which say the kind.
public protocol Coder {
    mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError)
    mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError)
    /// `packed` says how numbers are written; they are read either way.
    mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError)
    mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey

    /// `bytes` that are a secret: decoded from the receive buffer into locked memory and nowhere else, at most
    /// `Limits.secretBytes`. Empty and absent are both `nil`.
    ///
    /// The encoded message is as secret as the field: use `encodedSecret()`.
    mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError)

    /// A `oneof`.
    mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError)

    /// What a newer version said and this one does not know. The last line of messages that are stored or forwarded.
    mutating func unknown(_ value: inout UnknownFields) throws(WireError)

    /// The last line of every other message, which ends at the next hop: what it does not know is dropped.
    mutating func dropUnknown()
}

extension Coder {
    /// A decoder drops what no field takes.
    @inlinable
    @inline(__always)
    public mutating func dropUnknown() {}
}
