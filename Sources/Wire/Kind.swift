/// How values of one protobuf type are written: a varint, a fixed width, or bytes after their length.
public protocol Kind {
    associatedtype Value: Equatable & Sendable
    /// The wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
    static var wire: UInt32 { get }
    /// What an absent field is.
    static var zero: Value { get }
    /// Whether the value is `zero` by bit pattern, and so not written where presence is implicit.
    static func isZero(_ value: Value) -> Bool
    /// Reads a value; a message is merged into `value`, everything else replaces it.
    static func read(_ decoder: inout Decoder, into value: inout Value) throws(WireError)
    /// How many bytes `write` writes, without the tag and with the length of what has one. What is made of parts notes
    /// its own length in `sizer`, and `write` takes it from there.
    ///
    /// Both look at the value where it lies: given by value, a message would be copied at each level.
    static func size(_ value: UnsafePointer<Value>, in sizer: inout Sizer) -> Int
    static func write(_ value: UnsafePointer<Value>, to encoder: inout Encoder)
    /// What the schema calls it.
    static var type: FieldType { get }
    /// A random valid value.
    static func random(_ generator: inout Generator) -> Value
}

extension Kind {
    /// Whether a repeated field of this kind can be packed.
    @inlinable
    public static var isNumber: Bool { wire != WireType.length }
}

/// The wire types that fields have; 3 and 4 begin and end a group, which is only skipped.
public enum WireType {
    @inlinable public static var varint: UInt32 { 0 }
    @inlinable public static var eight: UInt32 { 1 }
    @inlinable public static var length: UInt32 { 2 }
    @inlinable public static var groupStart: UInt32 { 3 }
    @inlinable public static var groupEnd: UInt32 { 4 }
    @inlinable public static var four: UInt32 { 5 }
}
