/// Work off the loop's thread: whatever can take longer than a millisecond.
package protocol Work: AnyObject {
    /// Runs `work` on some thread, in no order, then `done` with its result on the loop.
    func job<R: Sendable>(_ work: @escaping @Sendable () -> R, done: @escaping (R) -> Void)
    /// A thread of its own that does one thing after the other: the log's writer.
    ///
    /// - Parameter bound: how many pieces of work may wait; one more is a bug of the caller, who asks `pending` first.
    func makeSerial(_ name: String, bound: Int) -> any SerialWorker
}

/// One thread, first in, first out. Ends when `finish` is called; a worker dropped without it is a leak.
package protocol SerialWorker: AnyObject {
    /// Work submitted whose `done` has not run yet.
    var pending: Int { get }
    /// Runs `work` after all earlier work, then `done` on the loop, in the same order.
    func submit<R: Sendable>(_ work: @escaping @Sendable () -> R, done: @escaping (R) -> Void)
    /// Ends the thread after what is queued; `done` runs on the loop last of all. Nothing is submitted after this.
    func finish(_ done: @escaping () -> Void)
}
