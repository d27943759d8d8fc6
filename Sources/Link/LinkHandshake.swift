import Bytes
import Model
import Noise
import Primitives
import Wire

/// The opening of a link over TCP: hello, three handshake messages, and the questions that they raise.
///
///     dialler:   start ──message 2──▶ ask responder ──answer──▶ established
///     acceptor:  hello ──▶ ask key ──provide──▶ message 1 ──▶ ask opening ──admit──▶ message 3 ──▶ ask initiator
///                ──finish──▶ established
///
/// A value that a driver may move into a job and back: a step takes up to 100 µs. What is known of keys, certificates and
/// rows is not known here; the driver answers the questions, or drops the connection without a word. Lengths are
/// checked before anything is read or kept. `proto/README.md` §2.
package struct LinkHandshake: Sendable {
    /// What only the driver can answer before the handshake goes on.
    package enum Question: Sendable {
        /// Which pre-shared key the handle names: answered by `provide`.
        case key(LinkHello)
        /// Whether nobody opened a link with this ephemeral key before: answered by `admit`. A repeated opening costs the
        /// repeater nothing and this end two agreements.
        case opening(Bytes)
        /// Whether the responder is who it must be: answered by `answer`.
        case responder(ResponderPayload, PublicKey)
        /// Whether the initiator may come in: answered by `finish`.
        case initiator(InitiatorPayload, PublicKey)
    }

    /// An open link.
    package struct Established: Sendable {
        package var records: Records
        /// Bytes that came with the last handshake message.
        package var rest: Bytes
    }

    private enum Stage: Equatable {
        case hello, key, first, opened, second, third, judged
        /// An error ended it.
        case over
    }

    /// Bounds of the messages, so that a stranger costs next to nothing.
    static let firstBytes = 256
    static let laterBytes = 4096
    static let paddingBytes = 512
    /// What an end keeps of one that has not proven anything: a hello and the first message.
    static let strangerBytes = 512
    /// What it keeps beside the last message, after which a dialler may speak at once.
    static let earlyBytes = 3 * Limits.sentFrameBytes

    private var stage: Stage
    private var hello: LinkHello?
    private var noise: Handshake?
    private let local: AgreementKey
    private var payload = Bytes()
    private var buffer: [UInt8] = []
    /// What must be written, in order; taken by `takeOutput`.
    private var output: [Bytes] = []

    /// The dialler's end: its first bytes are in `takeOutput` at once.
    ///
    /// - Parameter key: the pre-shared key that `hello.handle` names; 32 bytes.
    package init(
        dial hello: LinkHello, key: SecretBox, local: AgreementKey, generator: inout some RandomNumberGenerator
    ) throws(LinkError) {
        self.hello = hello
        self.local = local
        stage = .second
        noise = Handshake(
            .link, as: .initiator, prologue: hello.prologue, local: local,
            ephemeral: AgreementKey(random: &generator), sharedKey: key)
        output.append(hello.encoded())
        try write(Bytes())
    }

    /// The acceptor's end.
    package init(accept local: AgreementKey) {
        self.local = local
        stage = .hello
    }

    /// What must be written to the peer now, in order.
    package mutating func takeOutput() -> [Bytes] {
        defer { output = [] }
        return output
    }

    /// Takes bytes; the next question, or `nil` while more bytes are needed.
    ///
    /// - Throws: `LinkError`: close the connection, without a word to the peer.
    package mutating func receive(_ bytes: Bytes) throws(LinkError) -> Question? {
        guard buffer.count + bytes.count <= mostBytes else { throw .tooLarge }
        buffer.append(contentsOf: bytes)
        return try proceed()
    }

    /// What may wait here unread: by what the peer has proven, and may say at this point.
    package var mostBytes: Int {
        switch stage {
        case .hello, .key, .first, .opened: Self.strangerBytes
        case .second, .over: 2 + Self.laterBytes
        case .third, .judged: 2 + Self.laterBytes + Self.earlyBytes
        }
    }

    private mutating func proceed() throws(LinkError) -> Question? {
        switch stage {
        case .hello:
            guard buffer.count >= LinkHello.byteCount else {
                // A stranger's first bytes are enough to see that he is one.
                guard buffer.starts(with: "CNCL".utf8.prefix(buffer.count)) else { throw .notALink }
                return nil
            }
            let hello = try LinkHello(Bytes(buffer[0..<LinkHello.byteCount]))
            buffer.removeFirst(LinkHello.byteCount)
            self.hello = hello
            stage = .key
            return .key(hello)
        case .key, .opened, .judged: return nil
        case .first:
            guard let message = try takeMessage(Self.firstBytes) else { return nil }
            _ = try read(message)
            stage = .opened
            return .opening(message.slice(0..<32).copied())
        case .second:
            guard let message = try takeMessage(Self.laterBytes) else { return nil }
            let payload: ResponderPayload = try decode(try read(message))
            stage = .judged
            return .responder(payload, try remoteKey())
        case .third:
            guard let message = try takeMessage(Self.laterBytes) else { return nil }
            let payload: InitiatorPayload = try decode(try read(message))
            stage = .judged
            return .initiator(payload, try remoteKey())
        case .over: throw .damaged
        }
    }

    /// The acceptor's answer to `key`: the pre-shared key, and what it says of itself once the key proved right.
    package mutating func provide(
        _ key: SecretBox, payload: ResponderPayload, generator: inout some RandomNumberGenerator
    ) throws(LinkError) -> Question? {
        guard stage == .key, let hello else { preconditionFailure("a key that nobody asked for") }
        noise = Handshake(
            .link, as: .responder, prologue: hello.prologue, local: local,
            ephemeral: AgreementKey(random: &generator), sharedKey: key)
        self.payload = payload.encoded()
        stage = .first
        return try proceed()
    }

    /// The acceptor's answer to `opening`: the ephemeral key is new.
    package mutating func admit() throws(LinkError) -> Question? {
        precondition(stage == .opened, "an answer that nobody asked for")
        stage = .third
        try write(padded(payload))
        return try proceed()
    }

    /// The dialler's answer to `responder`: the link is open for it.
    package mutating func answer(_ payload: InitiatorPayload) throws(LinkError) -> Established {
        precondition(stage == .judged, "an answer that nobody asked for")
        try write(padded(payload.encoded()))
        return try established()
    }

    /// The acceptor's answer to `initiator`: the link is open for it.
    package mutating func finish() throws(LinkError) -> Established {
        precondition(stage == .judged, "an answer that nobody asked for")
        return try established()
    }

    private mutating func established() throws(LinkError) -> Established {
        guard let noise, noise.isComplete else { throw .damaged }
        let (send, receive) = noise.ciphers()
        stage = .over
        return Established(records: Records(send: send, receive: receive), rest: Bytes(buffer))
    }
}

// MARK: - Messages

extension LinkHandshake {
    private mutating func takeMessage(_ most: Int) throws(LinkError) -> Bytes? {
        guard buffer.count >= 2 else { return nil }
        let length = Int(buffer[0]) << 8 | Int(buffer[1])
        guard length <= most else { throw .tooLarge }
        guard buffer.count >= 2 + length else { return nil }
        defer { buffer.removeFirst(2 + length) }
        return Bytes(buffer[2..<(2 + length)])
    }

    private mutating func read(_ message: Bytes) throws(LinkError) -> Bytes {
        do throws(NoiseError) {
            guard let payload = try noise?.read(message) else { throw .forged }
            return payload
        } catch {
            stage = .over
            throw reason(of: error)
        }
    }

    /// Why the link can't be, as far as anybody may know.
    private func reason(of error: NoiseError) -> LinkError {
        switch error {
        case .forged, .weakKey: .refused
        case .length, .exhausted: .damaged
        }
    }

    private mutating func write(_ payload: Bytes) throws(LinkError) {
        do throws(NoiseError) {
            guard let message = try noise?.write(payload) else { throw .forged }
            output.append(Bytes([UInt8(message.count >> 8), UInt8(message.count & 0xff)]))
            output.append(message)
        } catch {
            stage = .over
            throw .damaged
        }
    }

    /// Sizes of certificates and names do not show on the wire.
    private func padded(_ payload: Bytes) -> Bytes {
        let count = (payload.count / Self.paddingBytes + 1) * Self.paddingBytes
        var array = payload.array
        array.append(0x80)
        array.append(contentsOf: repeatElement(0, count: count - array.count))
        return Bytes(array)
    }

    private func decode<M: Message>(_ padded: Bytes) throws(LinkError) -> M {
        guard let end = padded.lastIndex(where: { $0 != 0 }), padded[end] == 0x80 else { throw .malformed("padding") }
        guard let message = try? M.decode(padded.slice(0..<end)) else { throw .malformed("handshake payload") }
        return message
    }

    private func remoteKey() throws(LinkError) -> PublicKey {
        guard let key = noise?.remoteKey else { throw .damaged }
        // A link to oneself would prove nothing about anybody else.
        guard key != local.publicKey else { throw .unauthorised("the peer has this node's own key") }
        return key
    }
}
