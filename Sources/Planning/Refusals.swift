/// Why no node would take a task: how many nodes failed each condition, in Swarm's words, the most frequent first.
struct Refusals: Error {
    enum Reason: Int, CaseIterable {
        case unavailable, resources, runner, constraints, maxReplicas
    }

    /// That the task needs.
    var runner = ""
    private var counts: [Reason: Int] = [:]

    mutating func add(_ reason: Reason) { counts[reason, default: 0] += 1 }

    var explanation: String {
        let reasons = Reason.allCases.filter { counts[$0] != nil }
            .sorted { (counts[$1] ?? 0, $0.rawValue) < (counts[$0] ?? 0, $1.rawValue) }
        guard !reasons.isEmpty else { return "no suitable node" }
        return "no suitable node (\(reasons.map { sentence($0, counts[$0] ?? 0) }.joined(separator: "; ")))"
    }

    private func sentence(_ reason: Reason, _ count: Int) -> String {
        let nodes = "\(count) node\(count == 1 ? "" : "s")"
        return switch reason {
        case .unavailable: "\(nodes) not available for new tasks"
        case .resources: "insufficient resources on \(nodes)"
        case .runner: "no \(runner) runner on \(nodes)"
        case .constraints: "scheduling constraints not satisfied on \(nodes)"
        case .maxReplicas: "max replicas per node limit exceed"
        }
    }
}
