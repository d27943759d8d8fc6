import Bytes
import Model
import Wire

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
        if isUnread { throw .unread }
        return messages
    }

    private mutating func take(_ frame: Frame) throws(FrameError) -> Incoming? {
        let type = FrameType(rawValue: frame.header.type)
        let stream = frame.header.stream
        guard carries(type) else { throw .malformed("a frame of type \(type.rawValue) on the other connection") }
        switch type {
        case .credit where stream != 0:
            guard let credit = try? Credit.decode(frame.body) else { throw .malformed("credit") }
            try grant(Int(credit.bytes), to: stream)
            return nil
        case .ping where stream == 0:
            guard let ping = try? Ping.decode(frame.body) else { throw .malformed("ping") }
            // A peer that has so much to read hears from this end without it.
            if isFull { return nil }
            var pong = Pong()
            pong.number = ping.number
            send(.pong, stream: 0, pong.encoded())
            return nil
        case .pong where stream == 0: return nil
        default: break
        }
        guard try admit(frame, type) else {
            if type.isSecret { frame.body.wipe() }
            return nil
        }
        guard let body = try join(frame, type) else { return nil }
        if frame.header.flags.contains(.end) { streams.receivedEnd(type, stream) }
        return Incoming(type: type, stream: stream, flags: frame.header.flags, body: body)
    }

    /// Holds a frame against the streams that are open; `false`: it is late, or one too many, and dropped.
    private mutating func admit(_ frame: Frame, _ type: FrameType) throws(FrameError) -> Bool {
        let stream = frame.header.stream
        let goesOn = frame.header.flags.contains(.more)
        if type.isOpening, refused.contains(stream) {
            if !goesOn { refused.remove(stream) }
            return false
        }
        if type.isOpening, partial[key(stream, type)] == nil {
            switch try streams.accept(type, stream, most: isFull ? 0 : mostRequests) {
            case .open: break
            case .busy:
                refuse(type, stream)
                guard refused.count < Self.mostPartial else { throw .tooLarge }
                if goesOn { refused.insert(stream) }
                return false
            }
        }
        guard type.isStreamed else { return true }
        // Data is given credit when it was taken, so that half a message could wait for ever.
        guard !goesOn, frame.body.count <= Limits.sentFrameBytes else { throw .malformed("data in parts") }
        return try streams.spend(frame.body.count, of: stream, window: window)
    }

    private mutating func refuse(_ type: FrameType, _ stream: UInt32) {
        let failure = Failure(
            .unavailable, "too many requests are under way on this connection", try: "again in a second")
        if type == .request {
            var reply = Reply()
            reply.failure = failure
            send(.reply, stream: stream, flags: [.end, .response], reply.encoded())
        } else {
            send(.failure, stream: stream, flags: [.end, .error, .response], failure.encoded())
        }
    }

    private func key(_ stream: UInt32, _ type: FrameType) -> UInt64 { UInt64(stream) << 16 | UInt64(type.rawValue) }

    /// The message that a frame completes. Messages of different types may interleave on one stream: consensus passes
    /// the others.
    private mutating func join(_ frame: Frame, _ type: FrameType) throws(FrameError) -> Bytes? {
        let key = key(frame.header.stream, type)
        let goesOn = frame.header.flags.contains(.more)
        let begun = partial[key]
        guard goesOn || begun != nil else { return frame.body }
        guard !goesOn || !frame.body.isEmpty else { throw .malformed("an empty part of a message") }
        guard (begun?.parts.count ?? 0) < Self.mostParts else { throw .tooLarge }
        guard begun != nil || partial.count < Self.mostPartial else { throw .tooLarge }
        let total = (begun?.count ?? 0) + frame.body.count
        guard total <= Limits.messageBytes else { throw .tooLarge }
        if goesOn {
            partialBytes += frame.body.count
            guard partialBytes <= mostPartialBytes else { throw .tooLarge }
            partial[key, default: Partial()].parts.append(kept(frame.body, type))
            partial[key, default: Partial()].count = total
            return nil
        }
        // Put together once: an array that grew would leave what it held behind.
        var whole: [UInt8] = []
        whole.reserveCapacity(total)
        for part in (begun?.parts ?? []) + [frame.body] {
            unsafe part.withUnsafeBytes { unsafe whole.append(contentsOf: $0) }
        }
        if type.isSecret { frame.body.wipe() }
        let body = Bytes(whole)
        dropPartial(key)
        return body
    }

    /// A part in a buffer of its own: a few bytes would keep the whole piece that they came in.
    private func kept(_ part: Bytes, _ type: FrameType) -> Bytes {
        let own = part.copied()
        if type.isSecret, own.owner.count != part.owner.count { part.wipe() }
        return own
    }

    /// Gives the peer credit for data of a stream that was taken; in half windows, not in drops.
    package mutating func consumed(_ bytes: Int, of stream: UInt32) {
        guard let owed = streams.consume(bytes, of: stream, atLeast: window / 2) else { return }
        var credit = Credit()
        credit.bytes = UInt32(owed)
        send(.credit, stream: stream, credit.encoded())
    }

    /// Data of the stream that waits for credit, in bytes: what its producer must respect.
    package func heldBytes(of stream: UInt32) -> Int {
        windows[stream]?.heldBytes ?? 0
    }
}
