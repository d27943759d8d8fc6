import Model
import Wire

extension ReplicatedStore {
    /// Carries out a batch in order; what no longer applies is left out, so that a batch that was planned on an
    /// older store does no harm.
    mutating func change(_ command: ChangeTasks, _ at: Circumstances) -> Outcome {
        for change in command.changes {
            if let task = change.create { create(task, change.id, at) }
            guard var task = tasks[change.id] else { continue }
            if change.remove {
                if !task.isAlive { remove(.task(task.id), at) }
                continue
            }
            let before = task
            assign(&task, change.nodeID, at)
            if task.desired < change.desired { task.desired = change.desired }
            if let status = change.status { take(status, &task) }
            if task.desired == .remove, !task.isAlive, services[task.serviceID] == nil {
                // Of a removed service: nobody would ask to forget it.
                remove(.task(task.id), at)
            } else if task != before {
                put(task, at)
            }
        }
        var outcome = Outcome()
        outcome.revision = at.index
        return outcome
    }

    private mutating func create(_ task: StoredTask, _ id: TaskID, _ at: Circumstances) {
        var task = task
        guard id != .none, tasks[id] == nil, task.slot > 0, let service = services[task.serviceID] else { return }
        if task.spec == nil {
            // The common case spares the log a copy of the spec; it must be the one that was meant.
            guard task.serviceRevision == service.meta?.specRevision else { return }
            task.spec = service.spec?.task
        }
        // A removed secret must not come back into use by a batch that is late.
        for secret in task.spec.secretIDs where secrets[secret] == nil { return }
        for config in task.spec.configIDs where configs[config] == nil { return }
        task.id = id
        task.meta = nil
        task.serviceName = service.name
        task.userOrdinal = service.userOrdinal
        task.nodeID = .none
        if task.desired == .unspecified { task.desired = .running }
        if task.status == nil {
            var status = TaskStatus()
            status.state = .pending
            status.since = at.time
            status.message = "pending task scheduling"
            task.status = status
        }
        put(task, at)
    }

    private func assign(_ task: inout StoredTask, _ node: NodeID, _ at: Circumstances) {
        guard node != .none, task.nodeID == .none, task.isAlive, nodes[node] != nil else { return }
        task.nodeID = node
        var status = TaskStatus()
        status.state = .assigned
        status.since = at.time
        status.message = "scheduler assigned task to node"
        task.status = status
    }

    private func take(_ status: TaskStatus, _ task: inout StoredTask) {
        let isExplanation = status.state == .pending && task.state == .pending
        guard status.state > task.state || isExplanation else { return }
        var status = status
        status.message = Self.bounded(status.message)
        status.error = Self.bounded(status.error)
        if isExplanation {
            guard status.message != task.status?.message || status.error != task.status?.error else { return }
        }
        task.status = status
        // Its run is over, however it ended: what comes next is a task of its own.
        if task.hasEnded, task.desired < .shutdown { task.desired = .shutdown }
    }

    /// Whole scalars, at most `StoreLimits.statusBytes` bytes.
    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > StoreLimits.statusBytes else { return text }
        var count = 0
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            if count > StoreLimits.statusBytes { break }
            result.append(scalar)
        }
        return String(result)
    }
}

extension TaskState: Comparable {
    public static func < (left: TaskState, right: TaskState) -> Bool { left.rawValue < right.rawValue }
}
