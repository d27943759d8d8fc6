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
        package var isResponse: Bool { flags.contains(.response) }
    }

    private struct Queued: Sendable {
        var type: FrameType
        var stream: UInt32
        var flags: FrameFlags
        var body: Bytes
    }

    /// What a stream may still send, and what it holds back until it may.
    private struct Window: Sendable {
        var credit: Int
        var held: [Queued] = []
        /// Received and not yet given back as credit.
        var owed = 0
    }

    private var reader: FrameReader
    private let window: Int
    private var nextStream: UInt32
    private var queues: [[Queued]] = [[], [], []]
    private var heads = [0, 0, 0]
    /// Bytes queued and not yet taken.
    package private(set) var queuedBytes = 0
    /// Messages of which parts came, by stream and type.
    private var partial: [UInt64: [UInt8]] = [:]
    /// What this end puts into one frame: less at a worker, of whom managers take no larger one.
    package var sentFrameBytes = Limits.sentFrameBytes
    private var windows: [UInt32: Window] = [:]
    private var heardAt: Moment
    private var pingedAt: Moment?
    private var pings: UInt64 = 0

    /// - Parameter frameBytes: the largest frame body that is taken: `Limits.workerFrameBytes` from a worker.
    package init(_ side: Side, frameBytes: Int, window: Int = Self.initialCredit, at now: Moment) {
        reader = FrameReader(limit: frameBytes)
        nextStream = side == .dialler ? 1 : 2
        self.window = window
        heardAt = now
    }

    /// What a stream of data may send before the other end gives more.
    package static let initialCredit = 256 * 1024
    /// Beyond this a sender with respect waits; heartbeats and consensus do not.
    package static let fullBytes = 4 * 1024 * 1024
    /// How many messages may be in parts at once; more is a peer that wants our memory.
    static let mostPartial = 16
    /// After this much silence the peer is asked for a sign of life, and after the second it is gone.
    package static let quiet = Duration.seconds(5)
    package static let dead = Duration.seconds(15)

    package var isFull: Bool { queuedBytes >= Self.fullBytes }

    package mutating func openStream() -> UInt32 {
        defer { nextStream &+= 2 }
        return nextStream
    }
}

// MARK: - Sending

extension Multiplexer {
    /// Queues a message. `flags` may hold END, RESPONSE and ERROR.
    package mutating func send(_ type: FrameType, stream: UInt32, flags: FrameFlags = [], _ body: Bytes) {
        precondition(body.count <= Limits.messageBytes, "a message of \(body.count) bytes")
        var offset = 0
        repeat {
            let end = min(offset + sentFrameBytes, body.count)
            var part = Queued(type: type, stream: stream, flags: flags, body: body.slice(offset..<end))
            if end < body.count {
                part.flags.insert(.more)
                part.flags.remove(.end)
            }
            offset = end
            queue(part)
        } while offset < body.count
    }

    private mutating func queue(_ part: Queued) {
        queuedBytes += part.body.count + FrameHeader.byteCount
        let needsCredit = part.type.isStreamed
        guard needsCredit || windows[part.stream]?.held.isEmpty == false else {
            queues[Int(part.type.priority)].append(part)
            return
        }
        var window = windows[part.stream] ?? Window(credit: window)
        // What follows something held waits too: a stream keeps its order.
        if window.held.isEmpty, window.credit > 0 {
            window.credit -= part.body.count
            queues[Int(part.type.priority)].append(part)
        } else {
            window.held.append(part)
        }
        windows[part.stream] = window
    }

    private mutating func grant(_ bytes: Int, to stream: UInt32) {
        guard var window = windows[stream] else { return }
        window.credit += bytes
        var sent = 0
        while sent < window.held.count, window.credit > 0 {
            let part = window.held[sent]
            if part.type.isStreamed { window.credit -= part.body.count }
            queues[Int(part.type.priority)].append(part)
            sent += 1
        }
        window.held.removeFirst(sent)
        windows[stream] = window
    }

    /// The next frames, about `budget` bytes of them, in the order in which they must be written.
    package mutating func take(_ budget: Int) -> [Bytes] {
        var pieces: [Bytes] = []
        var taken = 0
        for queue in queues.indices {
            while taken < budget, heads[queue] < queues[queue].count {
                let part = queues[queue][heads[queue]]
                heads[queue] += 1
                let header = FrameHeader(
                    length: UInt32(part.body.count), type: part.type.rawValue, flags: part.flags,
                    priority: part.type.priority, stream: part.stream)
                pieces.append(header.encoded())
                if !part.body.isEmpty { pieces.append(part.body) }
                taken += part.body.count + FrameHeader.byteCount
            }
            if heads[queue] == queues[queue].count {
                queues[queue].removeAll(keepingCapacity: true)
                heads[queue] = 0
            } else if heads[queue] > 1024 {
                queues[queue].removeFirst(heads[queue])
                heads[queue] = 0
            }
        }
        queuedBytes -= taken
        return pieces
    }
}

// MARK: - Receiving

extension Multiplexer {
    /// Takes bytes of the stream and returns the messages that are whole now.
    ///
    /// - Throws: `LinkError` when the peer broke the framing; the channel can't go on.
    package mutating func receive(_ bytes: Bytes, at now: Moment) throws(LinkError) -> [Incoming] {
        heardAt = max(heardAt, now)
        pingedAt = nil
        var messages: [Incoming] = []
        do throws(FrameError) {
            reader.append(bytes)
            while let frame = try reader.next() {
                if let message = try take(frame) { messages.append(message) }
            }
        } catch {
            switch error {
            case .tooLarge: throw .tooLarge
            case .malformed(let what): throw .malformed(what)
            }
        }
        return messages
    }

    private mutating func take(_ frame: Frame) throws(FrameError) -> Incoming? {
        let type = FrameType(rawValue: frame.header.type)
        let stream = frame.header.stream
        switch type {
        case .credit where stream != 0:
            guard let credit = try? Credit.decode(frame.body) else { throw .malformed("credit") }
            grant(Int(credit.bytes), to: stream)
            return nil
        case .ping where stream == 0:
            guard let ping = try? Ping.decode(frame.body) else { throw .malformed("ping") }
            var pong = Pong()
            pong.number = ping.number
            send(.pong, stream: 0, pong.encoded())
            return nil
        case .pong where stream == 0: return nil
        default: break
        }
        // Messages of different types may interleave on one stream: consensus passes the others.
        let key = UInt64(stream) << 16 | UInt64(type.rawValue)
        if frame.header.flags.contains(.more) {
            guard partial[key] != nil || partial.count < Self.mostPartial else { throw .tooLarge }
            guard (partial[key]?.count ?? 0) + frame.body.count <= Limits.messageBytes else { throw .tooLarge }
            Self.append(frame.body, to: &partial[key, default: []])
            return nil
        }
        guard var body = partial.removeValue(forKey: key) else {
            return Incoming(type: type, stream: stream, flags: frame.header.flags, body: frame.body)
        }
        guard body.count + frame.body.count <= Limits.messageBytes else { throw .tooLarge }
        Self.append(frame.body, to: &body)
        return Incoming(type: type, stream: stream, flags: frame.header.flags, body: Bytes(body))
    }

    /// Appends a part and wipes it, and what is left behind when the array moves: any of it may be of a secret.
    private static func append(_ part: Bytes, to body: inout [UInt8]) {
        if body.capacity < body.count + part.count {
            var larger: [UInt8] = []
            larger.reserveCapacity(max(body.count + part.count, body.count * 2))
            larger.append(contentsOf: body)
            swap(&larger, &body)
            Bytes(larger).wipe()
        }
        unsafe part.withUnsafeBytes { unsafe body.append(contentsOf: $0) }
        part.wipe()
    }

    /// Gives the peer credit for data of a stream that was taken; in half windows, not in drops.
    package mutating func consumed(_ bytes: Int, of stream: UInt32) {
        var window = windows[stream] ?? Window(credit: window)
        window.owed += bytes
        if window.owed >= self.window / 2 {
            var credit = Credit()
            credit.bytes = UInt32(window.owed)
            window.owed = 0
            send(.credit, stream: stream, credit.encoded())
        }
        windows[stream] = window
    }

    /// Data of the stream that waits for credit, in bytes: what its producer must respect.
    package func heldBytes(of stream: UInt32) -> Int {
        windows[stream]?.held.reduce(0) { $0 + $1.body.count } ?? 0
    }

    /// Forgets a stream that ended.
    package mutating func closeStream(_ stream: UInt32) {
        if let window = windows.removeValue(forKey: stream) {
            for part in window.held { queuedBytes -= part.body.count + FrameHeader.byteCount }
        }
        for key in partial.keys where key >> 16 == UInt64(stream) { partial[key] = nil }
    }
}

// MARK: - Keepalive

extension Multiplexer {
    /// Looks at the clock: asks a silent peer for a sign of life, and gives up one that stays silent.
    ///
    /// - Throws: `LinkError.silent`.
    package mutating func tick(at now: Moment) throws(LinkError) {
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
}
