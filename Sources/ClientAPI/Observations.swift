import Model

/// What the leader has observed and the store does not say.
package struct Observations: Sendable {
    package var tasks: [TaskID: TaskStatus] = [:]
    package var held: [TaskID: [HeldVersion]] = [:]
    package var leader = NodeID.none
    package var reachable: Set<NodeID> = []

    package init() {}

    /// The state of a task: as committed once it ended, else as last reported.
    func status(of task: StoredTask) -> TaskStatus {
        let stored = task.status ?? TaskStatus()
        guard stored.state.rawValue < TaskState.complete.rawValue, let seen = tasks[task.id] else { return stored }
        return seen.state.rawValue >= stored.state.rawValue ? seen : stored
    }
}
