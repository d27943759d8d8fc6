import Glibc
import Model

/// When a task's output was written, beside its log: while this value lives, nobody else reads or cuts that log.
///
/// `u64 base | u64 oldest | (u64 end | u64 time)…`, little-endian: the log's first byte has position `base`, the first
/// that is kept `oldest`, and what stands before position `end` was written by `time`. Both ascend. The highest bit of a
/// time tells that what ends there is one line of errors. A file that grows too long loses every second mark of its
/// older half, and what was an error there, so the newest times are exact and the oldest are late.
struct LogTimes: ~Copyable {
    struct Mark {
        var end: UInt64
        var time: Timestamp
        var isError = false
    }

    private let file: Int32
    private(set) var base: UInt64 = 0
    private(set) var oldest: UInt64 = 0
    private(set) var count = 0

    private static let headBytes = 16
    private static let markBytes = 16
    private static let errorBit: UInt64 = 1 << 63
    /// One mebibyte, nine hours of a task that writes all the time.
    static let most = 65_536
    /// No task writes so much; but one may set its file's length, and a damaged file says anything.
    private static let furthest: UInt64 = 1 << 60

    init?(_ path: String) {
        let file = unsafe open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { return nil }
        var result = flock(file, LOCK_EX)
        while result != 0, errno == EINTR { result = flock(file, LOCK_EX) }
        guard result == 0 else {
            close(file)
            return nil
        }
        self.file = file
        count = max(0, Int(lseek(file, 0, SEEK_END)) - Self.headBytes) / Self.markBytes
        base = number(at: 0)
        oldest = number(at: 8)
        if base > Self.furthest || last.end > Self.furthest { reset() }
    }

    // The lock goes with the descriptor.
    deinit { close(file) }

    subscript(place: Int) -> Mark {
        let at = Self.headBytes + place * Self.markBytes
        let time = number(at: at + 8)
        return Mark(
            end: number(at: at), time: Timestamp(rawValue: time & ~Self.errorBit), isError: time & Self.errorBit != 0)
    }

    var last: Mark { count > 0 ? self[count - 1] : Mark(end: 0, time: .zero) }

    /// The first mark for which `isLate` holds, which must hold for all after it; `count`: there is none.
    func first(_ isLate: (Mark) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isLate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    mutating func append(_ mark: Mark) {
        if count == Self.most {
            let older = stride(from: 1, to: count / 2, by: 2).map { Mark(end: self[$0].end, time: self[$0].time) }
            rewrite(older + marks(from: count / 2))
        }
        put(Self.numbers(mark), at: Self.headBytes + count * Self.markBytes)
        count += 1
    }

    /// What stands before `oldest` is kept no more.
    mutating func forget(before oldest: UInt64) {
        self.oldest = oldest
        put([base, oldest], at: 0)
        rewrite(marks(from: first { $0.end > oldest }))
    }

    /// The log begins anew, at `position`.
    mutating func begin(at position: UInt64) {
        base = position
        oldest = position
        put([base, oldest], at: 0)
    }

    /// Positions are counted from the beginning again.
    private mutating func reset() {
        rewrite([])
        begin(at: 0)
    }

    private func marks(from first: Int) -> [Mark] { (first..<count).map { self[$0] } }

    private mutating func rewrite(_ marks: [Mark]) {
        put(marks.flatMap(Self.numbers), at: Self.headBytes)
        count = marks.count
        _ = ftruncate(file, off_t(Self.headBytes + count * Self.markBytes))
    }

    private static func numbers(_ mark: Mark) -> [UInt64] {
        [mark.end, mark.time.rawValue & ~errorBit | (mark.isError ? errorBit : 0)]
    }

    private func number(at offset: Int) -> UInt64 {
        var number: UInt64 = 0
        _ = unsafe withUnsafeMutableBytes(of: &number) { unsafe pread(file, $0.baseAddress, 8, off_t(offset)) }
        return UInt64(littleEndian: number)
    }

    /// A full disk costs times, never output.
    private func put(_ numbers: [UInt64], at offset: Int) {
        let encoded = numbers.map(\.littleEndian)
        _ = unsafe encoded.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
    }
}
