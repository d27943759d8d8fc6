import Model
import Seams

/// One task's output on its way to a reader at the other end of a stream.
final class LogRelay {
    let stream: UInt32
    let task: TaskID
    /// `nil`: it could not begin.
    var reading: (any LogReading)?
    var isPaused = false
    /// What is said last, after all output has left.
    var end: LogsEnd?

    init(_ stream: UInt32, _ task: TaskID) {
        self.stream = stream
        self.task = task
    }
}
