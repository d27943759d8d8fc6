import Bytes
import Model
import Noise
import Primitives
import Wire

@testable import Link

extension FuzzTarget {
    /// The acceptor's end of a link against what any dialler may say.
    static let acceptor = {
        var payload = InitiatorPayload()
        payload.parameters = LinkParameters()
        return handshake(
            "handshake-acceptor", honest: Opening.transcript.toAcceptor, payload: payload.encoded(),
            stranger: Opening.accept, member: Opening.dialAsMember)
    }()

    /// The dialler's end against what any acceptor may say.
    static let dialler = {
        var payload = ResponderPayload()
        payload.parameters = LinkParameters()
        return handshake(
            "handshake-dialler", honest: Opening.transcript.toDialler, payload: payload.encoded(),
            stranger: Opening.dial, member: Opening.acceptAsMember)
    }()

    /// One end of a link, to which the input is told by a `stranger` or as the payload of a `member`, who has the keys.
    ///
    /// The first byte says which, and how a stranger's bytes are cut. No stranger opens a link but with the bytes of
    /// the `honest` pair, played again.
    private static func handshake(
        _ name: String, honest: [UInt8], payload: Bytes, stranger: @escaping @Sendable (Bytes, _ cut: Int) -> Bool,
        member: @escaping @Sendable (Bytes) -> Void
    ) -> FuzzTarget {
        FuzzTarget(
            name: name,
            seeds: {
                [
                    Bytes([0] + honest), Bytes([2] + honest), Bytes([1] + payload.array + [0x80]),
                    Bytes([1] + payload.array + [0x80, 0, 0]),
                ]
            },
            run: { (input) throws(Broken) in
                var input = unsafe Input(input)
                let kind = input.byte()
                let bytes = input.remainder()
                guard kind & 1 == 0 else { return member(bytes) }
                let isOpen = stranger(bytes, max(1, Int(kind >> 1)))
                try Broken.unless(!isOpen || bytes.starts(with: honest), "a link opened for a stranger")
            })
    }
}

/// Both ends of one link, with keys that are the same in every run.
private enum Opening {
    static let key: SecretBox = {
        var generator = Generator(seed: 1)
        return SecretBox(Random.secret(32, from: &generator))
    }()
    static let diallersKey = agreementKey(2)
    static let acceptorsKey = agreementKey(3)
    static let hello = LinkHello(purpose: .node, epoch: 1, handle: Handle(high: 1, low: 2))

    /// What an honest pair says.
    static let transcript: (toAcceptor: [UInt8], toDialler: [UInt8]) = {
        var dialler = newDialler()
        var acceptor = LinkHandshake(accept: acceptorsKey)
        var sent: (toAcceptor: [UInt8], toDialler: [UInt8]) = ([], [])
        sent.toAcceptor += dialler.takeOutput().flatMap(\.array)
        _ = answer(&acceptor, try? acceptor.receive(Bytes(sent.toAcceptor)))
        sent.toDialler += acceptor.takeOutput().flatMap(\.array)
        _ = answer(&dialler, try? dialler.receive(Bytes(sent.toDialler)))
        sent.toAcceptor += dialler.takeOutput().flatMap(\.array)
        return sent
    }()

    static func agreementKey(_ seed: UInt64) -> AgreementKey {
        var generator = Generator(seed: seed)
        return AgreementKey(random: &generator)
    }

    static func newDialler() -> LinkHandshake {
        var generator = Generator(seed: 4)
        do throws(LinkError) {
            return try LinkHandshake(dial: hello, key: key, local: diallersKey, generator: &generator)
        } catch {
            preconditionFailure("a dialler's first bytes: \(error)")
        }
    }

    /// Whether the link opened for `bytes`.
    static func accept(_ bytes: Bytes, cut: Int) -> Bool { feed(LinkHandshake(accept: acceptorsKey), bytes, cut: cut) }

    static func dial(_ bytes: Bytes, cut: Int) -> Bool { feed(newDialler(), bytes, cut: cut) }

    private static func feed(_ end: LinkHandshake, _ bytes: Bytes, cut: Int) -> Bool {
        var end = end
        for start in stride(from: 0, to: bytes.count, by: cut) {
            let piece = bytes.slice(start..<min(bytes.count, start + cut))
            guard let question = try? end.receive(piece) else { return false }
            guard var link = answer(&end, question) else { continue }
            // The rest is records, as if the peer went on.
            let rest = bytes.slice(min(bytes.count, start + cut)..<bytes.count)
            _ = try? link.records.open(Bytes(link.rest.array + rest.array))
            return true
        }
        return false
    }

    /// Answers as a driver does that lets everybody in.
    private static func answer(
        _ end: inout LinkHandshake, _ question: LinkHandshake.Question??
    ) -> LinkHandshake.Established? {
        var generator = Generator(seed: 5)
        var question = question ?? nil
        while let asked = question {
            switch asked {
            case .key: question = (try? end.provide(key, payload: responder(), generator: &generator)) ?? nil
            case .opening: question = (try? end.admit()) ?? nil
            case .responder: return try? end.answer(initiator())
            case .initiator: return try? end.finish()
            }
        }
        return nil
    }

    private static func responder() -> ResponderPayload {
        var payload = ResponderPayload()
        payload.parameters = LinkParameters()
        payload.parameters?.nodeID = NodeID(high: 0, low: 9)
        return payload
    }

    private static func initiator() -> InitiatorPayload {
        var payload = InitiatorPayload()
        payload.parameters = LinkParameters()
        payload.parameters?.nodeID = NodeID(high: 0, low: 7)
        return payload
    }

    // MARK: A peer with the keys and a payload of its own

    private static func noise(_ part: Handshake.Part) -> Handshake {
        Handshake(
            .link, as: part, prologue: hello.prologue, local: part == .initiator ? diallersKey : acceptorsKey,
            ephemeral: agreementKey(6), sharedKey: key)
    }

    private static func framed(_ message: Bytes) -> Bytes { Bytes(Input.piece(message)) }

    static func dialAsMember(_ payload: Bytes) {
        var acceptor = LinkHandshake(accept: acceptorsKey)
        var peer = noise(.initiator)
        guard let first = try? peer.write(Bytes()) else { return }
        _ = answer(&acceptor, try? acceptor.receive(Bytes(hello.encoded().array + framed(first).array)))
        let second = Bytes(acceptor.takeOutput().flatMap(\.array))
        guard second.count > 2, (try? peer.read(second.slice(2..<second.count))) != nil,
            let third = try? peer.write(payload)
        else { return }
        _ = answer(&acceptor, try? acceptor.receive(framed(third)))
    }

    static func acceptAsMember(_ payload: Bytes) {
        var dialler = newDialler()
        let opening = Bytes(dialler.takeOutput().flatMap(\.array))
        var peer = noise(.responder)
        guard (try? peer.read(opening.slice(LinkHello.byteCount + 2..<opening.count))) != nil,
            let second = try? peer.write(payload)
        else { return }
        _ = answer(&dialler, try? dialler.receive(framed(second)))
    }
}
