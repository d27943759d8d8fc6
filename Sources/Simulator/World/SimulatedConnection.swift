import Bytes
import Glibc
import Seams

/// One end of a connection. What is written leaves at the end of the turn and arrives in order, once each.
final class SimulatedConnection: Connection {
    /// What is on its way to the other end.
    private enum Segment {
        case data(Bytes)
        case end
        case reset
    }

    let process: SimulatedProcess
    let peer: SocketAddress
    let credentials: Credentials?
    private weak var other: SimulatedConnection?
    private var otherProcess: SimulatedProcess?
    private var events: (any ConnectionEvents)?
    private var isPaused = true
    private var isStarted = false
    /// Nothing more is sent.
    private var isEnded = false
    private var isClosed = false
    private var unsent: [Bytes] = []
    private(set) var pendingBytes = 0
    private var isFlushPlanned = false
    private var wasFull = false
    /// Sent and not yet taken by the other end's process.
    private var underWay = 0
    private var wire: [Segment] = []
    private var isWireBusy = false
    private var inbox: [Segment] = []
    private var isDelivering = false

    /// What the two kernels hold between them.
    private static let window = 256 * 1024

    private init(_ process: SimulatedProcess, peer: SocketAddress, isLocal: Bool) {
        self.process = process
        self.peer = peer
        credentials = isLocal ? Credentials(uid: 0, gid: 0, pid: 1) : nil
    }

    static func pair(
        _ dialler: SimulatedProcess, _ acceptor: SimulatedProcess, _ address: SocketAddress
    ) -> (near: SimulatedConnection, far: SimulatedConnection) {
        var isLocal = false
        var source = address
        switch address {
        case .unix: isLocal = true
        case .tcp:
            source = .tcp(host: dialler.host.address, port: UInt16(32_768 + dialler.world.below(28_000)))
        }
        let near = SimulatedConnection(dialler, peer: address, isLocal: isLocal)
        let far = SimulatedConnection(acceptor, peer: source, isLocal: isLocal)
        near.other = far
        far.other = near
        near.otherProcess = acceptor
        far.otherProcess = dialler
        dialler.connections.append(near)
        acceptor.connections.append(far)
        return (near, far)
    }

    private var world: SimulatedWorld { process.world }
    var isBetweenHosts: Bool { credentials == nil }

    // MARK: - The owner's calls

    func start(_ events: any ConnectionEvents) {
        precondition(!isStarted, "started twice")
        self.events = events
        isStarted = true
        resume()
    }

    func write(_ pieces: [Bytes]) {
        guard !isEnded, !isClosed else { return }
        for piece in pieces where !piece.isEmpty {
            unsent.append(piece)
            pendingBytes += piece.count
        }
        flushSoon()
    }

    func write(wiping pieces: [Bytes]) {
        // The caller's bytes are wiped, so what is on its way is a copy; appending never shares memory.
        var copy: [UInt8] = []
        for piece in pieces { copy += piece }
        write([Bytes(copy)])
        for piece in pieces { piece.wipe() }
    }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        deliverSoon()
    }

    func end() {
        guard !isEnded, !isClosed else { return }
        isEnded = true
        flushSoon()
    }

    func close() {
        guard !isClosed else { return }
        flush(isLast: true)
        if !isEnded { transmit(.end) }
        isEnded = true
        finish(.closed)
    }

    func abort() {
        guard !isClosed else { return }
        unsent = []
        pendingBytes = 0
        transmit(.reset)
        finish(.closed)
    }

    // MARK: - Ends

    /// The dialler gave up before it knew of it.
    func abandon() { abort() }

    /// The path broke: both ends learn of it, and what was on its way is lost.
    func reset() {
        let other = other
        fail(ECONNRESET)
        other?.fail(ECONNRESET)
    }

    /// This end's process was killed.
    func processEnded() {
        guard !isClosed else { return }
        transmit(world.below(2) == 0 ? .end : .reset)
        isClosed = true
    }

    func forget() {
        isClosed = true
        events = nil
        inbox = []
        unsent = []
    }

    private func fail(_ code: Int32) {
        guard !isClosed else { return }
        wire = []
        finish(.failed(SystemError("use", "\(peer)", code: code, detail: "error \(code)")))
    }

    private func finish(_ reason: CloseReason) {
        isClosed = true
        inbox = []
        process.connections.removeAll { $0 === self }
        guard process.isAlive else { return }
        world.plan(after: 0, in: process) { [self] in
            let events = events
            self.events = nil
            events?.closed(reason)
        }
    }

    // MARK: - Sending

    private func flushSoon() {
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        process.atEndOfTurn { [self] in
            isFlushPlanned = false
            flush(isLast: false)
        }
    }

    private func flush(isLast: Bool) {
        guard !isClosed else { return }
        var segment: [UInt8] = []
        while !unsent.isEmpty, isLast || underWay < Self.window {
            let piece = unsent.removeFirst()
            segment += piece
            underWay += piece.count
            pendingBytes -= piece.count
        }
        if !segment.isEmpty { transmit(.data(Bytes(segment))) }
        if unsent.isEmpty {
            if isEnded, !isLast { transmit(.end) }
            if wasFull {
                wasFull = false
                world.plan(after: 0, in: process) { [self] in if !isClosed { events?.drained() } }
            }
        } else {
            wasFull = true
        }
    }

    private func transmit(_ segment: Segment) {
        wire.append(segment)
        carry()
    }

    /// Carries the first segment to the other end; the next one follows it, so none overtakes another.
    private func carry() {
        guard !isWireBusy, let first = wire.first else { return }
        isWireBusy = true
        var bytes = 0
        if case .data(let data) = first { bytes = data.count }
        world.plan(after: isBetweenHosts ? world.delay(bytes) : 10) { [self] in arrive() }
    }

    private func arrive() {
        isWireBusy = false
        guard let target = otherProcess?.host, process.host.isUp, !wire.isEmpty else { return }
        // What does not get through is sent again and again.
        let isLost = !target.isUp || world.isCut(process.host, target)
        guard !isLost else {
            isWireBusy = true
            return world.plan(after: 200_000) { [self] in arrive() }
        }
        let segment = wire.removeFirst()
        carry()
        guard let other, !other.isClosed else {
            // Nobody is there any more: the kernel says so.
            if case .data = segment { world.plan(after: world.delay(0)) { [self] in fail(ECONNRESET) } }
            return
        }
        other.receive(segment)
    }

    // MARK: - Receiving

    private func receive(_ segment: Segment) {
        if case .reset = segment { return fail(ECONNRESET) }
        if case .data(let bytes) = segment, world.isRough, bytes.count > 1, world.below(4) == 0 {
            let cut = 1 + Int(world.below(UInt64(bytes.count - 1)))
            inbox += [.data(bytes.slice(0..<cut)), .data(bytes.slice(cut..<bytes.count))]
        } else {
            inbox.append(segment)
        }
        deliverSoon()
    }

    private func deliverSoon() {
        guard isStarted, !isPaused, !isDelivering, !isClosed, !inbox.isEmpty else { return }
        isDelivering = true
        world.plan(after: 0, in: process) { [self] in
            isDelivering = false
            deliver()
        }
    }

    private func deliver() {
        guard !isPaused, !isClosed, !inbox.isEmpty else { return }
        switch inbox.removeFirst() {
        case .data(let bytes):
            if let other {
                other.underWay -= bytes.count
                if !other.unsent.isEmpty, other.process.isAlive { other.flushSoonFromBelow() }
            }
            events?.received(bytes)
        case .end: events?.receivedEnd()
        case .reset: break
        }
        deliverSoon()
    }

    private func flushSoonFromBelow() {
        world.plan(after: 0, in: process) { [self] in flush(isLast: false) }
    }
}
