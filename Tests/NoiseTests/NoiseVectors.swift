import Bytes
import Noise
import Primitives
import TestSupport
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
    add("NK", false, true, [[.e, .es], [.e, .ee]])
    add("XN", false, false, [[.e], [.e, .ee], [.s, .se]])
    add("NNpsk0", false, false, [[.psk, .e], [.e, .ee]])
    add("NNpsk2", false, false, [[.e], [.e, .ee, .psk]])
    add("NKpsk0", false, true, [[.psk, .e, .es], [.e, .ee]])
    add("XNpsk3", false, false, [[.e], [.e, .ee], [.s, .se, .psk]])
    add("XXpsk3", false, false, [[.e], [.e, .ee, .s, .es], [.s, .se, .psk]])
    add("IKpsk2", false, true, [[.e, .es, .s, .ss], [.e, .ee, .se, .psk]])
    add("KKpsk0", true, true, [[.psk, .e, .es, .ss], [.e, .ee, .se]])
    add("Xpsk1", false, true, [[.e, .es, .s, .ss, .psk]])
    all[Pattern.link.name] = .link
    all[Pattern.sealing.name] = .sealing
    return all
}()

@Suite(.enabled(if: Vectors.folder.isExpected, "no folder of vectors: set CONCLAVE_NOISE_VECTORS"))
struct NoiseVectors {
    @Test func `the published vectors come out byte for byte`() throws {
        let vectors = try Vectors.json(Vectors.handshakes)["vectors"] as? [[String: Any]] ?? []
        var seen = 0
        for vector in vectors {
            let name = vector["protocol_name"] as? String ?? ""
            guard let pattern = patterns[name] else { continue }
            seen += 1
            func side(_ part: Handshake.Part, _ mine: String, _ theirs: String) -> Handshake {
                let psks = vector["\(mine)_psks"] as? [String] ?? []
                let remote = vector["\(mine)_remote_static"]
                return Handshake(
                    pattern, as: part, prologue: bytes(vector["\(mine)_prologue"]),
                    local: key(vector["\(mine)_static"]),
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
            #expect(responder.hash == initiator.hash)
        }
        #expect(seen > 0, "no vector is of a pattern that we know")
    }

    @Test(.enabled(if: Vectors.haveExtras, "the folder has no extra vectors"))
    func `rekeying and key derivation give the expected bytes`() throws {
        let extra = try Vectors.json(Vectors.extras)
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
        #expect(!refused.isEmpty)
        for text in refused {
            #expect(throws: PrimitivesError.weakKey) { _ = try mine.agree(with: PublicKey(bytes(text))!).count }
        }
    }
}
