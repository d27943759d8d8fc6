import Bytes
import Testing
import Wire

/// Each bound of the codec from both sides.
@Suite struct BoundTests {
    /// `count` bytes after a tag and their length.
    private func field(_ number: UInt32, _ content: [UInt8]) -> [UInt8] {
        varint(UInt64(number << 3 | 2)) + varint(UInt64(content.count)) + content
    }

    private func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
    }

    private func refusal<M: Message>(_ type: M.Type, _ input: [UInt8]) throws -> WireError.Reason {
        try #require(throws: WireError.self) { try M.decode(Bytes(input)) }.reason
    }

    @Test func `a message keeps as many unknown bytes as the bound, over all its unknown fields`() throws {
        let first = field(100, [UInt8](repeating: 1, count: 1000))
        // A tag of two bytes and a length of three.
        let rest = field(101, [UInt8](repeating: 2, count: Limits.unknownBytes - first.count - 5))
        let most = first + rest
        #expect(most.count == Limits.unknownBytes)
        #expect(try Sample.decode(Bytes(most)).encoded() == Bytes(most))
        #expect(try refusal(Sample.self, most + [0xf0, 0x07, 0]) == .tooLarge)
        #expect(try refusal(Sample.self, [0xf0, 0x07, 0] + most) == .tooLarge)
    }

    @Test func `what is dropped has no bound of its own`() throws {
        let large = field(100, [UInt8](repeating: 1, count: Limits.unknownBytes + 1))
        #expect(try Leaf.decode(Bytes(large)) == Leaf())
    }

    @Test func `elements that own memory are bounded, wherever they are in one message`() throws {
        // A leaf, a label, and two leaves inside a message inside.
        let input = field(5, []) + field(8, []) + field(5, []) + field(5, [])
        #expect(try Sample.decode(Bytes(input), elements: 4).leaves.count == 3)
        let error = try #require(throws: WireError.self) { try Sample.decode(Bytes(input), elements: 3) }
        #expect(error.reason == .tooLarge && error.name == "leaves")
        let most = [[UInt8]](repeating: field(5, []), count: Limits.elements).flatMap { $0 }
        #expect(try Sample.decode(Bytes(most)).leaves.count == Limits.elements)
        #expect(try refusal(Sample.self, most + field(5, [])) == .tooLarge)
    }

    @Test func `numbers are no elements: they take at most eight times their bytes`() throws {
        let packed = field(10, [UInt8](repeating: 1, count: Limits.elements + 1))
        #expect(try Sample.decode(Bytes(packed), elements: 0).counts.count == Limits.elements + 1)
    }

    @Test func `a secret has at most as many bytes as the bound`() throws {
        let most = field(3, [UInt8](repeating: 7, count: Limits.secretBytes))
        #expect(try Leaf.decode(Bytes(most)).secret?.count == Limits.secretBytes)
        #expect(try refusal(Leaf.self, field(3, [UInt8](repeating: 7, count: Limits.secretBytes + 1))) == .tooLarge)
    }

    @Test func `a hundred levels lie below the outermost message, be they messages or unknown groups`() throws {
        var message: [UInt8] = []
        for _ in 0..<Limits.depth { message = field(3, message) }
        #expect(try VectorMessages.Node.decode(Bytes(message)).encoded() == Bytes(message))
        #expect(try refusal(VectorMessages.Node.self, field(3, message)) == .malformed)

        func groups(_ count: Int) -> [UInt8] {
            [UInt8](repeating: 0x7b, count: count) + [UInt8](repeating: 0x7c, count: count)
        }
        #expect(try VectorMessages.Node.decode(Bytes(groups(Limits.depth))).encoded() == Bytes(groups(Limits.depth)))
        #expect(try refusal(VectorMessages.Node.self, groups(Limits.depth + 1)) == .malformed)
        // Together, too.
        #expect(try VectorMessages.Node.decode(Bytes(field(3, groups(Limits.depth - 1)))).child != nil)
        #expect(try refusal(VectorMessages.Node.self, field(3, groups(Limits.depth))) == .malformed)
    }
}
