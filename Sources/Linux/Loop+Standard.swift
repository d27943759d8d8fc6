import Bytes
import CLinux
import Glibc
import Seams

extension Loop {
    /// The process's own input, output or error output as a connection, whatever it is: a file, a terminal, a pipe.
    ///
    /// Reads or writes as `descriptor` was opened, on a thread, since the kernel can't watch a file, and making a
    /// terminal non-blocking would make it so for the shell too. `descriptor` stays open and its flags untouched. An
    /// input closes as `ended`. Writing to an input, or pausing an output, has no effect.
    package func standard(_ descriptor: Descriptor, writes: Bool) throws(SystemError) -> any Connection {
        try StandardStream(self, descriptor, writes: writes)
    }
}

/// A descriptor that is read or written by a thread, one piece after the other.
final class StandardStream: Connection {
    let peer: SocketAddress
    var credentials: Credentials? { nil }
    private(set) var pendingBytes = 0

    private let loop: Loop
    private let descriptor: Descriptor
    private let writes: Bool
    private let worker: any SerialWorker
    /// Closed to make a waiting read give up.
    private let wake: (read: Descriptor, write: Descriptor)
    private var events: (any ConnectionEvents)?
    private var queue: [(bytes: Bytes, isSecret: Bool)] = []
    private var isPaused = true
    private var isBusy = false
    private var isClosing = false
    private var isClosed = false
    private var owesDrained = false

    /// Taken by one read.
    private static let readBytes = 65_536
    /// More than this unsent fails the stream: its owner ignored `pendingBytes`.
    private static let queueBytes = 64 << 20
    /// From here on a writer is told when it is drained.
    private static let drainBytes = 65_536

    init(_ loop: Loop, _ descriptor: Descriptor, writes: Bool) throws(SystemError) {
        self.loop = loop
        self.descriptor = descriptor
        self.writes = writes
        peer = .unix(path: "descriptor \(descriptor)")
        wake = try loop.openPipe()
        worker = loop.makeSerial(writes ? "output" : "input", bound: 2)
    }

    func start(_ events: any ConnectionEvents) {
        precondition(self.events == nil, "a connection starts once")
        self.events = events
        resume()
    }

    func write(_ pieces: [Bytes]) { write(pieces, areSecret: false) }
    func write(wiping pieces: [Bytes]) { write(pieces, areSecret: true) }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        read()
    }

    private func write(_ pieces: [Bytes], areSecret: Bool) {
        guard writes, !isClosing, !isClosed else {
            if areSecret { pieces.forEach { $0.wipe() } }
            return
        }
        for piece in pieces where !piece.isEmpty {
            queue.append((piece, areSecret))
            pendingBytes += piece.count
        }
        if pendingBytes > Self.queueBytes {
            finish(.failed(SystemError("write to", peer.description, code: ENOBUFS)))
        } else {
            if pendingBytes > Self.drainBytes { owesDrained = true }
            flush()
        }
    }

    func end() { close() }

    func close() {
        guard !isClosing, !isClosed else { return }
        isClosing = true
        if !writes || queue.isEmpty && !isBusy { finish(.closed) }
    }

    func abort() { finish(.closed) }

    // MARK: - The work

    private func read() {
        guard !writes, !isBusy, !isPaused, !isClosed, events != nil else { return }
        isBusy = true
        let descriptor = descriptor
        let wake = wake.read
        worker.submit({ Self.take(descriptor, wake) }) { [self] taken in
            isBusy = false
            guard !isClosed else { return }
            switch taken {
            case .success(let bytes) where bytes.isEmpty: finish(.ended)
            case .success(let bytes):
                events?.received(bytes)
                read()
            case .failure(let error): finish(.failed(error))
            }
        }
    }

    private func flush() {
        guard !isBusy, !isClosed, !queue.isEmpty else { return }
        isBusy = true
        let descriptor = descriptor
        let pieces = queue
        queue = []
        worker.submit({ Self.put(pieces, descriptor) }) { [self] failure in
            isBusy = false
            guard !isClosed else { return }
            if let failure { return finish(.failed(failure)) }
            for piece in pieces { pendingBytes -= piece.bytes.count }
            if !queue.isEmpty { return flush() }
            if isClosing { return finish(.closed) }
            if owesDrained {
                owesDrained = false
                events?.drained()
            }
        }
    }

    /// Empty at the end of input, and when `wake` was closed.
    private static func take(_ descriptor: Descriptor, _ wake: Descriptor) -> Result<Bytes, SystemError> {
        var buffer = [UInt8](repeating: 0, count: readBytes)
        while true {
            let ready = cl_wait(descriptor, false, wake, -1)
            if ready == 0 { return .success(Bytes()) }
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count >= 0 {
                buffer.removeLast(buffer.count - count)
                return .success(Bytes(buffer))
            }
            // A terminal that is gone.
            if errno == EIO { return .success(Bytes()) }
            if errno != EINTR && errno != EAGAIN {
                return .failure(SystemError("read", "descriptor \(descriptor)", code: errno))
            }
        }
    }

    private static func put(_ pieces: [(bytes: Bytes, isSecret: Bool)], _ descriptor: Descriptor) -> SystemError? {
        defer { for piece in pieces where piece.isSecret { piece.bytes.wipe() } }
        do throws(SystemError) {
            for piece in pieces { try StandardOutput.write(piece.bytes, to: descriptor) }
            return nil
        } catch { return error }
    }

    private func finish(_ reason: CloseReason) {
        guard !isClosed else { return }
        isClosed = true
        pendingBytes = 0
        for piece in queue where piece.isSecret { piece.bytes.wipe() }
        queue = []
        Glibc.close(wake.write)
        worker.finish { [self] in Glibc.close(wake.read) }
        loop.atEndOfTurn { [self] in
            let last = events
            events = nil
            last?.closed(reason)
        }
        loop.nudge()
    }
}
