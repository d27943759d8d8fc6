import Bytes
import Model
import Testing
import Wire

@testable import Link

@Suite struct PipeTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func `a conversation comes through whole, in small frames, with all that was asked answered`(seed: UInt64) throws {
        var pipe = PipeSimulation(seed: seed)
        let isTrue = try pipe.run(rounds: 2_000)
        #expect(isTrue)
        for (from, to) in [(pipe.dialler, pipe.acceptor), (pipe.acceptor, pipe.dialler)] {
            for (type, sent) in from.sent {
                let isWhole = to.got[type] == sent.map(\.number)
                #expect(isWhole, "type \(type): \(to.got[type]?.count ?? 0) of \(sent.count)")
            }
            #expect(from.sent.values.reduce(0) { $0 + $1.count } > 100)
            #expect(from.largestFrame == 24)
            #expect(from.multiplexer.heldBytes == 0)
        }
    }

    @Test func `a connection that is cut at any byte delivers what was whole by then, and nothing else`() throws {
        let rounds = 55
        var whole = PipeSimulation(seed: 7)
        #expect(try whole.run(rounds: rounds))
        for (toAcceptor, total) in [(true, whole.dialler.left), (false, whole.acceptor.left)] {
            #expect(total > 800)
            for place in 0..<total {
                var pipe = PipeSimulation(seed: 7, cut: .init(toAcceptor: toAcceptor, after: place))
                let isTrue = try pipe.run(rounds: rounds)
                try #require(isTrue && pipe.isCut, "cut at \(place), to the acceptor: \(toAcceptor)")
                var (from, to) = toAcceptor ? (pipe.dialler, pipe.acceptor) : (pipe.acceptor, pipe.dialler)
                for (type, count) in from.carried where from.sent[type] != nil {
                    try #require(to.got[type]?.count ?? 0 == count, "type \(type), cut at \(place)")
                }
                // Nobody said goodbye, so nothing ended: what has no answer is known to have none.
                #expect(pipe.unanswered.allSatisfy { pipe.dialler.multiplexer.streams.isOpen($0) })
                from.multiplexer.discard()
                to.multiplexer.discard()
                #expect(from.multiplexer.heldBytes == 0 && to.multiplexer.heldBytes == 0)
            }
        }
    }

    @Test func `a peer that never reads is answered busy, then ended, and consensus still goes first`() throws {
        var end = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
        var stream: UInt32 = 1
        func ask() throws(LinkError) -> Bool {
            defer { stream += 2 }
            return try !end.receive(frame(.request, stream: stream, flags: .end, body: filled(1)), at: .zero).isEmpty
        }
        while !end.isFull {
            let isTaken = try ask()
            try #require(isTaken)
            end.send(.reply, stream: stream - 2, flags: [.end, .response], filled(100_000))
        }
        let full = end.queuedBytes
        #expect(full < Multiplexer.fullBytes + 100_012)
        for _ in 0..<100 {
            let isTaken = try ask()
            #expect(!isTaken)
        }
        // A question costs an answer of some 100 bytes, a ping nothing.
        let busy = end.queuedBytes - full
        #expect(busy > 0 && busy < 100 * 200)
        _ = try end.receive(frame(.ping, stream: 0, body: Ping().encoded()), at: .zero)
        #expect(end.queuedBytes == full + busy)
        end.send(.raft, stream: 0, filled(9))
        let first = end.take(1)
        #expect(first.map(\.bytes.count) == [12, 9] && first[0].bytes[4] == UInt8(FrameType.raft.rawValue))
        // An owner that goes on regardless has a bound too.
        for _ in 0..<100 { end.send(.assignment, stream: 0, filled(Limits.messageBytes / 2)) }
        #expect(end.queuedBytes <= Multiplexer.mostQueuedBytes + Limits.frameBytes)
        #expect(throws: LinkError.unread) { try end.tick(at: .zero) }
        #expect(throws: LinkError.unread) { try ask() }
        end.discard()
        #expect(end.heldBytes == 0)
    }

    @Test func `a peer that gives no credit holds up its own stream alone`() throws {
        var end = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
        let (one, other) = (end.openStream(), end.openStream())
        for _ in 0..<20 { end.send(.snapshotChunk, stream: one, filled(100_000)) }
        let left = joined(end.take(.max)).count
        #expect(left >= Multiplexer.initialCredit && left < Multiplexer.initialCredit + 100_000 + 12 * 12)
        #expect(end.heldBytes(of: one) == 2_000_000 - (left - left / 100_000 * 12))
        end.send(.execInput, stream: other, filled(10))
        end.send(.raft, stream: 0, filled(10))
        #expect(joined(end.take(.max)).count == 2 * 22)
        #expect(end.queuedBytes > 0)
        end.closeStream(one)
        #expect(end.queuedBytes == 0 && end.heldBytes(of: one) == 0)
    }

    @Test func `before consensus there is no more than was handed over already, whatever waits`() throws {
        var random = SplitMix(seed: 5)
        var end = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
        for _ in 0..<50 {
            while !end.isFull {
                end.send(.assignment, stream: 0, filled(Int.random(in: 1...1_500_000, using: &random)))
            }
            // What `Peer` does while the kernel takes nothing.
            var ahead = 0
            while ahead < Multiplexer.aheadBytes {
                ahead += joined(end.take(Multiplexer.aheadBytes - ahead)).count
            }
            #expect(ahead <= Multiplexer.aheadBytes + Limits.sentFrameBytes + FrameHeader.byteCount)
            end.send(.raft, stream: 0, filled(50))
            #expect(end.take(1).first?.bytes[4] == UInt8(FrameType.raft.rawValue))
        }
    }

    @Test func `bulk of one class is taken after consensus and requests, in the order of sending`() throws {
        var end = Multiplexer(.dialler, lane: .bulk, frameBytes: Limits.frameBytes, at: .zero)
        let (snapshot, program) = (end.openStream(), end.openStream())
        for number in 1...3 { end.send(.snapshotChunk, stream: snapshot, filled(10, UInt8(number))) }
        end.send(.execInput, stream: program, filled(10, 9))
        #expect(end.take(.max).filter { $0.bytes.count == 10 }.map { $0.bytes[0] } == [9, 1, 2, 3])
    }

    @Test func `each type travels on its own connection, and on the other one ends it`() throws {
        let control: [FrameType] = [
            .welcome, .enrolAnswer, .clusterKeys, .clusterKeysStored, .dialBulk, .raft, .register, .assignment,
            .reportTasksAnswer, .request, .reply,
        ]
        let bulk: [FrameType] = [
            .snapshotOffer, .snapshotChunk, .execStart, .execInput, .execOutput, .execExit, .logsStart,
            .logsSource, .logsChunk, .logsEnd, .getUsage, .taskUsage,
        ]
        let both: [FrameType] = [.goodbye, .pong, .failure, FrameType(rawValue: 999)]
        for (lane, taken, refused) in [(FrameType.Lane.control, control, bulk), (.bulk, bulk, control)] {
            for type in taken + both {
                var end = Multiplexer(.acceptor, lane: lane, frameBytes: Limits.frameBytes, at: .zero)
                #expect(throws: Never.self) { try end.receive(frame(type, stream: 1, body: filled(1)), at: .zero) }
            }
            for type in refused {
                var end = Multiplexer(.acceptor, lane: lane, frameBytes: Limits.frameBytes, at: .zero)
                #expect(throws: LinkError.self, "\(type)") {
                    try end.receive(frame(type, stream: 1, body: filled(1)), at: .zero)
                }
            }
        }
    }

    @Test func `a channel is idle from the tick that finds no stream`() throws {
        var pair = (
            dialler: Multiplexer(.dialler, lane: .bulk, frameBytes: Limits.frameBytes, at: .zero),
            acceptor: Multiplexer(.acceptor, lane: .bulk, frameBytes: Limits.frameBytes, at: .zero)
        )
        var taken = 0
        func tick(_ seconds: Int64) throws(LinkError) -> [Duration] {
            let now = Moment(milliseconds: UInt64(seconds) * 1000)
            _ = try pair.acceptor.receive(joined(pair.dialler.take(.max)), at: now)
            for message in try pair.dialler.receive(joined(pair.acceptor.take(.max)), at: now)
            where message.type.isStreamed {
                taken += message.body.count
                pair.dialler.consumed(message.body.count, of: message.stream)
            }
            try pair.dialler.tick(at: now)
            try pair.acceptor.tick(at: now)
            return [pair.dialler.idle(at: now), pair.acceptor.idle(at: now)]
        }
        #expect(try tick(1) == [.zero, .zero])
        #expect(try tick(3) == [.seconds(2), .seconds(2)])
        let stream = pair.dialler.openStream()
        pair.dialler.send(.execStart, stream: stream, filled(1))
        #expect(try tick(4) == [.zero, .zero])
        pair.acceptor.send(.execExit, stream: stream, flags: [.end, .response], filled(1))
        // The acceptor's end of the stream is over with its last word; the dialler's once it has come.
        #expect(try tick(5) == [.zero, .zero])
        #expect(try tick(9) == [.seconds(4), .seconds(4)])
        let other = pair.dialler.openStream()
        pair.dialler.send(.snapshotOffer, stream: other, filled(1))
        #expect(try tick(10) == [.zero, .zero])
        pair.dialler.send(.failure, stream: other, flags: [.end, .error], Failure().encoded())
        #expect(try tick(11) == [.zero, .zero])
        #expect(try tick(12) == [.seconds(1), .seconds(1)])
        // Whoever follows a log that stays silent keeps the connection, until they hang up.
        let reader = pair.dialler.openStream()
        pair.dialler.send(.logsStart, stream: reader, filled(1))
        #expect(try tick(13) == [.zero, .zero])
        #expect(try tick(16) == [.zero, .zero])
        // So does a flood, of which more waits for credit all the time.
        for second in 17...Int64(100) {
            for _ in 0..<20 { pair.acceptor.send(.logsChunk, stream: reader, flags: .response, filled(20_000)) }
            #expect(try tick(second) == [.zero, .zero])
        }
        #expect(taken > 80 * 200_000 && pair.acceptor.heldBytes(of: reader) > 0, "\(taken) bytes were taken")
        pair.dialler.send(.logsEnd, stream: reader, flags: .end, LogsEnd().encoded())
        #expect(try tick(101) == [.zero, .zero])
        pair.acceptor.closeStream(reader)
        #expect(try tick(102) == [.seconds(1), .zero])
    }
}
