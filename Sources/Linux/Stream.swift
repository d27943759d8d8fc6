import Bytes
import CLinux
import Glibc
import Seams

/// A stream of bytes over a socket or a pipe.
@safe
final class Stream: Connection {
    let peer: SocketAddress
    let credentials: Credentials?
    private(set) var pendingBytes = 0

    private let loop: Loop
    private let poll: Poll
    private let isSocket: Bool
    private var events: (any ConnectionEvents)?
    private var queue: [Bytes] = []
    /// Places in `queue`, ascending, of pieces that are wiped when they are sent.
    private var secrets: [Int] = []
    /// Sent from `queue[first]` already.
    private var first = 0
    private var sent = 0
    private var isPaused = true
    private var hasEnded = false
    private var isEnding = false
    /// `end` has been carried out.
    private var wasEnded = false
    private var isClosing = false
    private var isClosed = false
    private var flushAsked = false
    private var waitsForRoom = false
    private var owesDrained = false
    /// A pipe's writing end has nothing to read.
    private let canRead: Bool
    /// While nothing is read, only the peer's disappearance is waited for; once it was seen, nothing.
    private var wasDisturbed = false

    /// Bytes taken from one stream in one turn, so that none starves the others.
    private static let turnBytes = 262_144
    /// More than this unsent fails the stream: its owner ignored `pendingBytes`.
    private static let queueBytes = 64 << 20

    init(
        _ loop: Loop, _ descriptor: Descriptor, peer: SocketAddress, credentials: Credentials? = nil
    ) throws(SystemError) {
        self.loop = loop
        self.peer = peer
        self.credentials = credentials
        isSocket = cl_is_socket(descriptor) != 0
        canRead = cl_can_read(descriptor)
        poll = try Poll(loop, descriptor)
    }

    // One that was dropped without a word; after `close` this has no effect.
    deinit { poll.close() }

    func start(_ events: any ConnectionEvents) {
        precondition(self.events == nil, "a connection starts once")
        self.events = events
        poll.ready = { [self] readable, writable in
            if writable { flush() }
            if readable, canRead, !isPaused, !hasEnded, !isClosed { read() }
            // After an error libuv watches no more, and what was read may not have been all.
            if !isClosed { watch() }
        }
        poll.disturbed = { [self] in disturb() }
        isPaused = false
        watch()
    }

    func write(wiping pieces: [Bytes]) {
        guard !isEnding, !isClosing, !isClosed else { return pieces.forEach { $0.wipe() } }
        var place = queue.count
        for piece in pieces where !piece.isEmpty {
            secrets.append(place)
            place += 1
        }
        write(pieces)
    }

    func write(_ pieces: [Bytes]) {
        guard !isEnding, !isClosing, !isClosed else { return }
        for piece in pieces where !piece.isEmpty {
            queue.append(piece)
            pendingBytes += piece.count
            // Also when the kernel takes it at once: somebody gives credit back for it.
            owesDrained = true
        }
        if pendingBytes > Self.queueBytes {
            fail(SystemError("write to", peer.description, code: ENOBUFS))
            return
        }
        askFlush()
    }

    func pause() {
        isPaused = true
        watch()
    }

    func resume() {
        isPaused = false
        watch()
    }

    func end() {
        guard !isEnding, !isClosing, !isClosed else { return }
        isEnding = true
        askFlush()
    }

    func close() {
        guard !isClosing, !isClosed else { return }
        isClosing = true
        askFlush()
    }

    func abort() {
        guard !isClosed else { return }
        if isSocket, case .tcp = peer { cl_tcp_reset(poll.descriptor) }
        finish(.closed)
    }

    // MARK: - The work

    private func watch() {
        guard !isClosed else { return }
        let reads = canRead && !isPaused && !hasEnded && events != nil
        poll.want(read: reads, write: waitsForRoom, end: !reads && !wasDisturbed && events != nil)
    }

    /// The peer reset the connection, or only sends no more, which the next read tells in its order.
    private func disturb() {
        guard !isClosed else { return }
        wasDisturbed = true
        if isSocket {
            let code = cl_socket_error(poll.descriptor)
            if code != 0 { return fail(SystemError("read from", peer.description, code: code)) }
        } else if !canRead {
            return fail(SystemError("write to", peer.description, code: EPIPE))
        }
        watch()
    }

    private func askFlush() {
        guard !flushAsked, !waitsForRoom else { return }
        flushAsked = true
        loop.atEndOfTurn { [self] in
            flushAsked = false
            flush()
        }
        loop.nudge()
    }

    private func read() {
        let scratch = unsafe loop.scratch
        var budget = Self.turnBytes
        while budget > 0, !isPaused, !isClosed {
            let wanted = min(budget, 65_536)
            let count = unsafe Glibc.read(poll.descriptor, scratch.baseAddress!, wanted)
            if count > 0 {
                budget -= count
                let bytes = unsafe Bytes(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                wipeScratch(count)
                events?.received(bytes)
                // A short read has emptied the socket; the next arrival wakes the loop again.
                if count < wanted { return }
            } else if count == 0 {
                hasEnded = true
                watch()
                if isSocket { events?.receivedEnd() } else { finish(.ended) }
                return
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                fail(SystemError("read from", peer.description, code: errno))
                return
            }
        }
    }

    private func flush() {
        guard !isClosed else { return }
        while first < queue.count {
            let count = gather()
            let written = transfer(count)
            let code = errno
            wipeScratch(count)
            errno = code
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    waitsForRoom = true
                    watch()
                    return
                }
                fail(SystemError("write to", peer.description, code: errno))
                return
            }
            advance(by: written)
        }
        queue.removeAll(keepingCapacity: true)
        secrets.removeAll(keepingCapacity: true)
        first = 0
        waitsForRoom = false
        watch()
        if isClosing {
            finish(hasEnded ? .ended : .closed)
            return
        }
        if isEnding, !wasEnded {
            wasEnded = true
            if isSocket {
                shutdown(poll.descriptor, Int32(SHUT_WR))
            } else {
                finish(.closed)
                return
            }
        }
        if owesDrained {
            owesDrained = false
            events?.drained()
        }
    }

    /// Copies what comes next into the loop's buffer: one call to the kernel for many small frames.
    private func gather() -> Int {
        let scratch = unsafe loop.scratch
        var filled = 0
        var skip = sent
        var place = first
        while place < queue.count, filled < scratch.count {
            let piece = queue[place]
            let count = min(piece.count - skip, scratch.count - filled)
            unsafe piece.withUnsafeBytes { bytes in
                unsafe scratch.baseAddress!.advanced(by: filled)
                    .copyMemory(from: bytes.baseAddress!.advanced(by: skip), byteCount: count)
            }
            filled += count
            skip = 0
            place += 1
        }
        return filled
    }

    /// What went through in the clear does not stay: over TCP everything is sealed.
    private func wipeScratch(_ count: Int) {
        if case .tcp = peer { return }
        unsafe explicit_bzero(loop.scratch.baseAddress!, count)
    }

    private func transfer(_ count: Int) -> Int {
        let base = unsafe loop.scratch.baseAddress!
        return isSocket
            ? unsafe send(poll.descriptor, base, count, Int32(MSG_NOSIGNAL))
            : unsafe Glibc.write(poll.descriptor, base, count)
    }

    private func advance(by count: Int) {
        pendingBytes -= count
        var left = count
        while left > 0 {
            let rest = queue[first].count - sent
            if left < rest {
                sent += left
                return
            }
            left -= rest
            sent = 0
            if secrets.first == first {
                queue[first].wipe()
                secrets.removeFirst()
            }
            queue[first] = Bytes()
            first += 1
        }
    }

    private func fail(_ error: SystemError) {
        finish(.failed(error))
    }

    private func finish(_ reason: CloseReason) {
        guard !isClosed else { return }
        isClosed = true
        pendingBytes = 0
        for place in secrets { queue[place].wipe() }
        secrets = []
        queue = []
        first = 0
        poll.close()
        // Never inside the caller's own call.
        loop.atEndOfTurn { [self] in
            let last = events
            events = nil
            last?.closed(reason)
        }
        loop.nudge()
    }
}
