import Bytes
import Foundation
import Model
import TestSupport
import Testing
import Wire
import WireTools

/// The fields that Swift walks are those that `proto/` declares.
@Suite(.enabled(if: isInstalled("protoc"), "protoc is not installed: apt install protobuf-compiler"))
struct SchemaTests {
    let files: FileSet
    let check: SchemaCheck

    init() throws {
        files = try SchemaSource(root: Repository.root).current()
        check = SchemaCheck(root: Repository.root, files)
    }

    @Test func `every message is in proto, and every message of proto is here`() { expectNone(check.messages()) }

    @Test func `every field has the number, the name, the label and the type that proto declares`() {
        expectNone(check.fields())
    }

    @Test func `fields are walked by ascending number`() { expectNone(check.order()) }

    @Test func `every enum has the values that proto declares`() { expectNone(check.enums()) }

    @Test func `the zero of every enum says that nothing was said`() { expectNone(check.zeros()) }

    @Test func `no field uses what is reserved`() { expectNone(check.reserved()) }

    @Test func `code, proto, page and comments say the same of every frame type`() throws {
        expectNone(try check.frameTypes())
    }

    @Test func `proto is its baseline, and every break has its reason in the same commit`() throws {
        expectNone(try Baseline(root: Repository.root).findings())
    }

    private func expectNone(_ findings: [Finding]) {
        for each in findings { Issue.record("\(each)") }
    }
}

/// What the check finds when Swift and `proto/` are not the same.
@Suite(.enabled(if: isInstalled("protoc"), "protoc is not installed: apt install protobuf-compiler"))
struct SchemaDifferenceTests {
    /// What is found when the heartbeat of Swift is `heartbeat` in place of its own.
    private func findings(_ heartbeat: [FieldSchema]) throws -> [String] {
        var ours = AllMessages.types.map { MessageSchema($0) }
        let place = try #require(ours.firstIndex { $0.name == "Heartbeat" })
        ours[place].fields = heartbeat
        return try SchemaCheck(root: Repository.root, SchemaSource(root: Repository.root).current(), ours: ours)
            .findings()
            .map(\.description)
    }

    private let session = FieldSchema(number: 1, name: "session", label: .singular, type: .bytes)
    private let applied = FieldSchema(number: 2, name: "applied", label: .singular, type: .uint64)

    @Test func `the heartbeat as it is has no difference`() throws {
        #expect(try findings([session, applied]) == [])
    }

    @Test func `a field that one side has not is found on both sides`() throws {
        #expect(try findings([session]) == ["Heartbeat: only in proto/: uint64 applied = 2"])
        let more = FieldSchema(number: 3, name: "more", label: .optional, type: .bool)
        #expect(try findings([session, applied, more]) == ["Heartbeat: only in Swift: optional bool more = 3"])
    }

    @Test func `another type, label or order is found`() throws {
        var other = applied
        other.type = .uint32
        #expect(
            try findings([session, other]) == [
                "Heartbeat: only in Swift: uint32 applied = 2", "Heartbeat: only in proto/: uint64 applied = 2",
            ])
        other = applied
        other.label = .optional
        #expect(try findings([session, other]).contains("Heartbeat: only in Swift: optional uint64 applied = 2"))
        #expect(try findings([applied, session]) == ["Heartbeat: Swift walks the fields in the order [2, 1]"])
    }

    @Test func `a number that protobuf or proto keeps is found`() throws {
        var other = applied
        other.number = 19_500
        #expect(
            try findings([session, other]).contains("Heartbeat: applied = 19500: protobuf keeps 19000 to 19999"))
        var ours = AllMessages.types.map { MessageSchema($0) }
        let place = try #require(ours.firstIndex { $0.name == "SealedDelivery" })
        ours[place].fields.append(FieldSchema(number: 31, name: "x", label: .singular, type: .bytes))
        let check = SchemaCheck(root: Repository.root, try SchemaSource(root: Repository.root).current(), ours: ours)
        #expect(check.reserved().map(\.description) == ["SealedDelivery: x = 31: proto/ reserves the number"])
    }

    @Test func `a message that is missing on either side is found`() throws {
        let files = try SchemaSource(root: Repository.root).current()
        let fewer = AllMessages.types.map { MessageSchema($0) }.filter { $0.name != "Ping" }
        #expect(
            SchemaCheck(root: Repository.root, files, ours: fewer).messages().map(\.description)
                == ["Ping: the message is only in proto/, or missing in AllMessages"])
        let more = AllMessages.types.map { MessageSchema($0) } + [MessageSchema(name: "Pang", fields: [])]
        #expect(
            SchemaCheck(root: Repository.root, files, ours: more).messages().map(\.description)
                == ["Pang: the message is only in Swift"])
    }
}

/// Whether a program is in PATH.
func isInstalled(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
}
