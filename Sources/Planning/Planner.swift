import Model
import Store

/// The leader's planner: which tasks exist (`Orchestrator`) and where they run (`Scheduler`).
///
/// It holds nothing that matters: what it remembers is derived from the store, and a new leader begins with an empty
/// one. Call `plan` after changes of services, nodes, tasks or observations, and at `wakeAt`; commit what it returns,
/// and call it again only once that is applied, or it would plan the same twice (apply leaves out what no longer
/// applies, so that nothing breaks).
///
/// Only services that something changed for are looked at: a call costs as much as what happened since the last one.
package struct Planner: Sendable {
    private var generator: any RandomNumberGenerator & Sendable
    /// The store was looked at up to here; `nil`: not at all.
    private var seen: Index?
    /// Services to be looked at.
    private var due: Set<ServiceID> = []
    /// Services that time alone makes due.
    private var wakes: [ServiceID: Timestamp] = [:]
    /// Services for which it matters how far their tasks are, beyond what a time limit does.
    private var watched: Set<ServiceID> = []
    private var loads = NodeLoads()
    /// Tasks that their nodes have no room for any more.
    private var crowdedOut: Set<TaskID> = []
    /// Tasks that have no node yet.
    private var waiting: Set<TaskID> = []

    package init(generator: any RandomNumberGenerator & Sendable) {
        self.generator = generator
    }

    /// What should change now.
    ///
    /// - Parameters:
    ///   - observed: what agents reported of tasks that have not ended; newer than the store.
    ///   - news: the tasks whose observation changed since the last call; `nil`: any may have.
    ///   - time: the wall clock, the one that entries are stamped with.
    package mutating func plan(
        _ store: ReplicatedStore, observed: [TaskID: TaskStatus], news: Set<TaskID>? = nil, at time: Timestamp
    ) -> Plan {
        notice(store)
        notice(news, observed, store)
        for (service, wake) in wakes where wake <= time { due.insert(service) }
        let view = PlanView(store: store, observed: observed, time: time)
        var orchestrator = Orchestrator(view, crowdedOut: crowdedOut, generator: generator)
        for service in due.sorted() { look(at: service, &orchestrator) }
        generator = orchestrator.generator
        var plan = orchestrator.plan
        schedule(orchestrator, view, &plan)
        for wake in wakes.values { plan.wake(at: wake) }
        return plan
    }

    /// A service that had changes is looked at again: what it needs next depends on what becomes of them.
    private mutating func look(at service: ServiceID, _ orchestrator: inout Orchestrator) {
        guard !orchestrator.plan.isFull else {
            orchestrator.plan.isPartial = true
            return
        }
        let before = (orchestrator.plan.changes.count, orchestrator.plan.updates.count)
        let others = orchestrator.plan.wakeAt
        orchestrator.plan.wakeAt = nil
        let isWhole = orchestrator.run(service)
        wakes[service] = orchestrator.plan.wakeAt
        if orchestrator.awaitsTasks { watched.insert(service) } else { watched.remove(service) }
        orchestrator.plan.wakeAt = others
        if !isWhole { orchestrator.plan.isPartial = true }
        if isWhole, before == (orchestrator.plan.changes.count, orchestrator.plan.updates.count) {
            due.remove(service)
        }
    }
}

// MARK: - What happened

extension Planner {
    private mutating func notice(_ store: ReplicatedStore) {
        defer { seen = store.index }
        guard let seen, let changes = store.changes(after: seen) else { return noticeAll(store) }
        var isGlobalDue = false
        for change in changes {
            switch change.object {
            case .task(let id):
                due.insert(change.service)
                notice(id, store)
            case .service(let id): due.insert(id)
            case .node(let id):
                let (node, tasks) = (store.node(id), store.tasks(on: id))
                if let node { crowdedOut.formUnion(ConstraintEnforcer.surplus(on: node, tasks)) }
                for task in tasks where isConcerned(task, by: node, store) { due.insert(task.serviceID) }
                isGlobalDue = true
            case .cluster, .secret, .config: break
            }
        }
        guard isGlobalDue else { return }
        for service in store.allServices where service.spec?.global != nil { due.insert(service.id) }
    }

    /// Whether a task may have to leave a node that has changed, or be replaced because of it.
    private func isConcerned(_ task: StoredTask, by node: Node?, _ store: ReplicatedStore) -> Bool {
        guard !task.hasEnded else { return false }
        guard let node, node.status?.state != .down, node.spec?.availability != .drain, !crowdedOut.contains(task.id),
            let service = store.service(task.serviceID), let spec = service.spec?.task
        else { return true }
        // Whether a task of an earlier spec is like one of this depends on its node.
        guard task.serviceRevision == service.meta?.specRevision || task.spec == spec else { return true }
        return ConstraintEnforcer.violates(task, spec.constraints, of: spec, on: node)
    }

    private mutating func noticeAll(_ store: ReplicatedStore) {
        loads = NodeLoads()
        waiting = []
        wakes = [:]
        watched = []
        due = Set(store.allServices.map(\.id))
        for task in store.allTasks {
            due.insert(task.serviceID)
            notice(task.id, store)
        }
        crowdedOut = []
        for node in store.allNodes {
            crowdedOut.formUnion(ConstraintEnforcer.surplus(on: node, store.tasks(on: node.id)))
        }
    }

    private mutating func notice(_ id: TaskID, _ store: ReplicatedStore) {
        let task = store.task(id)
        loads.note(id, task)
        if task.map({ $0.hasEnded || $0.desired > .running }) ?? true { crowdedOut.remove(id) }
        if let task, task.isAlive, task.nodeID == .none { waiting.insert(id) } else { waiting.remove(id) }
    }

    private mutating func notice(
        _ news: Set<TaskID>?, _ observed: [TaskID: TaskStatus], _ store: ReplicatedStore
    ) {
        guard let news else {
            due.formUnion(store.allServices.map(\.id))
            return
        }
        // What ends is in the store.
        for id in news {
            guard let service = store.task(id)?.serviceID else { continue }
            let isNewImage = observed[id]?.fetchedDigest.map { $0 != store.service(service)?.imageDigest } ?? false
            if isNewImage || watched.contains(service) { due.insert(service) }
        }
    }
}

// MARK: - Scheduling

extension Planner {
    private func schedule(_ orchestrator: Orchestrator, _ view: PlanView, _ plan: inout Plan) {
        guard !waiting.isEmpty || !orchestrator.created.isEmpty else { return }
        var stopped: Set<TaskID> = []
        for change in plan.changes where change.desired > .running { stopped.insert(change.id) }
        var stored = waiting.subtracting(stopped).compactMap { view.store.task($0) }
        stored.sort { ($0.meta?.specRevision ?? .zero, $0.id) < ($1.meta?.specRevision ?? .zero, $1.id) }
        var scheduler = Scheduler(view, loads)
        for task in stored + orchestrator.created {
            guard plan.changes.count < 2 * PlanLimits.changes else {
                plan.isPartial = true
                return
            }
            scheduler.place(task, &plan)
        }
    }
}
