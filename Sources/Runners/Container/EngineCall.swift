import Bytes
import Model
import Seams

/// One request to the engine and its answer, over a connection of its own.
///
///     dialling ──▶ asked ──head──▶ answering ──▶ over
///
/// Held by its connection, or its dial, until it is over.
final class EngineCall: ConnectionEvents {
    enum Event {
        case head(HTTPHead)
        case body(Bytes)
        /// All that was written has left; only after `write` found the connection full.
        case drained
        /// Last of all.
        case ended
        case failed(EngineError)
    }

    private let time: any Time
    /// How long nothing may be heard, while it is listened to and until the connection is handed over.
    private var silence: Duration?
    private let handsOver: Bool
    private var events: ((Event) -> Void)?
    private var dialing: (any Dialing)?
    private(set) var connection: (any Connection)?
    private var parser: HTTPResponseParser
    private var timer: (any Seams.Timer)?
    private var heard = Moment.zero
    private var isPaused = false

    /// A local socket that takes longer has nobody behind it.
    private static let dialTimeout = Duration.seconds(5)

    /// - Parameters:
    ///   - silence: how long the engine may say nothing; `nil`: for ever. Once it has handed over the connection, what
    ///     comes is not the engine's.
    ///   - credentials: the value of `X-Registry-Auth`, which is wiped here once it is sent.
    init(
        _ request: HTTPRequest, to socket: SocketAddress, prefix: String, network: any Network, time: any Time,
        silence: Duration?, credentials: SecretBox? = nil, events: @escaping (Event) -> Void
    ) {
        self.time = time
        self.silence = silence
        self.events = events
        handsOver = request.wantsUpgrade
        parser = HTTPResponseParser(mayUpgrade: handsOver)
        dialing = network.connect(socket, timeout: Self.dialTimeout) { [self] result in
            dialing = nil
            switch result {
            case .success(let connection): ask(request, prefix, credentials, over: connection)
            case .failure(let error): fail(.unreachable("\(error)"))
            }
        }
    }

    private func ask(
        _ request: HTTPRequest, _ prefix: String, _ credentials: SecretBox?, over connection: any Connection
    ) {
        guard events != nil else { return connection.abort() }
        self.connection = connection
        connection.start(self)
        if isPaused { connection.pause() }
        let (head, rest) = request.pieces(prefix: prefix)
        connection.write([head])
        if let credentials {
            connection.write([Bytes(utf8: "X-Registry-Auth: ")])
            connection.write(wiping: [unsafe credentials.borrow { unsafe Bytes($0) }])
            connection.write([Bytes(utf8: "\r\n")])
        }
        connection.write([rest])
        heard = time.now
        watch()
    }

    // MARK: - The connection handed over

    /// Sent to the program, once the engine has handed over the connection; wiped then.
    func write(_ bytes: Bytes) {
        if let connection { connection.write(wiping: [bytes]) } else { bytes.wipe() }
    }

    /// No more comes from this end.
    func end() { connection?.end() }

    func pause() {
        isPaused = true
        connection?.pause()
    }

    func resume() {
        isPaused = false
        heard = time.now
        connection?.resume()
    }

    /// Nothing is heard of it any more.
    func cancel() {
        events = nil
        timer?.cancel()
        dialing?.cancel()
        connection?.abort()
    }

    // MARK: - ConnectionEvents

    func received(_ bytes: Bytes) {
        guard events != nil else { return bytes.wipe() }
        heard = time.now
        take { parser throws(HTTPError) in try parser.take(bytes) }
    }

    func receivedEnd() {
        take { parser throws(HTTPError) in try parser.finish() }
        connection?.close()
    }

    func drained() { events?(.drained) }

    func closed(_ reason: CloseReason) {
        connection = nil
        switch reason {
        case .failed(let error): fail(.unreachable("\(error)"))
        case .ended, .closed: fail(.unreachable("the connection was closed"))
        }
    }

    private func take(_ read: (inout HTTPResponseParser) throws(HTTPError) -> [HTTPResponseParser.Event]) {
        do {
            for event in try read(&parser) {
                switch event {
                case .head(let head):
                    if handsOver { silence = nil }
                    events?(.head(head))
                case .body(let bytes): if let events { events(.body(bytes)) } else { bytes.wipe() }
                case .end: conclude(.ended)
                }
            }
        } catch {
            // Cut off is the engine's own end; anything else is no engine.
            fail(parser.wasCutOff ? .unreachable(error.reason) : .garbled(error.reason))
        }
    }

    private func fail(_ error: EngineError) { conclude(.failed(error)) }

    private func conclude(_ event: Event) {
        guard let events else { return }
        self.events = nil
        timer?.cancel()
        timer = nil
        connection?.close()
        events(event)
    }

    /// One timer however much comes: it looks when it fires.
    private func watch() {
        guard let silence else { return }
        timer = time.after(heard + silence - time.now) { [weak self] in
            guard let self, events != nil, self.silence != nil else { return }
            if isPaused { heard = time.now }
            if time.now < heard + silence { return watch() }
            connection?.abort()
            fail(.unreachable("it said nothing for \(silence.components.seconds) s"))
        }
    }
}
