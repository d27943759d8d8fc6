import Bytes
import Testing
import Wire
import WireTools

/// The canonical encoding of `proto/README.md`, for every message: `encode(decode(b))` is a fixed point.
@Suite struct CanonicalTests {
    @Test func `fields in any order are written in the canonical one`() throws {
        for type in AllMessages.types {
            var valid = 0
            for seed in UInt64(0)..<40 where try shuffle(type, seed) { valid += 1 }
            #expect(valid > 0, "no random \(type) is valid")
        }
    }

    /// `false`: what was drawn is no valid message.
    private func shuffle<M: Message>(_ type: M.Type, _ seed: UInt64) throws -> Bool {
        var generator = Generator(seed: seed)
        let canonical = generator.message(type).encoded()
        guard let decoded = try? M.decode(canonical) else { return false }
        let known = Set(MessageSchema(type).fields.map(\.number))
        var groups = WireField.all(of: canonical.array, known: known)
        for place in groups.indices.reversed() { groups.swapAt(place, generator.below(place + 1)) }
        let shuffled = Bytes(groups.flatMap { $0 })
        #expect(try M.decode(shuffled).encoded() == decoded.encoded(), "\(type) of seed \(seed)")
        return true
    }

    @Test func `whatever is taken has one canonical form`() throws {
        for type in AllMessages.types {
            for seed in UInt64(0)..<6 {
                var generator = Generator(seed: seed)
                let whole = generator.message(type).encoded().array
                for _ in 0..<60 { settle(type, WireField.mutated(whole, &generator), seed) }
            }
        }
    }

    private func settle<M: Message>(_ type: M.Type, _ input: [UInt8], _ seed: UInt64) {
        guard let once = try? M.decode(Bytes(input)).encoded() else { return }
        let twice = try? M.decode(once).encoded()
        if twice != once { Issue.record("\(type) of seed \(seed): \(Hex.text(input))") }
    }

    @Test func `every message says what becomes of fields that it does not know, and does so`() throws {
        for type in AllMessages.types { try meetNewer(type) }
    }

    /// Decodes a message with a field of a newer version in it.
    private func meetNewer<M: Message>(_ type: M.Type) throws {
        let policy = try #require(MessageSchema(type).unknown, "\(type) does not say it: see `Coder.dropUnknown`")
        // Number 19000 is never declared.
        let newer = Bytes([0xc2, 0xa3, 0x09, 3, 1, 2, 3])
        var valid = 0
        for seed in UInt64(0)..<60 where valid < 5 {
            var generator = Generator(seed: seed)
            let known = generator.message(type).encoded()
            guard let plain = try? M.decode(known).encoded() else { continue }
            valid += 1
            let decoded = try M.decode(Bytes(newer.array + known.array)).encoded()
            let withNewer = Bytes(WireField.inserting(newer.array, before: 19_000, into: plain.array))
            #expect(decoded == (policy == .kept ? withNewer : plain), "\(type) of seed \(seed)")
        }
        #expect(valid > 0, "no random \(type) is valid")
    }
}

/// Fields of an encoded message, found without the decoder under test.
private enum WireField {
    /// The fields of one message; those of one number stay together and in order, as do all that are not known.
    static func all(of message: [UInt8], known: Set<UInt32>) -> [[UInt8]] {
        var groups: [(number: UInt32, bytes: [UInt8])] = []
        for field in split(message) {
            let number = known.contains(field.number) ? field.number : 0
            if let place = groups.firstIndex(where: { $0.number == number }) {
                groups[place].bytes += message[field.range]
            } else {
                groups.append((number, Array(message[field.range])))
            }
        }
        return groups.map(\.bytes)
    }

    /// The message with `field` in front of the first one of at least `number`.
    static func inserting(_ field: [UInt8], before number: UInt32, into message: [UInt8]) -> [UInt8] {
        let place = split(message).first { $0.number >= number }?.range.lowerBound ?? message.count
        return message[..<place] + field + message[place...]
    }

    /// The message with one thing about it changed that decoders must bear.
    static func mutated(_ message: [UInt8], _ generator: inout Generator) -> [UInt8] {
        let fields = split(message)
        var result = message
        guard let field = fields.isEmpty ? nil : fields[generator.below(fields.count)] else { return [0x08, 0x01] }
        switch generator.below(6) {
        case 0:
            result.insert(contentsOf: message[field.range], at: fields[generator.below(fields.count)].range.lowerBound)
        case 1: result.removeSubrange(field.range)
        case 2: result[field.range.lowerBound] ^= UInt8(1 + generator.below(7))
        case 3: result.insert(contentsOf: overlong(message[field.range.lowerBound]), at: field.range.lowerBound)
        case 4: result += message[field.range]
        default: result[generator.below(result.count)] = UInt8(generator.below(256))
        }
        return result
    }

    /// An unknown varint of ten bytes whose tag, too, is longer than it need be.
    private static func overlong(_ byte: UInt8) -> [UInt8] {
        [0xf8, 0x87, 0x80, 0x00, byte | 0x80] + [UInt8](repeating: 0x80, count: 8) + [0x01]
    }

    private static func split(_ message: [UInt8]) -> [(number: UInt32, range: Range<Int>)] {
        var fields: [(number: UInt32, range: Range<Int>)] = []
        var place = 0
        func varint() -> Int {
            var value = 0
            var shift = 0
            while true {
                let byte = message[place]
                place += 1
                value |= Int(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { return value }
            }
        }
        while place < message.count {
            let start = place
            let tag = varint()
            switch tag & 7 {
            case 0: while message[place] >= 0x80 { place += 1 }; place += 1
            case 1: place += 8
            case 5: place += 4
            default:
                let count = varint()
                place += count
            }
            fields.append((UInt32(tag >> 3), start..<place))
        }
        return fields
    }
}
