import Bytes
import Glibc
import Model
import Testing
import Wire

@testable import Link

/// What channels cost in resident memory, each measured in a process of its own, where no other test adds any.
@Suite struct MemoryTests {
    private static func residentBytes() throws -> Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { throw LinkError.cut }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        _ = unsafe fgets(&line, 256, file)
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return try #require(Int(words[1])) * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func measure<T>(_ count: Int, _ make: () throws -> [T]) throws -> Int {
        // What earlier tests have freed would be used again, and not be seen.
        typealias Trim = @convention(c) (Int) -> Int32
        let trim = try unsafe unsafeBitCast(#require(unsafe dlsym(nil, "malloc_trim")), to: Trim.self)
        _ = trim(0)
        let before = try residentBytes()
        let made = try make()
        let each = try (residentBytes() - before) / count
        #expect(made.count == count)
        return each
    }

    @Test func `ten thousand channels that were used and are idle keep next to nothing`() async {
        await #expect(processExitsWith: .success) { try Self.measureIdle() }
    }

    private static func measureIdle() throws {
        let ends = try #require(try Opening().run())
        let each = try Self.measure(10_000) {
            try (0..<10_000).map { number in
                var (near, far) = (ends.dialler, ends.acceptor)
                var dialler = Multiplexer(.dialler, frameBytes: Limits.frameBytes, at: .zero)
                var acceptor = Multiplexer(.acceptor, frameBytes: Limits.workerFrameBytes, at: .zero)
                // A hundred of them were busy once, which leaves nothing either.
                for size in number < 100 ? [10, 60_000] : [10] {
                    dialler.send(.register, stream: 0, filled(size))
                    let plain = try far.open(near.seal(dialler.take(.max)))
                    _ = try acceptor.receive(plain, at: .zero)
                }
                return (acceptor, far)
            }
        }
        print("an idle channel and its records: \(each) bytes")
        #expect(each < 4096)
    }

    @Test func `a frame and a message that are never whole cost their limits, however they are cut`() async {
        await #expect(processExitsWith: .success) { try Self.measureUnfinished() }
    }

    private static func measureUnfinished() throws {
        // One byte of the largest frame after the other, up to the last.
        let byBytes = try Self.measure(50) {
            try (0..<50).map { _ in
                var worker = Multiplexer(.acceptor, frameBytes: Limits.workerFrameBytes, at: .zero)
                _ = try worker.receive(frame(.register, stream: 0, length: Limits.workerFrameBytes), at: .zero)
                for _ in 1..<Limits.workerFrameBytes { _ = try worker.receive(filled(1), at: .zero) }
                #expect(worker.heldBytes == Limits.workerFrameBytes - 1)
                return worker
            }
        }
        print("a worker's frame, byte by byte: \(byBytes) bytes")
        #expect(byBytes < Limits.workerFrameBytes * 2)
        // Parts of a few bytes, each in a piece of its own that is far larger.
        let byParts = try Self.measure(20) {
            try (0..<20).map { _ in
                var worker = Multiplexer(.acceptor, frameBytes: Limits.workerFrameBytes, at: .zero)
                for _ in 0..<1024 {
                    let part = frame(.register, stream: 0, flags: .more, body: filled(1)).array
                    let rest = frame(.assignmentApplied, stream: 0, body: filled(60_000)).array
                    _ = try worker.receive(Bytes(part + rest), at: .zero)
                }
                #expect(throws: LinkError.tooLarge) {
                    try worker.receive(frame(.register, stream: 0, flags: .more, body: filled(1)), at: .zero)
                }
                return worker
            }
        }
        print("a worker's message in 1024 parts: \(byParts) bytes")
        #expect(byParts < 512 * 1024)
    }
}
