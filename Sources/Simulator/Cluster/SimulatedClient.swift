import Bytes
import Link
import Model
import Seams
import Wire

/// One request over the control socket of one host: dialled, asked, answered or not.
final class SimulatedClient: ConnectionEvents {
    typealias Answer = Result<Reply, Failure>

    private let process: SimulatedProcess
    private let request: Request
    private var connection: (any Connection)?
    private var multiplexer: Multiplexer
    private var done: ((Answer) -> Void)?
    /// Keeps itself until it is answered.
    private var itself: SimulatedClient?

    /// How long a daemon may take in all.
    static let patience: UInt64 = 12_000_000

    /// - Parameter done: called once; a failure of code `unavailable` when nothing is known of the outcome.
    init(_ process: SimulatedProcess, socket: String, _ request: Request, done: @escaping (Answer) -> Void) {
        self.process = process
        self.request = request
        self.done = done
        multiplexer = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: process.now)
        itself = self
        // The host may go, with the process and all that it would be told.
        process.world.plan(after: Self.patience) { [weak self] in self?.finish(Self.unknown) }
        _ = process.connect(.unix(path: socket), timeout: .seconds(2)) { [weak self] result in self?.dialled(result) }
    }

    private static let unknown = Answer.failure(Failure(.unavailable, "the connection was lost"))

    private func dialled(_ result: Result<any Connection, SystemError>) {
        guard case .success(let connection) = result else { return finish(Self.unknown) }
        self.connection = connection
        connection.start(self)
        multiplexer.send(.welcome, stream: 0, Welcome().encoded())
        let body = request.encodedForWiping()
        multiplexer.send(.request, stream: multiplexer.openStream(), flags: .end, body)
        flush()
    }

    private func flush() {
        while true {
            let pieces = multiplexer.take(256 * 1024)
            if pieces.isEmpty { return }
            connection?.write(pieces.map(\.bytes))
        }
    }

    private func finish(_ answer: Answer) {
        guard let done else { return }
        self.done = nil
        if process.isAlive { connection?.abort() }
        connection = nil
        itself = nil
        done(answer)
    }

    // MARK: - Events

    func received(_ bytes: Bytes) {

        guard let messages = try? multiplexer.receive(bytes, at: process.now) else { return finish(Self.unknown) }
        for message in messages where message.stream != 0 { take(message) }
        flush()
    }

    private func take(_ message: Multiplexer.Incoming) {
        if message.flags.contains(.error) {
            return finish(.failure((try? Failure.decode(message.body)) ?? Failure(.unspecified, "refused")))
        }
        guard message.type == .reply, let reply = try? Reply.decode(wiping: message.body) else { return }
        finish(reply.failure.map { .failure($0) } ?? .success(reply))
    }

    func receivedEnd() { finish(Self.unknown) }
    func drained() { flush() }
    func closed(_ reason: CloseReason) { finish(Self.unknown) }
}
