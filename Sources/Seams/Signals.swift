/// What the kernel or a person tells the whole process.
package protocol Signals: AnyObject {
    /// Calls `handler` on the loop each time signal `number` arrives, until the result is cancelled.
    ///
    /// The signal's own effect, such as the end of the process, is off as long as anyone listens. Several arrivals
    /// before a turn may be one call. Dropping the result does not end it.
    /// - Throws: `EINVAL` for a number that can't be caught.
    @discardableResult
    func onSignal(_ number: Int32, _ handler: @escaping () -> Void) throws(SystemError) -> any Timer
}
