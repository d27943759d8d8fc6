import Bytes
import Identity
import Model
import Noise
import Primitives
import Testing
import Wire

@testable import Link

/// A call that changes what it is made on can't stand inside `#expect`.
func must(_ truth: Bool, at place: SourceLocation = #_sourceLocation) { #expect(truth, sourceLocation: place) }

/// Both ends of a link, and what went between them while it opened.
struct Ends {
    var dialler: Records
    var acceptor: Records
    var toAcceptor: [UInt8] = []
    var toDialler: [UInt8] = []
}

/// One handshake after the other, with a wire that a test can spoil.
struct Opening {
    var key = SecretBox(Opening.random32())
    /// What the acceptor believes the key to be.
    var acceptorsKey: SecretBox?
    var hello = LinkHello(purpose: .node, epoch: 1, handle: Handle(high: 1, low: 2))
    var diallersKey = Opening.agreementKey()
    var acceptorsIdentity = Opening.agreementKey()
    /// Changes what goes to the acceptor, or to the dialler; the offset counts from that direction's first byte.
    var spoil: (_ toAcceptor: Bool, _ offset: Int, _ bytes: inout [UInt8]) -> Void = { _, _, _ in }
    var isFresh: (Bytes) -> Bool = { _ in true }
    var isDropwise = false

    static func random32() -> SecretBytes {
        var generator = SecureGenerator()
        return Random.secret(32, from: &generator)
    }

    static func agreementKey() -> AgreementKey {
        var generator = SecureGenerator()
        return AgreementKey(random: &generator)
    }

    /// Runs it as far as it goes; `nil`: an end still waits.
    func run() throws(LinkError) -> Ends? {
        var generator = SecureGenerator()
        var dialler = try LinkHandshake(dial: hello, key: key, local: diallersKey, generator: &generator)
        var acceptor = LinkHandshake(accept: acceptorsIdentity)
        var sent: (toAcceptor: [UInt8], toDialler: [UInt8]) = ([], [])
        var open: (dialler: Records?, acceptor: Records?)
        while true {
            var forth = dialler.takeOutput().flatMap { $0.array }
            spoil(true, sent.toAcceptor.count, &forth)
            sent.toAcceptor += forth
            for piece in pieces(forth) {
                var question = try acceptor.receive(piece)
                while let asked = question {
                    switch asked {
                    case .key:
                        question = try acceptor.provide(
                            acceptorsKey ?? key, payload: responder(), generator: &generator)
                    case .opening(let ephemeral):
                        guard isFresh(ephemeral) else { throw .refused }
                        question = try acceptor.admit()
                    case .initiator(let payload, let key):
                        guard key == diallersKey.publicKey, payload.parameters?.nodeID == NodeID(high: 0, low: 7) else {
                            throw .refused
                        }
                        open.acceptor = try acceptor.finish().records
                        question = nil
                    case .responder: preconditionFailure("an acceptor asked for its responder")
                    }
                }
            }
            var back = acceptor.takeOutput().flatMap { $0.array }
            spoil(false, sent.toDialler.count, &back)
            sent.toDialler += back
            for piece in pieces(back) {
                guard case .responder(_, let key)? = try dialler.receive(piece) else { continue }
                guard key == acceptorsIdentity.publicKey else { throw .refused }
                var payload = InitiatorPayload()
                payload.parameters = LinkParameters()
                payload.parameters?.nodeID = NodeID(high: 0, low: 7)
                open.dialler = try dialler.answer(payload).records
            }
            if let dialler = open.dialler, let acceptor = open.acceptor {
                return Ends(
                    dialler: dialler, acceptor: acceptor, toAcceptor: sent.toAcceptor, toDialler: sent.toDialler)
            }
            if back.isEmpty { return nil }
        }
    }

    private func pieces(_ bytes: [UInt8]) -> [Bytes] {
        isDropwise ? bytes.map { Bytes([$0]) } : bytes.isEmpty ? [] : [Bytes(bytes)]
    }

    private func responder() -> ResponderPayload {
        var payload = ResponderPayload()
        payload.parameters = LinkParameters()
        payload.parameters?.nodeID = NodeID(high: 0, low: 9)
        return payload
    }
}

func joined(_ pieces: [Multiplexer.Piece]) -> Bytes { Bytes(pieces.flatMap { $0.bytes.array }) }

func filled(_ count: Int, _ byte: UInt8 = 1) -> Bytes { Bytes([UInt8](repeating: byte, count: count)) }

func frame(
    _ type: FrameType, stream: UInt32, flags: FrameFlags = [], length: Int? = nil, body: Bytes = Bytes()
) -> Bytes {
    let header = FrameHeader(
        length: UInt32(length ?? body.count), type: type.rawValue, flags: flags, priority: 0, stream: stream)
    return Bytes(header.encoded().array + body.array)
}
