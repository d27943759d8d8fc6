import Bytes
import Model
import Primitives
import Testing

@testable import Link

@Test(arguments: [false, true]) func `two ends that share a key open a link, in any cutting`(isDropwise: Bool) throws {
    var opening = Opening()
    opening.isDropwise = isDropwise
    var ends = try #require(try opening.run())
    let sealed = try ends.dialler.seal([Bytes(utf8: "hello")])
    #expect(try ends.acceptor.open(sealed) == Bytes(utf8: "hello"))
    let back = try ends.acceptor.seal([Bytes(utf8: "yes")])
    #expect(try ends.dialler.open(back) == Bytes(utf8: "yes"))
}

@Test func `every byte of a handshake counts`() throws {
    let clean = try #require(try Opening().run())
    for (toAcceptor, total) in [(true, clean.toAcceptor.count), (false, clean.toDialler.count)] {
        for place in 0..<total {
            var opening = Opening()
            opening.spoil = { direction, offset, bytes in
                guard direction == toAcceptor, (offset..<offset + bytes.count).contains(place) else { return }
                bytes[place - offset] ^= 1 << UInt8(place % 8)
            }
            // A length made larger leaves the receiver waiting: that opens nothing either.
            let outcome = Result { () throws(LinkError) in try opening.run() }
            if case .success(.some) = outcome { Issue.record("byte \(place), to the acceptor: \(toAcceptor)") }
        }
    }
}

@Test func `a handshake cut anywhere opens nothing`() throws {
    let clean = try #require(try Opening().run())
    for (toAcceptor, total) in [(true, clean.toAcceptor.count), (false, clean.toDialler.count)] {
        for place in 0..<total {
            var opening = Opening()
            opening.spoil = { direction, offset, bytes in
                guard direction == toAcceptor, offset + bytes.count > place else { return }
                bytes = Array(bytes.prefix(max(0, place - offset)))
            }
            #expect(try opening.run() == nil, "cut at \(place), to the acceptor: \(toAcceptor)")
        }
    }
}

extension Ends: Equatable {
    static func == (left: Ends, right: Ends) -> Bool { left.toAcceptor == right.toAcceptor }
}

@Test func `what the payloads hold does not show in their sizes`() throws {
    let ends = try #require(try Opening().run())
    // A length, a key in the clear, and in the second and third message a sealed key and the payload, each with its tag.
    let second = ends.toDialler.count - 2 - 32 - 48 - 16
    let third = ends.toAcceptor.count - LinkHello.byteCount - (2 + 32 + 16) - 2 - 48 - 16
    #expect(second > 0 && second.isMultiple(of: 512))
    #expect(third > 0 && third.isMultiple(of: 512))
}

@Test func `a wrong key, another hello and a repeated opening get no answer`() throws {
    var thief = Opening()
    thief.acceptorsKey = SecretBox(Opening.random32())
    #expect(throws: LinkError.refused) { try thief.run() }
    // The hello is the prologue: a changed epoch, purpose, flag or handle that names the same key is seen.
    for (place, bit): (Int, UInt8) in [(6, 3), (7, 1), (11, 1), (16, 1), (31, 128)] {
        var opening = Opening()
        opening.spoil = { toAcceptor, offset, bytes in
            if toAcceptor, offset == 0 { bytes[place] ^= bit }
        }
        #expect(throws: LinkError.refused) { try opening.run() }
    }
    var seen: Set<Bytes> = []
    var first = Opening()
    first.isFresh = { seen.insert($0).inserted }
    let ends = try #require(try first.run())
    var acceptor = LinkHandshake(accept: first.acceptorsIdentity)
    let opening = LinkHello.byteCount + 2 + Int(ends.toAcceptor[LinkHello.byteCount + 1])
    guard case .key? = try acceptor.receive(Bytes(ends.toAcceptor[..<opening])) else {
        Issue.record("no question for the key")
        return
    }
    var generator = SecureGenerator()
    guard case .opening(let ephemeral)? = try acceptor.provide(first.key, payload: .init(), generator: &generator)
    else {
        Issue.record("no question for the opening")
        return
    }
    #expect(seen.contains(ephemeral))
    #expect(acceptor.takeOutput().isEmpty)
}

@Test func `a peer with this node's own key is refused`() throws {
    var opening = Opening()
    opening.acceptorsIdentity = opening.diallersKey
    #expect(throws: LinkError.unauthorised("the peer has this node's own key")) { try opening.run() }
}

@Test func `lengths are refused before their bytes are waited for, and a stranger's memory is bounded`() throws {
    let hello = Opening().hello.encoded()
    for length: [UInt8] in [[1, 1], [0x10, 0], [0xff, 0xff]] {
        var acceptor = LinkHandshake(accept: Opening.agreementKey())
        _ = try acceptor.receive(hello)
        var generator = SecureGenerator()
        _ = try acceptor.provide(SecretBox(Opening.random32()), payload: .init(), generator: &generator)
        #expect(throws: LinkError.tooLarge) { try acceptor.receive(Bytes(length)) }
    }
    var generator = SecureGenerator()
    var dialler = try LinkHandshake(
        dial: Opening().hello, key: SecretBox(Opening.random32()), local: Opening.agreementKey(), generator: &generator)
    #expect(throws: LinkError.tooLarge) { try dialler.receive(Bytes([0x10, 1])) }
    var waiting = LinkHandshake(accept: Opening.agreementKey())
    _ = try waiting.receive(hello)
    _ = try waiting.receive(Bytes([UInt8](repeating: 0, count: LinkHandshake.strangerBytes)))
    #expect(throws: LinkError.tooLarge) { try waiting.receive(Bytes([0])) }
}

@Test func `a hello is read as it was written, and nothing else is one`() throws {
    var hello = LinkHello(purpose: .node, epoch: 0x0102_0304, handle: Handle(high: 3, low: 4))
    hello.wantsBulk = true
    let bytes = hello.encoded().array
    #expect(bytes.count == LinkHello.byteCount)
    #expect(try LinkHello(Bytes(bytes)) == hello)
    // Magic, version, suite, purpose, flags and the zeros; epoch and handle may be anything.
    for place in Array(0..<8) + Array(12..<16) {
        for bit in 0..<8 where !(place == 6 && bit < 2 || place == 7 && bit == 0) {
            var changed = bytes
            changed[place] ^= 1 << UInt8(bit)
            #expect(throws: LinkError.self, "byte \(place), bit \(bit)") { try LinkHello(Bytes(changed)) }
        }
    }
    hello.purpose = .join
    #expect(throws: LinkError.notALink) { try LinkHello(hello.encoded()) }
    hello.wantsBulk = false
    #expect(try LinkHello(hello.encoded()) == hello)
    var stranger = LinkHandshake(accept: Opening.agreementKey())
    #expect(throws: LinkError.notALink) { try stranger.receive(Bytes(utf8: "GE")) }
    var short = LinkHandshake(accept: Opening.agreementKey())
    #expect(try short.receive(Bytes(utf8: "CNC")) == nil)
}

private func == (left: LinkHandshake.Question?, right: LinkHandshake.Question?) -> Bool {
    if case .none = left, case .none = right { true } else { false }
}
