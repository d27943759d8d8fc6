import Bytes
import Model
import Wire

/// Frames of many streams over one channel: priorities, parts, credits and keepalive. A core without sockets.
///
/// Bytes go in by `receive` in any cutting and come out as whole messages; messages go in by `send` and come out as
/// bytes by `take`, consensus first, the others in the order they were queued. A message larger than one frame
/// travels in frames marked MORE, which the other end puts together again within `Limits.messageBytes`. Streams of
/// data (`FrameType.isStreamed`) stop at the credit that the receiver gave.
///
/// Streams are numbered by who opens them, odd from the dialler, even from the acceptor; 0 is the link itself.
///
/// Bodies of the types that may hold a value in the clear (`FrameType.isSecret`) leave no copy here: what was put
/// together is wiped where it was taken from, and what is given up is wiped whole.
package struct Multiplexer: Sendable {
    package enum Side: Sendable { case dialler, acceptor }

    /// A whole message, as it came.
    package struct Incoming: Sendable {
        package var type: FrameType
        package var stream: UInt32
        package var flags: FrameFlags
        package var body: Bytes

        package init(type: FrameType, stream: UInt32, flags: FrameFlags, body: Bytes) {
            self.type = type
            self.stream = stream
            self.flags = flags
            self.body = body
        }

        package var isLast: Bool { flags.contains(.end) }
    }

    /// A piece of what must be written.
    package struct Piece: Sendable {
        package var bytes: Bytes
        /// Whether it must be wiped once it was sealed, or taken by the kernel.
        package var isSecret: Bool
    }

    /// What one end has to send, in frames.
    struct Queued: Sendable {
        var type: FrameType
        var stream: UInt32
        var flags: FrameFlags
        var body: Bytes
    }

    /// Parts of a message that is not whole yet.
    struct Partial: Sendable {
        var parts: [Bytes] = []
        var count = 0
    }

    var reader: FrameReader
    /// Which types travel here; `nil`: all, since this is the only connection.
    let lane: FrameType.Lane?
    let window: Int
    var queues: [[Queued]] = [[], [], []]
    var heads = [0, 0, 0]
    /// Bytes queued and not yet taken.
    package internal(set) var queuedBytes = 0
    /// More was to be sent than a peer may leave unread: the channel ends.
    package internal(set) var isUnread = false
    /// Messages of which parts came, by stream and type.
    var partial: [UInt64: Partial] = [:]
    var partialBytes = 0
    let mostPartialBytes: Int
    /// What this end puts into one frame: less at a worker, of whom managers take no larger one.
    package var sentFrameBytes = Limits.sentFrameBytes
    /// Requests and programs of the peer under way; one more is answered that this end is busy.
    package var mostRequests = Self.requestsOfOne
    var windows: [UInt32: SendingWindow] = [:]
    var streams: StreamTable
    /// Streams of messages that were refused while more of their parts are on the way.
    var refused: Set<UInt32> = []
    var heardAt: Moment
    var pingedAt: Moment?
    private var pings: UInt64 = 0
    private var idleSince: Moment?

    /// - Parameters:
    ///   - lane: which connection of a link this is; `nil`: the only one, as on a unix socket.
    ///   - frameBytes: the largest frame body that is taken: `Limits.workerFrameBytes` from a worker.
    package init(
        _ side: Side, lane: FrameType.Lane? = nil, frameBytes: Int, window: Int = Self.initialCredit, at now: Moment
    ) {
        self.lane = lane
        reader = FrameReader(limit: frameBytes, wiping: true)
        streams = StreamTable(side)
        mostPartialBytes = frameBytes < Limits.frameBytes ? Limits.messageBytes : Self.partialBytes
        self.window = window
        heardAt = now
    }

    /// What a stream of data may send before the other end gives more.
    package static let initialCredit = 256 * 1024
    /// Beyond this a sender with respect waits, and the peer's new requests are answered that this end is busy;
    /// heartbeats and consensus go on.
    package static let fullBytes = 4 * 1024 * 1024
    /// What a peer may leave unread: all values of one worker, or a window of consensus, with room to spare.
    package static let mostQueuedBytes = 64 * 1024 * 1024
    /// What a driver hands to the kernel ahead of it: consensus waits behind no more than this and what the socket has
    /// taken, which is as small.
    package static let aheadBytes = 128 * 1024
    /// How many messages may be in parts at once; more is a peer that wants our memory.
    static let mostPartial = 16
    /// And in how many parts each: of 2 KiB in the mean, at the largest message.
    static let mostParts = 1024
    /// Bytes of them; a worker has one such message at a time.
    static let partialBytes = 4 * Limits.messageBytes
    /// Requests in flight of one client; of a manager, behind which many clients stand.
    package static let requestsOfOne = 256
    package static let requestsOfManager = 4096
    /// What a peer can lend in all on one stream: more is no arithmetic of ours.
    static let mostCredit = 1 << 30
    /// After this much silence the peer is asked for a sign of life, and after the second it is gone.
    package static let quiet = Duration.seconds(5)
    package static let dead = Duration.seconds(15)

    package var isFull: Bool { queuedBytes >= Self.fullBytes }
    /// Bytes that this channel holds: of what it has not sent, and of messages that are not whole.
    package var heldBytes: Int { queuedBytes + partialBytes + reader.heldBytes }

    package mutating func openStream() -> UInt32 { streams.open() }

    /// Forgets a stream that ended.
    package mutating func closeStream(_ stream: UInt32) {
        streams.close(stream)
        if var window = windows.removeValue(forKey: stream) {
            window.drop { part in
                queuedBytes -= part.body.count + FrameHeader.byteCount
                part.wipe()
            }
        }
        for key in partial.keys where key >> 16 == UInt64(stream) { dropPartial(key) }
    }

    mutating func dropPartial(_ key: UInt64) {
        guard let gone = partial.removeValue(forKey: key) else { return }
        partialBytes -= gone.count
        for part in gone.parts { part.wipe() }
    }

    /// The channel ended: nothing that waits here will be read any more.
    package mutating func discard() {
        for queue in queues.indices {
            for part in queues[queue][heads[queue]...] { part.wipe() }
        }
        for stream in windows.keys { windows[stream]?.drop { $0.wipe() } }
        for message in partial.values {
            for part in message.parts { part.wipe() }
        }
        queues = [[], [], []]
        heads = [0, 0, 0]
        queuedBytes = 0
        windows = [:]
        partial = [:]
        partialBytes = 0
        reader.discard()
    }
}

extension Multiplexer.Queued {
    /// What was queued and will not be sent.
    func wipe() {
        if type.isSecret { body.wipe() }
    }
}

extension FrameType {
    /// Whether its body may hold a value or a token in the clear: the buffer is wiped by whoever is done with it.
    package var isSecret: Bool {
        self == .request || self == .reply || self == .enrolAnswer || self == .execInput || self == .execOutput
    }
}

// MARK: - Keepalive

extension Multiplexer {
    /// Looks at the clock: asks a silent peer for a sign of life, and gives up one that stays silent or does not read.
    ///
    /// - Throws: `LinkError.silent`, `.unread`.
    package mutating func tick(at now: Moment) throws(LinkError) {
        if isUnread { throw .unread }
        idleSince = streams.isEmpty ? idleSince ?? now : nil
        let silence = now - heardAt
        if silence >= Self.dead { throw .silent }
        if silence >= Self.quiet, pingedAt == nil {
            pings += 1
            pingedAt = now
            var ping = Ping()
            ping.number = pings
            send(.ping, stream: 0, ping.encoded())
        }
    }

    /// For how long no stream has been open, as far as the ticks saw.
    package func idle(at now: Moment) -> Duration { idleSince.map { now - $0 } ?? .zero }
}
