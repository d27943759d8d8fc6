import Bytes
import Model
import Wire

extension Multiplexer {
    /// Queues a message. `flags` may hold END, RESPONSE and ERROR.
    ///
    /// The body of a secret type belongs to the channel from now on, which wipes it; a literal is not to be wiped.
    package mutating func send(_ type: FrameType, stream: UInt32, flags: FrameFlags = [], _ body: Bytes) {
        precondition(body.count <= Limits.messageBytes, "a message of \(body.count) bytes")
        precondition(carries(type), "a frame of type \(type.rawValue) is for the other connection")
        precondition(!type.isStreamed || body.count <= sentFrameBytes, "data of \(body.count) bytes in one frame")
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
        if flags.contains(.end) { streams.sentEnd(type, stream) }
    }

    /// Whether a type travels on this connection.
    func carries(_ type: FrameType) -> Bool { lane == nil || type.lane == nil || type.lane == lane }

    mutating func queue(_ part: Queued) {
        guard queuedBytes + part.body.count <= Self.mostQueuedBytes else {
            isUnread = true
            return part.wipe()
        }
        queuedBytes += part.body.count + FrameHeader.byteCount
        // What follows something held waits too: a stream keeps its order. Credit is for the other direction, and two
        // ends that hold data would wait for each other's.
        let waits = part.type.isStreamed || part.type != .credit && windows[part.stream]?.isHolding == true
        guard waits else {
            queues[Int(part.type.priority)].append(part)
            if part.flags.contains(.end) { windows[part.stream] = nil }
            return
        }
        if part.type.isStreamed, windows[part.stream, default: SendingWindow(credit: window)].spends(part) {
            queues[Int(part.type.priority)].append(part)
            if part.flags.contains(.end) { windows[part.stream] = nil }
        } else {
            windows[part.stream]?.hold(part)
        }
    }

    /// - Throws: `FrameError.malformed` for more than anybody lends.
    mutating func grant(_ bytes: Int, to stream: UInt32) throws(FrameError) {
        guard let credit = windows[stream]?.credit else { return }
        guard credit + bytes <= Self.mostCredit else { throw .malformed("more credit than there is") }
        windows[stream]?.add(bytes)
        while let part = windows[stream]?.next() {
            queues[Int(part.type.priority)].append(part)
            // The window is kept until the last of its frames has left.
            if part.flags.contains(.end) { windows[stream] = nil }
        }
    }

    /// The next frames, about `budget` bytes of them, in the order in which they must be written.
    package mutating func take(_ budget: Int) -> [Piece] {
        var pieces: [Piece] = []
        var taken = 0
        for queue in queues.indices {
            while taken < budget, heads[queue] < queues[queue].count {
                let part = queues[queue][heads[queue]]
                heads[queue] += 1
                let header = FrameHeader(
                    length: UInt32(part.body.count), type: part.type.rawValue, flags: part.flags,
                    priority: part.type.priority, stream: part.stream)
                pieces.append(Piece(bytes: header.encoded(), isSecret: false))
                if !part.body.isEmpty { pieces.append(Piece(bytes: part.body, isSecret: part.type.isSecret)) }
                taken += part.body.count + FrameHeader.byteCount
            }
            if heads[queue] == queues[queue].count {
                // An idle channel keeps next to nothing, and there may be thousands.
                queues[queue].removeAll(keepingCapacity: queues[queue].capacity <= 16)
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
