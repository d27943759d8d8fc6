import Model
import Store

/// What the planner wants committed, and when it wants to look again.
package struct Plan: Equatable, Sendable {
    /// For one `ChangeTasks`, in order.
    package var changes: [TaskChange] = []
    /// For the same entry: how updates go on.
    package var updates: [UpdateProgress] = []
    /// For the same entry: what nodes found images to be.
    package var pins: [ImagePin] = []
    /// When time alone will make something due.
    package var wakeAt: Timestamp?
    /// The batch is full: plan again as soon as it is applied.
    package var isPartial = false

    /// All is as it should be.
    package var isEmpty: Bool { changes.isEmpty && updates.isEmpty && pins.isEmpty }

    private var places: [TaskID: Int] = [:]

    package init() {}

    package static func == (left: Plan, right: Plan) -> Bool {
        left.changes == right.changes && left.updates == right.updates && left.pins == right.pins
            && left.wakeAt == right.wakeAt && left.isPartial == right.isPartial
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

    /// Whether the batch has room: callers stop at the boundary of a position.
    var isFull: Bool { changes.count >= PlanLimits.changes }
}
