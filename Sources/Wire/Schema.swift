/// What a field is, in protobuf's words.
public enum FieldType: Equatable, Sendable {
    case bool, int32, int64, uint32, uint64, sint32, sint64, fixed32, fixed64, sfixed32, sfixed64, float, double
    case string, bytes
    case enumeration(EnumSchema)
    /// By the message's name.
    case message(String)
    indirect case map(key: FieldType, value: FieldType)
}

extension FieldType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .bool: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .uint32: "uint32"
        case .uint64: "uint64"
        case .sint32: "sint32"
        case .sint64: "sint64"
        case .fixed32: "fixed32"
        case .fixed64: "fixed64"
        case .sfixed32: "sfixed32"
        case .sfixed64: "sfixed64"
        case .float: "float"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .enumeration(let schema): schema.name
        case .message(let name): name
        case .map(let key, let value): "map<\(key), \(value)>"
        }
    }
}

/// An enum's name and values.
public struct EnumSchema: Equatable, Sendable {
    public struct Value: Equatable, Sendable {
        public var number: Int32
        public var name: String

        public init(number: Int32, name: String) {
            self.number = number
            self.name = name
        }
    }

    public var name: String
    /// Ascending by number.
    public var values: [Value]

    public init(name: String, values: [Value]) {
        self.name = name
        self.values = values.sorted { $0.number < $1.number }
    }

    public init<T: WireEnum>(_ type: T.Type) {
        self.init(name: T.enumName, values: T.names.map { Value(number: $0.0, name: $0.1) })
    }
}

/// One field of a message; its description is its line in `proto/`.
public struct FieldSchema: Equatable, Sendable {
    /// How often the field is there.
    public enum Label: Equatable, Sendable {
        /// Once; where a number or text is not there, it is zero. Messages and maps too.
        case singular
        /// Once or not at all.
        case optional
        case repeated(packed: Bool)
        /// Once or not at all, and no other of that `oneof`.
        case oneof(String)
    }

    public var number: UInt32
    public var name: String
    public var label: Label
    public var type: FieldType
    /// Whether its bytes are a secret: never shown, but for their length. `proto/` has no word for it.
    public var isSecret = false

    public init(number: UInt32, name: String, label: Label, type: FieldType) {
        self.number = number
        self.name = name
        self.label = label
        self.type = type
    }
}

extension FieldSchema: CustomStringConvertible {
    public var description: String {
        switch label {
        case .singular: "\(type) \(name) = \(number)"
        case .optional: "optional \(type) \(name) = \(number)"
        case .repeated(packed: true): "repeated \(type) \(name) = \(number)"
        case .repeated(packed: false): "repeated \(type) \(name) = \(number) [packed = false]"
        case .oneof(let oneof): "oneof \(oneof) { \(type) \(name) = \(number) }"
        }
    }
}

/// What becomes of fields that this version does not know.
public enum UnknownPolicy: Equatable, Sendable {
    /// They are written again: the message is stored or forwarded.
    case kept
    /// They are lost: the message ends at the next hop.
    case dropped
}

/// A message as `proto/` declares it.
public struct MessageSchema: Equatable, Sendable {
    public var name: String
    /// In the order of the walk: ascending by number.
    public var fields: [FieldSchema]
    /// What the walk's last line says; `nil`: nothing, or it is `proto/` that declares it.
    public var unknown: UnknownPolicy?

    public init(name: String, fields: [FieldSchema]) {
        self.name = name
        self.fields = fields
    }

    /// What `type` declares by its walk.
    public init<M: Message>(_ type: M.Type) {
        var coder = SchemaCoder()
        M().walk(&coder)
        self.init(name: M.messageName, fields: coder.fields)
        unknown = coder.unknown
    }
}
