import Bytes
import Testing
import Wire
import WireTools

/// What holds for every message, on random ones; a failure names the seed that repeats it.
@Suite struct RoundTripTests {
    @Test func `what is encoded is decoded again, and encoded the same`() throws {
        for type in AllMessages.types {
            var taken = 0
            for seed in UInt64(0)..<60 where try roundTrip(type, seed) { taken += 1 }
            #expect(taken > 0, "no random \(type) is valid")
        }
    }

    /// `false`: what was drawn is no valid message, and was refused as such.
    private func roundTrip<M: Message>(_ type: M.Type, _ seed: UInt64) throws -> Bool {
        var generator = Generator(seed: seed)
        let message = generator.message(type)
        let encoded = message.encoded()
        #expect(encoded.count == message.encodedSize, "\(type) of seed \(seed)")
        do throws(WireError) {
            let decoded = try M.decode(encoded)
            #expect(decoded == message, "\(type) of seed \(seed)")
            #expect(decoded.encoded() == encoded, "\(type) of seed \(seed)")
            return true
        } catch {
            guard case .invalid = error.reason else { throw error }
            return false
        }
    }

    @Test func `no prefix and no flipped bit traps, and what is taken has a canonical form`() throws {
        for type in AllMessages.types {
            for seed in UInt64(0)..<2 { damage(type, seed) }
        }
    }

    private func damage<M: Message>(_ type: M.Type, _ seed: UInt64) {
        var generator = Generator(seed: seed)
        let whole = generator.message(type).encoded()
        for end in 0..<min(whole.count, 300) { settle(type, whole.slice(0..<end), seed) }
        if whole.isEmpty { return }
        for _ in 0..<300 {
            var array = whole.array
            array[generator.below(array.count)] ^= 1 << UInt8(generator.below(8))
            settle(type, Bytes(array), seed)
        }
    }

    /// Decodes `input`, if it can be: encoding that and decoding again changes nothing.
    private func settle<M: Message>(_ type: M.Type, _ input: Bytes, _ seed: UInt64) {
        guard let once = try? M.decode(input).encoded() else { return }
        let twice = try? M.decode(once).encoded()
        if twice != once { Issue.record("\(type) of seed \(seed): \(Hex.text(input))") }
    }
}
