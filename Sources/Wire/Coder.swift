import Bytes

/// One walk over a message's fields: decoding, sizing, encoding, describing or generating.
///
/// Fields with implicit presence are written unless zero by bit pattern; `optional` fields, submessages and
/// members of a `oneof` whenever present. The bytes are those of `proto/README.md`.
package protocol Coder {
    // MARK: Scalars with implicit presence
    mutating func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool) throws(WireError)
    mutating func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32) throws(WireError)
    mutating func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(WireError)
    mutating func uint32(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) throws(WireError)
    mutating func uint64(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) throws(WireError)
    mutating func sint32(_ number: UInt32, _ name: StaticString, _ value: inout Int32) throws(WireError)
    mutating func sint64(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(WireError)
    mutating func fixed32(_ number: UInt32, _ name: StaticString, _ value: inout UInt32) throws(WireError)
    mutating func fixed64(_ number: UInt32, _ name: StaticString, _ value: inout UInt64) throws(WireError)
    mutating func sfixed32(_ number: UInt32, _ name: StaticString, _ value: inout Int32) throws(WireError)
    mutating func sfixed64(_ number: UInt32, _ name: StaticString, _ value: inout Int64) throws(WireError)
    mutating func float(_ number: UInt32, _ name: StaticString, _ value: inout Float) throws(WireError)
    mutating func double(_ number: UInt32, _ name: StaticString, _ value: inout Double) throws(WireError)
    mutating func string(_ number: UInt32, _ name: StaticString, _ value: inout String) throws(WireError)
    mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout Bytes) throws(WireError)
    mutating func bytes<T: FixedBytes>(_ number: UInt32, _ name: StaticString, _ value: inout T) throws(WireError)
    mutating func enumeration<T: WireEnum>(_ number: UInt32, _ name: StaticString, _ value: inout T) throws(WireError)
    /// Typed numbers (`Index`, `Term`) travel as their raw value.
    mutating func uint64<T: RawRepresentable>(_ number: UInt32, _ name: StaticString, _ value: inout T)
        throws(WireError) where T.RawValue == UInt64

    /// `bytes` that are a secret: decoded from the receive buffer into locked memory and nowhere else.
    /// Empty and absent are both `nil`.
    mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError)

    // MARK: Explicit presence (`optional`)
    mutating func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool?) throws(WireError)
    mutating func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32?) throws(WireError)
    mutating func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64?) throws(WireError)
    mutating func uint32(_ number: UInt32, _ name: StaticString, _ value: inout UInt32?) throws(WireError)
    mutating func uint64(_ number: UInt32, _ name: StaticString, _ value: inout UInt64?) throws(WireError)
    mutating func double(_ number: UInt32, _ name: StaticString, _ value: inout Double?) throws(WireError)
    mutating func string(_ number: UInt32, _ name: StaticString, _ value: inout String?) throws(WireError)
    mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout Bytes?) throws(WireError)

    // MARK: Messages
    mutating func message<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M?) throws(WireError)
    mutating func messages<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout [M]) throws(WireError)

    // MARK: Repeated scalars; numbers are packed
    mutating func strings(_ number: UInt32, _ name: StaticString, _ value: inout [String]) throws(WireError)
    mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout [Bytes]) throws(WireError)
    mutating func bytes<T: FixedBytes>(_ number: UInt32, _ name: StaticString, _ value: inout [T]) throws(WireError)
    mutating func uint32s(_ number: UInt32, _ name: StaticString, _ value: inout [UInt32]) throws(WireError)
    mutating func uint64s(_ number: UInt32, _ name: StaticString, _ value: inout [UInt64]) throws(WireError)
    mutating func uint64s<T: RawRepresentable>(_ number: UInt32, _ name: StaticString, _ value: inout [T])
        throws(WireError) where T.RawValue == UInt64

    /// A map with string keys and values, kept sorted by key: labels, options.
    mutating func map(_ number: UInt32, _ name: StaticString, _ value: inout StringMap) throws(WireError)

    /// A `oneof`.
    mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError)

    /// What a newer version said and this one does not know. Called last, by messages that are stored or
    /// forwarded; the others drop it.
    mutating func unknown(_ value: inout UnknownFields) throws(WireError)
}
