import Bytes
import Model
import Testing

@testable import Runners

/// A container's output, as engines tell it.
@Suite struct ContainerOutputTests {
    private let early = "2026-11-27T22:16:25.000000001Z "
    private let late = "2026-11-27T23:16:26+01:00 "

    private func frame(_ text: String, isError: Bool = false) -> [UInt8] {
        let count = text.utf8.count
        return [isError ? 2 : 1, 0, 0, 0, 0, 0, UInt8(count >> 8), UInt8(count & 255)] + Array(text.utf8)
    }

    /// All lines of a stream that comes in pieces of `size`: `!` before errors, then nanoseconds since the early time.
    private func lines(_ stream: [UInt8], terminal: Bool = false, in size: Int) throws -> [String] {
        var output = ContainerOutput(terminal: terminal)
        var lines: [LogLine] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            lines += try output.take(Bytes(stream[start..<min(stream.count, start + size)]))
        }
        lines += output.finish()
        return lines.map {
            "\($0.error ? "!" : "")\(Int64($0.time.rawValue) - 1_795_817_785_000_000_001) \($0.data.text ?? "?")"
        }
    }

    @Test func `lines have their stream and their time, in whatever pieces they come`() throws {
        let stream =
            frame(early + "out\n") + frame(early + "part, ") + frame(late + "bad\n", isError: true)
            + frame(late + "and rest\n") + frame(late + "\n") + frame(late + "2026-11-27T22:16:25Z own\n")
            + frame("no time\n") + frame(late + "$ ")
        for size in 1...stream.count {
            #expect(
                try lines(stream, in: size) == [
                    "0 out", "!999999999 bad", "0 part, and rest", "999999999 ", "999999999 2026-11-27T22:16:25Z own",
                    "999999999 no time", "999999999 $ ",
                ])
        }
    }

    @Test func `a terminal's lines end without its carriage return`() throws {
        let stream = Array((early + "out\r\n" + late + "\r\n" + late + "prompt").utf8)
        for size in 1...stream.count {
            #expect(
                try lines(stream, terminal: true, in: size) == ["0 out", "999999999 ", "999999999 prompt"])
        }
    }

    @Test(arguments: [false, true])
    func `a long line comes in pieces, as Docker parts it`(_ terminal: Bool) throws {
        let most = LogFile.lineBytes
        let full = String(repeating: "x", count: most)
        func all(_ texts: [String]) -> [UInt8] { texts.flatMap { terminal ? Array($0.utf8) : frame($0) } }
        let longer = try lines(all([early + full, early + "yy\n", late + "end\n"]), terminal: terminal, in: 1000)
        #expect(longer == ["0 " + full, "0 yy", "999999999 end"])
        // Just full is not too long.
        let exact = try lines(all([early + full, early + "\n", late + "end\n"]), terminal: terminal, in: 1000)
        #expect(exact == ["0 " + full, "999999999 end"])
    }

    @Test func `no damage of a stream stops the process`() {
        let stream = frame(early + "out\n") + frame(late + "bad\n", isError: true)
        for place in stream.indices {
            for bit in 0..<8 {
                var damaged = stream
                damaged[place] ^= 1 << bit
                _ = try? lines(damaged, in: 7)
                _ = try? lines(damaged, terminal: true, in: 7)
            }
        }
    }

    @Test func `whoever tells the lines again, each is new once`() {
        func line(_ second: UInt64, _ text: String) -> LogLine {
            var line = LogLine()
            line.time = Timestamp(seconds: second)
            line.data = Bytes(utf8: text)
            return line
        }
        let all = [line(1, "a"), line(2, "b"), line(2, "b"), line(1, "late"), line(2, "c"), line(3, "d")]
        for seen in 0...all.count {
            var cursor = LogCursor()
            cursor.begin()
            var told = all.prefix(seen).filter { cursor.isNew($0) }
            // Again from the first of the newest time on, or from before it.
            for from in [0, min(seen, 1)] {
                var again = cursor
                again.begin()
                told = Array(all.prefix(seen)) + all.dropFirst(from).filter { again.isNew($0) }
                #expect(told == all, "seen \(seen), from \(from)")
            }
            #expect(told.count == all.count)
            // Whoever goes on elsewhere is told them from the second on in which that was.
            var elsewhere = LogCursor(next: cursor.next)
            let again = all.drop { $0.time < elsewhere.time }.filter { elsewhere.isNew($0) }
            #expect(Array(all.prefix(seen)) + again == all, "seen \(seen)")
        }
    }
}
