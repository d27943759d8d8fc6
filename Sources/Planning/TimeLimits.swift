import Model
import Store

/// How long a task may stay in a state on its way to running: nothing waits for ever, and the task says why it was
/// given up.
enum TimeLimits {
    /// A task on a node that was too slow: why, or when it will be.
    enum Verdict: Equatable {
        case inTime(until: Timestamp)
        case overrun(String)
    }

    /// - Parameter status: the later of what is stored and what is observed.
    /// - Returns: `nil` for a state that may last.
    static func judge(_ task: StoredTask, _ status: TaskStatus, at time: Timestamp) -> Verdict? {
        guard task.nodeID != .none, let limit = limit(status.state, task.spec?.program) else { return nil }
        let end = status.since.adding(milliseconds: limit)
        guard end <= time else { return .inTime(until: end) }
        return .overrun("task was stopped: \(word(status.state)) for more than \(limit / 1000) s")
    }

    private static func limit(_ state: TaskState, _ program: ProgramSpec?) -> UInt64? {
        switch state {
        case .assigned, .accepted, .ready: PlanLimits.assignedMilliseconds
        case .preparing: PlanLimits.preparingMilliseconds
        case .starting: PlanLimits.startingMilliseconds.saturating(health: program?.health)
        default: nil
        }
    }

    private static func word(_ state: TaskState) -> String {
        switch state {
        case .assigned: "assigned"
        case .accepted: "accepted"
        case .ready: "ready"
        case .preparing: "preparing"
        default: "starting"
        }
    }
}

extension UInt64 {
    /// A task with a health check is starting until it is well or has failed its checks.
    fileprivate func saturating(health: HealthCheck?) -> UInt64 {
        guard let health, health.test.first != "NONE" else { return self }
        func given(_ value: UInt64, _ standard: UInt64) -> UInt64 { value == 0 ? standard : value }
        let once = given(health.intervalMilliseconds, 30_000).addingReportingOverflow(
            given(health.timeoutMilliseconds, 30_000))
        let all = once.partialValue.multipliedReportingOverflow(by: given(UInt64(health.retries), 3) + 1)
        let sum = all.partialValue.addingReportingOverflow(health.startPeriodMilliseconds)
        let total = sum.partialValue.addingReportingOverflow(self)
        return once.overflow || all.overflow || sum.overflow || total.overflow ? .max : total.partialValue
    }
}
