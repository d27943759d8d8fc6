import Model

/// Clocks, timers, the end of a turn, and chance.
///
/// A *turn* is one batch of callbacks: everything that the loop found ready at once.
package protocol Time: AnyObject {
    /// The moment at which this turn began; the same during the whole turn. Never goes back; runs during suspend.
    var now: Moment { get }
    /// What people and certificates are shown; may jump.
    var wallClock: Timestamp { get }
    /// Calls `handler` once, `delay` from now or a little later; equal moments in the order they were asked for.
    @discardableResult
    func after(_ delay: Duration, _ handler: @escaping () -> Void) -> any Timer
    /// Calls `handler` once when the callbacks of this turn have run, in order of asking.
    ///
    /// What a handler asks for runs in the same end of turn. Thus all proposals of a turn are one batch.
    func atEndOfTurn(_ handler: @escaping () -> Void)
    /// 64 random bits; from the kernel, or from the simulator's seed.
    func random() -> UInt64
}

/// A handler that has yet to run. Dropping the timer does not stop it.
package protocol Timer: AnyObject {
    /// The handler will not run. Without effect when it already has.
    func cancel()
}
