/// A message of `proto/`: its fields are declared once, and every coder walks that declaration.
public protocol Message: Equatable, Sendable {
    /// The default message: every field at its zero.
    init()

    /// Shows each field to `coder` by ascending number: its number, its name in `proto/`, its value.
    ///
    /// A coder that only reads stores nothing, one that decodes stores into the value. So each value is a stored
    /// property: a computed one would be set after every walk, into memory that the walk only borrows.
    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError)

    /// Checks what the encoding can't express; called by `decode`, on the message and on each one inside it.
    ///
    /// - Throws: `WireError.invalid` naming the field.
    func check() throws(WireError)

    /// The full name in `proto/` without the package, such as `Heartbeat` or `Entry.Kind`.
    static var messageName: String { get }
}

extension Message {
    @inlinable
    public func check() throws(WireError) {}

    public static var messageName: String { String(describing: Self.self) }
}

/// An open protobuf enum: a number that a later version may extend.
///
/// Conform a struct with one static constant per known value; the zero is the default.
public protocol WireEnum: RawRepresentable, Equatable, Sendable where RawValue == Int32 {
    init(rawValue: Int32)
    /// The known values with their names in `proto/`, for the schema and for messages to people.
    static var names: [(Int32, String)] { get }
    static var enumName: String { get }
}

extension WireEnum {
    public static var enumName: String { String(describing: Self.self) }
}

/// A value of a fixed number of bytes, such as an ID, which travels as `bytes`.
///
/// Absent and empty both mean the zero value; another length is refused.
public protocol FixedBytes: Equatable, Sendable {
    static var byteCount: Int { get }
    /// The value of all zeros, which is not written.
    static var zero: Self { get }
    /// Reads `byteCount` bytes.
    init(bytes: UnsafeRawBufferPointer)
    func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
}

/// A `oneof` of `proto/`: an enum with one payload per member.
public protocol OneOf: Equatable, Sendable {
    /// Shows every member to `coder`; `value` is the one that is set, or `nil`.
    ///
    /// Each member is a line with its number, its name, its case and the way back from it:
    ///
    ///     static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
    ///         try coder.message(3, "put", &value, Self.put) { if case .put(let message) = $0 { message } else { nil } }
    ///         try coder.uint64(4, "count", &value, Self.count) { if case .count(let count) = $0 { count } else { nil } }
    ///     }
    static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError)
}
