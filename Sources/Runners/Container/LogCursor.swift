import Model

/// How far a reader of a container's output has come, whoever tells the lines: the engine, again after a pause, or the
/// file that holds them at last. All tell the same lines in the same order with the same times, of which many may be
/// equal: Podman tells seconds.
struct LogCursor {
    /// Of the newest line so far.
    private(set) var time = Timestamp.zero
    /// Lines that have it.
    private var count = 0
    /// Those of them that are told again and were not seen yet.
    private var known = 0
    /// The newest time of this telling: a line is never older than the one before it.
    private var told = Timestamp.zero

    /// Another begins to tell, at the latest with the first line that has `time`.
    mutating func begin() {
        known = count
        told = .zero
    }

    /// Whether this line was never told before.
    mutating func isNew(_ line: LogLine) -> Bool {
        told = max(told, line.time)
        if told < time { return false }
        if told > time {
            (time, count, known) = (told, 1, 0)
            return true
        }
        guard known == 0 else {
            known -= 1
            return false
        }
        count += 1
        return true
    }
}
