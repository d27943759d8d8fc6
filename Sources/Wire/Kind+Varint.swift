/// A kind that is a varint; `bits` is the number as written, `value` drops what the type has no room for.
public protocol VarintKind: Kind {
    static func bits(_ value: Value) -> UInt64
    static func value(_ bits: UInt64) -> Value
}

extension VarintKind {
    @inlinable public static var wire: UInt32 { WireType.varint }
    @inlinable public static var zero: Value { value(0) }

    @inlinable
    @inline(__always)
    public static func isZero(_ value: Value) -> Bool { bits(value) == 0 }

    @inlinable
    @inline(__always)
    public static func read(_ decoder: inout Decoder, into value: inout Value) throws(WireError) {
        value = self.value(try decoder.varint())
    }

    @inlinable
    @inline(__always)
    public static func size(_ value: UnsafePointer<Value>, in sizer: inout Sizer) -> Int {
        unsafe Varint.size(bits(value.pointee))
    }

    @inlinable
    @inline(__always)
    public static func write(_ value: UnsafePointer<Value>, to encoder: inout Encoder) {
        unsafe encoder.varint(bits(value.pointee))
    }

    public static func random(_ generator: inout Generator) -> Value { value(generator.number()) }
}

/// Any bit of the 64 makes it true.
public enum BoolKind: VarintKind {
    public typealias Value = Bool

    @inlinable
    @inline(__always)
    public static func bits(_ value: Bool) -> UInt64 { value ? 1 : 0 }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> Bool { bits != 0 }

    public static var type: FieldType { .bool }
}

/// A negative number takes ten bytes; the low 32 bits are read.
public enum Int32Kind: VarintKind {
    public typealias Value = Int32

    @inlinable
    @inline(__always)
    public static func bits(_ value: Int32) -> UInt64 { UInt64(bitPattern: Int64(value)) }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> Int32 { Int32(truncatingIfNeeded: bits) }

    public static var type: FieldType { .int32 }
}

public enum Int64Kind: VarintKind {
    public typealias Value = Int64

    @inlinable
    @inline(__always)
    public static func bits(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> Int64 { Int64(bitPattern: bits) }

    public static var type: FieldType { .int64 }
}

public enum UInt32Kind: VarintKind {
    public typealias Value = UInt32

    @inlinable
    @inline(__always)
    public static func bits(_ value: UInt32) -> UInt64 { UInt64(value) }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: bits) }

    public static var type: FieldType { .uint32 }
}

public enum UInt64Kind: VarintKind {
    public typealias Value = UInt64

    @inlinable
    @inline(__always)
    public static func bits(_ value: UInt64) -> UInt64 { value }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> UInt64 { bits }

    public static var type: FieldType { .uint64 }
}

/// Zigzag: small numbers of both signs are short.
public enum SInt32Kind: VarintKind {
    public typealias Value = Int32

    @inlinable
    @inline(__always)
    public static func bits(_ value: Int32) -> UInt64 { UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)) }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> Int32 {
        let half = UInt32(truncatingIfNeeded: bits)
        return Int32(bitPattern: half >> 1) ^ -Int32(bitPattern: half & 1)
    }

    public static var type: FieldType { .sint32 }
}

public enum SInt64Kind: VarintKind {
    public typealias Value = Int64

    @inlinable
    @inline(__always)
    public static func bits(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> Int64 { Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1) }

    public static var type: FieldType { .sint64 }
}

/// An open enum: a number that is not known is kept.
public enum EnumKind<T: WireEnum>: VarintKind {
    public typealias Value = T

    @inlinable
    @inline(__always)
    public static func bits(_ value: T) -> UInt64 { UInt64(bitPattern: Int64(value.rawValue)) }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> T { T(rawValue: Int32(truncatingIfNeeded: bits)) }

    public static var type: FieldType { .enumeration(EnumSchema(T.self)) }
}

/// A typed number, such as an index: every `UInt64` is one.
public enum RawKind<T: RawRepresentable & Equatable & Sendable>: VarintKind where T.RawValue == UInt64 {
    public typealias Value = T

    @inlinable
    @inline(__always)
    public static func bits(_ value: T) -> UInt64 { value.rawValue }

    @inlinable
    @inline(__always)
    public static func value(_ bits: UInt64) -> T {
        guard let value = T(rawValue: bits) else { preconditionFailure("\(T.self) has no value for \(bits)") }
        return value
    }

    public static var type: FieldType { .uint64 }
}
