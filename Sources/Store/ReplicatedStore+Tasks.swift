import Model
import Wire

extension ReplicatedStore {
    /// Carries out a batch in order; what no longer applies is left out, so that a batch that was planned on an
    /// older store does no harm.
    mutating func change(_ command: ChangeTasks, _ at: Circumstances) -> Outcome {
        for change in command.changes {
            if let task = change.create { create(task, change.id, at) }
            guard var task = tasks[change.id] else { continue }
            let before = task
            assign(&task, change.nodeID, at)
            if task.desired < change.desired { task.desired = change.desired }
            if let status = change.status { take(status, &task) }
            // Of a removed service: nobody would ask to forget it.
            let isUnwanted = task.desired == .remove && services[task.serviceID] == nil
            if change.remove || isUnwanted, !task.isAlive {
                remove(.task(task.id), at)
            } else if task != before {
                put(task, at)
            }
        }
        for progress in command.updates { take(progress, at) }
        for pin in command.pins { take(pin, at) }
        var outcome = Outcome()
        outcome.revision = at.index
        return outcome
    }

    private mutating func create(_ task: StoredTask, _ id: TaskID, _ at: Circumstances) {
        var task = task
        guard id != .none, tasks[id] == nil, let service = services[task.serviceID] else { return }
        guard (task.slot > 0) != (task.boundNode != .none) else { return }
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
        guard task.boundNode == .none || task.boundNode == node else { return }
        task.nodeID = node
        if let service = services[task.serviceID], task.spec?.isOfSameImage(as: service.spec?.task) == true {
            task.imageDigest = service.imageDigest
        }
        var status = TaskStatus()
        status.state = .assigned
        status.since = at.time
        status.message =
            task.boundNode == .none
            ? "scheduler assigned task to node" : "scheduler confirmed task can run on preassigned node"
        task.status = status
    }

    private func take(_ status: TaskStatus, _ task: inout StoredTask) {
        // In the same state: why it waits, or why it is asked to stop.
        let isExplanation = status.state == task.state && !task.hasEnded
        guard status.state > task.state || isExplanation else { return }
        var status = status
        status.message = status.message.prefix(bytes: StoreLimits.statusBytes)
        status.error = status.error.prefix(bytes: StoreLimits.statusBytes)
        if isExplanation {
            guard status.message != task.status?.message || status.error != task.status?.error else { return }
        } else if status.state == .shutdown, status.error.isEmpty {
            // Why it was asked to stop outlives the stopping.
            status.error = task.status?.error ?? ""
        }
        task.status = status
        // Its run is over, however it ended: what comes next is a task of its own.
        if task.hasEnded, task.desired < .shutdown { task.desired = .shutdown }
    }

    /// What the planner says of an update; void once the spec is another one.
    private mutating func take(_ progress: UpdateProgress, _ at: Circumstances) {
        guard var service = services[progress.serviceID], var status = progress.status,
            service.meta?.specRevision == progress.specRevision
        else { return }
        status.message = status.message.prefix(bytes: StoreLimits.statusBytes)
        service.updateStatus = status
        if progress.rollback {
            guard service.canRollBack else { return }
            service.swapSpecs()
        }
        put(service, at, spec: progress.rollback)
    }

    /// What a node found its image to be: the first word holds for the whole service.
    private mutating func take(_ pin: ImagePin, _ at: Circumstances) {
        guard var service = services[pin.serviceID], service.awaitsDigest,
            service.meta?.specRevision == pin.specRevision, ImageName.isDigest(pin.digest)
        else { return }
        service.imageDigest = pin.digest
        put(service, at, spec: false)
    }
}
