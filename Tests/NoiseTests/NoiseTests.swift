import Bytes
import Noise
import Primitives
import Testing

private let patterns: [String: Pattern] = {
    var all: [String: Pattern] = [:]
    func add(_ name: String, _ initiator: Bool, _ responder: Bool, _ messages: [[Pattern.Token]]) {
        let full = "Noise_\(name)_25519_ChaChaPoly_BLAKE2b"
        all[full] = Pattern(name: full, initiatorIsKnown: initiator, responderIsKnown: responder, messages: messages)
    }
    add("XX", false, false, [[.e], [.e, .ee, .s, .es], [.s, .se]])
    add("IK", false, true, [[.e, .es, .s, .ss], [.e, .ee, .se]])
    add("KK", true, true, [[.e, .es, .ss], [.e, .ee, .se]])
    add("NN", false, false, [[.e], [.e, .ee]])
    add("NNpsk0", false, false, [[.psk, .e], [.e, .ee]])
    add("XXpsk3", false, false, [[.e], [.e, .ee, .s, .es], [.s, .se, .psk]])
    add("Xpsk1", false, true, [[.e, .es, .s, .ss, .psk]])
    all[Pattern.link.name] = .link
    all[Pattern.sealing.name] = .sealing
    return all
}()

// Skipped, not failed, where the folder of vectors is not kept beside the repository.
@Test(.enabled(if: Vectors.areHere)) func `the published vectors come out byte for byte`() throws {
    let vectors = try Vectors.json("noise-25519-chachapoly-blake2b")["vectors"] as? [[String: Any]] ?? []
    var seen: [String: Int] = [:]
    for vector in vectors {
        let name = vector["protocol_name"] as? String ?? ""
        guard let pattern = patterns[name] else { continue }
        seen[name, default: 0] += 1
        func side(_ part: Handshake.Part, _ mine: String, _ theirs: String) -> Handshake {
            let psks = vector["\(mine)_psks"] as? [String] ?? []
            let remote = vector["\(mine)_remote_static"]
            return Handshake(
                pattern, as: part, prologue: bytes(vector["\(mine)_prologue"]), local: key(vector["\(mine)_static"]),
                ephemeral: key(vector["\(mine)_ephemeral"]),
                remoteKey: remote == nil
                    ? (pattern.initiatorIsKnown && part == .responder
                        ? key(vector["\(theirs)_static"])?.publicKey : nil)
                    : PublicKey(bytes(remote)),
                sharedKey: psks.first.map { box(bytes($0)) })
        }
        var initiator = side(.initiator, "init", "resp")
        var responder = side(.responder, "resp", "init")
        var forth: (send: TransportCipher, receive: TransportCipher)?
        var back: (send: TransportCipher, receive: TransportCipher)?
        for message in vector["messages"] as? [[String: Any]] ?? [] {
            let payload = bytes(message["payload"])
            let ciphertext = bytes(message["ciphertext"])
            let isInitiators = message["from"] as? String == "init"
            if message["phase"] as? String == "handshake" {
                if isInitiators {
                    #expect(try initiator.write(payload) == ciphertext)
                    #expect(try responder.read(ciphertext) == payload)
                } else {
                    #expect(try responder.write(payload) == ciphertext)
                    #expect(try initiator.read(ciphertext) == payload)
                }
                continue
            }
            if forth == nil { (forth, back) = (initiator.ciphers(), responder.ciphers()) }
            if isInitiators {
                #expect(try sealed(payload, &forth!.send) == ciphertext)
                #expect(try opened(ciphertext, &back!.receive) == payload)
            } else {
                #expect(try sealed(payload, &back!.send) == ciphertext)
                #expect(try opened(ciphertext, &forth!.receive) == payload)
            }
        }
        #expect(initiator.hash == bytes(vector["handshake_hash"]))
        #expect(responder.hash == initiator.hash && responder.binding == initiator.binding)
    }
    #expect(seen[Pattern.link.name] != nil && seen[Pattern.sealing.name] != nil)
    #expect(seen.count == patterns.count, "\(seen)")
}

@Test(.enabled(if: Vectors.areHere)) func `rekeying and key derivation give the expected bytes`() throws {
    let extra = try Vectors.json("extra-rekey-hkdf-smallorder")
    for vector in extra["rekey_ChaChaPoly"] as? [[String: Any]] ?? [] {
        let keys = vector["k_after_rekeys"] as? [String] ?? []
        let number = UInt64(vector["n"] as? String ?? "")!
        let payload = bytes(vector["payload"])
        for (before, after) in zip(keys, keys.dropFirst()) {
            var turned = TransportCipher(key: box(bytes(before)), counter: 5)
            turned.rekey()
            var fresh = TransportCipher(key: box(bytes(after)), counter: 5)
            #expect(try sealed(payload, &turned) == sealed(payload, &fresh))
        }
        var cipher = TransportCipher(key: box(bytes(keys[0])), counter: number)
        #expect(try sealed(payload, &cipher) == bytes(vector["ciphertext_at_n"]))
        cipher = TransportCipher(key: box(bytes(keys[0])), counter: number + 1)
        cipher.rekey()
        #expect(try sealed(payload, &cipher) == bytes(vector["ciphertext_at_n_plus_1_after_one_rekey"]))
    }
    for vector in extra["hkdf_noise"] as? [[String: Any]] ?? [] where vector["hash"] as? String == "BLAKE2b" {
        var output = [UInt8](repeating: 0, count: 192)
        unsafe output.withUnsafeMutableBytes { output in
            unsafe bytes(vector["chaining_key"]).withUnsafeBytes { chain in
                unsafe bytes(vector["ikm"]).withUnsafeBytes {
                    unsafe HMAC.expand(chainingKey: chain, input: $0, into: output)
                }
            }
        }
        #expect(Hex.text(output) == (vector["outputs"] as? [String] ?? []).joined())
    }
    var random = SecureGenerator()
    let mine = AgreementKey(random: &random)
    let refused = extra["x25519_public_keys_that_must_be_refused"] as? [String] ?? []
    #expect(refused.count == 14)
    for text in refused {
        #expect(throws: PrimitivesError.weakKey) { _ = try mine.agree(with: PublicKey(bytes(text))!).count }
    }
}

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
