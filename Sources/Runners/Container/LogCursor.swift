import Model

/// How far a reader of a container's output has come, whoever tells the lines: the engine, again after a pause, or the
/// file that holds them at last. All tell the same lines in the same order with the same times, of which many may be
/// equal: Podman tells seconds.
///
/// So each line has a number: its time in nanoseconds, or one more than the line before it where that is not less. Lines
/// that are told again from the beginning of a second on have the numbers that they had, which are below the next
/// second's as long as there are no more lines than nanoseconds in it.
struct LogCursor {
    /// The least number of a line that was not told yet; 0: none was.
    private(set) var next: UInt64
    /// The least number of the next line of this telling.
    private var told: UInt64 = 0

    init(next: UInt64 = 0) { self.next = next }

    /// From when on lines are to be told again: the beginning of the last one's second.
    var time: Timestamp {
        let last = max(next, 1) - 1
        return Timestamp(rawValue: last - last % 1_000_000_000)
    }

    /// Another begins to tell, at the latest with the first line that has `time`.
    mutating func begin() { told = 0 }

    /// Whether this line was never told before.
    mutating func isNew(_ line: LogLine) -> Bool {
        let number = max(told, line.time.rawValue)
        told = number + 1
        guard number >= next else { return false }
        next = told
        return true
    }
}
