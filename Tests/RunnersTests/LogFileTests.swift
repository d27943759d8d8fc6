import Bytes
import Foundation
import Model
import Seams
import TestSupport
import Testing
import Wire

@testable import Runners

/// A task's log and the times of its lines.
@Suite struct LogFileTests {
    private let scratch = Scratch()
    private var path: String { "\(scratch.path)/log" }

    private func append(_ text: String, at seconds: Int) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(file) }
        #expect(unsafe write(file, text, text.utf8.count) == text.utf8.count)
        let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        #expect(unsafe futimens(file, times) == 0)
    }

    /// All lines with their seconds.
    private func lines(_ log: LogFile, isOver: Bool = false, _ change: (inout LogQuery) -> Void = { _ in }) -> [String]
    {
        var query = LogQuery()
        change(&query)
        var position = log.range(query).start
        var all: [String] = []
        while true {
            let piece = log.read(from: position, isOver: isOver)
            if piece.lines.isEmpty { return all }
            all += piece.lines.map { "\($0.time.seconds) \($0.data.text ?? "?")" }
            position = piece.next
        }
    }

    @Test func `a line has the time of the look that followed it`() {
        let log = LogFile(path: path, most: 1000)
        append("a\n", at: 10)
        log.look()
        append("b\nc\n", at: 20)
        log.look()
        append("d\nrest", at: 30)
        #expect(lines(log) == ["10 a", "20 b", "20 c", "30 d"])
        #expect(lines(log, isOver: true).last == "30 rest")
        #expect(lines(log) { $0.since = Timestamp(seconds: 20) } == ["20 b", "20 c", "30 d"])
        #expect(lines(log) { $0.since = Timestamp(seconds: 31) } == [])
        #expect(lines(log) { $0.tail = 2 } == ["30 d"])
        #expect(lines(log, isOver: true) { $0.tail = 3 } == ["20 c", "30 d", "30 rest"])
        #expect(lines(log) { $0.tail = 0 } == [])
    }

    @Test func `which lines were errors is known of those that were saved, as long as there are not too many`() {
        let log = LogFile(path: path, most: 64 << 20)
        func line(_ number: Int) -> LogLine {
            var line = LogLine()
            line.time = Timestamp(seconds: UInt64(number))
            line.data = Bytes(utf8: "\(number)")
            line.error = number % 3 == 0
            return line
        }
        let count = LogTimes.most + 10
        for first in stride(from: 1, through: count, by: 1000) {
            log.append((first..<min(first + 1000, count + 1)).map(line))
        }
        var position = log.range(LogQuery()).start
        var told: [LogLine] = []
        while case let piece = log.read(from: position, isOver: true), !piece.lines.isEmpty {
            told += piece.lines
            position = piece.next
        }
        #expect(told.count == count)
        #expect(told.suffix(count / 2).elementsEqual((1...count).map(line).suffix(count / 2)))
        #expect(!told.prefix(1000).contains { $0.error })
    }

    @Test func `a position of another keeper is none, and the time tells where to go on`() {
        let log = LogFile(path: path, most: 1000)
        append("a\n", at: 10)
        log.look()
        append("b\n", at: 20)
        #expect(
            lines(log) {
                $0.position = 1_795_817_785_000_000_001
                $0.since = Timestamp(seconds: 11)
            } == ["20 b"])
        #expect(lines(log) { $0.position = 2 } == ["20 b"])
    }

    @Test func `a log that grew too long goes on, and whoever was too slow is told how much is missing`() {
        let log = LogFile(path: path, most: 8)
        append("1\n2\n3\n4\n", at: 10)
        let early = log.range(LogQuery()).start
        append("5\n6\n7\n8\n", at: 20)
        #expect(!log.look(), "twice what is kept, and no more")
        append("9\n", at: 30)
        #expect(log.look())
        // The oldest byte that is kept may be inside a line.
        #expect(lines(log) == ["20 7", "20 8", "30 9"])
        let piece = log.read(from: early, isOver: false)
        #expect(piece.missed == 12 && piece.lines.first?.time.seconds == 20)
        append("a\nb\nc\nd\ne\n", at: 40)
        log.look()
        #expect(lines(log).last == "40 e")
    }

    @Test func `a task that writes as fast as it can takes no more of the disk than is kept, and is read meanwhile`()
        throws
    {
        let log = LogFile(path: path, most: 1 << 20)
        append("begin\n", at: 10)
        let writer = try Flood(path)
        var read = log.range(LogQuery()).start
        var (missed, lines, cuts) = (UInt64(0), 0, 0)
        // A reader takes a piece now and then: it loses most, and is told of all that.
        while cuts < 50 || lines < 1000 {
            if log.look() { cuts += 1 }
            let piece = log.read(from: read, isOver: false)
            lines += piece.lines.count
            missed += piece.missed
            read = piece.next
        }
        writer.end()
        log.look()
        let (start, end) = log.range(LogQuery())
        #expect(end - start <= 2 << 20 && missed > 0)
        var status = stat()
        try #require(unsafe stat(path, &status) == 0)
        #expect(UInt64(status.st_size) == end, "nothing that the task wrote is uncounted")
        #expect(status.st_blocks * 512 <= 3 << 20, "\(status.st_blocks) blocks")
        let last = log.read(from: end - 200, isOver: false)
        #expect(last.lines.last?.data == Bytes([UInt8](repeating: UInt8(ascii: "x"), count: 79)))
    }

    @Test func `a damaged beginning of the times costs times, never output`() throws {
        let log = LogFile(path: path, most: 1000)
        append("one\n", at: 10)
        log.look()
        let damaged = Data([UInt8](repeating: 0, count: 8) + [UInt8](repeating: 0xff, count: 8))
        try damaged.write(to: URL(filePath: "\(path).times"))
        append("two\n", at: 20)
        #expect(lines(log) == ["20 one", "20 two"])
    }

    @Test func `whatever the times say, output is told`() throws {
        let log = LogFile(path: path, most: 1000)
        append("one\n", at: 10)
        for place in 0..<4 {
            var numbers = [UInt64](repeating: 0, count: 4)
            numbers[place] = .max
            let data = numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
            try Data(data).write(to: URL(filePath: "\(path).times"))
            #expect(lines(log).map { $0.split(separator: " ").last } == ["one"], "\(place)")
        }
    }

    @Test func `a task that sets the length of its output harms itself alone`() throws {
        let folder = TemporaryFolder("length", below: "/dev/shm")
        let log = LogFile(path: folder["log"], most: 1000)
        for round in 1...5 {
            let file = unsafe open(log.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            #expect(ftruncate(file, .max) == 0)
            log.look()
            #expect(unsafe write(file, "\(round)\n", 2) == 2)
            close(file)
            let start = log.range(LogQuery()).start
            #expect(log.read(from: start, isOver: true).lines.map(\.data.text) == ["\(round)"])
        }
    }

    @Test func `any bytes are a line, and nothing is changed in them`() {
        let log = LogFile(path: path, most: 1000)
        let bytes = [UInt8]((0...255).filter { $0 != 10 })
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        #expect(unsafe write(file, bytes + [10] + bytes, 511) == 511)
        close(file)
        let piece = log.read(from: log.range(LogQuery()).start, isOver: true)
        #expect(piece.lines.map(\.data) == [Bytes(bytes), Bytes(bytes)])
    }

    @Test func `a task that cuts its own output does not confuse its readers`() {
        let log = LogFile(path: path, most: 1000)
        append("one\ntwo\n", at: 10)
        log.look()
        #expect(unsafe truncate(path, 0) == 0)
        append("three\n", at: 20)
        #expect(lines(log) == ["20 three"])
    }

    @Test func `long lines come in pieces, and pieces fit a worker's frame`() {
        let log = LogFile(path: path, most: 1 << 20)
        append(String(repeating: "x", count: 40_000) + "\n" + String(repeating: "\n", count: 10_000), at: 10)
        var position = log.range(LogQuery()).start
        var sizes: [Int] = []
        while true {
            let piece = log.read(from: position, isOver: false)
            if piece.lines.isEmpty { break }
            var chunk = LogsChunk()
            chunk.lines = piece.lines
            #expect(chunk.encoded().count <= 40 * 1024)
            sizes += piece.lines.map(\.data.count)
            position = piece.next
        }
        #expect(sizes == [16_384, 16_384, 7232] + [Int](repeating: 0, count: 10_000))
    }

    @Test func `times of a log that is written for ever stay bounded, and the newest exact`() {
        guard var times = LogTimes("\(path).times") else { return _ = Issue.record("there is no file for times") }
        for second in 1...(LogTimes.most + 10) {
            times.append(.init(end: UInt64(second), time: Timestamp(seconds: UInt64(second))))
        }
        let wanted = UInt64(LogTimes.most - 100)
        let (count, last) = (times.count, times.last.end)
        let found = times[times.first { $0.end >= wanted }].time
        #expect(count <= LogTimes.most && last == UInt64(LogTimes.most + 10))
        #expect(found == Timestamp(seconds: wanted))
    }
}

/// A program that appends lines to a file until it is ended.
private final class Flood {
    private let process = Process()

    init(_ path: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        process.executableURL = URL(filePath: "/usr/bin/yes")
        process.arguments = [String(repeating: "x", count: 79)]
        process.standardOutput = file
        try process.run()
    }

    func end() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
