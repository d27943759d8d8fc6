import Bytes
import Model
import Wire

@testable import Link

/// Two ends of a channel in conversation, over a wire that ends after a number of bytes. All from one seed.
///
/// The dialler asks and streams data, the acceptor answers and gives credit, and both pass consensus in between. Each
/// message holds its number and what follows from it, so that whatever comes out can be held against what went in.
struct PipeSimulation {
    /// Where the wire ends: after so many bytes of one direction, nothing more comes through in either.
    struct Cut {
        var toAcceptor: Bool
        var after: Int
    }

    /// One end, and what it has sent and got.
    struct End {
        var multiplexer: Multiplexer
        /// Messages by type in the order of sending, and where each ends on the wire.
        var sent: [UInt16: [(number: UInt64, size: Int)]] = [:]
        var got: [UInt16: [UInt64]] = [:]
        /// What was taken from the multiplexer and is on its way to the other end.
        var wire: [UInt8] = []
        /// Bytes that left, or were to leave, since the beginning.
        var left = 0
        /// Whole messages that the wire carried to its end.
        var carried: [UInt16: Int] = [:]
        var largestFrame = 0
    }

    var random: SplitMix
    var dialler = End(
        multiplexer: Multiplexer(.dialler, frameBytes: Limits.frameBytes, window: 100, at: .zero))
    var acceptor = End(
        multiplexer: Multiplexer(.acceptor, frameBytes: Limits.frameBytes, window: 100, at: .zero))
    var cut: Cut?
    private(set) var isCut = false
    private var number: UInt64 = 0
    /// Requests that wait for an answer, with their streams, at the acceptor.
    private var asked: [UInt32] = []
    /// Requests of the dialler without an answer.
    private(set) var unanswered: Set<UInt32> = []
    private var program: UInt32 = 0
    private var now = Moment.zero

    init(seed: UInt64, cut: Cut? = nil) {
        random = SplitMix(seed: seed)
        self.cut = cut
        // Small, so that every message has several frames.
        dialler.multiplexer.sentFrameBytes = 24
        acceptor.multiplexer.sentFrameBytes = 24
        program = dialler.multiplexer.openStream()
        send(.execStart, stream: program, size: 30, from: \.dialler)
    }

    /// What a message says: its number, and bytes that follow from it.
    static func body(_ number: UInt64, _ size: Int) -> Bytes {
        Bytes(
            (0..<size).map { place in
                UInt8(truncatingIfNeeded: place < 8 ? number >> UInt64(place * 8) : number &+ UInt64(place))
            })
    }

    private mutating func send(
        _ type: FrameType, stream: UInt32 = 0, flags: FrameFlags = [], size: Int, from end: WritableKeyPath<Self, End>
    ) {
        number += 1
        self[keyPath: end].sent[type.rawValue, default: []].append((number, size))
        self[keyPath: end].multiplexer.send(type, stream: stream, flags: flags, Self.body(number, size))
    }

    /// Talks for `rounds`, then until all is said; or until the wire is cut.
    ///
    /// - Returns: whether every message that came out was whole, in order and one that was sent.
    mutating func run(rounds: Int) throws(LinkError) -> Bool {
        var round = 0
        var quiet = 0
        while !isCut, quiet < 8 {
            now = now + .milliseconds(1)
            if round < rounds { speak() }
            let before = dialler.left + acceptor.left
            let isOnWire = !dialler.wire.isEmpty || !acceptor.wire.isEmpty
            guard try carry(to: true), try carry(to: false) else { return false }
            round += 1
            quiet = round <= rounds || isOnWire || before != dialler.left + acceptor.left ? 0 : quiet + 1
        }
        return true
    }

    private mutating func speak() {
        let size = Int.random(in: 8...70, using: &random)
        let portion = Int.random(in: 8...24, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            let stream = dialler.multiplexer.openStream()
            unanswered.insert(stream)
            send(.request, stream: stream, flags: .end, size: size, from: \.dialler)
        case 1: send(.raft, size: size, from: \.dialler)
        case 2: send(.raft, size: size, from: \.acceptor)
        case 3: send(.execInput, stream: program, size: portion, from: \.dialler)
        case 4: send(.execOutput, stream: program, flags: .response, size: portion, from: \.acceptor)
        default:
            if let stream = asked.first {
                asked.removeFirst()
                send(.reply, stream: stream, flags: [.end, .response], size: size, from: \.acceptor)
            }
        }
    }

    /// Takes some of what one end has to say, and gives the other some of what is on the wire.
    private mutating func carry(to toAcceptor: Bool) throws(LinkError) -> Bool {
        let from: WritableKeyPath<Self, End> = toAcceptor ? \.dialler : \.acceptor
        let to: WritableKeyPath<Self, End> = toAcceptor ? \.acceptor : \.dialler
        take(from, toAcceptor)
        let waiting = self[keyPath: from].wire.count
        let count = min(waiting, Int.random(in: 0...60, using: &random))
        if count > 0 {
            let piece = Bytes(Array(self[keyPath: from].wire.prefix(count)))
            self[keyPath: from].wire.removeFirst(count)
            for message in try self[keyPath: to].multiplexer.receive(piece, at: now) {
                guard take(message, at: to) else { return false }
            }
        }
        if let cut, cut.toAcceptor == toAcceptor, self[keyPath: from].left >= cut.after {
            isCut = isCut || self[keyPath: from].wire.isEmpty
        }
        return true
    }

    private mutating func take(_ from: WritableKeyPath<Self, End>, _ toAcceptor: Bool) {
        var limit = Int.max
        if let cut, cut.toAcceptor == toAcceptor { limit = cut.after }
        var end = self[keyPath: from]
        var header: Bytes?
        let budget = Int.random(in: 1...80, using: &random)
        for piece in end.multiplexer.take(budget) {
            let reached = end.left + piece.bytes.count
            end.wire += Array(piece.bytes.prefix(max(0, limit - end.left)))
            end.left = min(limit, reached)
            guard let begun = header else {
                header = piece.bytes
                continue
            }
            header = nil
            end.largestFrame = max(end.largestFrame, piece.bytes.count)
            let isLast = begun[6] & FrameFlags.more.rawValue == 0
            if isLast, reached <= limit { end.carried[UInt16(begun[4]), default: 0] += 1 }
        }
        self[keyPath: from] = end
    }

    private mutating func take(_ message: Multiplexer.Incoming, at end: WritableKeyPath<Self, End>) -> Bool {
        let other: KeyPath<Self, End> = end == \.acceptor ? \.dialler : \.acceptor
        let type = message.type.rawValue
        let place = self[keyPath: end].got[type]?.count ?? 0
        guard let sent = self[keyPath: other].sent[type], place < sent.count,
            message.body == Self.body(sent[place].number, sent[place].size)
        else { return false }
        self[keyPath: end].got[type, default: []].append(sent[place].number)
        switch message.type {
        case .request: asked.append(message.stream)
        case .reply: unanswered.remove(message.stream)
        case .execInput, .execOutput:
            // Taken at once, or a part of it a little later: credit comes in its time.
            self[keyPath: end].multiplexer.consumed(message.body.count, of: message.stream)
        default: break
        }
        return true
    }
}
