import Model
import Store

/// What the planner sees: the store under the leader's observations.
struct PlanView {
    let store: ReplicatedStore
    let observed: [TaskID: TaskStatus]
    let time: Timestamp

    /// The status of a task: the later of what is stored and what is observed.
    func status(_ task: StoredTask) -> TaskStatus {
        let stored = task.status ?? TaskStatus()
        guard !stored.state.hasEnded, let seen = observed[task.id], seen.state >= stored.state else { return stored }
        return seen
    }

    func state(_ task: StoredTask) -> TaskState { status(task).state }
    func runs(_ task: StoredTask) -> Bool { state(task) == .running }

    /// Why a task can't stay on its node.
    enum Loss {
        /// The node can still stop it.
        case drained
        /// Nobody can say what became of it.
        case gone
    }

    func loss(_ task: StoredTask) -> Loss? {
        guard task.nodeID != .none else { return nil }
        guard let node = store.node(task.nodeID), node.status?.state != .down else { return .gone }
        return node.spec?.availability == .drain ? .drained : nil
    }
}
