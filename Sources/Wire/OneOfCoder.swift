import Bytes

/// A walk over the members of a `oneof`.
///
/// Each member says how its payload becomes the enum's case and how the case gives it back.
public protocol OneOfCoder {
    mutating func member<K: Kind, T: OneOf>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
        _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError)
}

extension OneOfCoder {
    @inlinable
    @inline(__always)
    public mutating func message<T: OneOf, M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming M) -> T, _ get: (T) -> M?
    ) throws(WireError) {
        try member(MessageKind<M>.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func bool<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Bool) -> T, _ get: (T) -> Bool?
    ) throws(WireError) {
        try member(BoolKind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func int32<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Int32) -> T, _ get: (T) -> Int32?
    ) throws(WireError) {
        try member(Int32Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func int64<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Int64) -> T, _ get: (T) -> Int64?
    ) throws(WireError) {
        try member(Int64Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func uint32<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming UInt32) -> T,
        _ get: (T) -> UInt32?
    ) throws(WireError) {
        try member(UInt32Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func uint64<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming UInt64) -> T,
        _ get: (T) -> UInt64?
    ) throws(WireError) {
        try member(UInt64Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func sint32<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Int32) -> T, _ get: (T) -> Int32?
    ) throws(WireError) {
        try member(SInt32Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func sint64<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Int64) -> T, _ get: (T) -> Int64?
    ) throws(WireError) {
        try member(SInt64Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed32<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming UInt32) -> T,
        _ get: (T) -> UInt32?
    ) throws(WireError) {
        try member(Fixed32Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed64<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming UInt64) -> T,
        _ get: (T) -> UInt64?
    ) throws(WireError) {
        try member(Fixed64Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed32<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Int32) -> T, _ get: (T) -> Int32?
    ) throws(WireError) {
        try member(SFixed32Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed64<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Int64) -> T, _ get: (T) -> Int64?
    ) throws(WireError) {
        try member(SFixed64Kind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func float<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Float) -> T, _ get: (T) -> Float?
    ) throws(WireError) {
        try member(FloatKind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func double<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Double) -> T,
        _ get: (T) -> Double?
    ) throws(WireError) {
        try member(DoubleKind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func string<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming String) -> T,
        _ get: (T) -> String?
    ) throws(WireError) {
        try member(StringKind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes<T: OneOf>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming Bytes) -> T, _ get: (T) -> Bytes?
    ) throws(WireError) {
        try member(BytesKind.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func enumeration<T: OneOf, E: WireEnum>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming E) -> T, _ get: (T) -> E?
    ) throws(WireError) {
        try member(EnumKind<E>.self, number, name, &value, make, get)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes<T: OneOf, B: FixedBytes>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (consuming B) -> T, _ get: (T) -> B?
    ) throws(WireError) {
        try member(FixedBytesKind<B>.self, number, name, &value, make, get)
    }
}
