import Bytes
import Testing

@testable import Compression

/// Bytes that no compressor shrinks.
private func noise(_ count: Int, seed: UInt64 = 1) -> Bytes {
    var state = seed
    return Bytes(
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        })
}

private func text(_ count: Int) -> Bytes {
    Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 / 7 % 13) })
}

struct LZ4Tests {
    @Test(arguments: [64, 200, 4096, 65_537, 1_500_000])
    func `a block gives back what went in`(count: Int) throws {
        let block = try #require(LZ4.compress(text(count)))
        #expect(block.count <= count - count / 16)
        #expect(try LZ4.decompress(block, length: count, limit: count) == text(count))
    }

    @Test(arguments: [0, 1, 15, 16, 200, 4096])
    func `what saves less than a sixteenth is not kept`(count: Int) {
        #expect(LZ4.compress(noise(count)) == nil)
    }

    @Test func `no input passes the bound`() {
    }

    @Test func `a stated length over the limit or the format's ratio is refused before memory is taken`() throws {
        let block = try #require(LZ4.compress(text(4096)))
        #expect(throws: CompressionError.tooLarge(stated: 4096)) {
            try LZ4.decompress(block, length: 4096, limit: 4095)
        }
        let bomb = Bytes([UInt8](repeating: 0xff, count: 8))
        #expect(throws: CompressionError.tooLarge(stated: 1 << 30)) {
            try LZ4.decompress(bomb, length: 1 << 30, limit: 1 << 30)
        }
        #expect(throws: CompressionError.tooLarge(stated: -1)) { try LZ4.decompress(block, length: -1, limit: 10) }
    }

    @Test func `another length, every prefix and every flipped bit is refused or stays in bounds`() throws {
        let block = try #require(LZ4.compress(text(300)))
        for length in [299, 301] {
            #expect(throws: CompressionError.malformed) { try LZ4.decompress(block, length: length, limit: 1000) }
        }
        for end in 0..<block.count {
            #expect(throws: CompressionError.self) {
                try LZ4.decompress(block.slice(0..<end), length: 300, limit: 300)
            }
        }
        for bit in 0..<block.count * 8 {
            var array = block.array
            array[bit / 8] ^= 1 << (bit % 8)
            if let answer = try? LZ4.decompress(Bytes(array), length: 300, limit: 300) { #expect(answer.count == 300) }
        }
    }
}

struct ZlibTests {
    @Test func `a kept stream gives back what went in, chunk by chunk`() throws {
        let deflater = Deflater()
        let inflater = Inflater()
        for input in [text(1), text(65_536), noise(65_536), text(300_000), noise(1)] {
            let chunk = deflater.deflate(input)
            #expect(chunk.count <= deflater.bound(input.count))
            #expect(try inflater.inflate(chunk, length: input.count, limit: input.count) == input)
            #expect(deflater.deflate(input) == chunk)
        }
    }

    @Test func `a bomb is refused before it unpacks`() {
        let bomb = Deflater().deflate(Bytes([UInt8](repeating: 0, count: 1 << 20)))
        let inflater = Inflater()
        #expect(throws: CompressionError.tooLarge(stated: 1 << 20)) {
            try inflater.inflate(bomb, length: 1 << 20, limit: 65_536)
        }
        #expect(throws: CompressionError.tooLarge(stated: 1 << 30)) {
            try inflater.inflate(bomb, length: 1 << 30, limit: 1 << 30)
        }
        // It states less than it holds: no byte is written past what was stated.
        #expect(throws: CompressionError.malformed) { try inflater.inflate(bomb, length: 65_536, limit: 65_536) }
    }

    @Test func `every prefix, every flipped bit and anything behind the end is refused`() throws {
        let input = text(500)
        let chunk = Deflater().deflate(input)
        let inflater = Inflater()
        for end in 0..<chunk.count {
            #expect(throws: CompressionError.malformed) {
                try inflater.inflate(chunk.slice(0..<end), length: 500, limit: 500)
            }
        }
        for bit in 0..<chunk.count * 8 {
            var array = chunk.array
            array[bit / 8] ^= 1 << (bit % 8)
            // The header's spare bits may change without effect; the text never does.
            if let answer = try? inflater.inflate(Bytes(array), length: 500, limit: 500) { #expect(answer == input) }
        }
        #expect(throws: CompressionError.malformed) {
            try inflater.inflate(Bytes(chunk.array + [0]), length: 500, limit: 500)
        }
        #expect(try inflater.inflate(chunk, length: 500, limit: 500) == input)
    }
}
