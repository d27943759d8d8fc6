import Bytes
import Testing
import Wire

/// A failed decode names the message, the field and the byte, never the content.
@Suite struct PlaceTests {
    private func error(_ hex: String) throws -> WireError {
        let input = Bytes(try #require(Hex.bytes(hex)))
        return try #require(throws: WireError.self) { try Sample.decode(input) }
    }

    @Test(arguments: [
        // A field of the outermost message, its value cut off.
        ("08" + "80", "Sample.number (field 1) ends too early at byte 1"),
        ("0801" + "1203aa", "Sample.data (field 2) ends too early at byte 4"),
        // A message inside, also one in a list and in a oneof.
        ("2205" + "0a03ff4141", "Leaf.name (field 1) is not UTF-8 at byte 4"),
        ("2a00" + "2a02" + "1080", "Leaf.weight (field 2) ends too early at byte 5"),
        ("3203" + "0a01ff", "Leaf.name (field 1) is not UTF-8 at byte 4"),
        // The length of a message inside is a matter of the outer one.
        ("2205" + "0a", "Sample.leaf (field 4) ends too early at byte 2"),
        // A map's entry has no fields of its own.
        ("4203" + "0a01ff", "Sample.labels (field 8) is not UTF-8 at byte 4"),
        ("4202" + "1280", "Sample.labels (field 8) ends too early at byte 4"),
        ("4201" + "00", "Sample.labels (field 8) is malformed at byte 3"),
        // A packed run.
        ("4a0100", "Sample.ratios (field 9) ends too early at byte 2"),
        ("5201ff", "Sample.counts (field 10) ends too early at byte 2"),
        // At a tag there is no field yet.
        ("0801" + "00", "a tag of Sample is malformed at byte 3"),
        ("0801" + "80808080808001", "a tag of Sample is malformed at byte 7"),
        ("0801" + "80", "a tag of Sample ends too early at byte 3"),
        ("2202" + "1004" + "07", "a tag of Sample is malformed at byte 5"),
        ("2202" + "1007" + "2201" + "07", "a tag of Leaf is malformed at byte 7"),
        // What the message does not know.
        ("f207" + "05", "Sample, field 126, ends too early at byte 3"),
        ("f307" + "0801", "Sample, field 126, ends too early at byte 4"),
        ("f307" + "fc07", "Sample, field 126, is malformed at byte 4"),
        // What `check` refuses, where its message ends.
        (
            "2a00" + "2a09" + "0a0772656675736564",
            "Leaf.name (field 1) is refused (a refused name) at byte 13"
        ),
    ])
    func `the innermost message, the field and the byte are named`(_ hex: String, _ text: String) throws {
        #expect("\(try error(hex))" == text)
    }

    @Test func `each part of the place can be asked for`() throws {
        let error = try error("2205" + "0a03ff4141")
        #expect(error.reason == .text)
        #expect(error.message == "Leaf" && error.field == 1 && error.name == "name" && error.offset == 4)
    }

    @Test func `the empty message is checked too`() throws {
        struct Full: Message {
            var number: UInt32 = 0
            mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
                try coder.uint32(7, "number", &number)
                coder.dropUnknown()
            }
            func check() throws(WireError) {
                guard number > 0 else { throw .invalid(field: 7, "a number counts from 1") }
            }
        }
        let error = try #require(throws: WireError.self) { try Full.decode(Bytes()) }
        #expect("\(error)" == "Full.number (field 7) is refused (a number counts from 1) at byte 0")
    }
}
