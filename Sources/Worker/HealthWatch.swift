import Model

/// How well a running task is, by checks that somebody else carries out.
///
///     starting ──success──▶ healthy ──failures in a row──▶ unhealthy
///         └──failures in a row, past the start period──────────▲
///
/// One check is under way at a time. The next one is due an interval after the last one's end, so that slow checks
/// do not pile up.
package struct HealthWatch: Sendable {
    package enum Result: Equatable, Sendable {
        case passed
        /// Why not, in a line.
        case failed(String)
    }

    enum Verdict: Equatable {
        case unchanged
        case healthy
        case unhealthy(String)
    }

    let check: HealthCheck
    /// Until then failures do not count.
    private let startEnds: Moment
    private(set) var isHealthy: Bool
    /// When the next check is due; `nil`: one is under way.
    private(set) var due: Moment?
    private var number: UInt64 = 0
    private var failures: UInt32 = 0

    private static let usualInterval: UInt64 = 30_000
    private static let usualStartInterval: UInt64 = 5_000
    private static let usualRetries: UInt32 = 3
    package static let usualTimeout: UInt64 = 30_000

    /// - Parameter isHealthy: whether it was found healthy before, by an earlier agent.
    init(_ check: HealthCheck, started: Moment, isHealthy: Bool = false) {
        self.check = check
        self.isHealthy = isHealthy
        startEnds = started + .milliseconds(isHealthy ? 0 : check.startPeriodMilliseconds)
        due = started
        due = started + pause(at: started)
    }

    /// Begins the check that is due.
    ///
    /// - Returns: its number; `nil`: none is due.
    mutating func begin(at now: Moment) -> UInt64? {
        guard let due, due <= now else { return nil }
        self.due = nil
        number += 1
        return number
    }

    mutating func finished(_ number: UInt64, _ result: Result, at now: Moment) -> Verdict {
        guard number == self.number, due == nil else { return .unchanged }
        defer { due = now + pause(at: now) }
        switch result {
        case .passed:
            failures = 0
            guard !isHealthy else { return .unchanged }
            isHealthy = true
            return .healthy
        case .failed(let why):
            // The first success ends the start period.
            guard isHealthy || now >= startEnds else { return .unchanged }
            failures += 1
            let most = check.retries == 0 ? Self.usualRetries : check.retries
            return failures >= most ? .unhealthy(why) : .unchanged
        }
    }

    private func pause(at now: Moment) -> Duration {
        let isStarting = !isHealthy && now < startEnds
        let given = isStarting ? check.startIntervalMilliseconds : check.intervalMilliseconds
        let usual = isStarting ? Self.usualStartInterval : Self.usualInterval
        return .milliseconds(given == 0 ? usual : given)
    }
}
