import Bytes
import Glibc
import Link
import Linux
import Model
import Seams
import Wire

/// A connection to a daemon's control socket, used by one thread that waits for each answer.
final class Client: ConnectionEvents {
    let loop = Loop()
    private let timeout: Duration
    private var connection: (any Connection)?
    var multiplexer: Multiplexer
    private(set) var messages: [Multiplexer.Incoming] = []
    private var isGone = false

    /// Connects.
    ///
    /// - Parameter host: `unix:///path`, or a path.
    /// - Throws: `Failure` of code `unavailable` when nobody listens, `denied` when this user may not.
    init(host: String, timeout: Duration) throws(Failure) {
        self.timeout = timeout
        multiplexer = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: loop.now)
        guard let address = SocketAddress(host), case .unix = address else {
            throw Failure(.invalid, "\(host) is no control socket", try: "--host unix:///run/conclave/control.sock")
        }
        var outcome: Result<any Connection, SystemError>?
        loop.connect(address, timeout: .seconds(5)) { outcome = $0 }
        _ = loop.run(until: { outcome != nil }, limit: .seconds(6))
        switch outcome {
        case .success(let connection)?:
            self.connection = connection
            connection.start(self)
            send(.welcome, stream: 0, Welcome().encoded())
        case .failure(let error)? where error.code == EACCES || error.code == EPERM:
            throw Failure(
                .denied, "permission denied while trying to connect to the Conclave daemon at \(host)",
                try: "as root, or as a member of the socket's group")
        case .failure(let error)?:
            throw Failure(
                .unavailable, "Cannot connect to the Conclave daemon at \(host)", why: error.detail,
                try: "is conclaved running? else name its socket with --host")
        case nil: throw Failure(.unavailable, "Cannot connect to the Conclave daemon at \(host)", why: "no answer")
        }
    }

    // MARK: - The connection

    func received(_ bytes: Bytes) {
        do throws(LinkError) {
            messages += try multiplexer.receive(bytes, at: loop.now)
            flush()
        } catch {
            isGone = true
        }
    }

    func receivedEnd() { isGone = true }
    func drained() { flush() }
    func closed(_ reason: CloseReason) { isGone = true }

    func send(_ type: FrameType, stream: UInt32, flags: FrameFlags = [], _ body: Bytes) {
        multiplexer.send(type, stream: stream, flags: flags, body)
        flush()
    }

    func flush() {
        guard let connection else { return }
        while connection.pendingBytes < 1 << 20 {
            let pieces = multiplexer.take(256 * 1024)
            if pieces.isEmpty { return }
            for piece in pieces {
                if piece.isSecret { connection.write(wiping: [piece.bytes]) } else { connection.write([piece.bytes]) }
            }
        }
    }

    /// The next message of a stream; waits for it.
    func next(_ stream: UInt32, until deadline: Moment?) throws(Failure) -> Multiplexer.Incoming {
        while true {
            if let place = messages.firstIndex(where: { $0.stream == stream }) { return messages.remove(at: place) }
            if let bye = messages.first(where: { $0.type == .goodbye }) {
                let why = (try? Goodbye.decode(bye.body))?.failure
                throw why ?? Failure(.unavailable, "the daemon ended the connection")
            }
            guard !isGone else { throw Failure(.unavailable, "the connection to the daemon was lost") }
            if let deadline, loop.now >= deadline {
                throw Failure(.timedOut, "the daemon did not answer in time", try: "--timeout with a longer one")
            }
            let limit = deadline.map { min($0 - loop.now + .milliseconds(1), .seconds(3600)) } ?? .seconds(3600)
            _ = loop.run(
                until: { [self] in
                    isGone || messages.contains { $0.stream == stream || $0.type == .goodbye }
                }, limit: limit)
        }
    }
}

// MARK: - Requests

extension Client {
    /// Asks and waits; lists that come in several frames are joined.
    ///
    /// - Throws: the failure in the reply, or that of the connection.
    func ask(_ operation: Operation, stale: Bool = false) throws(Failure) -> Reply {
        var whole: Reply?
        // The daemon gives up by itself; this end waits a little longer for it to say so.
        let deadline = loop.now + timeout + .seconds(5)
        try replies(to: operation, stale: stale, until: deadline) { reply throws(Failure) in
            whole = whole.map { $0.joined(with: reply) } ?? reply
        }
        guard let whole else { throw Failure(.unspecified, "the daemon did not answer") }
        return whole
    }

    /// Asks and hands on each reply, until the last.
    ///
    /// - Throws: the failure in a reply, that of the connection, or of `body`.
    func replies(
        to operation: Operation, stale: Bool = false, until deadline: Moment? = nil,
        _ body: (Reply) throws(Failure) -> Void
    ) throws(Failure) {
        var generator = SystemRandomNumberGenerator()
        var request = Request()
        request.id = RequestID(random: &generator)
        request.timeoutMilliseconds = timeout.milliseconds
        request.stale = stale
        request.operation = operation
        let stream = multiplexer.openStream()
        send(.request, stream: stream, flags: .end, request.encodedForWiping())
        while true {
            let message = try next(stream, until: deadline)
            if message.flags.contains(.error) {
                throw (try? Failure.decode(message.body)) ?? Failure(.unspecified, "the daemon refused the request")
            }
            guard message.type == .reply, let reply = try? Reply.decode(wiping: message.body) else { continue }
            if let failure = reply.failure { throw failure }
            try body(reply)
            if message.isLast { return }
        }
    }
}

extension Reply {
    /// The same list, longer.
    fileprivate func joined(with next: Reply) -> Reply {
        var all = next
        switch (result, next.result) {
        case (.nodes(var list)?, .nodes(let more)?):
            list.nodes += more.nodes
            all.result = .nodes(list)
        case (.secrets(var list)?, .secrets(let more)?):
            list.secrets += more.secrets
            all.result = .secrets(list)
        case (.configs(var list)?, .configs(let more)?):
            list.configs += more.configs
            all.result = .configs(list)
        case (.services(var list)?, .services(let more)?):
            list.services += more.services
            all.result = .services(list)
        case (.tasks(var list)?, .tasks(let more)?):
            list.tasks += more.tasks
            all.result = .tasks(list)
        default: break
        }
        return all
    }
}

// MARK: - What tasks wrote

extension Client {
    /// What comes in a stream of logs.
    enum LogMessage {
        case source(LogsSource)
        case chunk(LogsChunk)
        /// Of one task.
        case end(LogsEnd)
        /// It broke off, and the rest is asked for again.
        case interrupted(Failure)
    }

    /// Reads the output of tasks; the next part comes when `body` has returned.
    ///
    /// Who follows asks for the rest when the leader is lost, or can't keep what waits to be read.
    ///
    /// - Throws: `Failure` when nothing of it could be read, or of `body`.
    func logs(_ start: LogsStart, _ body: (LogMessage) throws(Failure) -> Void) throws(Failure) {
        var start = start
        var places: [TaskID: LogsPosition] = [:]
        while true {
            var isBegun = false
            do throws(Failure) {
                return try read(start) { message throws(Failure) in
                    isBegun = true
                    if case .chunk(let chunk) = message { places[chunk.taskID] = chunk.position(after: places) }
                    try body(message)
                }
            } catch {
                guard start.follow, isBegun, error.code == .unavailable || error.code == .notLeader else { throw error }
                try body(.interrupted(error))
                start.known = places.keys.sorted().compactMap { places[$0] }
            }
        }
    }

    private func read(_ start: LogsStart, _ body: (LogMessage) throws(Failure) -> Void) throws(Failure) {
        let stream = multiplexer.openStream()
        send(.logsStart, stream: stream, start.encoded())
        while true {
            let message = try next(stream, until: nil)
            switch message.type {
            case .logsSource: if let source = try? LogsSource.decode(message.body) { try body(.source(source)) }
            case .logsChunk:
                if let chunk = try? LogsChunk.decode(message.body) { try body(.chunk(chunk)) }
                multiplexer.consumed(message.body.count, of: stream)
                flush()
            case .logsEnd:
                guard let end = try? LogsEnd.decode(message.body) else { throw .unexpected }
                if !message.isLast { try body(.end(end)) } else if let failure = end.failure { throw failure }
                if message.isLast { return }
            case .failure:
                throw (try? Failure.decode(message.body)) ?? Failure(.unspecified, "the logs can't be read")
            default: break
            }
        }
    }
}

extension LogsChunk {
    fileprivate func position(after places: [TaskID: LogsPosition]) -> LogsPosition {
        var position = LogsPosition()
        position.taskID = taskID
        position.next = next
        position.time = max(time, places[taskID]?.time ?? .zero)
        return position
    }
}

// MARK: - What tasks use

extension Client {
    /// Asked for at once: a quarter of what one client may have under way.
    private static let mostUsages = 64

    /// What each of `tasks` uses now, in their order; of one that can't tell, why.
    ///
    /// - Throws: `Failure` of the connection.
    func usage(of tasks: [TaskID]) throws(Failure) -> [TaskUsage] {
        var usages: [TaskUsage] = []
        while usages.count < tasks.count {
            let streams = tasks[usages.count...].prefix(Self.mostUsages).map(askUsage)
            let deadline = loop.now + timeout
            for stream in streams { usages.append(try usage(stream, until: deadline)) }
        }
        return usages
    }

    private func askUsage(of task: TaskID) -> UInt32 {
        var start = GetUsage()
        start.task = task.description
        let stream = multiplexer.openStream()
        send(.getUsage, stream: stream, start.encoded())
        return stream
    }

    private func usage(_ stream: UInt32, until deadline: Moment) throws(Failure) -> TaskUsage {
        var usage = TaskUsage()
        do throws(Failure) {
            let message = try next(stream, until: deadline)
            if message.type == .taskUsage, let told = try? TaskUsage.decode(message.body) { return told }
            usage.failure = (try? Failure.decode(message.body)) ?? .unexpected
        } catch  where error.code == .timedOut {
            usage.failure = error
        }
        return usage
    }
}
