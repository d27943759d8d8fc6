import Bytes
import Link
import Linux
import Model
import Seams
import Wire

/// A connection to a daemon's control socket that never waits: many share one loop.
final class ControlConnection: ConnectionEvents {
    private let loop: Loop
    private let connection: any Connection
    private var multiplexer: Multiplexer
    private var asked: [UInt32: (Result<Reply, Failure>) -> Void] = [:]
    private(set) var isOpen = true

    /// Dials, and waits until it is connected.
    ///
    /// - Throws: `Failure` of code `unavailable` when nobody listens.
    init(_ loop: Loop, socket: String) throws(Failure) {
        self.loop = loop
        var outcome: Result<any Connection, SystemError>?
        loop.connect(.unix(path: socket), timeout: .seconds(5)) { outcome = $0 }
        _ = loop.run(until: { outcome != nil }, limit: .seconds(6))
        switch outcome {
        case .success(let made)?: connection = made
        case .failure(let error)?: throw Failure(.unavailable, "can't connect to \(socket)", why: error.detail)
        case nil: throw Failure(.unavailable, "can't connect to \(socket)")
        }
        multiplexer = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: loop.now)
        connection.start(self)
        multiplexer.send(.welcome, stream: 0, Welcome().encoded())
        flush()
    }

    /// Sends a request; `done` runs once, also when the connection is lost.
    func ask(_ operation: Operation, timeout: Duration, done: @escaping (Result<Reply, Failure>) -> Void) {
        guard isOpen else { return done(.failure(Failure(.unavailable, "the connection was lost"))) }
        var generator = SystemRandomNumberGenerator()
        var request = Request()
        request.id = RequestID(random: &generator)
        request.timeoutMilliseconds = timeout.milliseconds
        request.operation = operation
        let stream = multiplexer.openStream()
        asked[stream] = done
        let body = request.encodedForWiping()
        multiplexer.send(.request, stream: stream, flags: .end, body)
        flush()
    }

    func close() {
        isOpen = false
        connection.close()
    }

    private func flush() {
        while connection.pendingBytes < 1 << 20 {
            let pieces = multiplexer.take(256 * 1024)
            if pieces.isEmpty { return }
            for piece in pieces {
                if piece.isSecret { connection.write(wiping: [piece.bytes]) } else { connection.write([piece.bytes]) }
            }
        }
    }

    // MARK: - Events

    func received(_ bytes: Bytes) {
        do throws(LinkError) {
            for message in try multiplexer.receive(bytes, at: loop.now) { take(message) }
            flush()
        } catch {
            connection.abort()
        }
    }

    /// Lists in several frames are not joined: the first part answers.
    private func take(_ message: Multiplexer.Incoming) {
        guard message.stream != 0, let done = asked.removeValue(forKey: message.stream) else { return }
        if message.flags.contains(.error) {
            return done(.failure((try? Failure.decode(message.body)) ?? Failure(.unspecified, "refused")))
        }
        guard message.type == .reply, let reply = try? Reply.decode(wiping: message.body) else {
            return done(.failure(Failure(.integrity, "an answer that can't be read")))
        }
        done(reply.failure.map { .failure($0) } ?? .success(reply))
    }

    func receivedEnd() { connection.close() }
    func drained() { flush() }

    func closed(_ reason: CloseReason) {
        isOpen = false
        let all = asked
        asked = [:]
        for stream in all.keys.sorted() { all[stream]?(.failure(Failure(.unavailable, "the connection was lost"))) }
    }
}
