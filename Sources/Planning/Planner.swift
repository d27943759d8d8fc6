import Model
import Store

/// The leader's planner: which tasks exist (`Orchestrator`) and where they run (`Scheduler`).
///
/// It holds nothing that matters: a new leader begins with an empty one. Call `plan` after changes of services,
/// nodes, tasks or observations, and at `wakeAt`; commit what it returns, and call it again only once that is
/// applied, or it would plan the same twice (apply leaves out what no longer applies, so that nothing breaks).
package struct Planner: Sendable {
    private var generator: any RandomNumberGenerator & Sendable
    /// Since when tasks run, as observed: a task that ended is judged by it. Lost with the leader, who is then told
    /// again by the agents.
    private var runningSince: [TaskID: Timestamp] = [:]

    package init(generator: any RandomNumberGenerator & Sendable) {
        self.generator = generator
    }

    /// What should change now.
    ///
    /// - Parameters:
    ///   - observed: what agents reported of tasks that have not ended; newer than the store.
    ///   - time: the wall clock, the one that entries are stamped with.
    package mutating func plan(
        _ store: ReplicatedStore, observed: [TaskID: TaskStatus], at time: Timestamp
    ) -> Plan {
        remember(observed, store)
        var view = PlanView(store: store, observed: observed, time: time, runningSince: runningSince)
        var plan = Plan()
        var orchestrator = Orchestrator(generator: generator)
        let created = orchestrator.run(&view, &plan)
        generator = orchestrator.generator
        Scheduler.run(&view, created, &plan)
        return plan
    }

    private mutating func remember(_ observed: [TaskID: TaskStatus], _ store: ReplicatedStore) {
        for (id, status) in observed where status.state == .running {
            if runningSince[id] == nil { runningSince[id] = status.since }
        }
        // What is forgotten by the store is forgotten here; ended tasks are needed until they are replaced.
        if runningSince.count > 2 * observed.count + PlanLimits.changes {
            runningSince = runningSince.filter { store.task($0.key) != nil }
        }
    }
}

/// What the planner sees: the store under the leader's observations.
struct PlanView {
    let store: ReplicatedStore
    let observed: [TaskID: TaskStatus]
    let time: Timestamp
    let runningSince: [TaskID: Timestamp]

    /// The state of a task: the higher of what is stored and what is observed.
    func state(_ task: StoredTask) -> TaskState {
        guard !task.hasEnded, let seen = observed[task.id]?.state else { return task.state }
        return max(seen, task.state)
    }

    /// Why a task that is not to be stopped can't stay on its node.
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
