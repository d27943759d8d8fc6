import Bytes

// MARK: - Implicit presence: zero is not written

extension Coder {
    @inlinable
    @inline(__always)
    public mutating func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool)
        throws(WireError)
    {
        try singular(BoolKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32)
        throws(WireError)
    {
        try singular(Int32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64)
        throws(WireError)
    {
        try singular(Int64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func uint32(_ number: UInt32, _ name: StaticString, _ value: inout UInt32)
        throws(WireError)
    {
        try singular(UInt32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func uint64(_ number: UInt32, _ name: StaticString, _ value: inout UInt64)
        throws(WireError)
    {
        try singular(UInt64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sint32(_ number: UInt32, _ name: StaticString, _ value: inout Int32)
        throws(WireError)
    {
        try singular(SInt32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sint64(_ number: UInt32, _ name: StaticString, _ value: inout Int64)
        throws(WireError)
    {
        try singular(SInt64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed32(_ number: UInt32, _ name: StaticString, _ value: inout UInt32)
        throws(WireError)
    {
        try singular(Fixed32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed64(_ number: UInt32, _ name: StaticString, _ value: inout UInt64)
        throws(WireError)
    {
        try singular(Fixed64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed32(_ number: UInt32, _ name: StaticString, _ value: inout Int32)
        throws(WireError)
    {
        try singular(SFixed32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed64(_ number: UInt32, _ name: StaticString, _ value: inout Int64)
        throws(WireError)
    {
        try singular(SFixed64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func float(_ number: UInt32, _ name: StaticString, _ value: inout Float)
        throws(WireError)
    {
        try singular(FloatKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func double(_ number: UInt32, _ name: StaticString, _ value: inout Double)
        throws(WireError)
    {
        try singular(DoubleKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func string(_ number: UInt32, _ name: StaticString, _ value: inout String)
        throws(WireError)
    {
        try singular(StringKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout Bytes)
        throws(WireError)
    {
        try singular(BytesKind.self, number, name, &value)
    }

    /// Typed numbers (`Index`, `Term`) travel as their raw value.
    @inlinable
    @inline(__always)
    public mutating func uint64<T: RawRepresentable & Equatable & Sendable>(
        _ number: UInt32, _ name: StaticString, _ value: inout T
    )
        throws(WireError) where T.RawValue == UInt64
    {
        try singular(RawKind<T>.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes<T: FixedBytes>(_ number: UInt32, _ name: StaticString, _ value: inout T)
        throws(WireError)
    {
        try singular(FixedBytesKind<T>.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func enumeration<T: WireEnum>(_ number: UInt32, _ name: StaticString, _ value: inout T)
        throws(WireError)
    {
        try singular(EnumKind<T>.self, number, name, &value)
    }

}

// MARK: - Explicit presence

extension Coder {
    @inlinable
    @inline(__always)
    public mutating func bool(_ number: UInt32, _ name: StaticString, _ value: inout Bool?)
        throws(WireError)
    {
        try optional(BoolKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func int32(_ number: UInt32, _ name: StaticString, _ value: inout Int32?)
        throws(WireError)
    {
        try optional(Int32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func int64(_ number: UInt32, _ name: StaticString, _ value: inout Int64?)
        throws(WireError)
    {
        try optional(Int64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func uint32(_ number: UInt32, _ name: StaticString, _ value: inout UInt32?)
        throws(WireError)
    {
        try optional(UInt32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func uint64(_ number: UInt32, _ name: StaticString, _ value: inout UInt64?)
        throws(WireError)
    {
        try optional(UInt64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sint32(_ number: UInt32, _ name: StaticString, _ value: inout Int32?)
        throws(WireError)
    {
        try optional(SInt32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sint64(_ number: UInt32, _ name: StaticString, _ value: inout Int64?)
        throws(WireError)
    {
        try optional(SInt64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed32(_ number: UInt32, _ name: StaticString, _ value: inout UInt32?)
        throws(WireError)
    {
        try optional(Fixed32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed64(_ number: UInt32, _ name: StaticString, _ value: inout UInt64?)
        throws(WireError)
    {
        try optional(Fixed64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed32(_ number: UInt32, _ name: StaticString, _ value: inout Int32?)
        throws(WireError)
    {
        try optional(SFixed32Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed64(_ number: UInt32, _ name: StaticString, _ value: inout Int64?)
        throws(WireError)
    {
        try optional(SFixed64Kind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func float(_ number: UInt32, _ name: StaticString, _ value: inout Float?)
        throws(WireError)
    {
        try optional(FloatKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func double(_ number: UInt32, _ name: StaticString, _ value: inout Double?)
        throws(WireError)
    {
        try optional(DoubleKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func string(_ number: UInt32, _ name: StaticString, _ value: inout String?)
        throws(WireError)
    {
        try optional(StringKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout Bytes?)
        throws(WireError)
    {
        try optional(BytesKind.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func uint64<T: RawRepresentable & Equatable & Sendable>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?
    )
        throws(WireError) where T.RawValue == UInt64
    {
        try optional(RawKind<T>.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes<T: FixedBytes>(_ number: UInt32, _ name: StaticString, _ value: inout T?)
        throws(WireError)
    {
        try optional(FixedBytesKind<T>.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func enumeration<T: WireEnum>(_ number: UInt32, _ name: StaticString, _ value: inout T?)
        throws(WireError)
    {
        try optional(EnumKind<T>.self, number, name, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func message<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout M?)
        throws(WireError)
    {
        try optional(MessageKind<M>.self, number, name, &value)
    }

}

// MARK: - Repeated; numbers are packed

extension Coder {
    @inlinable
    @inline(__always)
    public mutating func bools(_ number: UInt32, _ name: StaticString, _ value: inout [Bool])
        throws(WireError)
    {
        try repeated(BoolKind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func int32s(_ number: UInt32, _ name: StaticString, _ value: inout [Int32])
        throws(WireError)
    {
        try repeated(Int32Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func int64s(_ number: UInt32, _ name: StaticString, _ value: inout [Int64])
        throws(WireError)
    {
        try repeated(Int64Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func uint32s(_ number: UInt32, _ name: StaticString, _ value: inout [UInt32])
        throws(WireError)
    {
        try repeated(UInt32Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func uint64s(_ number: UInt32, _ name: StaticString, _ value: inout [UInt64])
        throws(WireError)
    {
        try repeated(UInt64Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func sint32s(_ number: UInt32, _ name: StaticString, _ value: inout [Int32])
        throws(WireError)
    {
        try repeated(SInt32Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func sint64s(_ number: UInt32, _ name: StaticString, _ value: inout [Int64])
        throws(WireError)
    {
        try repeated(SInt64Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed32s(_ number: UInt32, _ name: StaticString, _ value: inout [UInt32])
        throws(WireError)
    {
        try repeated(Fixed32Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func fixed64s(_ number: UInt32, _ name: StaticString, _ value: inout [UInt64])
        throws(WireError)
    {
        try repeated(Fixed64Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed32s(_ number: UInt32, _ name: StaticString, _ value: inout [Int32])
        throws(WireError)
    {
        try repeated(SFixed32Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func sfixed64s(_ number: UInt32, _ name: StaticString, _ value: inout [Int64])
        throws(WireError)
    {
        try repeated(SFixed64Kind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func floats(_ number: UInt32, _ name: StaticString, _ value: inout [Float])
        throws(WireError)
    {
        try repeated(FloatKind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func doubles(_ number: UInt32, _ name: StaticString, _ value: inout [Double])
        throws(WireError)
    {
        try repeated(DoubleKind.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func strings(_ number: UInt32, _ name: StaticString, _ value: inout [String])
        throws(WireError)
    {
        try repeated(StringKind.self, number, name, &value, packed: false)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes(_ number: UInt32, _ name: StaticString, _ value: inout [Bytes])
        throws(WireError)
    {
        try repeated(BytesKind.self, number, name, &value, packed: false)
    }

    @inlinable
    @inline(__always)
    public mutating func bytes<T: FixedBytes>(_ number: UInt32, _ name: StaticString, _ value: inout [T])
        throws(WireError)
    {
        try repeated(FixedBytesKind<T>.self, number, name, &value, packed: false)
    }

    @inlinable
    @inline(__always)
    public mutating func uint64s<T: RawRepresentable & Equatable & Sendable>(
        _ number: UInt32, _ name: StaticString, _ value: inout [T]
    )
        throws(WireError) where T.RawValue == UInt64
    {
        try repeated(RawKind<T>.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func enumerations<T: WireEnum>(_ number: UInt32, _ name: StaticString, _ value: inout [T])
        throws(WireError)
    {
        try repeated(EnumKind<T>.self, number, name, &value, packed: true)
    }

    @inlinable
    @inline(__always)
    public mutating func messages<M: Message>(_ number: UInt32, _ name: StaticString, _ value: inout [M])
        throws(WireError)
    {
        try repeated(MessageKind<M>.self, number, name, &value, packed: false)
    }

    /// Labels and options: strings by string.
    @inlinable
    @inline(__always)
    public mutating func map(_ number: UInt32, _ name: StaticString, _ value: inout StringMap)
        throws(WireError)
    {
        try map(StringKind.self, StringKind.self, number, name, &value)
    }
}
