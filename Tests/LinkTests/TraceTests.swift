import Bytes
import Glibc
import Model
import Primitives
import Testing
import Wire

@testable import Link

/// Where `canary` lies in this process's memory, outside of the places that are known.
///
/// The pattern is searched as its complement, so that the search itself holds no copy.
private func traces(of inverted: [UInt8]) throws -> Int {
    guard let map = unsafe fopen("/proc/self/maps", "r") else { throw LinkError.cut }
    defer { unsafe fclose(map) }
    let memory = unsafe open("/proc/self/mem", O_RDONLY)
    try #require(memory >= 0)
    defer { close(memory) }
    var ranges: [(UInt, UInt)] = []
    var line = [CChar](repeating: 0, count: 4096)
    while unsafe fgets(&line, 4096, map) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, fields[1].hasPrefix("rw"), !text.contains("[v") else { continue }
        let ends = fields[0].split(separator: "-")
        guard let from = UInt(ends[0], radix: 16), let to = UInt(ends[1], radix: 16) else { continue }
        ranges.append((from, to))
    }
    // Not from the heap that is searched, and overwritten by each read with what cannot match the complement.
    let step = 1 << 20
    guard let buffer = unsafe mmap(nil, step + 64, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) else {
        throw LinkError.cut
    }
    defer { unsafe munmap(buffer, step + 64) }
    var found = 0
    let own = UInt(bitPattern: buffer)
    for (from, to) in ranges where !(from...to).contains(own) {
        var place = from
        while place < to {
            let wanted = min(step + inverted.count - 1, Int(to - place))
            let count = unsafe pread(memory, buffer, wanted, off_t(place))
            guard count > 0 else { break }
            let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: count)
            var offset = 0
            while offset + inverted.count <= count,
                let hit = unsafe memchr(buffer + offset, Int32(~inverted[0]), count - offset)
            {
                offset = unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(buffer)
                guard offset + inverted.count <= count else { break }
                if inverted.indices.allSatisfy({ unsafe bytes[offset + $0] == ~inverted[$0] }) { found += 1 }
                offset += 1
            }
            place += UInt(step)
        }
    }
    return found
}

/// A fresh pattern of 32 bytes, as its complement.
private func makeCanary() -> [UInt8] {
    var generator = SecureGenerator()
    return (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

private func secretBody(_ inverted: [UInt8], repeated: Int) -> Bytes {
    var body = [UInt8](repeating: 0, count: inverted.count * repeated)
    for place in body.indices { body[place] = ~inverted[place % inverted.count] }
    return Bytes(body)
}

@Suite(.serialized) struct TraceTests {
    @Test func `the search finds what is there`() throws {
        let canary = makeCanary()
        let body = secretBody(canary, repeated: 3)
        #expect(try traces(of: canary) >= 3)
        body.wipe()
        #expect(try traces(of: canary) == 0)
    }

    @Test(arguments: [1, 300, 12_000])
    func `a request and its reply leave no trace of a value, sealed, cut and put together`(repeated: Int) throws {
        var ends = try #require(try Opening().run())
        let canary = makeCanary()
        var dialler = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
        var acceptor = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
        let stream = dialler.openStream()
        for isAnswer in [false, true] {
            var wire: [UInt8] = []
            if isAnswer {
                acceptor.send(.reply, stream: stream, flags: [.end, .response], secretBody(canary, repeated: repeated))
                while case let pieces = acceptor.take(100_000), !pieces.isEmpty {
                    wire += try ends.acceptor.seal(pieces).array
                }
            } else {
                dialler.send(.request, stream: stream, flags: .end, secretBody(canary, repeated: repeated))
                while case let pieces = dialler.take(100_000), !pieces.isEmpty {
                    wire += try ends.dialler.seal(pieces).array
                }
            }
            #expect(try traces(of: canary) == 0)
            var messages: [Multiplexer.Incoming] = []
            for start in stride(from: 0, to: wire.count, by: 40_000) {
                let piece = Bytes(wire[start..<min(start + 40_000, wire.count)])
                if isAnswer {
                    messages += try dialler.receive(try ends.dialler.open(piece), at: .zero)
                } else {
                    messages += try acceptor.receive(try ends.acceptor.open(piece), at: .zero)
                }
            }
            try #require(messages.count == 1 && messages[0].body.count == 32 * repeated)
            #expect(try traces(of: canary) >= repeated)
            // What `decode(wiping:)` does.
            messages[0].body.wipe()
            #expect(try traces(of: canary) == 0)
        }
    }

    @Test func `what was never sent, or came in part, is wiped with its channel`() throws {
        let canary = makeCanary()
        var dialler = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
        var acceptor = Multiplexer(.acceptor, frameBytes: Limits.frameBytes, at: .zero)
        dialler.send(.request, stream: dialler.openStream(), flags: .end, secretBody(canary, repeated: 5000))
        for piece in dialler.take(1) {
            // A header and its first part, of which the end is missing.
            _ = try acceptor.receive(Bytes(piece.bytes.dropLast().map { $0 }), at: .zero)
            if piece.isSecret { piece.bytes.wipe() }
        }
        #expect(try traces(of: canary) > 0)
        dialler.discard()
        acceptor.discard()
        #expect(try traces(of: canary) == 0)
    }
}
