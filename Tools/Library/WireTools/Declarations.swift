/// The messages and enums of a descriptor set by their full names without the package, nested ones too.
///
/// The entries of maps are among them: they are messages, and are held to the rules of messages.
struct Declarations {
    private(set) var messages: [String: MessageDeclaration] = [:]
    private(set) var enums: [String: EnumDeclaration] = [:]
    /// By file.
    private(set) var packages: [String: String] = [:]

    init(_ set: FileSet) {
        for file in set.files {
            packages[file.name] = file.package
            for each in file.enums { enums[each.name] = each }
            for each in file.messages { add(each, inside: "") }
        }
    }

    private mutating func add(_ message: MessageDeclaration, inside outer: String) {
        let name = outer + message.name
        messages[name] = message
        for each in message.enums { enums["\(name).\(each.name)"] = each }
        for each in message.nested { add(each, inside: name + ".") }
    }

    /// The name that `typeName` (`.conclave.v1.Heartbeat`) has here.
    func name(_ typeName: String) -> String {
        for package in packages.values where typeName.hasPrefix(".\(package).") {
            return String(typeName.dropFirst(package.count + 2))
        }
        return typeName
    }
}

extension MessageDeclaration {
    func field(numbered number: Int32) -> FieldDeclaration? { fields.first { $0.number == number } }

    func reserves(_ number: Int32) -> Bool {
        reserved.contains { $0.start <= number && number < $0.end }
    }

    /// Where the range that reserves `number` ends, or the field that has it; `nil`: it is free.
    func keptUntil(_ number: Int32) -> Int32? {
        reserved.first { $0.start <= number && number < $0.end }?.end
            ?? (field(numbered: number) == nil ? nil : number + 1)
    }

    /// The `oneof` of a field; `nil`: none, or the one that protoc makes for `optional`.
    func oneof(of field: FieldDeclaration) -> String? {
        guard let place = field.oneof, !field.isOptional, oneofs.indices.contains(Int(place)) else { return nil }
        return oneofs[Int(place)].name
    }
}

extension EnumDeclaration {
    /// Unlike those of messages, these ranges hold their end.
    func reserves(_ number: Int32) -> Bool {
        reserved.contains { $0.start <= number && number <= $0.end }
    }

    /// As of a message.
    func keptUntil(_ number: Int32) -> Int32? {
        guard number < .max else { return nil }
        return reserved.first { $0.start <= number && number <= $0.end && $0.end < .max }.map { $0.end + 1 }
            ?? (value(numbered: number) == nil ? nil : number + 1)
    }

    func value(numbered number: Int32) -> ValueDeclaration? { values.first { $0.number == number } }
}

extension FieldDeclaration {
    /// `FieldDescriptorProto.Type` as it is written in a `.proto` file.
    var kind: String {
        let names = [
            "", "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "group",
            "message",
            "bytes", "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64",
        ]
        return names.indices.contains(Int(type)) ? names[Int(type)] : "type \(type)"
    }

    /// How often it may be there: what old and new must agree on.
    var cardinality: String {
        if label == 3 { return "repeated" }
        // A message has presence, with the word and without.
        return isOptional && kind != "message" ? "optional" : "singular"
    }
}
