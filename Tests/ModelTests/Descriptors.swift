import Wire

// What protoc writes with `--descriptor_set_out`: the part of `google/protobuf/descriptor.proto` that is needed to
// compare declarations. Enums of that file are numbers here.

/// `FileDescriptorSet`.
struct FileSet: Message {
    var files: [FileDeclaration] = []

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "file", &files)
    }
}

/// `FileDescriptorProto`.
struct FileDeclaration: Message {
    var package = ""
    var messages: [MessageDeclaration] = []
    var enums: [EnumDeclaration] = []

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(2, "package", &package)
        try coder.messages(4, "message_type", &messages)
        try coder.messages(5, "enum_type", &enums)
    }
}

/// `DescriptorProto`.
struct MessageDeclaration: Message {
    var name = ""
    var fields: [FieldDeclaration] = []
    var nested: [MessageDeclaration] = []
    var enums: [EnumDeclaration] = []
    var options: MessageOptions?
    var oneofs: [OneOfDeclaration] = []

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.messages(2, "field", &fields)
        try coder.messages(3, "nested_type", &nested)
        try coder.messages(4, "enum_type", &enums)
        try coder.message(7, "options", &options)
        try coder.messages(8, "oneof_decl", &oneofs)
    }
}

/// `MessageOptions`.
struct MessageOptions: Message {
    var mapEntry = false

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bool(7, "map_entry", &mapEntry)
    }
}

/// `FieldDescriptorProto`.
struct FieldDeclaration: Message {
    var name = ""
    var number: Int32 = 0
    /// 1: optional, 2: required, 3: repeated.
    var label: Int32 = 0
    var type: Int32 = 0
    /// Of a message or an enum: `.package.Name`.
    var typeName = ""
    var options: FieldOptions?
    var oneof: Int32?
    /// Whether `optional` is written; `oneof` is then one of its own.
    var isOptional = false

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.int32(3, "number", &number)
        try coder.int32(4, "label", &label)
        try coder.int32(5, "type", &type)
        try coder.string(6, "type_name", &typeName)
        try coder.message(8, "options", &options)
        try coder.int32(9, "oneof_index", &oneof)
        try coder.bool(17, "proto3_optional", &isOptional)
    }
}

/// `FieldOptions`.
struct FieldOptions: Message {
    var packed: Bool?

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bool(2, "packed", &packed)
    }
}

/// `OneofDescriptorProto`.
struct OneOfDeclaration: Message {
    var name = ""

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
    }
}

/// `EnumDescriptorProto`.
struct EnumDeclaration: Message {
    var name = ""
    var values: [ValueDeclaration] = []

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.messages(2, "value", &values)
    }
}

/// `EnumValueDescriptorProto`.
struct ValueDeclaration: Message {
    var name = ""
    var number: Int32 = 0

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.int32(2, "number", &number)
    }
}
