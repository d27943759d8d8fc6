import Bytes
import Glibc
import Model
import Seams

/// The output of a task: a file that the task's processes append to by themselves.
///
/// The daemon is not between a task and its log, or its death would block the task on a full pipe. So size and times
/// are kept from outside: every second, and before each read, `look` notes how long the file is and when it was last
/// written, and gives the oldest bytes of one that is too long back to the disk. They become a hole: the file goes on
/// at its end, no byte of the task is lost by it, and how fast a task writes changes nothing but what it writes between
/// two looks. A limit of the process (`RLIMIT_FSIZE`) would kill it instead.
///
/// So a line's time is exact when it is the last one before a look, else that of the last one, at most a second later;
/// of lines that no daemon was there to see, the time of the last one. A position counts the bytes that the task has
/// ever written. Every call may wait for the disk.
///
/// Of a container the engine keeps the output. What it has of one that ended is put here with `clear` and `append`, line
/// by line with its time, and of the newest ones whether they were errors, before the container is removed.
struct LogFile: Hashable, Sendable {
    var path: String
    /// Bytes that are kept of a longer log, which may take twice as many and what is written between two looks.
    var most: Int

    /// What is kept of a task, twice.
    static let usualBytes = 8 << 20
    /// A longer line is told in pieces of this size, as Docker does.
    static let lineBytes = 16 * 1024
    /// What is read at once, as it will be encoded: a frame of a worker has room for it.
    static let pieceBytes = 32 * 1024
    /// What a line takes beside its bytes when it is encoded, at most.
    static let lineCost = 24

    /// What was found from a position on.
    struct Piece: Equatable, Sendable {
        var lines: [LogLine] = []
        /// Bytes that were cut off before they were read.
        var missed: UInt64 = 0
        /// Where to go on.
        var next: UInt64
    }

    /// Notes what was written, and gives back what is too old.
    ///
    /// - Returns: whether anything was.
    @discardableResult
    func look() -> Bool {
        guard var opened = Opened(self) else { return false }
        return opened.look()
    }

    /// Empties it, for lines of another keeper.
    func clear() {
        for part in [path, "\(path).times"] { _ = unsafe unlink(part) }
    }

    /// Adds lines that nobody else adds.
    func append(_ lines: [LogLine]) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        close(file)
        if var opened = Opened(self) { opened.append(lines) }
    }

    /// Where the lines that `query` asks for begin, and where the log ends now.
    func range(_ query: LogQuery) -> (start: UInt64, end: UInt64) {
        guard var opened = Opened(self) else { return (0, 0) }
        opened.look()
        // A position beyond the end was told by another keeper of these lines: the time tells what comes after it.
        if let position = query.position, position <= opened.end { return (position, opened.end) }
        return (opened.start(query), opened.end)
    }

    /// Lines from `position` on, empty at the end.
    ///
    /// - Parameter isOver: whether a last line without its newline is whole.
    func read(from position: UInt64, isOver: Bool) -> Piece {
        guard var opened = Opened(self) else { return Piece(next: position) }
        opened.look()
        return opened.read(from: position, isOver: isOver)
    }
}

/// A log while nobody else cuts it.
private struct Opened: ~Copyable {
    private let log: LogFile
    private let file: Int32
    private var times: LogTimes
    /// Where the file ends, with its hole.
    private var size: UInt64 = 0

    /// A file is begun anew at this length, before it meets what a file system allows (ext4: 16 TiB).
    private static let longest: UInt64 = 1 << 40

    init?(_ log: LogFile) {
        let file = unsafe open(log.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return nil }
        guard let times = LogTimes("\(log.path).times") else {
            close(file)
            return nil
        }
        self.log = log
        self.file = file
        self.times = times
    }

    deinit { close(file) }

    /// The position of the first byte that is kept, and the one after the last.
    private var oldest: UInt64 { times.oldest }
    var end: UInt64 { times.base + size }

    // MARK: - Writing

    /// - Returns: whether bytes were given back.
    @discardableResult
    mutating func look() -> Bool {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return false }
        size = UInt64(status.st_size)
        // The task has cut it.
        if end < times.last.end { times.begin(at: times.last.end) }
        // The file of times was damaged.
        if !(times.base...end).contains(oldest) { times.forget(before: times.base) }
        if end > times.last.end {
            let written = UInt64(status.st_mtim.tv_sec) * 1_000_000_000 + UInt64(status.st_mtim.tv_nsec)
            times.append(.init(end: end, time: max(times.last.time, Timestamp(rawValue: written))))
        }
        guard end - oldest > 2 * UInt64(log.most) else { return false }
        cut()
        return true
    }

    /// A full disk costs lines, never the bound.
    mutating func append(_ lines: [LogLine]) {
        let at = UInt64(max(0, lseek(file, 0, SEEK_END)))
        var data: [UInt8] = []
        for line in lines {
            data += line.data
            data.append(UInt8(ascii: "\n"))
            let end = times.base + at + UInt64(data.count)
            times.append(.init(end: end, time: max(times.last.time, line.time), isError: line.error))
        }
        _ = unsafe data.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, off_t(at)) }
        look()
    }

    private mutating func cut() {
        // Noted first: a daemon that dies in between keeps more than it says.
        times.forget(before: end - UInt64(log.most))
        guard size >= Self.longest || !makeHole(before: oldest - times.base) else { return }
        // A file system without holes costs the old output, never the bound.
        times.begin(at: end)
        _ = ftruncate(file, 0)
        size = 0
    }

    /// Gives the pages before `offset` back, through a mapping: `fallocate` is nothing that Swift can call.
    private func makeHole(before offset: UInt64) -> Bool {
        let bytes = Int(offset) / Int(getpagesize()) * Int(getpagesize())
        guard bytes > 0 else { return true }
        let map = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard unsafe map != MAP_FAILED else { return false }
        defer { unsafe munmap(map, bytes) }
        return unsafe madvise(map, bytes, MADV_REMOVE) == 0
    }

    // MARK: - Reading

    func start(_ query: LogQuery) -> UInt64 {
        var start = firstLine
        if query.since > .zero {
            let place = times.first { $0.time >= query.since }
            let before = place == times.count ? end : place > 0 ? times[place - 1].end : start
            start = max(start, lineStart(before))
        }
        if let tail = query.tail { start = self.start(tail, after: start) }
        return start
    }

    /// Where the last `count` lines begin.
    private func start(_ count: UInt64, after first: UInt64) -> UInt64 {
        guard count > 0 else { return max(first, end) }
        var (at, left) = (end, count)
        while at > first {
            let from = max(first, at - min(at, 1 << 16))
            let piece = bytes(from, to: at)
            guard !piece.isEmpty else { break }
            for place in piece.indices.reversed() where piece[place] == UInt8(ascii: "\n") {
                let next = from + UInt64(place) + 1
                if next == end { continue }
                left -= 1
                if left == 0 { return next }
            }
            at = from
        }
        return first
    }

    /// The first line that is kept whole; a file without a hole begins with one.
    private var firstLine: UInt64 {
        guard oldest > times.base else { return oldest }
        let piece = bytes(oldest, to: min(end, oldest + UInt64(LogFile.lineBytes)))
        return oldest + UInt64(piece.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
    }

    /// The beginning of the line that goes on at `position`.
    private func lineStart(_ position: UInt64) -> UInt64 {
        let from = max(oldest, position - min(position, UInt64(LogFile.lineBytes)))
        let piece = bytes(from, to: position)
        return from + UInt64(piece.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
    }

    func read(from position: UInt64, isOver: Bool) -> LogFile.Piece {
        var piece = LogFile.Piece(next: position)
        if position < oldest {
            piece.next = firstLine
            piece.missed = piece.next - position
        }
        let first = piece.next
        let data = bytes(first, to: min(end, first + UInt64(LogFile.pieceBytes)))
        let isWhole = isOver && first + UInt64(data.count) == end
        var mark = times.first { $0.end > first }
        var (at, cost) = (0, 0)
        while at < data.count {
            let rest = data[at..<min(at + LogFile.lineBytes + 1, data.count)]
            let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
            guard newline != nil || rest.count > LogFile.lineBytes || isWhole else { break }
            let stop = newline ?? min(rest.endIndex, at + LogFile.lineBytes)
            cost += stop - at + LogFile.lineCost
            guard cost <= LogFile.pieceBytes else { break }
            let next = newline.map { $0 + 1 } ?? stop
            while mark < times.count, times[mark].end < first + UInt64(next) { mark += 1 }
            var line = LogLine()
            let known = mark < times.count ? times[mark] : times.last
            line.time = known.time
            line.error = known.isError
            line.data = Bytes(data[at..<stop])
            piece.lines.append(line)
            at = next
        }
        piece.next = first + UInt64(at)
        return piece
    }

    private func bytes(_ first: UInt64, to last: UInt64) -> [UInt8] {
        guard first < last else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(last - first)) { buffer, filled in
            filled = unsafe max(0, pread(file, buffer.baseAddress, buffer.count, off_t(first - times.base)))
        }
    }
}
