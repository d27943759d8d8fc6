import Foundation
import Model
import TestSupport
import Testing
import WireTools

/// What is said of a change of the protocol, rule by rule.
@Suite(.enabled(if: isInstalled("protoc"), "protoc is not installed: apt install protobuf-compiler"))
struct BreakingTests {
    /// What becomes of the message `M` and the enum `E` when their bodies change. A frame carries `M`.
    private func changes(
        _ old: String, _ new: String, enums: (String, String) = ("Z = 0;", "Z = 0;"),
        frames: (String, String) = ("FRAME_TYPE_M = 7;", "FRAME_TYPE_M = 7;")
    ) throws -> Changes {
        BreakingChanges.between(
            try declared(old, enums.0, frames.0), try declared(new, enums.1, frames.1))
    }

    private func declared(_ message: String, _ enumeration: String, _ frames: String) throws -> FileSet {
        let folder = TemporaryFolder("breaking")
        let text = """
            syntax = "proto3";
            package conclave.v1;
            message M { \(message) }
            message N { uint32 n = 1; }
            message O { uint32 n = 1; }
            message Outer { enum E { Z = 0; ONE = 1; } enum Other { Y = 0; } }
            message Inner { enum E { Z_ = 0; ONE_ = 1; } }
            enum E { \(enumeration) }
            enum FrameType { FRAME_TYPE_UNSPECIFIED = 0; \(frames) }
            """
        try Data(text.utf8).write(to: URL(filePath: folder["m.proto"]))
        return try SchemaSource(root: Repository.root).named(folder.path)
    }

    private func breaks(_ old: String, _ new: String) throws -> [String] {
        try changes(old, new).breaks.map { "\($0.element): \($0.what)" }
    }

    @Test func `a new field, message or value breaks nobody`() throws {
        #expect(try changes("uint32 a = 1;", "uint32 a = 1; string b = 2;") == Changes())
        let more = try changes("", "", enums: ("Z = 0;", "Z = 0; ONE = 1;"))
        #expect(more == Changes())
        let frame = try changes(
            "", "", frames: ("FRAME_TYPE_M = 7;", "FRAME_TYPE_M = 7; FRAME_TYPE_N = 8;"))
        #expect(frame == Changes())
    }

    @Test func `a field may go when its number is reserved`() throws {
        #expect(try breaks("uint32 a = 1;", "reserved 1;") == [])
        #expect(
            try breaks("uint32 a = 1;", "") == ["M.a: field 1 is gone and its number is not reserved"])
    }

    @Test func `a reserved number or name is never taken, and never freed`() throws {
        #expect(
            try breaks("reserved 2 to 4;", "uint32 a = 3; reserved 2, 4;")
                == ["M.a: field 3 takes a number that was reserved"])
        #expect(
            try breaks("reserved 2 to 4;", "reserved 2 to 3;") == ["M: the number 4 is no longer reserved"])
        #expect(try breaks("reserved 2 to 4;", "reserved 2 to max;") == [])
        #expect(
            try breaks("reserved 1000 to max;", "reserved 1000 to 5000;")
                == ["M: the number 5001 is no longer reserved"])
        #expect(
            try breaks("reserved \"a\";", "uint32 a = 1;") == ["M.a: the field takes a name that was reserved"])
        #expect(try breaks("reserved \"a\";", "") == ["M: the name a is no longer reserved"])
    }

    @Test(arguments: [
        ("uint32", "int64"), ("bool", "uint64"), ("sint32", "sint64"), ("fixed32", "sfixed32"),
        ("sfixed64", "fixed64"), ("string", "bytes"),
    ])
    func `a type may become another one of its group`(_ old: String, _ new: String) throws {
        #expect(try breaks("\(old) a = 1;", "\(new) a = 1;") == [])
    }

    @Test(arguments: [
        ("uint32", "sint32"), ("uint32", "fixed32"), ("fixed32", "float"), ("bytes", "string"), ("string", "uint64"),
        ("bytes", "N"), ("N", "O"), ("E", "uint32"), ("double", "fixed64"),
    ])
    func `a type may not leave its group`(_ old: String, _ new: String) throws {
        #expect(
            try breaks("\(old) a = 1;", "\(new) a = 1;") == ["M.a: field 1 was \(old) and is \(new)"])
    }

    @Test func `an enum may become another of that name with all its values`() throws {
        #expect(try breaks("E a = 1;", "Outer.E a = 1;") == [])
        #expect(try breaks("Outer.E a = 1;", "Inner.E a = 1;") == ["M.a: field 1 was Outer.E and is Inner.E"])
        #expect(try breaks("E a = 1;", "Outer.Other a = 1;") == ["M.a: field 1 was E and is Outer.Other"])
    }

    @Test(arguments: [
        ("uint32", "repeated uint32", "singular", "repeated"), ("repeated N", "N", "repeated", "singular"),
        ("uint32", "optional uint32", "singular", "optional"), ("optional uint32", "uint32", "optional", "singular"),
    ])
    func `how often a field may be there stays`(_ old: String, _ new: String, _ was: String, _ now: String) throws {
        #expect(try breaks("\(old) a = 1;", "\(new) a = 1;") == ["M.a: field 1 was \(was) and is \(now)"])
    }

    @Test func `packed or not is the same to a reader`() throws {
        #expect(try breaks("repeated uint32 a = 1;", "repeated uint32 a = 1 [packed = false];") == [])
    }

    @Test func `a field neither enters nor leaves a oneof`() throws {
        #expect(
            try breaks("uint32 a = 1;", "oneof o { uint32 a = 1; }")
                == ["M.a: it was in no oneof and is in oneof o"])
        #expect(
            try breaks("oneof o { uint32 a = 1; }", "uint32 a = 1;")
                == ["M.a: it was in oneof o and is in no oneof"])
    }

    @Test func `keys and values of maps are held to the same rules`() throws {
        #expect(try breaks("map<string, uint32> a = 1;", "map<string, uint64> a = 1;") == [])
        #expect(
            try breaks("map<string, uint32> a = 1;", "map<string, string> a = 1;")
                == ["M.AEntry.value: field 2 was uint32 and is string"])
    }

    @Test func `another name is a remark, for the bytes are the same`() throws {
        let changes = try changes("uint32 a = 1;", "uint32 b = 1;")
        #expect(changes.breaks == [])
        #expect(changes.remarks.map(\.element) == ["M.a"])
    }

    @Test func `values of an enum are kept, or reserved`() throws {
        func breaks(_ old: String, _ new: String) throws -> [String] {
            try changes("", "", enums: (old, new)).breaks.map { "\($0.element): \($0.what)" }
        }
        #expect(try breaks("Z = 0; ONE = 1;", "Z = 0; reserved 1;") == [])
        #expect(
            try breaks("Z = 0; ONE = 1;", "Z = 0;")
                == ["E.ONE: value 1 is gone and its number is not reserved"])
        #expect(
            try breaks("Z = 0; reserved 1;", "Z = 0; ONE = 1;")
                == ["E.ONE: value 1 takes a number that was reserved"])
        #expect(
            try breaks("Z = 0; reserved 1 to 9;", "Z = 0; reserved 1 to 8;")
                == ["E: the number 9 is no longer reserved"])
    }

    @Test func `a frame type means one message for ever`() throws {
        func breaks(_ new: String) throws -> [String] {
            try changes("", "", frames: ("FRAME_TYPE_M = 7;", new)).breaks.map { "\($0.element): \($0.what)" }
        }
        #expect(try breaks("FRAME_TYPE_N = 7;") == ["frame type 7: it was FRAME_TYPE_M and is FRAME_TYPE_N"])
        #expect(try breaks("") == ["frame type 7: FRAME_TYPE_M is gone and the number is not reserved"])
        #expect(try breaks("reserved 7;") == [])
    }

    @Test func `a message that is gone is a break, and another package too`() throws {
        let old = try declared("uint32 a = 1;", "Z = 0;", "")
        var new = old
        new.files[0].messages.removeAll { $0.name == "M" }
        #expect(BreakingChanges.between(old, new).breaks.map(\.element) == ["M"])
        new = old
        new.files[0].package = "conclave.v2"
        #expect(BreakingChanges.between(old, new).breaks.map(\.element).contains("m.proto"))
    }

    @Test func `a report says who is broken, by frame and by place on disk`() throws {
        let old = try SchemaSource(root: Repository.root).current()
        var new = old
        try change(&new, "Heartbeat", "applied", to: 9)
        try change(&new, "NodeIdentity", "name", to: 13)
        let breaks = BreakingChanges.between(old, new).breaks
        try #require(breaks.map(\.element) == ["Heartbeat.applied", "NodeIdentity.name"])
        #expect(breaks[0].whom == "workers and the leader, in Heartbeat (frame type 35)")
        #expect(breaks[0].why.contains("lost"))
        #expect(breaks[1].whom == "a node that reads what another version wrote: the file identity")
    }

    @Test func `a certificate takes no field, and a command's field needs a level`() throws {
        let old = try SchemaSource(root: Repository.root).current()
        var new = old
        try add(&new, "Certificate")
        try add(&new, "CreateSecret")
        let changes = BreakingChanges.between(old, new)
        #expect(changes.breaks.map(\.element) == ["Certificate.extra"])
        #expect(changes.remarks.map(\.element) == ["CreateSecret.extra"])
    }

    private func change(_ set: inout FileSet, _ message: String, _ field: String, to type: Int32) throws {
        let (file, place) = try find(set, message)
        let fields = set.files[file].messages[place].fields
        set.files[file].messages[place].fields[try #require(fields.firstIndex { $0.name == field })].type = type
    }

    private func add(_ set: inout FileSet, _ message: String) throws {
        let (file, place) = try find(set, message)
        var field = FieldDeclaration()
        field.name = "extra"
        field.number = 100
        field.label = 1
        field.type = 13
        set.files[file].messages[place].fields.append(field)
    }

    private func find(_ set: FileSet, _ message: String) throws -> (Int, Int) {
        let file = try #require(set.files.firstIndex { $0.messages.contains { $0.name == message } })
        return (file, try #require(set.files[file].messages.firstIndex { $0.name == message }))
    }
}
