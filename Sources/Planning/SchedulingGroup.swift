import Model
import Store

/// The nodes that suit all tasks of one spec, and how the service's tasks are spread over them: found once a plan, for
/// however many tasks of it wait.
struct SchedulingGroup {
    struct Key: Hashable {
        var service: ServiceID
        var revision: Revision
        /// Of a global service, whose tasks each have a node of their own.
        var node: NodeID

        init(_ task: StoredTask) {
            service = task.serviceID
            revision = task.serviceRevision
            node = task.boundNode
        }
    }

    private struct Candidate {
        /// In the scheduler's list of nodes.
        var node: Int
        var isFaulty: Bool
        var ofService: Int
        /// By level of the spread preferences, in `branchCounts`.
        var branches: [Int]
    }

    private var candidates: [Candidate] = []
    /// Why the other nodes are none.
    private var refused = Refusals()
    /// Why no node takes one more: while tasks are placed, room only gets less.
    private var exhausted: Refusals?
    /// Tasks of the service in each branch of the preferences.
    private var branchCounts: [Int] = []

    /// - Parameters:
    ///   - places: of the nodes that come into question.
    ///   - counts: of the service's tasks on each node.
    init(_ task: StoredTask, _ nodes: [Node], _ places: Range<Int>, _ view: PlanView, _ counts: [NodeID: Int]) {
        refused.runner = task.spec?.runner ?? ""
        // Where there is no choice there is no last choice.
        let faulty = places.count > 1 ? FaultyNodes.find(for: task, view) : []
        let constraints = task.spec?.constraints ?? []
        let labels = (task.spec?.placement?.spread ?? []).compactMap { try? SpreadLabel($0) }
        var branches: [[String]: Int] = [:]
        for place in places {
            let node = nodes[place]
            if let reason = Self.refusal(task, node, constraints) {
                refused.add(reason)
                continue
            }
            let ofService = counts[node.id] ?? 0
            var path: [String] = []
            let own = labels.map { label in
                // Nodes without the label are a branch of their own.
                path.append(label.value(node))
                let branch = branches[path] ?? branchCounts.count
                if branch == branchCounts.count { branchCounts.append(0) }
                branches[path] = branch
                branchCounts[branch] += ofService
                return branch
            }
            candidates.append(
                Candidate(node: place, isFaulty: faulty.contains(node.id), ofService: ofService, branches: own))
        }
    }

    private static func refusal(_ task: StoredTask, _ node: Node, _ constraints: [Constraint]) -> Refusals.Reason? {
        guard node.status?.state == .ready, node.spec?.availability == .active else { return .unavailable }
        guard let spec = task.spec, node.hasRunner(for: spec) else { return .runner }
        return constraints.allSatisfy { $0.matches(node) } ? nil : .constraints
    }

    // MARK: - Choosing

    /// The place of the lowest candidate that has room for the task.
    mutating func choose(
        _ task: StoredTask, _ nodes: [Node], _ taken: [NodeLoads.Load]
    ) -> Result<Int, Refusals> {
        if let exhausted { return .failure(exhausted) }
        let most = task.spec?.placement.map { Int(clamping: $0.maxReplicas) } ?? 0
        var refused = refused
        var best: Int?
        for (place, candidate) in candidates.enumerated() {
            guard taken[candidate.node].leavesRoom(for: task, on: nodes[candidate.node]) else {
                refused.add(.resources)
                continue
            }
            guard most == 0 || candidate.ofService < most else {
                refused.add(.maxReplicas)
                continue
            }
            if best.map({ isBefore(candidate, candidates[$0], taken) }) ?? true { best = place }
        }
        if let best { return .success(best) }
        exhausted = refused
        return .failure(refused)
    }

    private func isBefore(_ left: Candidate, _ right: Candidate, _ taken: [NodeLoads.Load]) -> Bool {
        if left.isFaulty != right.isFaulty { return right.isFaulty }
        for (own, other) in zip(left.branches, right.branches) where branchCounts[own] != branchCounts[other] {
            return branchCounts[own] < branchCounts[other]
        }
        return (left.ofService, taken[left.node].tasks) < (right.ofService, taken[right.node].tasks)
    }

    func node(_ choice: Int) -> Int { candidates[choice].node }

    mutating func take(_ choice: Int) {
        candidates[choice].ofService += 1
        for branch in candidates[choice].branches { branchCounts[branch] += 1 }
    }
}
