import Model

/// The planner's bounds and Swarm's defaults.
package enum PlanLimits {
    /// Changes of one batch: an entry of some 100 KiB.
    package static let changes = 512
    /// Ended tasks that a position keeps, unless the cluster's spec says otherwise.
    package static let taskHistory = 5

    // MARK: Restarts

    /// Before an ended task is replaced for the first time; doubles with each further failure in a row.
    package static let restartDelayMilliseconds: UInt64 = 5000
    package static let restartDelayMostMilliseconds: UInt64 = 300_000
    /// How long a task runs to count as healthy.
    package static let windowMilliseconds: UInt64 = 5000

    // MARK: Updates

    /// Tasks that are replaced at a time.
    package static let updateParallelism: UInt64 = 1
    /// How long a new task is watched.
    package static let monitorMilliseconds: UInt64 = 5000

    // MARK: What a task may take in a state, in milliseconds

    /// Without a node: an update waits no longer for it.
    package static let pendingMilliseconds: UInt64 = 60_000
    /// Until its agent has begun with it: also the time in which its values are opened.
    package static let assignedMilliseconds: UInt64 = 60_000
    /// Images may have to be fetched.
    package static let preparingMilliseconds: UInt64 = 600_000
    /// Beyond what its health check takes.
    package static let startingMilliseconds: UInt64 = 60_000
    /// Beyond its grace period: an update waits no longer for its end.
    package static let stoppingMilliseconds: UInt64 = 60_000

    // MARK: Faulty nodes

    /// So many failures of a service on a node …
    package static let faults = 5
    /// … within this time make the node the last choice.
    package static let faultMilliseconds: UInt64 = 300_000
}

extension Timestamp {
    func adding(milliseconds: UInt64) -> Timestamp {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = rawValue.addingReportingOverflow(nanoseconds)
        return Timestamp(rawValue: overflow || carry ? .max : sum)
    }
}
