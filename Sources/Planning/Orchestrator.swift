import Model
import Store

/// Which tasks exist: so many slots a service, one task a slot that runs, the next one only when it has ended.
///
/// A slot's life, as its tasks show it:
///
///     empty ──create──▶ running ──spec changed, drained──▶ stopping ──ended──▶ create
///                          └──ended by itself──▶ restart policy ──▶ create with a delay, or rest
struct Orchestrator {
    var generator: any RandomNumberGenerator & Sendable

    /// Plans all services; returns the tasks that the plan creates, for the scheduler.
    mutating func run(_ view: inout PlanView, _ plan: inout Plan) -> [StoredTask] {
        var created: [StoredTask] = []
        for service in view.store.allServices {
            guard !plan.isFull else {
                plan.isPartial = true
                return created
            }
            run(service, view, &plan, &created)
        }
        // Tasks of removed services: apply asked them to stop; those on lost nodes never will.
        for node in view.store.allNodes where node.status?.state == .down {
            for task in view.store.tasks(on: node.id) where !task.hasEnded && view.store.service(task.serviceID) == nil
            {
                guard !plan.isFull else {
                    plan.isPartial = true
                    return created
                }
                orphan(task, view, &plan)
            }
        }
        return created
    }

    private func orphan(_ task: StoredTask, _ view: PlanView, _ plan: inout Plan) {
        var status = TaskStatus()
        status.state = .orphaned
        status.since = view.time
        status.message = "node is down"
        plan.edit(task.id) { change in
            change.desired = max(task.desired, .shutdown)
            change.status = status
        }
    }
}

// MARK: - One service

/// One slot's tasks, oldest first.
private struct Slot {
    let number: UInt64
    var tasks: [StoredTask] = []
    /// Meant to run, and not ended.
    var active: [StoredTask] = []
    /// Asked to stop, and not ended.
    var stopping = false
    /// Scaled away: to be forgotten.
    var isLeaving: Bool { tasks.allSatisfy { $0.desired == .remove } }
}

extension Orchestrator {
    private mutating func run(
        _ service: Service, _ view: PlanView, _ plan: inout Plan, _ created: inout [StoredTask]
    ) {
        guard let wanted = service.spec?.replicated?.replicas, let spec = service.spec?.task else { return }
        var slots = self.slots(of: service, view, &plan)
        var held = slots.values.filter { !$0.isLeaving }.sorted { $0.number < $1.number }
        if UInt64(held.count) > wanted { shrink(&held, to: Int(wanted), view, &plan) }

        let before = created.count
        for slot in held where slot.active.isEmpty && !slot.stopping {
            guard !plan.isFull else {
                plan.isPartial = true
                return
            }
            restart(slot, service, spec, view, &plan, &created)
        }
        // One slot at a time is down for an update; a slot that does not run anyway costs nothing.
        var isUpdating =
            created.count > before
            || held.contains { slot in
                slot.stopping || slot.active.contains { isCurrent($0, service, spec) && !runs($0, view) }
            }
        for slot in held {
            guard let task = slot.active.last else { continue }
            guard !plan.isFull else {
                plan.isPartial = true
                return
            }
            for extra in slot.active.dropLast() { stop(extra, &plan) }
            guard !isCurrent(task, service, spec) else { continue }
            if runs(task, view) {
                guard !isUpdating else { continue }
                isUpdating = true
            }
            stop(task, &plan)
        }
        var number: UInt64 = 0
        var missing = Int(wanted) - held.count
        while missing > 0 {
            guard !plan.isFull else {
                plan.isPartial = true
                return
            }
            number += 1
            if let slot = slots[number], !slot.isLeaving || slot.stopping || !slot.active.isEmpty { continue }
            created.append(create(service, number, 0, .zero, view, &plan))
            slots[number] = nil
            missing -= 1
        }
    }

    /// Sorts the service's tasks into slots, gives up those whose node is lost, and forgets what is history.
    private func slots(of service: Service, _ view: PlanView, _ plan: inout Plan) -> [UInt64: Slot] {
        var slots: [UInt64: Slot] = [:]
        let tasks = view.store.tasks(of: service.id).sorted {
            ($0.meta?.created ?? .zero, $0.meta?.specRevision ?? .zero, $0.id)
                < ($1.meta?.created ?? .zero, $1.meta?.specRevision ?? .zero, $1.id)
        }
        for task in tasks {
            var slot = slots[task.slot] ?? Slot(number: task.slot)
            var task = task
            if !view.state(task).hasEnded, let loss = view.loss(task) {
                switch loss {
                case .gone:
                    orphan(task, view, &plan)
                    task.desired = max(task.desired, .shutdown)
                    var status = task.status ?? TaskStatus()
                    status.state = .orphaned
                    task.status = status
                case .drained:
                    if task.desired < .shutdown { stop(task, &plan) }
                    task.desired = max(task.desired, .shutdown)
                }
            }
            if !view.state(task).hasEnded {
                if task.desired <= .running {
                    slot.active.append(task)
                } else if task.nodeID != .none {
                    slot.stopping = true
                }
            }
            slot.tasks.append(task)
            slots[task.slot] = slot
        }
        let kept = view.store.cluster?.spec.map { Int($0.taskHistory) } ?? 0
        let history = kept == 0 ? PlanLimits.taskHistory : kept
        for number in slots.keys.sorted() {
            guard let slot = slots[number] else { continue }
            let past = slot.tasks.filter { !$0.isAlive }
            let surplus = max(0, past.count - history)
            for (place, task) in past.enumerated() where place < surplus || task.desired == .remove {
                guard !plan.isFull else { break }
                plan.edit(task.id) { $0.remove = true }
            }
        }
        return slots
    }

    /// Takes slots away: those that do not run first, then those on the nodes with most of this service.
    private func shrink(_ held: inout [Slot], to count: Int, _ view: PlanView, _ plan: inout Plan) {
        var load: [NodeID: Int] = [:]
        for slot in held { for task in slot.active { load[task.nodeID, default: 0] += 1 } }
        while held.count > count {
            var worst = held.count - 1
            var worstRank = rank(held[worst], load, view)
            for place in held.indices.dropLast().reversed() {
                let rank = rank(held[place], load, view)
                if rank > worstRank {
                    worst = place
                    worstRank = rank
                }
            }
            let slot = held.remove(at: worst)
            for task in slot.active { load[task.nodeID, default: 1] -= 1 }
            for task in slot.tasks where task.desired != .remove {
                plan.edit(task.id) { change in
                    change.desired = .remove
                    change.remove = !task.isAlive
                }
            }
        }
    }

    /// The higher, the sooner it goes.
    private func rank(_ slot: Slot, _ load: [NodeID: Int], _ view: PlanView) -> (Int, Int) {
        guard let task = slot.active.last, runs(task, view) else { return (1, 0) }
        return (0, load[task.nodeID] ?? 0)
    }

    private func runs(_ task: StoredTask, _ view: PlanView) -> Bool { view.state(task) == .running }

    private func isCurrent(_ task: StoredTask, _ service: Service, _ spec: TaskSpec) -> Bool {
        task.serviceRevision == service.meta?.specRevision || task.spec == spec
    }

    private func stop(_ task: StoredTask, _ plan: inout Plan) {
        plan.edit(task.id) { $0.desired = max($0.desired, .shutdown) }
    }

    // MARK: Restart

    private mutating func restart(
        _ slot: Slot, _ service: Service, _ spec: TaskSpec, _ view: PlanView, _ plan: inout Plan,
        _ created: inout [StoredTask]
    ) {
        guard let last = slot.tasks.last else { return }
        // What is only observed to have ended is committed first.
        guard !last.isAlive || last.state == .orphaned else { return }
        guard isCurrent(last, service, spec) else {
            created.append(create(service, slot.number, 0, .zero, view, &plan))
            return
        }
        // How it ended tells whether it was asked to: all but ends of its own are made good at once.
        guard [.complete, .failed, .rejected].contains(last.state) else {
            created.append(create(service, slot.number, last.failures, .zero, view, &plan))
            return
        }
        let policy = spec.restart ?? RestartPolicy()
        switch policy.condition {
        case .none: return
        case .onFailure where last.state == .complete: return
        default: break
        }
        let ended = last.status?.since ?? view.time
        let window = policy.windowMilliseconds == 0 ? PlanLimits.windowMilliseconds : policy.windowMilliseconds
        let isHealthy = view.runningSince[last.id].map { $0.adding(milliseconds: window) <= ended } ?? false
        let failures = isHealthy ? 1 : last.failures == .max ? .max : last.failures + 1
        guard policy.maxAttempts == 0 || failures <= policy.maxAttempts else { return }
        let delay = PlanLimits.delay(
            after: failures, base: policy.delayMilliseconds ?? PlanLimits.restartDelayMilliseconds)
        // An agent's clock may be ahead: a delay counts from now at most.
        let start = min(ended, view.time).adding(milliseconds: delay)
        created.append(create(service, slot.number, failures, start, view, &plan))
    }

    private mutating func create(
        _ service: Service, _ slot: UInt64, _ failures: UInt32, _ start: Timestamp, _ view: PlanView,
        _ plan: inout Plan
    ) -> StoredTask {
        var task = StoredTask()
        task.id = TaskID(random: &generator)
        task.serviceID = service.id
        task.slot = slot
        task.serviceRevision = service.meta?.specRevision ?? .zero
        task.failures = failures
        task.startAfter = start
        plan.edit(task.id) { $0.create = task }
        // Apply fills these in.
        task.spec = service.spec?.task
        task.desired = .running
        return task
    }
}
