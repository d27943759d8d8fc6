import Bytes

/// UTF-8 text.
public enum StringKind: Kind {
    @inlinable public static var wire: UInt32 { WireType.length }
    @inlinable public static var zero: String { "" }

    @inlinable
    @inline(__always)
    public static func isZero(_ value: String) -> Bool { value.isEmpty }

    @inlinable
    @inline(__always)
    public static func read(_ decoder: inout Decoder, into value: inout String) throws(WireError) {
        value = try decoder.string()
    }

    @inlinable
    @inline(__always)
    public static func size(_ value: UnsafePointer<String>, in sizer: inout Sizer) -> Int {
        unsafe Varint.sizeWithLength(value.pointee.utf8.count)
    }

    @inlinable
    @inline(__always)
    public static func write(_ value: UnsafePointer<String>, to encoder: inout Encoder) {
        unsafe encoder.string(value.pointee)
    }

    public static var type: FieldType { .string }
    public static func random(_ generator: inout Generator) -> String { generator.text() }
}

/// Bytes that are a view of the buffer they were decoded from.
public enum BytesKind: Kind {
    @inlinable public static var wire: UInt32 { WireType.length }
    @inlinable public static var zero: Bytes { Bytes() }

    @inlinable
    @inline(__always)
    public static func isZero(_ value: Bytes) -> Bool { value.isEmpty }

    @inlinable
    @inline(__always)
    public static func read(_ decoder: inout Decoder, into value: inout Bytes) throws(WireError) {
        value = try decoder.bytes()
    }

    @inlinable
    @inline(__always)
    public static func size(_ value: UnsafePointer<Bytes>, in sizer: inout Sizer) -> Int {
        unsafe Varint.sizeWithLength(value.pointee.count)
    }

    @inlinable
    @inline(__always)
    public static func write(_ value: UnsafePointer<Bytes>, to encoder: inout Encoder) {
        unsafe value.pointee.withUnsafeBytes { unsafe encoder.lengthAndBytes($0) }
    }

    public static var type: FieldType { .bytes }
    public static func random(_ generator: inout Generator) -> Bytes { generator.bytes(generator.length()) }
}

/// A value of a fixed number of bytes; its zero travels as nothing.
public enum FixedBytesKind<T: FixedBytes>: Kind {
    @inlinable public static var wire: UInt32 { WireType.length }
    @inlinable public static var zero: T { T.zero }

    @inlinable
    @inline(__always)
    public static func isZero(_ value: T) -> Bool { value == T.zero }

    @inlinable
    @inline(__always)
    public static func read(_ decoder: inout Decoder, into value: inout T) throws(WireError) {
        value = try decoder.fixedBytes()
    }

    /// Where a zero must be written (explicit presence, elements), it is the empty run of bytes.
    @inlinable
    @inline(__always)
    public static func size(_ value: UnsafePointer<T>, in sizer: inout Sizer) -> Int {
        unsafe isZero(value.pointee) ? 1 : Varint.sizeWithLength(T.byteCount)
    }

    @inlinable
    @inline(__always)
    public static func write(_ value: UnsafePointer<T>, to encoder: inout Encoder) {
        if unsafe isZero(value.pointee) { return encoder.varint(0) }
        unsafe value.pointee.withUnsafeBytes { unsafe encoder.lengthAndBytes($0) }
    }

    public static var type: FieldType { .bytes }

    public static func random(_ generator: inout Generator) -> T {
        unsafe generator.bytes(T.byteCount).withUnsafeBytes { unsafe T(bytes: $0) }
    }
}

/// A message inside a message.
public enum MessageKind<M: Message>: Kind {
    @inlinable public static var wire: UInt32 { WireType.length }
    @inlinable public static var zero: M { M() }

    /// A message has presence, never a zero.
    @inlinable
    @inline(__always)
    public static func isZero(_ value: M) -> Bool { false }

    @inlinable
    @inline(__always)
    public static func read(_ decoder: inout Decoder, into value: inout M) throws(WireError) {
        try decoder.nested(&value)
    }

    @inlinable
    @inline(__always)
    public static func size(_ value: UnsafePointer<M>, in sizer: inout Sizer) -> Int {
        unsafe Varint.sizeWithLength(sizer.nested(value))
    }

    @inlinable
    @inline(__always)
    public static func write(_ value: UnsafePointer<M>, to encoder: inout Encoder) {
        unsafe encoder.varint(UInt64(truncatingIfNeeded: encoder.noted() ?? value.pointee.encodedSize))
        unsafe M.walk(value, &encoder)
    }

    public static var type: FieldType { .message(M.messageName) }
    public static func random(_ generator: inout Generator) -> M { generator.nested(M.self) }
}
