import Bytes
import Link
import Logging
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
}

/// A channel over a connection: handshake, records and frames, carried out.
///
/// Over a unix socket there are neither handshake nor records, and the peer is known by its credentials.
final class Peer: Port, ConnectionEvents {
    private let environment: any Environment
    private let connection: any Connection
    private let logger: Logger
    private var multiplexer: Multiplexer
    private var records: Records?
    private var handshake: LinkHandshake?
    private var hello: LinkHello?
    private weak var authority: (any LinkAuthority)?
    /// While a step of the handshake runs nothing is read, so that a stranger fills no memory.
    private var isComputing = false {
        didSet { if isComputing { connection.pause() } else { connection.resume() } }
    }
    private var inbox: [Bytes] = []
    private var isFlushing = false
    private var isClosed = false
    private var keepalive: (any Timer)?
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

    /// What is kept of bytes that came while nothing should be read: one read's worth, or the peer is a flood.
    static let waitingBytes = 256 * 1024
    /// How long a handshake may take in all.
    static let handshakeLimit = Duration.seconds(10)
    /// Unsent bytes in the kernel's hands beyond which frames wait here, where consensus can pass them.
    static let writeBytes = 512 * 1024

    /// The accepting end of a TCP link.
    init(
        accept connection: any Connection, environment: any Environment, authority: any LinkAuthority, logger: Logger
    ) {
        self.environment = environment
        self.connection = connection
        self.authority = authority
        self.logger = logger
        isDialler = false
        multiplexer = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: environment.time.now)
        handshake = LinkHandshake(accept: authority.localKey)
        super.init()
        begin()
    }

    /// The dialling end of a TCP link.
    init(
        dial connection: any Connection, hello: LinkHello, key: SecretBox, environment: any Environment,
        authority: any LinkAuthority, logger: Logger
    ) {
        self.environment = environment
        self.connection = connection
        self.authority = authority
        self.logger = logger
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
    init(control connection: any Connection, environment: any Environment, logger: Logger, parameters: LinkParameters) {
        self.environment = environment
        self.connection = connection
        self.logger = logger
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
        environment.time.after(Self.handshakeLimit) { [weak self] in
            if let self, !isOpen { end(.silent) }
        }
    }

    override var address: String { "\(connection.peer)" }
    override var isFull: Bool { multiplexer.isFull }
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

// MARK: - Handshake

extension Peer {
    private func pump() {
        guard !isComputing, !isClosed, handshake != nil, !inbox.isEmpty else { return }
        let bytes = inbox.removeFirst()
        compute { (handshake: inout LinkHandshake) throws(LinkError) in try handshake.receive(bytes) }
    }

    /// Runs a step of the handshake off the loop: it takes up to 100 µs, and there may be thousands.
    private func compute(
        _ step: @escaping @Sendable (inout LinkHandshake) throws(LinkError) -> LinkHandshake.Question?
    ) {
        guard let handshake else { return }
        isComputing = true
        environment.work.job(
            { () -> (LinkHandshake, Result<LinkHandshake.Question?, LinkError>) in
                var handshake = handshake
                do throws(LinkError) {
                    let question = try step(&handshake)
                    return (handshake, .success(question))
                } catch {
                    return (handshake, .failure(error))
                }
            },
            done: { [self] (handshake, result) in
                isComputing = false
                guard !isClosed else { return }
                self.handshake = handshake
                writeHandshake()
                switch result {
                case .failure(let error): end(error)
                case .success(nil): pump()
                case .success(let question?): answer(question)
                }
            })
    }

    private func writeHandshake() {
        guard let pieces = handshake?.takeOutput(), !pieces.isEmpty else { return }
        connection.write(pieces)
    }

    private func answer(_ question: LinkHandshake.Question) {
        guard let authority else { return end(.refused) }
        do throws(LinkError) {
            switch question {
            case .key(let hello):
                self.hello = hello
                guard let (key, payload) = authority.answer(hello) else { throw .refused }
                let generator = environment.makeGenerator()
                compute { (handshake: inout LinkHandshake) throws(LinkError) in
                    var generator = generator
                    return try handshake.provide(key, payload: payload, generator: &generator)
                }
            case .opening(let ephemeral):
                guard authority.isFresh(ephemeral) else { throw .refused }
                compute { (handshake: inout LinkHandshake) throws(LinkError) in try handshake.admit() }
            case .responder(let payload, let key):
                parameters = payload.parameters ?? LinkParameters()
                remoteKey = key
                let own = try authority.judge(payload, key: key, peer: self)
                guard let established = try handshake?.answer(own) else { throw .damaged }
                writeHandshake()
                open(established)
            case .initiator(let payload, let key):
                guard let hello else { throw .damaged }
                parameters = payload.parameters ?? LinkParameters()
                remoteKey = key
                try authority.judge(payload, key: key, hello: hello, peer: self)
                guard let established = try handshake?.finish() else { throw .damaged }
                open(established)
            }
        } catch {
            end(error)
        }
    }

    private func open(_ established: LinkHandshake.Established) {
        handshake = nil
        records = established.records
        isOpen = true
        if role == .worker {
            multiplexer = Multiplexer(
                isDialler ? .dialler : .acceptor, frameBytes: Limits.workerFrameBytes, at: environment.time.now)
        }
        if role == .manager { multiplexer.mostRequests = Multiplexer.requestsOfManager }
        if authority?.isWorker == true { multiplexer.sentFrameBytes = Limits.workerFrameBytes }
        watch()
        onOpen?()
        if !established.rest.isEmpty { inbox.insert(established.rest, at: 0) }
        let waiting = inbox
        inbox = []
        for bytes in waiting { received(bytes) }
    }

    private func watch() {
        keepalive = environment.time.after(.seconds(1)) { [weak self] in
            guard let self, !isClosed else { return }
            do throws(LinkError) {
                try multiplexer.tick(at: environment.time.now)
                flushSoon()
                watch()
            } catch {
                end(error)
            }
        }
    }
}

// MARK: - The connection

extension Peer {
    func received(_ bytes: Bytes) {
        guard !isClosed else { return }
        guard isOpen else {
            let waiting = inbox.reduce(bytes.count) { $0 + $1.count }
            guard waiting <= Self.waitingBytes else { return end(.tooLarge) }
            inbox.append(bytes)
            return pump()
        }
        do throws(LinkError) {
            var plain = bytes
            if let opened = try records?.open(bytes) { plain = opened }
            guard !plain.isEmpty else { return }
            for message in try multiplexer.receive(plain, at: environment.time.now) {
                guard !isClosed else { return }
                if message.type == .goodbye {
                    goodbye = (try? Goodbye.decode(message.body))?.failure
                    connection.close()
                    return finish()
                }
                if message.type == .welcome { continue }
                onMessage?(message)
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

    private func flushSoon() {
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
            while connection.pendingBytes < Self.writeBytes {
                let pieces = multiplexer.take(256 * 1024)
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

    private func end(_ error: LinkError) {
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
        let closed = onClosed
        onClosed = nil
        onMessage = nil
        onOpen = nil
        // Never inside the call that found it out.
        environment.time.atEndOfTurn { closed?() }
    }
}
