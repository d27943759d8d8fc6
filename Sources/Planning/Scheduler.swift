import Model
import Store

/// Where tasks run: on the node with the fewest tasks of the service, then the fewest of all, then the lowest ID.
///
/// A task that was assigned is never moved.
struct Scheduler {
    /// What of a node is taken.
    private struct Candidate {
        let node: Node
        var total = 0
        var cpuNano: UInt64 = 0
        var memoryBytes: UInt64 = 0
    }

    private struct Key: Hashable {
        var node: NodeID
        var service: ServiceID
    }

    private var candidates: [Candidate] = []
    private var ofService: [Key: Int] = [:]
    /// Slots that a task occupies until it has ended.
    private struct Place: Hashable {
        var service: ServiceID
        var slot: UInt64
    }
    private var occupied: Set<Place> = []

    /// Assigns what waits in the store, and what the plan creates.
    static func run(_ view: inout PlanView, _ created: [StoredTask], _ plan: inout Plan) {
        let stored = view.store.allTasks
        var stopped: Set<TaskID> = []
        for change in plan.changes where change.desired > .running { stopped.insert(change.id) }
        var waiting = stored.filter { $0.isAlive && $0.nodeID == .none && !stopped.contains($0.id) }
        guard !waiting.isEmpty || !created.isEmpty else { return }
        waiting.sort { ($0.meta?.specRevision ?? .zero, $0.id) < ($1.meta?.specRevision ?? .zero, $1.id) }
        var scheduler = Scheduler(view, stored, plan)
        for task in waiting + created {
            guard task.startAfter <= view.time else {
                plan.wake(at: task.startAfter)
                continue
            }
            guard plan.changes.count < 2 * PlanLimits.changes else {
                plan.isPartial = true
                return
            }
            scheduler.place(task, view, &plan)
        }
    }

    private init(_ view: PlanView, _ tasks: [StoredTask], _ plan: Plan) {
        candidates = view.store.allNodes.map { Candidate(node: $0) }
        let places = Dictionary(uniqueKeysWithValues: candidates.enumerated().map { ($0.element.node.id, $0.offset) })
        var lost: Set<TaskID> = []
        for change in plan.changes where change.status?.state == .orphaned { lost.insert(change.id) }
        for task in tasks where task.nodeID != .none && !view.state(task).hasEnded && !lost.contains(task.id) {
            occupied.insert(Place(service: task.serviceID, slot: task.slot))
            if let place = places[task.nodeID] { count(task, place) }
        }
    }

    private mutating func count(_ task: StoredTask, _ place: Int) {
        candidates[place].total += 1
        candidates[place].cpuNano &+= task.spec?.reservations?.cpuNano ?? 0
        candidates[place].memoryBytes &+= task.spec?.reservations?.memoryBytes ?? 0
        ofService[Key(node: candidates[place].node.id, service: task.serviceID), default: 0] += 1
    }

    private mutating func place(_ task: StoredTask, _ view: PlanView, _ plan: inout Plan) {
        let slot = Place(service: task.serviceID, slot: task.slot)
        // The slot's last task still runs: one at a time.
        guard !occupied.contains(slot) else { return }
        var refused = Refusals()
        var best: Int?
        var bestRank = (Int.max, Int.max)
        let constraints = (task.spec?.placement?.constraints ?? []).compactMap { try? Constraint($0) }
        for (place, candidate) in candidates.enumerated() {
            guard refused.accepts(candidate.node, task) else { continue }
            guard fits(task, candidate) else {
                refused.resources += 1
                continue
            }
            guard constraints.allSatisfy({ $0.matches(candidate.node) }) else {
                refused.constraints += 1
                continue
            }
            let rank = (ofService[Key(node: candidate.node.id, service: task.serviceID)] ?? 0, candidate.total)
            if best == nil || rank < bestRank {
                best = place
                bestRank = rank
            }
        }
        if let best {
            occupied.insert(slot)
            count(task, best)
            let node = candidates[best].node.id
            plan.edit(task.id) { $0.nodeID = node }
            return
        }
        let explanation = refused.explanation
        guard task.status?.error != explanation else { return }
        var status = TaskStatus()
        status.state = .pending
        status.since = task.status?.since ?? view.time
        status.message = "pending task scheduling"
        status.error = explanation
        plan.edit(task.id) { $0.status = status }
    }

    private func fits(_ task: StoredTask, _ candidate: Candidate) -> Bool {
        guard let wanted = task.spec?.reservations else { return true }
        let cpu = candidate.node.description?.cpuNano ?? 0
        let memory = candidate.node.description?.memoryBytes ?? 0
        return (wanted.cpuNano == 0 || candidate.cpuNano <= cpu && wanted.cpuNano <= cpu - candidate.cpuNano)
            && (wanted.memoryBytes == 0
                || candidate.memoryBytes <= memory && wanted.memoryBytes <= memory - candidate.memoryBytes)
    }
}

/// Why no node would take a task, in Swarm's words.
private struct Refusals {
    var unavailable = 0
    var resources = 0
    var constraints = 0

    mutating func accepts(_ node: Node, _ task: StoredTask) -> Bool {
        guard node.status?.state == .ready, node.spec?.availability == .active else {
            unavailable += 1
            return false
        }
        return true
    }

    var explanation: String {
        func nodes(_ count: Int) -> String { "\(count) node\(count == 1 ? "" : "s")" }
        var reasons: [String] = []
        if unavailable > 0 { reasons.append("\(nodes(unavailable)) not available for new tasks") }
        if resources > 0 { reasons.append("insufficient resources on \(nodes(resources))") }
        if constraints > 0 { reasons.append("scheduling constraints not satisfied on \(nodes(constraints))") }
        return reasons.isEmpty ? "no suitable node" : "no suitable node (\(reasons.joined(separator: "; ")))"
    }
}
