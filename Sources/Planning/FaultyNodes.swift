import Model
import Store

/// Nodes on which a service failed so often lately that they are its last choice. Read from the ended tasks that are
/// kept, so that a new leader knows them too.
enum FaultyNodes {
    static func find(for task: StoredTask, _ view: PlanView) -> Set<NodeID> {
        var failures: [NodeID: Int] = [:]
        for past in view.store.tasks(of: task.serviceID) where isFailure(past, of: task, view) {
            failures[past.nodeID, default: 0] += 1
        }
        return Set(failures.filter { $0.value >= PlanLimits.faults }.keys)
    }

    /// Another spec may do better: failures of an earlier one don't count.
    private static func isFailure(_ past: StoredTask, of task: StoredTask, _ view: PlanView) -> Bool {
        guard past.state == .failed || past.state == .rejected, past.serviceRevision == task.serviceRevision else {
            return false
        }
        return (past.status?.since ?? .zero).adding(milliseconds: PlanLimits.faultMilliseconds) > view.time
    }
}
