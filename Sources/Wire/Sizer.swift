import Bytes

/// Adds up how many bytes a message takes; stores nothing into it.
@frozen
public struct Sizer: Coder, OneOfCoder {
    @usableFromInline var size = 0

    @inlinable
    init() {}

    @inlinable
    @inline(__always)
    static func tag(_ number: UInt32) -> Int { Varint.size(UInt64(number) << 3) }

    @inlinable
    @inline(__always)
    public mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        if !K.isZero(value) { size &+= Self.tag(number) &+ K.size(value) }
    }

    @inlinable
    @inline(__always)
    public mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        if let value { size &+= Self.tag(number) &+ K.size(value) }
    }

    @inlinable
    @inline(__always)
    public mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        if value.isEmpty { return }
        let run = Self.run(kind, value)
        if K.isNumber && packed {
            size &+= Self.tag(number) &+ Varint.sizeWithLength(run)
        } else {
            size &+= Self.tag(number) &* value.count &+ run
        }
    }

    /// The elements' bytes without tags.
    @inlinable
    @inline(__always)
    static func run<K: Kind>(_ kind: K.Type, _ value: [K.Value]) -> Int {
        unsafe value.withUnsafeBufferPointer { elements in
            var run = 0
            for place in elements.indices { unsafe run &+= K.size(elements[place]) }
            return run
        }
    }

    @inlinable
    public mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        for pair in value.pairs {
            size &+= Self.tag(number) &+ Varint.sizeWithLength(2 &+ K.size(pair.key) &+ V.size(pair.value))
        }
    }

    @inlinable
    public mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        if let value { size &+= Self.tag(number) &+ Varint.sizeWithLength(value.count) }
    }

    @inlinable
    @inline(__always)
    public mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        if value != nil { try T.members(&self, &value) }
    }

    @inlinable
    @inline(__always)
    public mutating func member<K: Kind, T: OneOf>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
        _ make: (K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        if let set = value, let payload = get(set) { size &+= Self.tag(number) &+ K.size(payload) }
    }

    @inlinable
    @inline(__always)
    public mutating func unknown(_ value: inout UnknownFields) throws(WireError) {
        size &+= value.raw.count
    }
}
