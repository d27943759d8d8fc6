import Conformance
import TestSupport
import Wire

/// The cases of protobuf's public conformance suite, from binary to binary.
enum ConformanceFiles {
    struct Case: Decodable {
        var name: String
        var hex: String
        /// The canonical encoding, or `reject`.
        var expect: String
    }

    /// What `schema.json` says of a message.
    struct Declaration: Decodable {
        struct Field: Decodable {
            var number: UInt32
            var name: String
            var label: String
            var type: String
            var type_name: String?
            var oneof: String?
            var packed: Bool?
        }
        var fields: [Field]
        var map_entry: Bool?
    }

    struct Schema: Decodable {
        var messages: [String: Declaration]
        var enums: [String: [String: Int32]]
    }

    static let folder = PublishedFolder("protobuf-conformance", file: "proto3-binary.json")

    static func cases() throws -> [Case] { try folder.decode([Case].self, from: "proto3-binary.json") }
    static func schema() throws -> Schema { try folder.decode(Schema.self, from: "schema.json") }
}

extension ConformanceFiles.Schema {
    /// The lines that our own schema has for the fields of `message`, by number.
    func lines(_ message: String) -> [String] {
        let fields = messages[message]?.fields.sorted { $0.number < $1.number } ?? []
        return fields.map { field in
            let entry = field.type_name.flatMap { messages[$0] }.flatMap { $0.map_entry == true ? $0 : nil }
            let type = entry.map { "map<\(name(of: $0.fields[0])), \(name(of: $0.fields[1]))>" } ?? name(of: field)
            let line = "\(type) \(field.name) = \(field.number)"
            if let oneof = field.oneof { return "oneof \(oneof) { \(line) }" }
            guard field.label == "repeated", entry == nil else { return line }
            return "repeated \(line)" + (field.packed == false ? " [packed = false]" : "")
        }
    }

    private func name(of field: ConformanceFiles.Declaration.Field) -> String { field.type_name ?? field.type }
}
