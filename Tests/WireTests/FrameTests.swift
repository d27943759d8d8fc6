import Bytes
import Testing
import Wire

@Suite struct FrameTests {
    private let header = FrameHeader(length: 3, type: 0x102, flags: [.end, .response], priority: 1, stream: 5)

    @Test func `a header is twelve bytes, little-endian`() {
        #expect(Hex.text(header.encoded()) == "030000000201050105000000")
    }

    @Test(arguments: [1, 2, 5, 12, 13, 100])
    func `frames come out of any cutting`(_ cut: Int) throws {
        var stream: [UInt8] = []
        header.append(to: &stream)
        stream += [7, 8, 9]
        FrameHeader(length: 0, type: 1, flags: [], priority: 0, stream: 0).append(to: &stream)
        header.append(to: &stream)
        stream += [1, 2, 3]
        var reader = FrameReader()
        var frames: [Frame] = []
        for start in stride(from: 0, to: stream.count, by: cut) {
            reader.append(Bytes(stream[start..<min(stream.count, start + cut)]))
            while let frame = try reader.next() { frames.append(frame) }
        }
        #expect(frames.map(\.body) == [[7, 8, 9], [], [1, 2, 3]])
        #expect(frames.first?.header == header)
        #expect(reader.isBetweenFrames)
    }

    @Test func `a length is refused one above the limit, with the header alone`() throws {
        var reader = FrameReader(limit: 3)
        reader.append(header.encoded())
        let none = try reader.next()
        #expect(none == nil)
        var longer = header
        longer.length = 4
        var other = FrameReader(limit: 3)
        other.append(longer.encoded())
        #expect(throws: FrameError.tooLarge) { try other.next() }
    }

    @Test(arguments: 4..<8)
    func `an unknown flag is refused`(_ bit: Int) {
        var array = header.encoded().array
        array[6] |= 1 << UInt8(bit)
        var reader = FrameReader()
        reader.append(Bytes(array))
        #expect(throws: FrameError.self) { try reader.next() }
    }
}
