import Bytes
import Wire

extension TestAllTypesProto3 {
    package enum OneOfField: OneOf {
        case uint32(UInt32)
        case nestedMessage(NestedMessage)
        case string(String)
        case bytes(Bytes)
        case bool(Bool)
        case uint64(UInt64)
        case float(Float)
        case double(Double)
        case nestedEnum(NestedEnum)
        case nullValue(NullValue)

        package static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
            try coder.uint32(111, "oneof_uint32", &value, Self.uint32) {
                if case .uint32(let payload) = $0 { payload } else { nil }
            }
            try coder.message(112, "oneof_nested_message", &value, Self.nestedMessage) {
                if case .nestedMessage(let payload) = $0 { payload } else { nil }
            }
            try coder.string(113, "oneof_string", &value, Self.string) {
                if case .string(let payload) = $0 { payload } else { nil }
            }
            try coder.bytes(114, "oneof_bytes", &value, Self.bytes) {
                if case .bytes(let payload) = $0 { payload } else { nil }
            }
            try coder.bool(115, "oneof_bool", &value, Self.bool) {
                if case .bool(let payload) = $0 { payload } else { nil }
            }
            try coder.uint64(116, "oneof_uint64", &value, Self.uint64) {
                if case .uint64(let payload) = $0 { payload } else { nil }
            }
            try coder.float(117, "oneof_float", &value, Self.float) {
                if case .float(let payload) = $0 { payload } else { nil }
            }
            try coder.double(118, "oneof_double", &value, Self.double) {
                if case .double(let payload) = $0 { payload } else { nil }
            }
            try coder.enumeration(119, "oneof_enum", &value, Self.nestedEnum) {
                if case .nestedEnum(let payload) = $0 { payload } else { nil }
            }
            try coder.enumeration(120, "oneof_null_value", &value, Self.nullValue) {
                if case .nullValue(let payload) = $0 { payload } else { nil }
            }
        }
    }

    package struct NestedMessage: Message {
        package var a = Int32(0)
        /// One or none.
        package var corecursive: [TestAllTypesProto3] = []
        package var unknown = UnknownFields()

        package static var messageName: String { TestAllTypesProto3.messageName + ".NestedMessage" }

        package init() {}

        package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.int32(1, "a", &a)
            try coder.boxed(2, "corecursive", &corecursive)
            try coder.unknown(&unknown)
        }
    }

    package struct NestedEnum: WireEnum {
        package var rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }
        package static let names: [(Int32, String)] = [(0, "FOO"), (1, "BAR"), (2, "BAZ"), (-1, "NEG")]
        package static var enumName: String { TestAllTypesProto3.messageName + ".NestedEnum" }
    }

    /// Several names of one number are one value: only its first name counts.
    package struct AliasedEnum: WireEnum {
        package var rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }
        package static let names: [(Int32, String)] = [(0, "ALIAS_FOO"), (1, "ALIAS_BAR"), (2, "ALIAS_BAZ")]
        package static var enumName: String { TestAllTypesProto3.messageName + ".AliasedEnum" }
    }
}

package struct ForeignMessage: Message {
    package var c = Int32(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "protobuf_test_messages.proto3.ForeignMessage" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int32(1, "c", &c)
        try coder.unknown(&unknown)
    }
}

package struct ForeignEnum: WireEnum {
    package var rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let names: [(Int32, String)] = [(0, "FOREIGN_FOO"), (1, "FOREIGN_BAR"), (2, "FOREIGN_BAZ")]
    package static var enumName: String { "protobuf_test_messages.proto3.ForeignEnum" }
}
