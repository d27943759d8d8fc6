import Bytes
import Link
import Model
import Primitives
import Seams
import Wire

/// What a link asks of the node that it belongs to: keys, and whether the peer may come in. On the loop, at once.
protocol LinkAuthority: AnyObject {
    var localKey: AgreementKey { get }
    /// Whether this end is a worker, of whom only small frames are taken.
    var isWorker: Bool { get }
    /// The pre-shared key that a hello names, with what this end says of itself; `nil`: refused.
    func answer(_ hello: LinkHello) -> (SecretBox, ResponderPayload)?
    /// Whether the one that was dialled is who it must be.
    func judge(_ payload: ResponderPayload, key: PublicKey, peer: Peer) throws(LinkError) -> InitiatorPayload
    /// Whether the one that dialled may come in.
    func judge(_ payload: InitiatorPayload, key: PublicKey, hello: LinkHello, peer: Peer) throws(LinkError)
    /// Whether this ephemeral key opens a link for the first time; remembered.
    func isFresh(_ ephemeral: Bytes) -> Bool
    /// A link's bulk connection is wanted, which this end must dial.
    func dialBulk(beside control: Peer)
    /// Once a second: what the channel holds may have changed.
    func weigh(_ peer: Peer)
}

/// A channel over a connection: handshake, records and frames, carried out.
///
/// Over a unix socket there are neither handshake nor records, and the peer is known by its credentials.
final class Peer: Port, ConnectionEvents {
    let environment: any Environment
    let connection: any Connection
    var multiplexer: Multiplexer
    var records: Records?
    var handshake: LinkHandshake?
    var hello: LinkHello?
    private(set) weak var authority: (any LinkAuthority)?
    /// While a step of the handshake runs nothing is read, so that a stranger fills no memory.
    var isComputing = false {
        didSet { if isComputing { connection.pause() } else { connection.resume() } }
    }
    var inbox: [Bytes] = []
    private var isFlushing = false
    private(set) var isClosed = false
    var keepalive: (any Timer)?
    /// What it held when it was last weighed, in bytes.
    var weight = 0
    /// A bulk connection without a stream for so long is closed by its dialler.
    var idleLimit = Duration.seconds(30)
    /// The bulk connection beside this one.
    var beside = BulkConnection()
    /// Whether this end dialled.
    let isDialler: Bool
    /// Called once, when the handshake is done.
    var onOpen: (() -> Void)?
    /// Why it ended, if by this end's judgement or before it opened.
    private(set) var failure: LinkError?
    /// Why the other end said goodbye, if it told.
    private(set) var goodbye: Failure?
    /// What the handshake said of an enrolling joiner.
    var enrol: Enrol?
    var enrolledBy: LinkHello?
    /// The key that the handshake authenticated.
    var remoteKey: PublicKey?
    /// What the peer said of itself.
    var parameters = LinkParameters()
    var credentials: Credentials? { connection.credentials }

    /// How long a handshake may take in all, and its first 32 bytes, which a stranger needs nothing for.
    static let handshakeLimit = Duration.seconds(10)
    static let helloLimit = Duration.seconds(2)

    /// The accepting end of a TCP link.
    init(accept connection: any Connection, environment: any Environment, authority: any LinkAuthority) {
        self.environment = environment
        self.connection = connection
        self.authority = authority
        isDialler = false
        multiplexer = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: environment.time.now)
        handshake = LinkHandshake(accept: authority.localKey)
        super.init()
        begin()
    }

    /// The dialling end of a TCP link.
    init(
        dial connection: any Connection, hello: LinkHello, key: SecretBox, environment: any Environment,
        authority: any LinkAuthority
    ) {
        self.environment = environment
        self.connection = connection
        self.authority = authority
        self.hello = hello
        isDialler = true
        multiplexer = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: environment.time.now)
        super.init()
        let local = authority.localKey
        isComputing = true
        let generator = environment.makeGenerator()
        environment.work.job(
            { () -> LinkHandshake? in
                var generator = generator
                return try? LinkHandshake(dial: hello, key: key, local: local, generator: &generator)
            },
            done: { [self] handshake in
                isComputing = false
                self.handshake = handshake
                guard !isClosed else { return }
                guard self.handshake != nil else { return end(.damaged) }
                writeHandshake()
                pump()
            })
        begin()
    }

    /// The accepting end of the control socket.
    init(control connection: any Connection, environment: any Environment, parameters: LinkParameters) {
        self.environment = environment
        self.connection = connection
        isDialler = false
        multiplexer = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: environment.time.now)
        super.init()
        isOpen = true
        connection.start(self)
        var welcome = Welcome()
        welcome.parameters = parameters
        send(.welcome, welcome.encoded())
    }

    private func begin() {
        connection.start(self)
        environment.time.after(Self.helloLimit) { [weak self] in
            if let self, hello == nil { end(.silent) }
        }
        environment.time.after(Self.handshakeLimit) { [weak self] in
            if let self, !isOpen { end(.silent) }
        }
    }

    /// Ends it without a word: somebody else needs its place.
    func drop() { end(.refused) }

    override var address: String { "\(connection.peer)" }
    var heldBytes: Int { isClosed ? 0 : multiplexer.heldBytes }
    override var isFull: Bool { multiplexer.isFull }
    override var isBulk: Bool { hello?.wantsBulk == true }
    override func bulk(_ done: @escaping (Port?) -> Void) {
        // A control socket has one connection for all.
        if hello == nil { done(self) } else { wantBulk(done) }
    }
    override func openStream() -> UInt32 { multiplexer.openStream() }
    override func heldBytes(of stream: UInt32) -> Int { multiplexer.heldBytes(of: stream) }
    override func closeStream(_ stream: UInt32) { multiplexer.closeStream(stream) }

    override func send(_ type: FrameType, stream: UInt32 = 0, flags: FrameFlags = [], _ body: Bytes) {
        guard isOpen, !isClosed else { return }
        multiplexer.send(type, stream: stream, flags: flags, body)
        flushSoon()
    }

    override func consumed(_ bytes: Int, of stream: UInt32) {
        guard isOpen, !isClosed else { return }
        multiplexer.consumed(bytes, of: stream)
        flushSoon()
    }

    override func close(_ failure: Failure? = nil) {
        guard !isClosed else { return }
        if isOpen {
            var goodbye = Goodbye()
            goodbye.failure = failure
            send(.goodbye, goodbye.encoded())
            flush()
        }
        connection.close()
        finish()
    }
}

// MARK: - Bytes

extension Peer {
    func received(_ bytes: Bytes) {
        guard !isClosed else { return }
        guard isOpen else {
            let waiting = inbox.reduce(bytes.count) { $0 + $1.count }
            guard waiting <= handshake?.mostBytes ?? 0 else { return end(.tooLarge) }
            inbox.append(bytes)
            return pump()
        }
        do throws(LinkError) {
            var plain = bytes
            if let opened = try records?.open(bytes) { plain = opened }
            guard !plain.isEmpty else { return }
            for message in try multiplexer.receive(plain, at: environment.time.now) {
                switch message.type {
                case _ where isClosed: if message.type.isSecret { message.body.wipe() }
                case .goodbye:
                    goodbye = (try? Goodbye.decode(message.body))?.failure
                    connection.close()
                    finish()
                case .welcome: break
                case .dialBulk: if isDialler { authority?.dialBulk(beside: self) }
                default: onMessage?(message)
                }
            }
            // A pong or a credit may have been queued.
            if multiplexer.queuedBytes > 0 { flushSoon() }
        } catch {
            end(error)
        }
    }

    func receivedEnd() { end(.cut) }

    func drained() { flush() }

    func closed(_ reason: CloseReason) {
        if failure == nil, !isClosed { failure = .cut }
        finish()
    }

    func flushSoon() {
        guard !isFlushing else { return }
        isFlushing = true
        environment.time.atEndOfTurn { [weak self] in
            self?.isFlushing = false
            self?.flush()
        }
    }

    private func flush() {
        guard !isClosed else { return }
        do throws(LinkError) {
            if multiplexer.isUnread { throw .unread }
            // What waits here consensus can pass; what was handed over it can't.
            while connection.pendingBytes < Multiplexer.aheadBytes {
                let pieces = multiplexer.take(Multiplexer.aheadBytes - connection.pendingBytes)
                guard !pieces.isEmpty else { return }
                if let sealed = try records?.seal(pieces) {
                    connection.write([sealed])
                } else {
                    for piece in pieces { write(piece) }
                }
            }
        } catch {
            end(error)
        }
    }

    private func write(_ piece: Multiplexer.Piece) {
        if piece.isSecret { connection.write(wiping: [piece.bytes]) } else { connection.write([piece.bytes]) }
    }

    func end(_ error: LinkError) {
        guard !isClosed else { return }
        failure = error
        // A stranger learns nothing; one that was let in may be told that it broke the framing.
        if isOpen {
            switch error {
            case .malformed, .tooLarge:
                return close(Failure(.invalid, "the framing was broken"))
            default: break
            }
        }
        connection.abort()
        finish()
    }

    private func finish() {
        guard !isClosed else { return }
        isClosed = true
        isOpen = false
        keepalive?.cancel()
        handshake = nil
        multiplexer.discard()
        closeBulk()
        let closed = onClosed
        onClosed = nil
        onMessage = nil
        onOpen = nil
        // Never inside the call that found it out; until then it is kept, also if whoever had it has let it go.
        environment.time.atEndOfTurn { [self] in withExtendedLifetime(self) { closed?() } }
    }
}
