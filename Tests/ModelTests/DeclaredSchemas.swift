import Bytes
import Foundation
import Wire

/// The schemas that the files in `proto/` declare, as protoc understands them.
struct DeclaredSchemas {
    /// By full name without the package; a map's entry is not a message of its own.
    private(set) var messages: [String: MessageSchema] = [:]
    private(set) var enums: [String: EnumSchema] = [:]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../proto").standardized
    static let compiler: URL? = ["/usr/bin/protoc", "/usr/local/bin/protoc"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }.map { URL(filePath: $0) }

    /// Runs protoc over all files of the folder.
    init(compiler: URL) throws {
        let output = FileManager.default.temporaryDirectory.appending(path: "conclave-schema-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".proto") }.sorted()
        let process = Process()
        process.executableURL = compiler
        process.currentDirectoryURL = Self.folder
        process.arguments = ["--descriptor_set_out=\(output.path)", "--include_imports", "-I."] + files
        try process.run()
        process.waitUntilExit()
        self.init(try FileSet.decode(Bytes([UInt8](Data(contentsOf: output)))))
    }

    init(_ set: FileSet) {
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
