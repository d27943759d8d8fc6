import Bytes
import Wire

// The well-known types that the conformance suite's message refers to; package `google.protobuf`.

package struct DoubleValue: Message {
    package var value = Double(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.DoubleValue" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.double(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct FloatValue: Message {
    package var value = Float(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.FloatValue" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.float(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct Int64Value: Message {
    package var value = Int64(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.Int64Value" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int64(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct UInt64Value: Message {
    package var value = UInt64(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.UInt64Value" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct Int32Value: Message {
    package var value = Int32(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.Int32Value" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int32(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct UInt32Value: Message {
    package var value = UInt32(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.UInt32Value" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct BoolValue: Message {
    package var value = false
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.BoolValue" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bool(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct StringValue: Message {
    package var value = ""
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.StringValue" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct BytesValue: Message {
    package var value = Bytes()
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.BytesValue" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "value", &value)
        try coder.unknown(&unknown)
    }
}

package struct Duration: Message {
    package var seconds = Int64(0)
    package var nanos = Int32(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.Duration" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int64(1, "seconds", &seconds)
        try coder.int32(2, "nanos", &nanos)
        try coder.unknown(&unknown)
    }
}

package struct Timestamp: Message {
    package var seconds = Int64(0)
    package var nanos = Int32(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.Timestamp" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int64(1, "seconds", &seconds)
        try coder.int32(2, "nanos", &nanos)
        try coder.unknown(&unknown)
    }
}

package struct FieldMask: Message {
    package var paths: [String] = []
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.FieldMask" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.strings(1, "paths", &paths)
        try coder.unknown(&unknown)
    }
}

/// `Any`, which is a word of Swift.
package struct AnyMessage: Message {
    package var typeUrl = ""
    package var value = Bytes()
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.Any" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "type_url", &typeUrl)
        try coder.bytes(2, "value", &value)
        try coder.unknown(&unknown)
    }
}

/// `Struct`.
package struct Structure: Message {
    package var fields = SortedMap<String, Value>()
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.Struct" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.map(StringKind.self, MessageKind<Value>.self, 1, "fields", &fields)
        try coder.unknown(&unknown)
    }
}

package struct ListValue: Message {
    package var values: [Value] = []
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.ListValue" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "values", &values)
        try coder.unknown(&unknown)
    }
}

package struct Value: Message {
    package var kind: Kind?
    package var unknown = UnknownFields()

    package static var messageName: String { "google.protobuf.Value" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.oneof("kind", &kind)
        try coder.unknown(&unknown)
    }

    package enum Kind: OneOf {
        case null(NullValue)
        case number(Double)
        case string(String)
        case bool(Bool)
        case structure(Structure)
        case list(ListValue)

        package static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
            try coder.enumeration(1, "null_value", &value, Self.null) {
                if case .null(let payload) = $0 { payload } else { nil }
            }
            try coder.double(2, "number_value", &value, Self.number) {
                if case .number(let payload) = $0 { payload } else { nil }
            }
            try coder.string(3, "string_value", &value, Self.string) {
                if case .string(let payload) = $0 { payload } else { nil }
            }
            try coder.bool(4, "bool_value", &value, Self.bool) {
                if case .bool(let payload) = $0 { payload } else { nil }
            }
            try coder.message(5, "struct_value", &value, Self.structure) {
                if case .structure(let payload) = $0 { payload } else { nil }
            }
            try coder.message(6, "list_value", &value, Self.list) {
                if case .list(let payload) = $0 { payload } else { nil }
            }
        }
    }
}

package struct NullValue: WireEnum {
    package var rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let names: [(Int32, String)] = [(0, "NULL_VALUE")]
    package static var enumName: String { "google.protobuf.NullValue" }
}
