import Model
import Store

/// What the planner wants committed, and when it wants to look again.
package struct Plan: Equatable, Sendable {
    /// For one `ChangeTasks`, in order; empty: all is as it should be.
    package var changes: [TaskChange] = []
    /// When time alone will make something due.
    package var wakeAt: Timestamp?
    /// The batch is full: plan again as soon as it is applied.
    package var isPartial = false

    private var places: [TaskID: Int] = [:]

    package init() {}

    package static func == (left: Plan, right: Plan) -> Bool {
        left.changes == right.changes && left.wakeAt == right.wakeAt && left.isPartial == right.isPartial
    }

    /// Edits the one change of a task.
    mutating func edit(_ task: TaskID, _ edit: (inout TaskChange) -> Void) {
        if places[task] == nil {
            places[task] = changes.count
            var change = TaskChange()
            change.id = task
            changes.append(change)
        }
        guard let place = places[task] else { return }
        edit(&changes[place])
    }

    mutating func wake(at time: Timestamp) {
        wakeAt = min(wakeAt ?? time, time)
    }

    /// Whether the batch has room: callers stop at the boundary of a slot.
    var isFull: Bool { changes.count >= PlanLimits.changes }
}

/// The planner's bounds and Swarm's defaults.
package enum PlanLimits {
    /// Changes of one batch: an entry of some 100 KiB.
    package static let changes = 512
    /// Ended tasks that a slot keeps, unless the cluster's spec says otherwise.
    package static let taskHistory = 5
    /// Before an ended task is replaced for the first time; doubles with each further failure in a row.
    package static let restartDelayMilliseconds: UInt64 = 5000
    package static let restartDelayMostMilliseconds: UInt64 = 300_000
    /// How long a task runs to count as healthy.
    package static let windowMilliseconds: UInt64 = 5000

    /// The delay before the attempt that follows `failures` ends in a row.
    package static func delay(after failures: UInt32, base: UInt64) -> UInt64 {
        guard failures > 0 else { return 0 }
        let most = max(base, restartDelayMostMilliseconds)
        let doublings = min(failures - 1, 32)
        let (product, overflow) = base.multipliedReportingOverflow(by: 1 << UInt64(doublings))
        return overflow ? most : min(product, most)
    }
}

extension Timestamp {
    func adding(milliseconds: UInt64) -> Timestamp {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = rawValue.addingReportingOverflow(nanoseconds)
        return Timestamp(rawValue: overflow || carry ? .max : sum)
    }
}
