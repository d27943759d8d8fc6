import Model
import Store

/// Which tasks are history no more: of each position so many ended ones are kept, none that was scaled away.
enum TaskReaper {
    static func surplus(_ place: Occupied, keeping history: Int) -> [StoredTask] {
        let past = place.tasks.filter { !$0.isAlive }
        let excess = max(0, past.count - history)
        return past.enumerated().filter { $0.offset < excess || $0.element.desired == .remove }.map(\.element)
    }

    static func history(_ cluster: ClusterSpec?) -> Int {
        let kept = cluster.map { Int($0.taskHistory) } ?? 0
        return kept == 0 ? PlanLimits.taskHistory : kept
    }
}
