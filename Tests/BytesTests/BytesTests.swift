import Bytes
import Testing

@Suite struct BytesTests {
    @Test func `a slice of a slice counts from its own start, and equals bytes of its own`() {
        let whole = Bytes([UInt8](0..<20))
        let slice = whole.slice(5..<15).slice(2..<4)
        #expect(slice.array == [7, 8])
        #expect(slice == [7, 8] && slice.hashValue == Bytes([7, 8]).hashValue)
        #expect(slice[0] == 7 && Array(slice) == [7, 8])
        #expect(slice != [7, 9] && slice != [7])
        #expect(whole.slice(20..<20).isEmpty)
    }

    @Test func `a slice shares its buffer, a copy has its own`() {
        let whole = Bytes([UInt8](0..<20))
        let slice = whole.slice(5..<15)
        #expect(slice.owner.count == 20)
        #expect(slice.copied() == slice && slice.copied().owner.count == 10)
    }

    @Test func `only UTF-8 is text`() {
        #expect(Bytes(utf8: "é").slice(0..<2).text == "é")
        #expect(Bytes(utf8: "é").slice(0..<1).text == nil)
    }

    @Test func `hexadecimal there and back`() {
        let all = [UInt8](0...255)
        #expect(Hex.bytes(Hex.text(all)) == all)
        #expect(Hex.text([0, 0xab]) == "00ab")
        #expect(Hex.bytes("00AB") == [0, 0xab])
        for text in ["0", "0g", "é", " 00", "0x00"] { #expect(Hex.bytes(text) == nil) }
    }
}
