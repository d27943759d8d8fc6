import Bytes
import Model
import TestSupport
import Testing
import Wire

@testable import Link

@Suite(.serialized) struct TraceTests {
    private static func traces(of canary: MaskedCanary) throws -> Int {
        let found = try canary.count()
        return found.locked + found.elsewhere
    }

    @Test func `the search finds what is there`() throws {
        let canary = MaskedCanary()
        let body = canary.repeated(3)
        #expect(try Self.traces(of: canary) >= 3)
        body.wipe()
        #expect(try Self.traces(of: canary) == 0)
    }

    @Test(arguments: [1, 300, 12_000])
    func `a request and its reply leave no trace of a value, sealed, cut and put together`(repeated: Int) throws {
        var ends = try #require(try Opening().run())
        let canary = MaskedCanary()
        var dialler = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
        var acceptor = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
        let stream = dialler.openStream()
        for isAnswer in [false, true] {
            var wire: [UInt8] = []
            if isAnswer {
                acceptor.send(.reply, stream: stream, flags: [.end, .response], canary.repeated(repeated))
                while case let pieces = acceptor.take(100_000), !pieces.isEmpty {
                    wire += try ends.acceptor.seal(pieces).array
                }
            } else {
                dialler.send(.request, stream: stream, flags: .end, canary.repeated(repeated))
                while case let pieces = dialler.take(100_000), !pieces.isEmpty {
                    wire += try ends.dialler.seal(pieces).array
                }
            }
            #expect(try Self.traces(of: canary) == 0)
            var messages: [Multiplexer.Incoming] = []
            for start in stride(from: 0, to: wire.count, by: 40_000) {
                let piece = Bytes(wire[start..<min(start + 40_000, wire.count)])
                if isAnswer {
                    messages += try dialler.receive(try ends.dialler.open(piece), at: .zero)
                } else {
                    messages += try acceptor.receive(try ends.acceptor.open(piece), at: .zero)
                }
            }
            try #require(messages.count == 1 && messages[0].body.count == MaskedCanary.byteCount * repeated)
            #expect(try Self.traces(of: canary) >= repeated)
            // What `decode(wiping:)` does.
            messages[0].body.wipe()
            #expect(try Self.traces(of: canary) == 0)
        }
    }

    @Test func `what was never sent, or came in part, is wiped with its channel`() throws {
        let canary = MaskedCanary()
        var dialler = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
        var acceptor = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
        dialler.send(.request, stream: dialler.openStream(), flags: .end, canary.repeated(5000))
        for piece in dialler.take(1) {
            // A header and its first part, of which the end is missing.
            _ = try acceptor.receive(Bytes(piece.bytes.dropLast().map { $0 }), at: .zero)
            if piece.isSecret { piece.bytes.wipe() }
        }
        #expect(try Self.traces(of: canary) > 0)
        dialler.discard()
        acceptor.discard()
        #expect(try Self.traces(of: canary) == 0)
    }
}
