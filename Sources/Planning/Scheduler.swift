import Model
import Store

/// Where tasks run: among the nodes that suit a task, the one that ranks lowest.
///
/// The rank: a node on which the service failed often comes last; then the branch of the spread preferences with the
/// fewest tasks of the service; then the node with the fewest of the service, the fewest of all, and the lowest ID.
/// A task that was assigned is never moved.
struct Scheduler {
    private let view: PlanView
    private let loads: NodeLoads
    private let nodes: [Node]
    private lazy var places = Dictionary(uniqueKeysWithValues: zip(nodes.map(\.id), nodes.indices))
    /// By place in `nodes`: what is taken, with what was placed so far.
    private var taken: [NodeLoads.Load]
    /// Of each service, what was placed so far.
    private var placed: [ServiceID: [NodeID: Int]] = [:]
    private var groups: [SchedulingGroup.Key: SchedulingGroup] = [:]

    init(_ view: PlanView, _ loads: NodeLoads) {
        self.view = view
        self.loads = loads
        nodes = view.store.allNodes
        taken = nodes.map { loads.load(of: $0.id) }
    }

    /// Assigns a task that waits, or says why it can't; before its time it only asks to be woken.
    mutating func place(_ task: StoredTask, _ plan: inout Plan) {
        guard task.startAfter <= view.time else { return plan.wake(at: task.startAfter) }
        let key = SchedulingGroup.Key(task)
        // Taken out while it changes, so that it is not copied.
        var group =
            groups.removeValue(forKey: key)
            ?? SchedulingGroup(task, nodes, range(of: task), view, counts(of: task))
        switch group.choose(task, nodes, taken) {
        case .success(let choice):
            group.take(choice)
            let node = group.node(choice)
            taken[node].add(task)
            placed[task.serviceID, default: [:]][nodes[node].id, default: 0] += 1
            plan.edit(task.id) { $0.nodeID = nodes[node].id }
        case .failure(let refusals):
            explain(refusals.explanation, task, &plan)
        }
        groups[key] = group
    }

    /// The places of the nodes that come into question: of a global service's task there is one.
    private mutating func range(of task: StoredTask) -> Range<Int> {
        guard task.boundNode != .none else { return nodes.indices }
        return places[task.boundNode].map { $0..<$0 + 1 } ?? 0..<0
    }

    /// With what was placed for an earlier spec of the service: the tasks of one come after those of the one before.
    private func counts(of task: StoredTask) -> [NodeID: Int] {
        guard task.boundNode == .none else { return [:] }
        return loads.counts(of: task.serviceID).merging(placed[task.serviceID] ?? [:], uniquingKeysWith: +)
    }

    private func explain(_ explanation: String, _ task: StoredTask, _ plan: inout Plan) {
        guard task.status?.error != explanation else { return }
        var status = TaskStatus()
        status.state = .pending
        status.since = task.status?.since ?? view.time
        status.message = "pending task scheduling"
        status.error = explanation
        plan.edit(task.id) { $0.status = status }
    }
}
