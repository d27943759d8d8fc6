import Foundation
import Model
import Wire

/// Holds what Swift declares against what `proto/` declares, both ways.
package struct SchemaCheck {
    private let root: URL
    private let declared: DeclaredSchemas
    private let files: FileSet
    private let ours: [MessageSchema]

    /// - Parameter ours: what the messages of Swift say of themselves; another list is for tests.
    package init(
        root: URL, _ files: FileSet, ours: [MessageSchema] = AllMessages.types.map { MessageSchema($0) }
    ) {
        self.root = root
        self.files = files
        self.ours = ours
        declared = DeclaredSchemas(files)
    }

    /// Everything that is wrong, in the order of the aspects below.
    package func findings() throws(Failure) -> [Finding] {
        try messages() + fields() + order() + enums() + zeros() + reserved() + frameTypes()
    }

    /// Every message is in proto, and every message of proto is here.
    package func messages() -> [Finding] {
        let names = ours.map(\.name)
        let twice = Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        return twice.map { Finding(subject: $0, what: "the name is used twice in Swift") }
            + Set(names).subtracting(declared.messages.keys).sorted().map {
                Finding(subject: $0, what: "the message is only in Swift")
            }
            + Set(declared.messages.keys).subtracting(names).sorted().map {
                Finding(subject: $0, what: "the message is only in proto/, or missing in AllMessages")
            }
    }

    /// Every field has the number, the name, the label and the type that proto declares.
    package func fields() -> [Finding] {
        ours.flatMap { message -> [Finding] in
            guard let fields = declared.messages[message.name]?.fields else { return [] }
            let here = message.fields.map(\.description)
            let there = fields.map(\.description)
            return here.filter { !there.contains($0) }.map {
                Finding(subject: message.name, what: "only in Swift: \($0)")
            }
                + there.filter { !here.contains($0) }.map {
                    Finding(subject: message.name, what: "only in proto/: \($0)")
                }
        }
    }

    /// Fields are walked by ascending number.
    package func order() -> [Finding] {
        ours.compactMap { message in
            let numbers = message.fields.map(\.number)
            if zip(numbers, numbers.dropFirst()).allSatisfy(<) { return nil }
            return Finding(subject: message.name, what: "Swift walks the fields in the order \(numbers)")
        }
    }

    /// Every enum has the values that proto declares.
    package func enums() -> [Finding] {
        var here: [String: EnumSchema] = [:]
        for field in ours.flatMap(\.fields) {
            if case .enumeration(let schema) = field.type { here[schema.name] = schema }
        }
        return Set(here.keys).union(declared.enums.keys).subtracting([FrameTypes.enumName]).sorted().compactMap {
            guard let swift = here[$0] else { return Finding(subject: $0, what: "the enum is only in proto/") }
            guard let proto = declared.enums[$0] else {
                return Finding(subject: $0, what: "the enum is only in Swift")
            }
            if swift == proto { return nil }
            return Finding(subject: $0, what: "the values differ: \(list(swift)) in Swift, \(list(proto)) in proto/")
        }
    }

    /// Every enum's zero says that nothing was said.
    package func zeros() -> [Finding] {
        declared.enums.values.sorted { $0.name < $1.name }.compactMap { schema in
            let zero: String = schema.values.first { $0.number == 0 }.map(\.name) ?? "nothing"
            if zero.hasSuffix("_UNSPECIFIED") { return nil }
            return Finding(subject: schema.name, what: "its zero is \(zero), and should be …_UNSPECIFIED")
        }
    }

    private func list(_ schema: EnumSchema) -> String {
        schema.values.map { "\($0.name) = \($0.number)" }.joined(separator: ", ")
    }

    /// No field of Swift uses a number or a name that proto reserves, nor one that protobuf reserves for itself.
    package func reserved() -> [Finding] {
        let messages = Declarations(files).messages
        return ours.flatMap { message in
            message.fields.compactMap { field -> Finding? in
                let line = "\(field.name) = \(field.number)"
                if (19_000...19_999).contains(field.number) {
                    return Finding(subject: message.name, what: "\(line): protobuf keeps 19000 to 19999")
                }
                guard let declaration = messages[message.name] else { return nil }
                if declaration.reserves(Int32(field.number)) {
                    return Finding(subject: message.name, what: "\(line): proto/ reserves the number")
                }
                if declaration.reservedNames.contains(field.name) {
                    return Finding(subject: message.name, what: "\(line): proto/ reserves the name")
                }
                return nil
            }
        }
    }
}

// MARK: - Frame types

extension SchemaCheck {
    /// Swift, the enum of `link.proto`, the table of the page and the comments say the same of every type.
    package func frameTypes() throws(Failure) -> [Finding] {
        let rows = FrameTypes.rows(ofPage: try text("proto/README.md"))
        var comments = FrameTypes.comments("")
        for file in files.files {
            comments.messages.merge(FrameTypes.comments(try text("proto/\(file.name)")).messages) { one, _ in one }
        }
        let swift = FrameTypes.swift
        return differences(swift, .declared(declared)) + differences(swift, .page(rows))
            + differences(swift, comments) + unlisted(try text("Sources/Model/Link/FrameType.swift"))
            + properties(rows)
    }

    private func differences(_ one: FrameTypes, _ other: FrameTypes) -> [Finding] {
        Set(one.messages.keys).union(other.messages.keys).sorted().compactMap { type in
            let here = one.messages[type] ?? "nothing"
            let there = other.messages[type] ?? "nothing"
            if here == there { return nil }
            return Finding(
                subject: "frame type \(type)", what: "\(here) in \(one.place), \(there) in \(other.place)")
        }
    }

    /// A constant that the table beside it forgot.
    private func unlisted(_ source: String) -> [Finding] {
        source.matches(of: /static let (\w+) = FrameType\(rawValue: (\d+)\)/).compactMap { match in
            guard let number = UInt16(match.2), !FrameType.messages.contains(where: { $0.0.rawValue == number }) else {
                return nil
            }
            return Finding(subject: "frame type \(number)", what: "\(match.1) is missing in FrameType.messages")
        }
    }

    private func properties(_ rows: [FrameTypes.Row]) -> [Finding] {
        rows.flatMap { row -> [Finding] in
            let type = FrameType(rawValue: UInt16(truncatingIfNeeded: row.type))
            var findings: [Finding] = []
            if row.priority != type.priority {
                let what = "class \(type.priority) in Swift, \(row.priority) in proto/README.md"
                findings.append(Finding(subject: "frame type \(row.type)", what: what))
            }
            if row.isStreamed != type.isStreamed {
                let what = "\(type.isStreamed ? "streamed" : "not streamed") in Swift, not so in proto/README.md"
                findings.append(Finding(subject: "frame type \(row.type)", what: what))
            }
            return findings
        }
    }

    private func text(_ path: String) throws(Failure) -> String {
        guard let data = FileManager.default.contents(atPath: root.appending(path: path).path) else {
            throw Failure(.notFound, "\(root.appending(path: path).path) can't be read")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
