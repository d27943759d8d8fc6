import Bytes
import Model
import Testing
import Wire

@testable import Link

/// Two ends with a wire between them.
private struct Pair {
    var dialler = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
    var acceptor = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)

    /// Carries all that waits at the dialler; what came out at the acceptor.
    mutating func forth() throws(LinkError) -> [Multiplexer.Incoming] {
        try acceptor.receive(joined(dialler.take(.max)), at: .zero)
    }

    mutating func back() throws(LinkError) -> [Multiplexer.Incoming] {
        try dialler.receive(joined(acceptor.take(.max)), at: .zero)
    }
}

@Test func `messages come out whole, wherever the stream is cut`() throws {
    var sender = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
    sender.sentFrameBytes = 10
    let stream = sender.openStream()
    sender.send(.request, stream: stream, flags: .end, Bytes((0..<35).map { UInt8($0) }))
    sender.send(.heartbeat, stream: 0, Bytes())
    sender.send(.register, stream: 0, filled(7))
    let bytes = joined(sender.take(.max))
    for first in 0...bytes.count {
        for second in stride(from: first, through: bytes.count, by: 5) {
            var receiver = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
            var messages: [Multiplexer.Incoming] = []
            // Copies: the receiver wipes what it is given.
            for range in [0..<first, first..<second, second..<bytes.count] {
                messages += try receiver.receive(Bytes(bytes.slice(range).map { $0 }), at: .zero)
            }
            try #require(messages.map(\.type) == [.request, .heartbeat, .register])
            #expect(messages[0].body == Bytes((0..<35).map { UInt8($0) }))
            #expect(messages[0].flags == .end && messages[0].stream == stream)
            #expect(messages[2].body == filled(7))
        }
    }
}

@Test func `parts of messages of different types interleave on one stream`() throws {
    var receiver = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
    var messages: [Multiplexer.Incoming] = []
    for piece in [
        frame(.assignment, stream: 0, flags: .more, body: filled(3, 1)),
        frame(.raft, stream: 0, flags: .more, body: filled(4, 2)),
        frame(.assignment, stream: 0, body: filled(2, 1)),
        frame(.raft, stream: 0, body: filled(1, 2)),
    ] { messages += try receiver.receive(piece, at: .zero) }
    #expect(messages.map(\.type) == [.assignment, .raft])
    #expect(messages.map(\.body) == [filled(5, 1), filled(5, 2)])
}

@Test func `consensus goes first, bulk last`() throws {
    var pair = Pair()
    let stream = pair.dialler.openStream()
    pair.dialler.send(.snapshotOffer, stream: stream, filled(1))
    pair.dialler.send(.assignment, stream: 0, filled(2))
    pair.dialler.send(.raft, stream: 0, filled(3))
    #expect(try pair.forth().map(\.type) == [.raft, .assignment, .snapshotOffer])
    // The class in a header is not believed: the type decides.
    #expect(FrameType.raft.priority == 0 && FrameType.snapshotChunk.priority == 2)
}

@Test func `data stops at its credit, what follows it waits behind, and credit lets it go in order`() throws {
    var pair = Pair()
    let stream = pair.dialler.openStream()
    pair.dialler.send(.execStart, stream: stream, filled(1))
    for number in 0..<10 { pair.dialler.send(.execInput, stream: stream, filled(60_000, UInt8(number))) }
    pair.dialler.send(.execSignal, stream: stream, filled(9))
    var got = try pair.forth()
    // The window is overdrawn by the one frame that reaches it.
    #expect(got.count == 1 + 5)
    #expect(pair.dialler.heldBytes(of: stream) == 5 * 60_000 + 9)
    // Another stream is not held up.
    let other = pair.dialler.openStream()
    pair.dialler.send(.request, stream: other, flags: .end, filled(1))
    #expect(try pair.forth().map(\.type) == [.request])
    while got.count < 12 {
        let before = got.count
        pair.acceptor.consumed(180_000, of: stream)
        _ = try pair.back()
        got += try pair.forth()
        try #require(got.count > before)
    }
    #expect(got.dropFirst().prefix(10).map { $0.body[0] } == (0..<10).map { UInt8($0) })
    #expect(got.last?.type == .execSignal)
    #expect(pair.dialler.heldBytes(of: stream) == 0 && pair.dialler.queuedBytes == 0)
}

@Test func `many small frames wait for credit in order, and nothing is kept of what has gone or was given up`() throws {
    var pair = Pair()
    let stream = pair.dialler.openStream()
    pair.dialler.send(.logsStart, stream: stream, filled(1))
    let count = 30_000
    for number in 0..<count { pair.dialler.send(.execInput, stream: stream, filled(100, UInt8(number % 251))) }
    var got = try pair.forth().dropFirst().map { $0.body[0] }
    #expect(pair.dialler.heldBytes(of: stream) == (count - got.count) * 100)
    while got.count < count / 2 {
        pair.acceptor.consumed(180_000, of: stream)
        _ = try pair.back()
        let more = try pair.forth().map { $0.body[0] }
        try #require(!more.isEmpty)
        got += more
        #expect(pair.dialler.heldBytes(of: stream) == (count - got.count) * 100)
    }
    #expect(got == (0..<got.count).map { UInt8($0 % 251) })
    pair.dialler.closeStream(stream)
    #expect(pair.dialler.heldBytes(of: stream) == 0 && pair.dialler.queuedBytes == 0)
}

@Test func `two ends that hold data of one stream both get their credit`() throws {
    var pair = Pair()
    let stream = pair.dialler.openStream()
    pair.dialler.send(.execStart, stream: stream, filled(1))
    _ = try pair.forth()
    for _ in 0..<10 {
        pair.dialler.send(.execInput, stream: stream, filled(60_000))
        pair.acceptor.send(.execOutput, stream: stream, flags: .response, filled(60_000))
    }
    var (input, output) = (try pair.forth().count, try pair.back().count)
    #expect(input == 5 && output == 5)
    while input < 10 || output < 10 {
        pair.acceptor.consumed(input * 60_000, of: stream)
        pair.dialler.consumed(output * 60_000, of: stream)
        let (forth, back) = (try pair.forth().count, try pair.back().count)
        try #require(forth + back > 0)
        input += forth
        output += back
    }
}

@Test func `data beyond its credit, and credit beyond all reason, close the connection`() throws {
    var pair = Pair()
    let stream = pair.dialler.openStream()
    pair.dialler.send(.execStart, stream: stream, filled(1))
    _ = try pair.forth()
    let most = Multiplexer.initialCredit / 65_536
    for _ in 0..<most {
        _ = try pair.acceptor.receive(frame(.execInput, stream: stream, body: filled(65_536)), at: .zero)
    }
    #expect(throws: LinkError.self) {
        try pair.acceptor.receive(frame(.execInput, stream: stream, body: filled(1)), at: .zero)
    }
    var credit = Credit()
    credit.bytes = .max
    pair.dialler.send(.execInput, stream: stream, filled(1))
    #expect(throws: LinkError.self) {
        try pair.dialler.receive(frame(.credit, stream: stream, body: credit.encoded()), at: .zero)
    }
}

@Test func `data is one frame, of what a sender may put into one`() throws {
    for (size, flags): (Int, FrameFlags) in [(1, .more), (Limits.sentFrameBytes + 1, [])] {
        var pair = Pair()
        let stream = pair.dialler.openStream()
        pair.dialler.send(.execStart, stream: stream, filled(1))
        _ = try pair.forth()
        #expect(throws: LinkError.self) {
            try pair.acceptor.receive(frame(.execInput, stream: stream, flags: flags, body: filled(size)), at: .zero)
        }
    }
}

@Test func `data of a stream that is not open is dropped`() throws {
    var pair = Pair()
    #expect(try pair.acceptor.receive(frame(.execInput, stream: 5, body: filled(9)), at: .zero).isEmpty)
    let stream = pair.dialler.openStream()
    pair.dialler.send(.execStart, stream: stream, filled(1))
    _ = try pair.forth()
    pair.acceptor.send(.execExit, stream: stream, flags: [.end, .response], filled(1))
    pair.dialler.send(.execInput, stream: stream, filled(1))
    #expect(try pair.forth().isEmpty)
    #expect(try pair.back().map(\.type) == [.execExit])
}

@Test func `one request too many is answered busy, and an answer makes room`() throws {
    var pair = Pair()
    let most = Multiplexer.requestsOfOne
    for _ in 0..<most { pair.dialler.send(.request, stream: pair.dialler.openStream(), flags: .end, filled(1)) }
    #expect(try pair.forth().count == most)
    // One in several parts is one.
    pair.dialler.sentFrameBytes = 4
    pair.dialler.send(.request, stream: pair.dialler.openStream(), flags: .end, filled(9))
    #expect(try pair.forth().isEmpty)
    let refusals = try pair.back()
    #expect(refusals.map(\.type) == [.reply] && refusals[0].isLast)
    #expect(try Reply.decode(refusals[0].body).failure?.code == .unavailable)
    pair.acceptor.send(.reply, stream: 1, flags: [.response, .end], filled(1))
    pair.dialler.send(.request, stream: pair.dialler.openStream(), flags: .end, filled(9))
    #expect(try pair.forth().map(\.body.count) == [9])
}

@Test func `a stream is opened once, by the end that its number belongs to`() throws {
    for (stream, times): (UInt32, Int) in [(0, 1), (2, 1), (1, 2)] {
        var acceptor = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
        for _ in 1..<times { _ = try acceptor.receive(frame(.request, stream: stream, flags: .end), at: .zero) }
        #expect(throws: LinkError.self, "stream \(stream)") {
            try acceptor.receive(frame(.request, stream: stream, flags: .end), at: .zero)
        }
    }
}

@Test func `a length beyond its limit closes before its bytes come, by role`() throws {
    for limit in [Limits.workerFrameBytes, Limits.frameBytes] {
        var receiver = Multiplexer(.acceptor, frameBytes: limit, at: .zero)
        #expect(
            try receiver.receive(frame(.register, stream: 0, length: limit, body: filled(limit)), at: .zero).count == 1)
        #expect(throws: LinkError.tooLarge) {
            try receiver.receive(frame(.register, stream: 0, length: limit + 1), at: .zero)
        }
    }
}

@Test func `unknown flags close, and unknown types come out for their owner to answer`() throws {
    for bit in 4..<8 {
        var receiver = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
        #expect(throws: LinkError.self) {
            try receiver.receive(frame(.register, stream: 0, flags: FrameFlags(rawValue: 1 << UInt8(bit))), at: .zero)
        }
    }
    var receiver = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
    let unknown = FrameType(rawValue: 999)
    #expect(try receiver.receive(frame(unknown, stream: 3), at: .zero).map(\.type) == [unknown])
}

@Test func `a message in parts has at most 2 MiB, and a peer few of them at once`() throws {
    var receiver = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
    let part = filled(Limits.frameBytes)
    for _ in 0..<2 { _ = try receiver.receive(frame(.raft, stream: 0, flags: .more, body: part), at: .zero) }
    #expect(throws: LinkError.tooLarge) { try receiver.receive(frame(.raft, stream: 0, body: filled(1)), at: .zero) }
    var many = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
    for stream in 0..<UInt32(Multiplexer.mostPartial) {
        _ = try many.receive(frame(.failure, stream: stream, flags: .more, body: filled(1)), at: .zero)
    }
    #expect(throws: LinkError.tooLarge) {
        try many.receive(frame(.failure, stream: 99, flags: .more, body: filled(1)), at: .zero)
    }
    // A hostile worker fills one message's worth of memory, not sixteen.
    var worker = Multiplexer(.acceptor, frameBytes: Limits.workerFrameBytes, at: .zero)
    let small = filled(Limits.workerFrameBytes)
    var taken = 0
    #expect(throws: LinkError.tooLarge) {
        while taken < 100 * small.count {
            let type: FrameType = taken.isMultiple(of: 2 * small.count) ? .register : .reportTasks
            _ = try worker.receive(frame(type, stream: 0, flags: .more, body: small), at: .zero)
            taken += small.count
        }
    }
    #expect(taken == Limits.messageBytes)
    var empty = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
    #expect(throws: LinkError.self) { try empty.receive(frame(.raft, stream: 0, flags: .more), at: .zero) }
}

@Test func `silence is asked about after 5 s and is the end after 15 s`() throws {
    var pair = Pair()
    try pair.dialler.tick(at: Moment(milliseconds: 4_999))
    #expect(pair.dialler.queuedBytes == 0)
    try pair.dialler.tick(at: Moment(milliseconds: 5_000))
    try pair.dialler.tick(at: Moment(milliseconds: 6_000))
    // One question, however often the clock is looked at; the answer is no message for anybody above.
    #expect(try pair.forth().isEmpty)
    #expect(pair.acceptor.queuedBytes > 0)
    _ = try pair.dialler.receive(joined(pair.acceptor.take(.max)), at: Moment(milliseconds: 6_500))
    try pair.dialler.tick(at: Moment(milliseconds: 21_000))
    #expect(throws: LinkError.silent) { try pair.dialler.tick(at: Moment(milliseconds: 21_500)) }
}
