import Bytes

/// UTF-8 text.
package enum StringKind: Kind {
    @inlinable package static var wire: UInt32 { WireType.length }
    @inlinable package static var zero: String { "" }

    @inlinable
    @inline(__always)
    package static func isZero(_ value: String) -> Bool { value.isEmpty }

    @inlinable
    @inline(__always)
    package static func read(_ decoder: inout Decoder, into value: inout String) throws(WireError) {
        value = try decoder.string()
    }

    @inlinable
    @inline(__always)
    package static func size(_ value: String) -> Int { Varint.sizeWithLength(value.utf8.count) }

    @inlinable
    @inline(__always)
    package static func write(_ value: String, to encoder: inout Encoder) { encoder.string(value) }

    package static var type: FieldType { .string }
    package static func random(_ generator: inout Generator) -> String { generator.text() }
}

/// Bytes that are a view of the buffer they were decoded from.
package enum BytesKind: Kind {
    @inlinable package static var wire: UInt32 { WireType.length }
    @inlinable package static var zero: Bytes { Bytes() }

    @inlinable
    @inline(__always)
    package static func isZero(_ value: Bytes) -> Bool { value.isEmpty }

    @inlinable
    @inline(__always)
    package static func read(_ decoder: inout Decoder, into value: inout Bytes) throws(WireError) {
        value = try decoder.bytes()
    }

    @inlinable
    @inline(__always)
    package static func size(_ value: Bytes) -> Int { Varint.sizeWithLength(value.count) }

    @inlinable
    @inline(__always)
    package static func write(_ value: Bytes, to encoder: inout Encoder) {
        unsafe value.withUnsafeBytes { unsafe encoder.lengthAndBytes($0) }
    }

    package static var type: FieldType { .bytes }
    package static func random(_ generator: inout Generator) -> Bytes { generator.bytes(generator.length()) }
}

/// A value of a fixed number of bytes; its zero travels as nothing.
package enum FixedBytesKind<T: FixedBytes>: Kind {
    @inlinable package static var wire: UInt32 { WireType.length }
    @inlinable package static var zero: T { T.zero }

    @inlinable
    @inline(__always)
    package static func isZero(_ value: T) -> Bool { value == T.zero }

    @inlinable
    @inline(__always)
    package static func read(_ decoder: inout Decoder, into value: inout T) throws(WireError) {
        value = try decoder.fixedBytes()
    }

    /// Where a zero must be written (explicit presence, elements), it is the empty run of bytes.
    @inlinable
    @inline(__always)
    package static func size(_ value: T) -> Int { isZero(value) ? 1 : Varint.sizeWithLength(T.byteCount) }

    @inlinable
    @inline(__always)
    package static func write(_ value: T, to encoder: inout Encoder) {
        if isZero(value) { return encoder.varint(0) }
        unsafe value.withUnsafeBytes { unsafe encoder.lengthAndBytes($0) }
    }

    package static var type: FieldType { .bytes }

    package static func random(_ generator: inout Generator) -> T {
        unsafe generator.bytes(T.byteCount).withUnsafeBytes { unsafe T(bytes: $0) }
    }
}

/// A message inside a message.
package enum MessageKind<M: Message>: Kind {
    @inlinable package static var wire: UInt32 { WireType.length }
    @inlinable package static var zero: M { M() }

    /// A message has presence, never a zero.
    @inlinable
    @inline(__always)
    package static func isZero(_ value: M) -> Bool { false }

    @inlinable
    @inline(__always)
    package static func read(_ decoder: inout Decoder, into value: inout M) throws(WireError) {
        try decoder.nested(&value)
    }

    @inlinable
    @inline(__always)
    package static func size(_ value: M) -> Int { Varint.sizeWithLength(value.encodedSize) }

    @inlinable
    @inline(__always)
    package static func write(_ value: M, to encoder: inout Encoder) {
        encoder.varint(UInt64(truncatingIfNeeded: value.encodedSize))
        encoder.fields(of: value)
    }

    package static var type: FieldType { .message(M.messageName) }
    package static func random(_ generator: inout Generator) -> M { generator.nested(M.self) }
}
