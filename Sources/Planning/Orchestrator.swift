import Model
import Store

/// Which tasks a service should have: one a position, the next one only when the last has ended, or as the order of
/// its update allows.
///
/// A position's life, as its tasks show it:
///
///     empty ──create──▶ active ──scaled, drained, replaced──▶ stopping ──ended──▶ create
///                          └──ended by itself──▶ restart policy ──▶ create with a delay, or rest
///
/// Positions are slots from 1 of a replicated service, and the nodes that suit a global one.
struct Orchestrator {
    let view: PlanView
    let history: Int
    let crowdedOut: Set<TaskID>
    var generator: any RandomNumberGenerator & Sendable
    var plan = Plan()
    /// Tasks that the plan creates, for the scheduler.
    var created: [StoredTask] = []
    /// Whether the last service that was planned goes on when its tasks get on.
    private(set) var awaitsTasks = false

    /// - Parameter crowdedOut: tasks that their nodes have no room for any more.
    init(_ view: PlanView, crowdedOut: Set<TaskID>, generator: any RandomNumberGenerator & Sendable) {
        self.view = view
        self.crowdedOut = crowdedOut
        self.generator = generator
        history = TaskReaper.history(view.store.cluster?.spec)
    }

    /// Plans one service; false: the batch is full, and it is to be looked at again.
    mutating func run(_ id: ServiceID) -> Bool {
        awaitsTasks = false
        guard let service = view.store.service(id) else { return clear(id) }
        guard let supervisor = UpdateSupervisor(service, view) else { return true }
        pin(service)
        var places = occupied(service, supervisor.spec)
        for place in places.values.sorted(by: { $0.position < $1.position }) {
            for task in TaskReaper.surplus(place, keeping: history) {
                guard !plan.isFull else { return false }
                plan.edit(task.id) { $0.remove = true }
            }
        }
        guard let wanted = wanted(service, supervisor.spec, &places) else { return false }
        for position in wanted {
            guard !plan.isFull else { return false }
            var place = places[position] ?? Occupied(position)
            fill(&place, service, supervisor)
            places[position] = place
        }
        return update(wanted.compactMap { places[$0] }, service, supervisor)
    }

    /// Tasks of a removed service: apply asked them to stop; those on lost nodes never will.
    private mutating func clear(_ id: ServiceID) -> Bool {
        for task in view.store.tasks(of: id) where !task.hasEnded && view.loss(task) == .gone {
            guard !plan.isFull else { return false }
            orphan(task)
        }
        return true
    }
}

// MARK: - What there is

extension Orchestrator {
    /// Sorts the service's tasks into their positions. Those that can't stay where they are are asked to stop, or
    /// given up with their node.
    private mutating func occupied(_ service: Service, _ spec: TaskSpec) -> [Position: Occupied] {
        var places: [Position: Occupied] = [:]
        let constraints = spec.constraints
        for var task in view.store.tasks(of: service.id) {
            if !task.hasEnded { settle(&task, spec, constraints) }
            let position = Position(task)
            places[position, default: Occupied(position)].add(task)
        }
        return places
    }

    /// Judges whether a task that has not ended may stay.
    private mutating func settle(
        _ task: inout StoredTask, _ spec: TaskSpec, _ constraints: [Constraint]
    ) {
        switch view.loss(task) {
        case .gone: return orphan(&task)
        case .drained: return stop(&task)
        case nil: break
        }
        guard task.desired <= .running, let node = view.store.node(task.nodeID) else { return }
        if ConstraintEnforcer.violates(task, constraints, of: spec, on: node) || crowdedOut.contains(task.id) {
            return stop(&task, because: ConstraintEnforcer.reason)
        }
        switch TimeLimits.judge(task, view.status(task), at: view.time) {
        case .overrun(let reason): stop(&task, because: reason)
        case .inTime(let end): plan.wake(at: end)
        case nil: break
        }
    }
}

// MARK: - What there should be

extension Orchestrator {
    /// The positions that should have a task, in order; all others are on their way out. `nil`: the batch is full.
    private mutating func wanted(
        _ service: Service, _ spec: TaskSpec, _ places: inout [Position: Occupied]
    ) -> [Position]? {
        service.spec?.global == nil ? slots(service, &places) : nodes(spec, &places)
    }

    private mutating func slots(_ service: Service, _ places: inout [Position: Occupied]) -> [Position]? {
        let count = Int(clamping: service.spec?.replicated?.replicas ?? 0)
        var held = places.values.filter { !$0.isLeaving }.sorted { $0.position < $1.position }
        if held.count > count {
            let surplus = surplus(held, held.count - count)
            for place in surplus {
                guard !plan.isFull else { return nil }
                leave(place, &places)
            }
            let gone = Set(surplus.map(\.position))
            held.removeAll { gone.contains($0.position) }
        }
        var wanted = held.map(\.position)
        var next = Position(slot: 1)
        // No more than fit into a batch: the rest comes with the next one.
        while wanted.count < min(count, held.count + PlanLimits.changes) {
            let place = places[next]
            if place == nil || place?.isLeaving == true && place?.isVacant == true {
                // What was there before is forgotten: it is a new slot.
                places[next] = Occupied(next)
                wanted.append(next)
            }
            next.slot += 1
        }
        if wanted.count < count { plan.isPartial = true }
        return wanted.sorted()
    }

    /// So many slots to take away: those that do not run first, then those on the nodes with most of this service.
    private func surplus(_ held: [Occupied], _ count: Int) -> [Occupied] {
        var surplus: [Occupied] = []
        var running: [NodeID: [Occupied]] = [:]
        for place in held {
            if let task = place.active.last(where: view.runs) {
                running[task.nodeID, default: []].append(place)
            } else {
                surplus.append(place)
            }
        }
        // The highest first.
        surplus = Array(surplus.suffix(count).reversed())
        // What does not fit into a batch goes with the next one.
        while surplus.count < min(count, PlanLimits.changes) {
            let fullest = running.max {
                ($0.value.count, $0.value.last?.position ?? Position())
                    < ($1.value.count, $1.value.last?.position ?? Position())
            }
            guard let node = fullest?.key, let place = running[node]?.popLast() else { break }
            surplus.append(place)
        }
        return surplus
    }

    private mutating func nodes(_ spec: TaskSpec, _ places: inout [Position: Occupied]) -> [Position]? {
        let constraints = spec.constraints
        var wanted: [Position] = []
        for node in view.store.allNodes {
            let position = Position(node: node.id)
            let hasTask = places[position]?.active.isEmpty == false
            if GlobalNodes.includes(node, spec, constraints, hasTask: hasTask) { wanted.append(position) }
        }
        let isWanted = Set(wanted)
        for place in places.values.sorted(by: { $0.position < $1.position })
        where !isWanted.contains(place.position) && !(place.isVacant && place.isLeaving) {
            let node = view.store.node(place.position.node)
            if node != nil, place.active.isEmpty { continue }
            guard !plan.isFull else { return nil }
            leave(place, &places, forgets: node == nil)
        }
        return wanted
    }

    /// Asks all tasks of a position to stop, and to be forgotten.
    private mutating func leave(
        _ place: Occupied, _ places: inout [Position: Occupied], forgets: Bool = true
    ) {
        let desired = forgets ? TaskState.remove : .shutdown
        for task in place.tasks where task.desired < desired {
            plan.edit(task.id) { change in
                change.desired = desired
                change.remove = forgets && !task.isAlive
            }
        }
        places[place.position] = nil
    }

    /// Gives a position that has no task its next one, when the policy wants it.
    private mutating func fill(_ place: inout Occupied, _ service: Service, _ supervisor: UpdateSupervisor) {
        guard place.isVacant else { return }
        guard let last = place.tasks.last, supervisor.isCurrent(last) else { return create(service, &place) }
        follow(last, &place, service, supervisor)
    }

    private mutating func follow(
        _ last: StoredTask, _ place: inout Occupied, _ service: Service, _ supervisor: UpdateSupervisor
    ) {
        let policy = supervisor.spec.restart ?? RestartPolicy()
        switch RestartSupervisor.next(after: last, policy, at: view.time) {
        case .never: break
        case .create(let start, let failures): create(service, &place, failures, after: start)
        }
    }
}

// MARK: - Images

extension Orchestrator {
    /// The first node that fetched the service's image decides what its tag means for all.
    private mutating func pin(_ service: Service) {
        guard service.awaitsDigest, let revision = service.meta?.specRevision else { return }
        for task in view.store.tasks(of: service.id) where task.serviceRevision == revision {
            guard let digest = view.status(task).fetchedDigest else { continue }
            var pin = ImagePin()
            pin.serviceID = service.id
            pin.specRevision = revision
            pin.digest = digest
            return plan.pins.append(pin)
        }
    }
}

// MARK: - Updates

extension Orchestrator {
    private mutating func update(
        _ places: [Occupied], _ service: Service, _ supervisor: UpdateSupervisor
    ) -> Bool {
        for place in places where place.active.count > 1 {
            guard !plan.isFull else { return false }
            awaitsTasks = true
            thin(place, supervisor)
        }
        let places = places.filter { place in
            place.position.slot > 0 || view.store.node(place.position.node)?.spec?.availability != .pause
        }
        let decision = supervisor.decide(places)
        if decision.awaitsTasks { awaitsTasks = true }
        if let wake = decision.wakeAt { plan.wake(at: wake) }
        if let progress = decision.progress { plan.updates.append(progress) }
        if supervisor.startsFirst, !supervisor.isPaused, decision.progress == nil { retry(places, service, supervisor) }
        let replaced = Set(decision.replace)
        for var place in places where replaced.contains(place.position) {
            guard !plan.isFull else { return false }
            if supervisor.startsFirst {
                create(service, &place)
            } else {
                for task in place.active where !supervisor.isCurrent(task) { stop(task) }
            }
        }
        return true
    }

    /// Leaves a position one task: the one that the spec asks for, once it runs or when nothing may run beside it.
    private mutating func thin(_ place: Occupied, _ supervisor: UpdateSupervisor) {
        let current = place.active.filter(supervisor.isCurrent)
        let kept = current.first(where: view.runs) ?? current.last ?? place.active.first(where: view.runs)
        guard let kept = kept ?? place.active.last else { return }
        let mayWait = supervisor.startsFirst && !view.runs(kept) && supervisor.isCurrent(kept)
        let old = place.active.filter { !supervisor.isCurrent($0) }
        let beside = mayWait ? old.first(where: view.runs) ?? old.last : nil
        for task in place.active where task.id != kept.id && task.id != beside?.id { stop(task) }
    }

    /// A new task that failed beside the old one is tried again.
    private mutating func retry(_ places: [Occupied], _ service: Service, _ supervisor: UpdateSupervisor) {
        for var place in places where place.hasRoomBeside && !place.active.contains(where: supervisor.isCurrent) {
            guard !plan.isFull, let last = supervisor.attempts(place).last, last.hasEnded else { continue }
            follow(last, &place, service, supervisor)
        }
    }
}

// MARK: - Changes of tasks

extension Orchestrator {
    private mutating func create(
        _ service: Service, _ place: inout Occupied, _ failures: UInt32 = 0, after start: Timestamp = .zero
    ) {
        var task = StoredTask()
        task.id = TaskID(random: &generator)
        task.serviceID = service.id
        task.slot = place.position.slot
        task.boundNode = place.position.node
        task.serviceRevision = service.meta?.specRevision ?? .zero
        task.failures = failures
        task.startAfter = start
        plan.edit(task.id) { $0.create = task }
        // Apply fills these in.
        task.spec = service.spec?.task
        task.desired = .running
        created.append(task)
        place.tasks.append(task)
        place.active.append(task)
    }

    private mutating func stop(_ task: StoredTask) {
        var task = task
        stop(&task)
    }

    /// - Parameter reason: kept in the task's status; empty: it did nothing wrong.
    private mutating func stop(_ task: inout StoredTask, because reason: String = "") {
        guard task.desired < .shutdown else { return }
        task.desired = .shutdown
        plan.edit(task.id) { $0.desired = max($0.desired, .shutdown) }
        guard !reason.isEmpty, var status = task.status else { return }
        status.error = reason
        task.status = status
        plan.edit(task.id) { $0.status = status }
    }

    private mutating func orphan(_ task: StoredTask) {
        var task = task
        orphan(&task)
    }

    private mutating func orphan(_ task: inout StoredTask) {
        var status = TaskStatus()
        status.state = .orphaned
        status.since = view.time
        status.message = "node is down"
        task.status = status
        task.desired = max(task.desired, .shutdown)
        let desired = task.desired
        plan.edit(task.id) { change in
            change.desired = desired
            change.status = status
        }
    }
}
