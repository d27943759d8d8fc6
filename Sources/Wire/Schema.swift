/// What a field is, in protobuf's words.
package indirect enum FieldType: Sendable {
    case bool, int32, int64, uint32, uint64, sint32, sint64, fixed32, fixed64, sfixed32, sfixed64, float, double
    case string, bytes
    case enumeration(EnumSchema)
    case message(String, @Sendable () -> MessageSchema)
    case map(key: FieldType, value: FieldType)
}

/// An enum's name and values.
package struct EnumSchema: Sendable {
    package let name: String
    package let values: [(number: Int32, name: String)]

    package init<T: WireEnum>(_ type: T.Type) {
        name = T.enumName
        values = T.names.map { (number: $0.0, name: $0.1) }
    }
}

/// A message's name. Its fields are not recorded yet.
package struct MessageSchema: Sendable {
    package let name: String

    package static func reference<M: Message>(_ type: M.Type) -> @Sendable () -> MessageSchema {
        { MessageSchema(name: M.messageName) }
    }
}
