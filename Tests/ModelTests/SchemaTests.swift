import Testing
import Wire

/// The fields that Swift walks are those that `proto/` declares.
@Suite(.enabled(if: DeclaredSchemas.compiler != nil, "protoc is not installed: apt install protobuf-compiler"))
struct SchemaTests {
    let declared: DeclaredSchemas
    let ours: [MessageSchema] = allMessages.map { MessageSchema($0) }

    init() throws {
        guard let compiler = DeclaredSchemas.compiler else { preconditionFailure("the suite is disabled without it") }
        declared = try DeclaredSchemas(compiler: compiler)
    }

    @Test func `every message is in proto, and every message of proto is here`() {
        let names = ours.map(\.name)
        #expect(Set(names).count == names.count, "a name is used twice")
        #expect(Set(names).subtracting(declared.messages.keys).sorted() == [], "not in proto/")
        #expect(Set(declared.messages.keys).subtracting(names + driversMessages).sorted() == [], "only in proto/")
    }

    @Test func `every field has the number, the name, the label and the type that proto declares`() {
        for message in ours {
            guard let fields = declared.messages[message.name]?.fields else { continue }
            let here = message.fields.map(\.description)
            let there = fields.map(\.description)
            for line in here where !there.contains(line) { Issue.record("\(message.name): only in Swift: \(line)") }
            for line in there where !here.contains(line) { Issue.record("\(message.name): only in proto/: \(line)") }
        }
    }

    @Test func `fields are walked by ascending number`() {
        for message in ours {
            let numbers = message.fields.map(\.number)
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy(<), "\(message.name): \(numbers)")
        }
    }

    @Test func `every enum has the values that proto declares`() {
        var seen: Set<String> = []
        for field in ours.flatMap(\.fields) {
            guard case .enumeration(let here) = field.type else { continue }
            seen.insert(here.name)
            #expect(here == declared.enums[here.name], "\(here.name)")
        }
        #expect(Set(declared.enums.keys).subtracting(seen).sorted() == [], "only in proto/")
    }
}
