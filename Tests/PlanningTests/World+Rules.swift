import Bytes
import Model
import Store
import Testing

@testable import Planning

// MARK: - What no plan may do, whatever happens (P2), nor leave (P3)

extension World {
    /// Holds what a plan changed against the rules.
    mutating func check(since earlier: World) {
        guard store.allTasks.count < Self.most else { return }
        for task in store.allTasks {
            let before = earlier.store.task(task.id)
            if task.nodeID != .none, (before?.nodeID ?? NodeID.none) == NodeID.none { checkPlace(of: task) }
            if let before, before.desired <= .running, task.desired > .running { checkStop(of: before, earlier) }
        }
        checkProgress(earlier.status, status)
    }

    /// Holds the planner, when it has no more to say, against one that knows nothing yet: one that only looks at what
    /// changed overlooks nothing, and sleeps no longer.
    mutating func checkRest() {
        var fresh = Planner(generator: SplitMix(seed: 5))
        let plan = fresh.plan(store, observed: observed, at: now)
        if !plan.isEmpty { fault("P3: it overlooks \(plan.changes) \(plan.updates)") }
        // A clock that was set back brings back what was over.
        if let wake = plan.wakeAt, now > latest, wakeAt.map({ $0 > wake }) ?? true {
            fault("P3: it sleeps until \(wakeAt?.rawValue ?? 0) in place of \(wake.rawValue)")
        }
        let ended = Dictionary(grouping: store.allTasks.filter { !$0.isAlive }, by: Position.init)
        for (position, tasks) in ended where tasks.count > PlanLimits.taskHistory {
            fault("P2: \(position) keeps \(tasks.count) ended tasks")
        }
    }

    /// A task is assigned to a node that is there for it, and has room.
    private mutating func checkPlace(of task: StoredTask) {
        guard let node = store.node(task.nodeID), let spec = task.spec else { return fault("P2: no such node") }
        let others = store.tasks(on: node.id).filter { !$0.hasEnded }
        if node.status?.state != .ready || node.spec?.availability != .active {
            fault("P2: \(node.name) takes none")
        }
        if !spec.constraints.allSatisfy({ $0.matches(node) }) { fault("P2: \(node.name) does not suit") }
        let memory = others.reduce(0) { $0 + ($1.spec?.reservations?.memoryBytes ?? 0) }
        if spec.reservations != nil, memory > node.description?.memoryBytes ?? 0 {
            fault("P2: \(memory) bytes are promised on \(node.name)")
        }
        let count = others.count { $0.serviceID == task.serviceID }
        if let most = spec.placement?.maxReplicas, most > 0, count > most { fault("P2: \(count) on \(node.name)") }
    }

    /// While an update is paused nothing is replaced: what is asked to stop has to leave its node, or failed.
    private mutating func checkStop(of task: StoredTask, _ earlier: World) {
        guard let state = earlier.status?.state, state == .paused || state == .rollbackPaused,
            let after = store.task(task.id), !after.hasEnded, after.status?.error.isEmpty != false,
            let node = store.node(task.nodeID), node.status?.state == .ready, node.spec?.availability != .drain,
            task.boundNode == .none || spec.task?.constraints.allSatisfy({ $0.matches(node) }) == true
        else { return }
        // One of two that the order start-first allowed.
        let beside = earlier.store.tasks(of: task.serviceID).filter {
            $0.slot == task.slot && $0.boundNode == task.boundNode && !$0.hasEnded && $0.desired <= .running
        }
        if beside.count == 1 { fault("P2: a paused update replaces \(task.name)") }
    }

    private mutating func checkProgress(_ before: UpdateStatus?, _ after: UpdateStatus?) {
        let (before, after) = (before?.state ?? .unspecified, after?.state ?? .unspecified)
        let next: [UpdateState] =
            switch before {
            case .unspecified: [.updating]
            case .updating: [.completed, .paused, .rollbackStarted]
            case .rollbackStarted: [.rollbackCompleted, .rollbackPaused]
            default: []
            }
        guard before != after, !next.contains(after) else { return }
        fault("P2: an update goes from \(before) to \(after)")
    }

    /// The first one says enough.
    mutating func fault(_ what: String) {
        if !isFaulty { Issue.record("\(what)") }
        isFaulty = true
    }
}
