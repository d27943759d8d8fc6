import Bytes
import Model
import Wire

@testable import Link

extension FuzzTarget {
    /// A stream of bytes cut at will: the first byte says how, the others are the stream.
    ///
    /// The frames are the same in any cutting, and together they are what was read of the stream.
    static let frames = FuzzTarget(
        name: "frames",
        variants: 7,
        seeds: { [0, 1, 12, 200].map { cut in Bytes([cut] + someFrames) } },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            let cut = max(1, Int(input.byte()))
            let stream = input.remainder()
            let whole = frames(of: stream, cut: stream.count)
            let pieces = frames(of: stream, cut: cut)
            try Broken.unless(whole.frames == pieces.frames && whole.error == pieces.error, "the cutting shows")
            var written: [UInt8] = []
            for frame in whole.frames {
                frame.header.append(to: &written)
                written += frame.body
                try Broken.unless(frame.body.count <= Limits.workerFrameBytes, "a frame beyond its limit")
            }
            try Broken.unless(stream.starts(with: written), "other frames than came")
        })

    private static func frames(of stream: Bytes, cut: Int) -> (frames: [Frame], error: FrameError?) {
        var reader = FrameReader(limit: Limits.workerFrameBytes)
        var frames: [Frame] = []
        for start in stride(from: 0, to: stream.count, by: max(1, cut)) {
            reader.append(stream.slice(start..<min(stream.count, start + cut)))
            do throws(FrameError) {
                while let frame = try reader.next() { frames.append(frame) }
            } catch {
                return (frames, error)
            }
        }
        return (frames, nil)
    }

    private static var someFrames: [UInt8] {
        var stream: [UInt8] = []
        for (type, stream_, flags, body) in [
            (FrameType.ping, UInt32(0), FrameFlags(), Bytes([8, 1])), (.request, 1, .end, Bytes()),
            (.execInput, 1, .more, Bytes(utf8: "half ")), (.execInput, 1, .end, Bytes(utf8: "whole")),
        ] {
            FrameHeader(length: UInt32(body.count), type: type.rawValue, flags: flags, priority: 1, stream: stream_)
                .append(to: &stream)
            stream += body
        }
        return stream
    }

    /// One end of a channel between a peer that sends anything and a driver that does anything it may.
    ///
    /// A byte says what comes next: a frame of the peer's (type, flags, stream, length, body), raw bytes, or a call.
    static let multiplexer = FuzzTarget(
        name: "multiplexer",
        variants: 7,
        seeds: {
            [
                Bytes([0, 64, 1, 1, 0, 0, 3, 64, 1, 0, 4, 4, 65, 1, 5, 1, 5]),
                Bytes([1, 0, 48, 0, 2, 0, 3, 10, 1, 0, 0, 49, 2, 2, 0, 2, 9, 9, 0, 49, 1, 2, 0, 1, 9, 5, 2, 6, 2, 7]),
                Bytes([0, 0, 5, 0, 1, 0, 2, 8, 127, 2, 49, 0, 1, 5, 8]),
            ]
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            var channel = Channel(input.byte())
            while !input.isEmpty {
                do throws(LinkError) { try channel.step(&input) } catch { break }
                try channel.check()
            }
            channel.end.discard()
            try Broken.unless(
                channel.end.queuedBytes == 0 && channel.end.partialBytes == 0, "something was left behind")
        })
}

/// The end that is tried.
private struct Channel {
    var end: Multiplexer
    private var now = Moment.zero

    init(_ kind: UInt8) {
        let isWorker = kind & 2 == 2
        end = Multiplexer(
            kind & 1 == 0 ? .acceptor : .dialler, frameBytes: isWorker ? Limits.workerFrameBytes : Limits.frameBytes,
            window: kind & 4 == 4 ? 64 : Multiplexer.initialCredit, at: now)
        if kind & 8 == 8 { end.sentFrameBytes = 16 }
        if kind & 16 == 16 { end.mostRequests = 2 }
    }

    mutating func step(_ input: inout Input) throws(LinkError) {
        switch input.byte() % 9 {
        case 0, 1: try receive(frame(&input))
        case 2: send(&input)
        case 3: try receive(input.piece())
        case 4: _ = end.openStream()
        case 5: _ = end.take(Int(input.byte()) << 4)
        case 6: end.consumed(Int(input.byte()), of: UInt32(input.byte()))
        case 7: end.closeStream(UInt32(input.byte()))
        default:
            now = now + .seconds(Int(input.byte()) % 16)
            try end.tick(at: now)
        }
    }

    private mutating func receive(_ bytes: Bytes) throws(LinkError) {
        // A body may be wiped where it lies: never the input's own bytes.
        for message in try end.receive(Bytes([UInt8](bytes)), at: now) where message.type.isStreamed {
            end.consumed(message.body.count, of: message.stream)
        }
    }

    private func frame(_ input: inout Input) -> Bytes {
        let type = UInt16(input.byte())
        let flags = FrameFlags(rawValue: input.byte())
        let stream = UInt32(input.byte())
        let body = input.piece()
        var frame: [UInt8] = []
        FrameHeader(length: UInt32(body.count), type: type, flags: flags, priority: 0, stream: stream).append(
            to: &frame)
        return Bytes(frame + body.array)
    }

    private mutating func send(_ input: inout Input) {
        let type = FrameType(rawValue: UInt16(input.byte()))
        let flags = FrameFlags(rawValue: input.byte()).intersection([.end, .response, .error])
        let stream = UInt32(input.byte())
        let count = Int(input.byte())
        // What a driver must not do is a bug, not input: another connection's type, or data beyond one frame.
        guard end.carries(type), !type.isStreamed || count <= end.sentFrameBytes else { return }
        end.send(type, stream: stream, flags: flags, Bytes([UInt8](repeating: 7, count: count)))
    }

    /// The bounds of what a peer can make this end keep.
    func check() throws(Broken) {
        try Broken.unless(end.partial.count <= Multiplexer.mostPartial, "\(end.partial.count) messages in parts")
        let parts = end.partial.values.reduce(0) { $0 + $1.count }
        try Broken.unless(parts == end.partialBytes, "\(parts) bytes in parts, counted as \(end.partialBytes)")
        try Broken.unless(end.refused.count <= Multiplexer.mostPartial, "\(end.refused.count) refused streams")
        try Broken.unless(end.streams.requests <= end.mostRequests, "\(end.streams.requests) requests under way")
        let waiting = zip(end.queues, end.heads).flatMap { $0[$1...] } + end.windows.values.flatMap(\.waiting)
        let bytes = waiting.reduce(0) { $0 + $1.body.count + FrameHeader.byteCount }
        try Broken.unless(bytes == end.queuedBytes, "\(bytes) bytes wait, counted as \(end.queuedBytes)")
        for window in end.windows.values {
            let bytes = window.waiting.reduce(0) { $0 + $1.body.count }
            try Broken.unless(bytes == window.heldBytes, "\(bytes) bytes are held, counted as \(window.heldBytes)")
        }
    }
}
