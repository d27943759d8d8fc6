import Bytes
import TestSupport
import Testing
import Wire

struct Color: WireEnum {
    var rawValue: Int32
    static let names: [(Int32, String)] = [
        (0, "COLOR_UNSPECIFIED"), (1, "COLOR_RED"), (2, "COLOR_GREEN"), (-1, "COLOR_NEGATIVE"),
        (2_000_000, "COLOR_FAR"),
    ]
}

struct Leaf: Message {
    var name = ""
    var weight: Int32 = 0
    var secret: SecretBox?

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.sint32(2, "weight", &weight)
        try coder.secret(3, "secret", &secret)
        coder.dropUnknown()
    }

    func check() throws(WireError) {
        guard name != "refused" else { throw .invalid(field: 1, "a refused name") }
    }
}

enum Pick: OneOf {
    case leaf(Leaf)
    case count(UInt64)

    static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
        try coder.message(6, "leaf", &value, Self.leaf) { if case .leaf(let leaf) = $0 { leaf } else { nil } }
        try coder.uint64(7, "count", &value, Self.count) { if case .count(let count) = $0 { count } else { nil } }
    }
}

struct Sample: Message {
    var number: UInt64 = 0
    var data = Bytes()
    var color = Color(rawValue: 0)
    var leaf: Leaf?
    var leaves: [Leaf] = []
    var pick: Pick?
    var labels = StringMap()
    var ratios: [Double] = []
    var counts: [UInt32] = []
    var seen: Bool?
    var unknown = UnknownFields()

    mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "number", &number)
        try coder.bytes(2, "data", &data)
        try coder.enumeration(3, "color", &color)
        try coder.message(4, "leaf", &leaf)
        try coder.messages(5, "leaves", &leaves)
        try coder.oneof("pick", &pick)
        try coder.map(8, "labels", &labels)
        try coder.doubles(9, "ratios", &ratios)
        try coder.uint32s(10, "counts", &counts)
        try coder.bool(11, "seen", &seen)
        try coder.unknown(&unknown)
    }

    static var full: Sample {
        var sample = Sample()
        sample.number = .max
        sample.data = [1, 2, 3]
        sample.color = Color(rawValue: -1)
        sample.leaf = Leaf()
        sample.leaf?.name = String(repeating: "é", count: 100)
        sample.leaf?.weight = -7
        sample.leaves = [Leaf(), Leaf()]
        sample.pick = .count(0)
        sample.labels = ["b": "2", "a": "", "": "x"]
        sample.ratios = [-0.0, 1.5]
        sample.counts = [0, 300, .max]
        sample.seen = false
        return sample
    }
}

@Suite struct CodecTests {
    @Test func `what is encoded is decoded again`() throws {
        let sample = Sample.full
        let encoded = sample.encoded()
        #expect(encoded.count == sample.encodedSize)
        #expect(try Sample.decode(encoded) == sample)
    }

    @Test func `a message of more parts than the sizer can note is encoded the same`() throws {
        for count in [1, Limits.notedLengths - 3, Limits.notedLengths, 800] {
            var sample = Sample.full
            sample.leaves = (0..<count).map { number in
                var leaf = Leaf()
                leaf.name = String(repeating: "x", count: number)
                return leaf
            }
            let encoded = sample.encoded()
            #expect(encoded.count == sample.encodedSize)
            #expect(try Sample.decode(encoded) == sample)
            var tree = VectorMessages.Node()
            for _ in 0..<3 {
                tree.children = [VectorMessages.Node](repeating: tree, count: min(count, 9))
                tree.name += "n"
            }
            #expect(try VectorMessages.Node.decode(tree.encoded()) == tree)
        }
    }

    @Test func `numbers of every length are read and written`() throws {
        for width in 0..<64 {
            let step = UInt64(1) << UInt64(width)
            let numbers: [UInt64] = [step - 1, step, .max << UInt64(width)]
            for number in numbers {
                var sample = Sample()
                sample.number = number
                // With room behind the number, and without.
                for data in [Bytes(), Bytes([UInt8](repeating: 0xff, count: 20))] {
                    sample.data = data
                    let encoded = sample.encoded()
                    #expect(encoded.count == sample.encodedSize)
                    #expect(try Sample.decode(encoded) == sample)
                }
            }
        }
    }

    @Test func `the empty input is the default message`() throws {
        #expect(try Sample.decode(Bytes()) == Sample())
        #expect(Sample().encoded().isEmpty)
    }

    @Test func `the bytes are protobuf's`() throws {
        var leaf = Leaf()
        leaf.name = "ab"
        leaf.weight = -2
        #expect(leaf.encoded() == Bytes(hex: "0a0261621003"))
    }

    @Test func `no prefix and no flipped bit traps, and what is accepted is stable`() throws {
        let whole = Sample.full.encoded()
        for end in 0..<whole.count { _ = try? Sample.decode(whole.slice(0..<end)) }
        for bit in 0..<whole.count * 8 {
            var array = whole.array
            array[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let once = try? Sample.decode(Bytes(array)) else { continue }
            #expect(try Sample.decode(once.encoded()).encoded() == once.encoded())
        }
    }

    @Test func `fields in another order are read, packed or not, and the last one wins`() throws {
        let sample = try Sample.decode(Bytes(hex: "5801" + "5005" + "0801" + "52020607" + "0802"))
        #expect(sample.seen == true)
        #expect(sample.counts == [5, 6, 7])
        #expect(sample.number == 2)
    }

    @Test func `unknown fields are kept as they came`() throws {
        let raw = "f00701" + "f2070161" + "f307f80701f407"
        #expect(try Sample.decode(Bytes(hex: raw + "0801")).encoded() == Bytes(hex: "0801" + raw))
        #expect(try Leaf.decode(Bytes(hex: "0a0161" + raw)).encoded() == Bytes(hex: "0a0161"))
    }

    @Test func `another member of a oneof replaces, the same one merges`() throws {
        let merged = try Sample.decode(Bytes(hex: "32030a0161" + "32021002"))
        guard case .leaf(let leaf) = merged.pick else {
            Issue.record("a leaf was set")
            return
        }
        #expect(leaf.name == "a" && leaf.weight == 1)
        #expect(try Sample.decode(Bytes(hex: "32030a0161" + "3800")).pick == .count(0))
    }

    @Test(arguments: [
        "00", "06", "07", "0c", "808080808001", "ffffffff1f00", "08", "0880", "08ffffffffffffffffffff00", "1205",
        "12ffffffff7f", "12808080808000", "22020a01", "22030a01ff", "4a0100", "5201ff", "f307", "f307fc07",
    ])
    func `malformed input is refused`(_ hex: String) {
        #expect(throws: WireError.self) { try Sample.decode(Bytes(hex: hex)) }
    }

    @Test func `messages inside are checked too`() {
        var leaf = Leaf()
        leaf.name = "refused"
        var sample = Sample()
        sample.leaves = [leaf]
        let error = #expect(throws: WireError.self) { try Sample.decode(sample.encoded()) }
        #expect(error?.reason == .invalid("a refused name"))
    }

    @Test func `a secret goes through locked memory`() throws {
        var leaf = Leaf()
        leaf.secret = SecretBox(SecretBytes(copying: Bytes(utf8: "hello")))
        let encoded = leaf.encodedSecret()
        #expect(encoded.count == leaf.encodedSize)
        #expect(try Leaf.decode(encoded) == leaf)
        #expect(try Leaf.decode(Bytes(hex: "1a00")).secret == nil)
    }
}
