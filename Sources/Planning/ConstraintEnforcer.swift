import Model
import Store

/// Finds tasks whose node no longer is one that they may run on: a label was taken away, a role changed, there is less
/// memory than before.
///
/// Only where the service's spec is the one that the task was made from: a changed spec is an update's business, which
/// goes step by step. A paused node keeps what it has, and a global service's task goes with its node.
enum ConstraintEnforcer {
    static let reason = "assigned node no longer meets constraints"

    static func violates(_ task: StoredTask, _ constraints: [Constraint], of spec: TaskSpec, on node: Node) -> Bool {
        guard task.boundNode == .none, node.spec?.availability == .active, node.status?.state == .ready,
            task.spec?.placement?.constraints ?? [] == spec.placement?.constraints ?? []
        else { return false }
        return !constraints.allSatisfy { $0.matches(node) }
    }

    /// Tasks whose reservations the node can't keep any more: the youngest ones.
    static func surplus(on node: Node, _ tasks: [StoredTask]) -> [TaskID] {
        guard node.spec?.availability == .active, node.status?.state == .ready else { return [] }
        let held = tasks.filter { !$0.hasEnded && $0.desired <= .running && $0.spec?.reservations != nil }
            .sorted { ($0.meta?.specRevision ?? .zero, $0.id) < ($1.meta?.specRevision ?? .zero, $1.id) }
        var load = NodeLoads.Load()
        return held.compactMap { task in
            guard load.leavesRoom(for: task, on: node) else { return task.id }
            load.add(task)
            return nil
        }
    }
}
