import Bytes
import Noise
import Primitives
import Testing

@Test func `a changed or cut handshake message is refused, and nothing follows`() throws {
    var random = SecureGenerator()
    let (one, two) = (AgreementKey(random: &random), AgreementKey(random: &random))
    let (first, second) = (AgreementKey(random: &random), AgreementKey(random: &random))
    let shared = SecretBox(Random.secret(32, from: &random))
    func side(_ part: Handshake.Part, _ prologue: String = "p") -> Handshake {
        Handshake(
            .link, as: part, prologue: Bytes(utf8: prologue), local: part == .initiator ? one : two,
            ephemeral: part == .initiator ? first : second, sharedKey: shared)
    }
    var initiator = side(.initiator)
    let opening = try initiator.write(Bytes())
    for place in 0..<opening.count {
        var array = opening.array
        array[place] ^= 0x10
        #expect(throws: NoiseError.self) {
            var responder = side(.responder)
            _ = try responder.read(Bytes(array))
        }
        #expect(throws: NoiseError.self) {
            var responder = side(.responder)
            _ = try responder.read(opening.slice(0..<place))
        }
    }
    #expect(throws: NoiseError.forged) {
        var responder = side(.responder, "other")
        _ = try responder.read(opening)
    }
    var responder = side(.responder)
    _ = try responder.read(opening)
    let answer = try responder.write(Bytes(utf8: "payload"))
    for place in 0..<answer.count {
        var array = answer.array
        array[place] ^= 0x80
        var copy = initiator
        // The high bit of a public key is not part of it; but it is part of what is hashed.
        #expect(throws: NoiseError.self) { _ = try copy.read(Bytes(array)) }
        #expect(throws: NoiseError.self) { _ = try copy.read(answer) }
    }
}

@Test func `a key turns after 65,536 records at both ends, and a missed turn is refused`() throws {
    var random = SecureGenerator()
    let key = SecretBox(Random.secret(32, from: &random))
    var send = TransportCipher(key: key, counter: 65_534)
    var receive = TransportCipher(key: key, counter: 65_534)
    for number in 0..<4 {
        let record = try sealed(Bytes(utf8: "record \(number)"), &send)
        #expect(try opened(record, &receive) == Bytes(utf8: "record \(number)"))
    }
    var late = TransportCipher(key: key, counter: 65_536)
    var turned = TransportCipher(key: key, counter: 65_535)
    _ = try sealed(Bytes(), &turned)
    let record = try sealed(Bytes(utf8: "after"), &turned)
    #expect(throws: NoiseError.forged) { _ = try opened(record, &late) }
}

@Test func `the last counter is never used`() throws {
    var random = SecureGenerator()
    var cipher = TransportCipher(key: SecretBox(Random.secret(32, from: &random)), counter: .max - 2)
    _ = try sealed(Bytes(), &cipher)
    _ = try sealed(Bytes(), &cipher)
    #expect(throws: NoiseError.exhausted) { _ = try sealed(Bytes(), &cipher) }
}
