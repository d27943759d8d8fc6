import Model
import Store

/// Whether and when an ended task is followed by another one: the restart policy, with delays that grow.
///
/// What a task's own failure made necessary is delayed; what an update, a drain or a lost node did is made good at
/// once. The count of failures is in the tasks, so that a new leader goes on counting.
enum RestartSupervisor {
    enum Next: Equatable {
        /// The policy is exhausted: the position rests.
        case never
        case create(after: Timestamp, failures: UInt32)
    }

    /// What follows `last`, the newest task of a position, which has ended or was given up before it had a node.
    static func next(after last: StoredTask, _ policy: RestartPolicy, at time: Timestamp) -> Next {
        guard endedByItself(last) else { return .create(after: .zero, failures: last.failures) }
        switch policy.condition {
        case .none: return .never
        case .onFailure where last.state == .complete: return .never
        default: break
        }
        let ended = last.status?.since ?? time
        let failures = wasHealthy(last, policy) ? 1 : last.failures == .max ? .max : last.failures + 1
        guard policy.maxAttempts == 0 || failures <= policy.maxAttempts else { return .never }
        let base = policy.delayMilliseconds ?? PlanLimits.restartDelayMilliseconds
        // An agent's clock may be ahead: a delay counts from now at most.
        let start = min(ended, time).adding(milliseconds: delay(after: failures, base: base))
        return .create(after: start, failures: failures)
    }

    /// How it ended tells whether it was asked to. One that was stopped for a reason of its own, which its status
    /// keeps, has failed: it was too slow, or its node no longer suits it.
    static func endedByItself(_ task: StoredTask) -> Bool {
        switch task.state {
        case .complete, .failed, .rejected: true
        case .shutdown: task.status?.error.isEmpty == false
        default: false
        }
    }

    private static func wasHealthy(_ task: StoredTask, _ policy: RestartPolicy) -> Bool {
        guard let status = task.status, status.started != .zero else { return false }
        let window = policy.windowMilliseconds == 0 ? PlanLimits.windowMilliseconds : policy.windowMilliseconds
        return status.started.adding(milliseconds: window) <= status.since
    }

    /// The delay before the attempt that follows `failures` ends in a row.
    static func delay(after failures: UInt32, base: UInt64) -> UInt64 {
        guard failures > 0 else { return 0 }
        let most = max(base, PlanLimits.restartDelayMostMilliseconds)
        let doublings = min(failures - 1, 32)
        let (product, overflow) = base.multipliedReportingOverflow(by: 1 << UInt64(doublings))
        return overflow ? most : min(product, most)
    }
}
