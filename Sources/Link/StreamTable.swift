import Model
import Wire

/// The streams of one channel: which are open, and what the peer may still send on each.
///
///     opened here:      openStream ──▶ open ──END of the answer, of our last chunk, signal, LogsEnd or failure──▶ gone
///     opened by a peer: Request, ExecStart, LogsStart, SnapshotOffer ──▶ open ──END of our answer, of its last chunk or failure──▶ gone
///
/// Data of a stream that is not open crossed its end, and is dropped. Looked up by number alone: nothing depends on
/// an order.
struct StreamTable: Sendable {
    enum Verdict { case open, busy }

    /// A stream that is open.
    private struct Stream: Sendable {
        /// Counts against the peer's requests.
        var isRequest: Bool
        /// What the peer may still send, once it began to; overdrawn by one frame at most.
        var lent: Int?
        /// Taken by its reader and not yet given back as credit.
        var owed = 0
    }

    var isEmpty: Bool { streams.isEmpty }
    func isOpen(_ stream: UInt32) -> Bool { streams[stream] != nil }

    private let isDialler: Bool
    private var next: UInt32
    private var streams: [UInt32: Stream] = [:]
    /// The peer's requests, programs and readers of logs that have no answer yet.
    private(set) var requests = 0
    /// The snapshot that comes: a newer one takes its place.
    private var snapshot: UInt32?

    init(_ side: Multiplexer.Side) {
        isDialler = side == .dialler
        next = isDialler ? 1 : 2
    }

    mutating func open() -> UInt32 {
        precondition(next < .max - 2, "a channel has no more streams")
        defer { next += 2 }
        streams[next] = Stream(isRequest: false)
        return next
    }

    /// Opens a stream of the peer.
    ///
    /// - Throws: `FrameError.malformed` for a number that is not the peer's to open, or open already.
    mutating func accept(_ type: FrameType, _ stream: UInt32, most: Int) throws(FrameError) -> Verdict {
        guard stream != 0, stream.isMultiple(of: 2) == isDialler, !isOpen(stream) else {
            throw .malformed("stream \(stream) is not the peer's to open")
        }
        let isRequest = type != .snapshotOffer
        if isRequest {
            guard requests < most else { return .busy }
            requests += 1
        } else {
            if let snapshot { close(snapshot) }
            snapshot = stream
        }
        streams[stream] = Stream(isRequest: isRequest)
        return .open
    }

    mutating func close(_ stream: UInt32) {
        guard let gone = streams.removeValue(forKey: stream) else { return }
        if gone.isRequest { requests -= 1 }
        if snapshot == stream { snapshot = nil }
    }

    private func isOurs(_ stream: UInt32) -> Bool { stream.isMultiple(of: 2) != isDialler }

    mutating func sentEnd(_ type: FrameType, _ stream: UInt32) {
        // A request has END at once, and waits for its answer.
        let isLastWord = [.snapshotChunk, .execSignal, .logsEnd, .failure].contains(type)
        if !isOurs(stream) || isLastWord { close(stream) }
    }

    mutating func receivedEnd(_ type: FrameType, _ stream: UInt32) {
        if isOurs(stream) || type == .snapshotChunk || type == .failure { close(stream) }
    }
}

// MARK: - Credit

extension StreamTable {
    /// Counts data that came; `false`: of a stream that is not open.
    ///
    /// - Throws: `FrameError.malformed` when the peer had no credit left.
    mutating func spend(_ bytes: Int, of stream: UInt32, window: Int) throws(FrameError) -> Bool {
        guard var open = streams[stream] else { return false }
        let lent = open.lent ?? window
        guard lent > 0 else { throw .malformed("data on stream \(stream) beyond its credit") }
        open.lent = lent - bytes
        streams[stream] = open
        return true
    }

    /// The credit to be given now, once it is worth a frame.
    mutating func consume(_ bytes: Int, of stream: UInt32, atLeast: Int) -> Int? {
        guard var open = streams[stream], let lent = open.lent else { return nil }
        open.owed += bytes
        defer { streams[stream] = open }
        guard open.owed >= atLeast else { return nil }
        let owed = open.owed
        open.owed = 0
        open.lent = lent + owed
        return owed
    }
}

extension FrameType {
    /// Whether its frame opens the stream that it came on.
    var isOpening: Bool {
        switch self {
        case .request, .execStart, .logsStart, .getUsage, .snapshotOffer: true
        default: false
        }
    }
}
