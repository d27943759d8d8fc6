import Wire

/// The schemas that a descriptor set declares, in the words that our own messages describe themselves in.
package struct DeclaredSchemas {
    /// By full name without the package; a map's entry is not a message of its own.
    package private(set) var messages: [String: MessageSchema] = [:]
    package private(set) var enums: [String: EnumSchema] = [:]

    package init(_ set: FileSet) {
        for file in set.files {
            for each in file.enums { add(each, inside: "") }
            for each in file.messages { add(each, inside: "", package: file.package) }
        }
    }

    private mutating func add(_ declaration: EnumDeclaration, inside outer: String) {
        let values = declaration.values.map { EnumSchema.Value(number: $0.number, name: $0.name) }
        let name = outer + declaration.name
        enums[name] = EnumSchema(name: name, values: values)
    }

    private mutating func add(_ declaration: MessageDeclaration, inside outer: String, package: String) {
        let name = outer + declaration.name
        for each in declaration.enums { add(each, inside: name + ".") }
        for each in declaration.nested where each.options?.mapEntry != true {
            add(each, inside: name + ".", package: package)
        }
        let fields = declaration.fields.map { schema($0, of: declaration, package: package) }
        messages[name] = MessageSchema(name: name, fields: fields)
    }

    private func schema(
        _ field: FieldDeclaration, of message: MessageDeclaration, package: String
    ) -> FieldSchema {
        let entry = message.nested.first { $0.options?.mapEntry == true && field.typeName.hasSuffix(".\($0.name)") }
        var type = type(field, package: package)
        var label = FieldSchema.Label.singular
        if let entry {
            type = .map(
                key: self.type(entry.fields[0], package: package), value: self.type(entry.fields[1], package: package))
        } else if field.label == 3 {
            label = .repeated(packed: field.options?.packed ?? true)
        } else if let place = field.oneof, !field.isOptional {
            label = .oneof(message.oneofs[Int(place)].name)
        } else if field.isOptional, field.type != 11 {
            label = .optional
        }
        return FieldSchema(number: UInt32(field.number), name: field.name, label: label, type: type)
    }

    /// `FieldDescriptorProto.Type`, by number. Values of an enum are compared apart from the fields.
    private func type(_ field: FieldDeclaration, package: String) -> FieldType {
        let name = String(field.typeName.dropFirst(package.count + 2))
        return switch field.type {
        case 1: .double
        case 2: .float
        case 3: .int64
        case 4: .uint64
        case 5: .int32
        case 6: .fixed64
        case 7: .fixed32
        case 8: .bool
        case 9: .string
        case 11: .message(name)
        case 12: .bytes
        case 13: .uint32
        case 14: .enumeration(EnumSchema(name: name, values: []))
        case 15: .sfixed32
        case 16: .sfixed64
        case 17: .sint32
        case 18: .sint64
        default: preconditionFailure("\(field.name) is of type \(field.type), which proto3 has not")
        }
    }
}
