/// Why bytes are not the message that they should be. Names places, never content.
///
/// An object, so that a function that may throw one returns a single word for it, and nothing is spent on naming a
/// place before something is wrong there.
public final class WireError: Error, Sendable {
    public enum Reason: Equatable, Sendable {
        /// The input ends inside a field.
        case truncated
        /// A varint, tag, length, group or nesting that no encoder writes.
        case malformed
        /// A string is not UTF-8.
        case text
        /// A bound of `Limits` is passed.
        case tooLarge
        /// `Message.check` refused a field, and why.
        case invalid(String)
    }

    public let reason: Reason
    /// The innermost message, as `proto/` calls it; empty: `check` was not called by a decoder.
    public let message: String
    /// The number of its field; 0: it is at a tag, where there is none yet.
    public let field: UInt32
    /// What `proto/` calls the field; empty: the message has no such field.
    public let name: String
    /// Counts from the start of the outermost message; of a refused field: where its message ends.
    public let offset: Int

    @usableFromInline
    init(_ reason: Reason, message: String = "", field: UInt32 = 0, name: String = "", offset: Int = 0) {
        self.reason = reason
        self.message = message
        self.field = field
        self.name = name
        self.offset = offset
    }

    /// `check` refuses `field`. The reason is a literal, so that no content can get into it.
    public static func invalid(field: UInt32, _ why: StaticString) -> WireError {
        WireError(.invalid("\(why)"), field: field)
    }

    /// The error of a decoder that was at `field` and `offset` of a message of `type`; what a message inside that one
    /// said of itself stays.
    @usableFromInline
    func located<M: Message>(in type: M.Type, field: UInt32, offset: Int) -> WireError {
        guard message.isEmpty else { return self }
        var place = (field: field, offset: self.offset)
        if case .invalid = reason { place = (self.field, offset) }
        let name = MessageSchema(type).fields.first { $0.number == place.field }?.name ?? ""
        return WireError(reason, message: M.messageName, field: place.field, name: name, offset: place.offset)
    }
}

extension WireError: Equatable {
    public static func == (left: WireError, right: WireError) -> Bool {
        left.reason == right.reason && left.message == right.message && left.field == right.field
            && left.name == right.name && left.offset == right.offset
    }
}

extension WireError: CustomStringConvertible {
    public var description: String { "\(place) \(what) at byte \(offset)" }

    /// `Heartbeat.session (field 1)`.
    private var place: String {
        let message = message.isEmpty ? "message" : message
        if field == 0 { return "a tag of \(message)" }
        return name.isEmpty ? "\(message), field \(field)," : "\(message).\(name) (field \(field))"
    }

    private var what: String {
        switch reason {
        case .truncated: "ends too early"
        case .malformed: "is malformed"
        case .text: "is not UTF-8"
        case .tooLarge: "is too large"
        case .invalid(let why): "is refused (\(why))"
        }
    }
}
