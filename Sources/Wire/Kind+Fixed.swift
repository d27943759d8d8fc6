/// A kind of fixed width, little-endian on the wire; `Pattern` is its bits.
public protocol FixedKind: Kind {
    associatedtype Pattern: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
    static func pattern(_ value: Value) -> Pattern
    static func value(_ pattern: Pattern) -> Value
}

extension FixedKind {
    @inlinable public static var wire: UInt32 { Pattern.bitWidth == 32 ? WireType.four : WireType.eight }
    @inlinable public static var zero: Value { value(0) }

    @inlinable
    @inline(__always)
    public static func isZero(_ value: Value) -> Bool { pattern(value) == 0 }

    @inlinable
    @inline(__always)
    public static func read(_ decoder: inout Decoder, into value: inout Value) throws(WireError) {
        value = self.value(try decoder.fixed(Pattern.self))
    }

    @inlinable
    @inline(__always)
    public static func size(_ value: UnsafePointer<Value>, in sizer: inout Sizer) -> Int { Pattern.bitWidth / 8 }

    @inlinable
    @inline(__always)
    public static func write(_ value: UnsafePointer<Value>, to encoder: inout Encoder) {
        unsafe encoder.fixed(pattern(value.pointee))
    }

    public static func random(_ generator: inout Generator) -> Value {
        let random = value(Pattern(truncatingIfNeeded: generator.number()))
        // Not a number is not equal to itself, so that no round trip could be seen to succeed.
        return random == random ? random : zero
    }
}

public enum Fixed32Kind: FixedKind {
    public typealias Value = UInt32

    @inlinable
    @inline(__always)
    public static func pattern(_ value: UInt32) -> UInt32 { value }

    @inlinable
    @inline(__always)
    public static func value(_ pattern: UInt32) -> UInt32 { pattern }

    public static var type: FieldType { .fixed32 }
}

public enum Fixed64Kind: FixedKind {
    public typealias Value = UInt64

    @inlinable
    @inline(__always)
    public static func pattern(_ value: UInt64) -> UInt64 { value }

    @inlinable
    @inline(__always)
    public static func value(_ pattern: UInt64) -> UInt64 { pattern }

    public static var type: FieldType { .fixed64 }
}

public enum SFixed32Kind: FixedKind {
    public typealias Value = Int32

    @inlinable
    @inline(__always)
    public static func pattern(_ value: Int32) -> UInt32 { UInt32(bitPattern: value) }

    @inlinable
    @inline(__always)
    public static func value(_ pattern: UInt32) -> Int32 { Int32(bitPattern: pattern) }

    public static var type: FieldType { .sfixed32 }
}

public enum SFixed64Kind: FixedKind {
    public typealias Value = Int64

    @inlinable
    @inline(__always)
    public static func pattern(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }

    @inlinable
    @inline(__always)
    public static func value(_ pattern: UInt64) -> Int64 { Int64(bitPattern: pattern) }

    public static var type: FieldType { .sfixed64 }
}

public enum FloatKind: FixedKind {
    public typealias Value = Float

    @inlinable
    @inline(__always)
    public static func pattern(_ value: Float) -> UInt32 { value.bitPattern }

    @inlinable
    @inline(__always)
    public static func value(_ pattern: UInt32) -> Float { Float(bitPattern: pattern) }

    public static var type: FieldType { .float }
}

public enum DoubleKind: FixedKind {
    public typealias Value = Double

    @inlinable
    @inline(__always)
    public static func pattern(_ value: Double) -> UInt64 { value.bitPattern }

    @inlinable
    @inline(__always)
    public static func value(_ pattern: UInt64) -> Double { Double(bitPattern: pattern) }

    public static var type: FieldType { .double }
}
