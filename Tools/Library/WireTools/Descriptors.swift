import Wire

// What protoc writes with `--descriptor_set_out`: the part of `google/protobuf/descriptor.proto` that is needed to
// compare declarations, decoded by our own codec. Enums of that file are numbers here.

/// `FileDescriptorSet`.
package struct FileSet: Message {
    package var files: [FileDeclaration] = []

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "file", &files)
        coder.dropUnknown()
    }
}

/// `FileDescriptorProto`.
package struct FileDeclaration: Message {
    /// Its path below the folder of declarations.
    package var name = ""
    package var package = ""
    package var messages: [MessageDeclaration] = []
    package var enums: [EnumDeclaration] = []
    package var syntax = ""

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.string(2, "package", &package)
        try coder.messages(4, "message_type", &messages)
        try coder.messages(5, "enum_type", &enums)
        try coder.string(12, "syntax", &syntax)
        coder.dropUnknown()
    }
}

/// `DescriptorProto`.
package struct MessageDeclaration: Message {
    package var name = ""
    package var fields: [FieldDeclaration] = []
    package var nested: [MessageDeclaration] = []
    package var enums: [EnumDeclaration] = []
    package var options: MessageOptions?
    package var oneofs: [OneOfDeclaration] = []
    /// Numbers that no field may have.
    package var reserved: [ReservedRange] = []
    package var reservedNames: [String] = []

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.messages(2, "field", &fields)
        try coder.messages(3, "nested_type", &nested)
        try coder.messages(4, "enum_type", &enums)
        try coder.message(7, "options", &options)
        try coder.messages(8, "oneof_decl", &oneofs)
        try coder.messages(9, "reserved_range", &reserved)
        try coder.strings(10, "reserved_name", &reservedNames)
        coder.dropUnknown()
    }
}

/// `DescriptorProto.ReservedRange`, without its end; `EnumDescriptorProto.EnumReservedRange`, with its end.
package struct ReservedRange: Message {
    package var start: Int32 = 0
    package var end: Int32 = 0

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int32(1, "start", &start)
        try coder.int32(2, "end", &end)
        coder.dropUnknown()
    }
}

/// `MessageOptions`.
package struct MessageOptions: Message {
    package var mapEntry = false

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bool(7, "map_entry", &mapEntry)
        coder.dropUnknown()
    }
}

/// `FieldDescriptorProto`.
package struct FieldDeclaration: Message {
    package var name = ""
    package var number: Int32 = 0
    /// 1: optional, 2: required, 3: repeated.
    package var label: Int32 = 0
    package var type: Int32 = 0
    /// Of a message or an enum: `.package.Name`.
    package var typeName = ""
    package var options: FieldOptions?
    package var oneof: Int32?
    /// Whether `optional` is written; `oneof` is then one of its own.
    package var isOptional = false

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.int32(3, "number", &number)
        try coder.int32(4, "label", &label)
        try coder.int32(5, "type", &type)
        try coder.string(6, "type_name", &typeName)
        try coder.message(8, "options", &options)
        try coder.int32(9, "oneof_index", &oneof)
        try coder.bool(17, "proto3_optional", &isOptional)
        coder.dropUnknown()
    }
}

/// `FieldOptions`.
package struct FieldOptions: Message {
    package var packed: Bool?

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bool(2, "packed", &packed)
        coder.dropUnknown()
    }
}

/// `OneofDescriptorProto`.
package struct OneOfDeclaration: Message {
    package var name = ""

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        coder.dropUnknown()
    }
}

/// `EnumDescriptorProto`.
package struct EnumDeclaration: Message {
    package var name = ""
    package var values: [ValueDeclaration] = []
    package var reserved: [ReservedRange] = []
    package var reservedNames: [String] = []

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.messages(2, "value", &values)
        try coder.messages(4, "reserved_range", &reserved)
        try coder.strings(5, "reserved_name", &reservedNames)
        coder.dropUnknown()
    }
}

/// `EnumValueDescriptorProto`.
package struct ValueDeclaration: Message {
    package var name = ""
    package var number: Int32 = 0

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.int32(2, "number", &number)
        coder.dropUnknown()
    }
}
