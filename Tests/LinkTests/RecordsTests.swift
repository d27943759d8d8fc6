import Bytes
import Noise
import Testing

@testable import Link

private func pair() throws -> Ends { try #require(try Opening().run()) }

@Test func `records come through in any cutting, whatever their size`() throws {
    var ends = try pair()
    for count in [1, 2, 16_383, 16_384, 16_385, 50_000] {
        let plain = Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let sealed = try ends.dialler.seal([Bytes(), plain.slice(0..<count / 2), Bytes(), plain.slice(count / 2..<count)])
        let records = (count + 16_383) / 16_384
        #expect(sealed.count == count + records * 18)
        var got: [UInt8] = []
        var place = 0
        for step in [1, 1, 7, 1000, 16_400, 100_000] where place < sealed.count {
            let end = min(sealed.count, place + step)
            got += try ends.acceptor.open(sealed.slice(place..<end)).array
            place = end
        }
        #expect(Bytes(got) == plain)
    }
}

@Test func `a record that was flipped, dropped, repeated, turned around or mirrored is refused`() throws {
    let clean = try pair()
    var sender = clean.dialler
    let one = try sender.seal([Bytes(utf8: "one")])
    let two = try sender.seal([Bytes(utf8: "two")])
    for place in 0..<one.count {
        var receiver = clean.acceptor
        var bytes = one.array
        bytes[place] ^= 1 << UInt8(place % 8)
        let opened = Result { () throws(LinkError) in try receiver.open(Bytes(bytes)) }
        // A length made larger waits for more, and then fails with what follows.
        if case .success(let plain) = opened { #expect(plain.isEmpty && place < 2) }
    }
    var dropped = clean.acceptor
    #expect(throws: LinkError.damaged) { try dropped.open(two) }
    var repeated = clean.acceptor
    _ = try repeated.open(one)
    #expect(throws: LinkError.damaged) { try repeated.open(one) }
    var mirrored = clean.dialler
    #expect(throws: LinkError.damaged) { try mirrored.open(one) }
    var ordered = clean.acceptor
    #expect(try ordered.open(one) == Bytes(utf8: "one"))
    #expect(try ordered.open(two) == Bytes(utf8: "two"))
}

@Test func `a length that no record has is refused before its bytes come`() throws {
    for length: [UInt8] in [[0, 0], [0, 16], [0x40, 0x11], [0xff, 0xff]] {
        var ends = try pair()
        #expect(throws: LinkError.tooLarge) { try ends.acceptor.open(Bytes(length)) }
    }
}

@Test func `both ends turn their key at 65,536 records, at the same one`() throws {
    let key = SecretBox(Opening.random32())
    let last = TransportCipher.recordsPerKey - 2
    var sender = Records(
        send: TransportCipher(key: key, counter: last), receive: TransportCipher(key: key))
    var receiver = Records(
        send: TransportCipher(key: key), receive: TransportCipher(key: key, counter: last))
    for number in 0..<5 {
        let plain = Bytes(utf8: "record \(number)")
        let sealed = try sender.seal([plain])
        #expect(try receiver.open(sealed) == plain)
    }
    // One that did not turn its key opens nothing any more.
    var stale = Records(
        send: TransportCipher(key: key),
        receive: TransportCipher(key: key, counter: TransportCipher.recordsPerKey + 3))
    let sealed = try sender.seal([Bytes(utf8: "after")])
    #expect(throws: LinkError.damaged) { try stale.open(sealed) }
}
