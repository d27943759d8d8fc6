/// Why bytes are not the message that they should be. Names places, never content.
public enum WireError: Error, Equatable {
    /// The input ends inside a field; `offset` counts from the start of the outermost message.
    case truncated(offset: Int)
    /// A varint, tag, length, group or nesting that no encoder writes.
    case malformed(offset: Int)
    /// A string is not UTF-8.
    case text(offset: Int)
    /// A bound of `Limits` is passed.
    case tooLarge(offset: Int)
    /// `Message.check` refused the field.
    case invalid(field: UInt32, String)
}
