import Model
import Store

/// How a service's update goes on: which tasks are replaced next, when too many fail, when it is over.
///
///     none ──tasks differ──▶ updating ──all watched──▶ completed
///                               ├──too many failed──▶ paused
///                               └──too many failed──▶ rollback started ──all watched──▶ rollback completed
///                                                           └──too many failed──▶ rollback paused
///
/// All is read from the tasks and from `Service.updateStatus`, so that a new leader carries on where the old one
/// stopped. A paused update goes on only with another spec. Rules and sentences are Swarm's.
struct UpdateSupervisor {
    /// What to do now.
    struct Decision {
        /// To be committed; `nil`: nothing new.
        var progress: UpdateProgress?
        /// Positions whose task is to be replaced.
        var replace: [Position] = []
        /// When time alone will change the decision.
        var wakeAt: Timestamp?
        /// Whether tasks that get on change it too.
        var awaitsTasks = false

        mutating func wake(at time: Timestamp) { wakeAt = min(wakeAt ?? time, time) }
    }

    /// Where a position stands in the update.
    enum Stage: Equatable {
        /// Its task is of the spec, or like it, and was not made by this update.
        case untouched
        /// It still has its old task.
        case dirty
        /// The old task stops, or the new one is on its way.
        case underWay
        /// The first new task runs, or has ended, since then; or the position can't go on.
        case settled(Timestamp, runs: Bool)
    }

    /// What keeps a position from going on, and until when an update waits for it.
    private struct Obstacle {
        var end: Timestamp
        var reason: String
    }

    let service: Service
    let spec: TaskSpec
    let config: UpdateConfig
    let view: PlanView
    private let revision: Revision
    private let isRollback: Bool

    init?(_ service: Service, _ view: PlanView) {
        guard let spec = service.spec?.task else { return nil }
        self.service = service
        self.spec = spec
        self.view = view
        revision = service.meta?.specRevision ?? .zero
        let state = service.updateStatus?.state ?? .unspecified
        isRollback = state == .rollbackStarted || state == .rollbackPaused || state == .rollbackCompleted
        config = (isRollback ? service.spec?.rollback : service.spec?.update) ?? UpdateConfig()
    }

    var startsFirst: Bool { config.order == .startFirst }
    private var state: UpdateState { service.updateStatus?.state ?? .unspecified }
    var isPaused: Bool { state == .paused || state == .rollbackPaused }
    private var isRunning: Bool { state == .updating || state == .rollbackStarted }
    private var monitor: UInt64 { config.monitorMilliseconds ?? PlanLimits.monitorMilliseconds }

    /// Whether a task is what the service asks for.
    func isCurrent(_ task: StoredTask) -> Bool { isOfSpec(task) && !hasAnotherImage(task) }

    /// Where a task runs matters only when its node no longer suits.
    private func isOfSpec(_ task: StoredTask) -> Bool {
        if task.serviceRevision == revision || task.spec == spec { return true }
        guard let node = view.store.node(task.nodeID), service.isRun(by: task, view.status(task)) else { return false }
        return spec.constraints.allSatisfy { $0.matches(node) }
    }

    /// Whether a task was on its way when the digest became known, and found another one.
    private func hasAnotherImage(_ task: StoredTask) -> Bool {
        guard !service.imageDigest.isEmpty, task.imageDigest != service.imageDigest,
            task.spec?.isOfSameImage(as: spec) == true,
            let digest = view.status(task).fetchedDigest
        else { return false }
        return digest != service.imageDigest
    }

    /// The tasks of a position that were made from this spec, oldest first.
    func attempts(_ place: Occupied) -> [StoredTask] {
        place.tasks.filter { $0.serviceRevision == revision && !hasAnotherImage($0) }
    }

    func decide(_ places: [Occupied]) -> Decision {
        var decision = Decision()
        guard !isPaused else { return decision }
        let stages = places.map { stage($0, &decision) }
        let dirty = places.indices.filter { stages[$0] == .dirty }
        decision.awaitsTasks = isRunning || !dirty.isEmpty
        if isRunning, let verdict = failed(places, stages) {
            decision.progress = verdict
            return decision
        }
        guard !dirty.isEmpty else {
            if isRunning, isOver(stages, &decision) {
                decision.progress = progress(
                    isRollback ? .rollbackCompleted : .completed, isRollback ? "rollback completed" : "update completed"
                )
            }
            return decision
        }
        // Tasks of another image alone are none: there is nothing to go back to.
        if state == .unspecified, dirty.contains(where: { !places[$0].active.allSatisfy(isOfSpec) }) {
            decision.progress = progress(.updating, "update in progress")
        }
        let limit = config.parallelism ?? PlanLimits.updateParallelism
        let busy = stages.count { isBusy($0, &decision) }
        let room = limit == 0 ? dirty.count : max(0, Int(clamping: limit) - busy)
        // Those that do not run lose nothing.
        let first = dirty.filter { !places[$0].active.contains(where: view.runs) }
        let rest = dirty.filter { places[$0].active.contains(where: view.runs) }
        decision.replace = (first + rest).prefix(room).map { places[$0].position }
        return decision
    }

    // MARK: - Stages

    private func stage(_ place: Occupied, _ decision: inout Decision) -> Stage {
        let stage = stage(place)
        guard stage == .underWay, let obstacle = obstacle(place) else { return stage }
        // Whether that is too much of a failure or not: the others don't wait for it.
        return isBefore(obstacle.end, &decision) ? .underWay : .settled(obstacle.end, runs: false)
    }

    private func stage(_ place: Occupied) -> Stage {
        let attempts = attempts(place)
        // One that was taken away says nothing of the spec, but the one that follows does.
        guard let first = attempts.first(where: { !wasTakenAway($0) }) else {
            guard attempts.isEmpty else { return .underWay }
            guard place.active.contains(where: { !isCurrent($0) }) else {
                return place.active.isEmpty && !place.stopping.isEmpty ? .underWay : .untouched
            }
            // A third task beside two is none that an order allows.
            return startsFirst && !place.hasRoomBeside ? .underWay : .dirty
        }
        let status = view.status(first)
        switch status.state {
        case .running: return .settled(status.since, runs: true)
        case let state where state.hasEnded || first.desired > .running: return .settled(status.since, runs: false)
        default: return .underWay
        }
    }

    /// Whether a task was asked to stop, or lost, for no reason of its own.
    private func wasTakenAway(_ task: StoredTask) -> Bool {
        task.desired > .running && !RestartSupervisor.endedByItself(task) && task.status?.error.isEmpty != false
    }

    private func obstacle(_ place: Occupied) -> Obstacle? {
        let attempts = attempts(place)
        if let waiting = attempts.last, waiting.isAlive, waiting.nodeID == .none {
            let begin = max(waiting.startAfter, waiting.meta?.created ?? view.time)
            return Obstacle(
                end: begin.adding(milliseconds: PlanLimits.pendingMilliseconds),
                reason: "task \(waiting.id), which waits for a node: \(waiting.status?.error ?? "")")
        }
        guard attempts.isEmpty, let task = place.stopping.first else { return nil }
        let grace = task.spec?.program?.stopGraceMilliseconds ?? 10_000
        let (limit, isHuge) = grace.addingReportingOverflow(PlanLimits.stoppingMilliseconds)
        return Obstacle(
            end: (task.meta?.updated ?? .zero).adding(milliseconds: isHuge ? .max : limit),
            reason: "task \(task.id), which does not stop")
    }

    // MARK: - Time

    /// Whether a position takes one of the places that may be replaced at a time.
    private func isBusy(_ stage: Stage, _ decision: inout Decision) -> Bool {
        switch stage {
        case .untouched, .dirty: return false
        case .underWay: return true
        case .settled(let since, _): return isBefore(since.adding(milliseconds: config.delayMilliseconds), &decision)
        }
    }

    /// Whether every new task was watched long enough.
    private func isOver(_ stages: [Stage], _ decision: inout Decision) -> Bool {
        var isOver = true
        for stage in stages {
            switch stage {
            case .untouched, .dirty, .settled(_, runs: false): break
            case .underWay: isOver = false
            case .settled(let since, runs: true):
                if isBefore(since.adding(milliseconds: monitor), &decision) { isOver = false }
            }
        }
        return isOver
    }

    private func isBefore(_ end: Timestamp, _ decision: inout Decision) -> Bool {
        guard view.time < end else { return false }
        decision.wake(at: end)
        return true
    }

    // MARK: - Failures

    /// The next state, when more positions failed than may, of all that the update concerns.
    private func failed(_ places: [Occupied], _ stages: [Stage]) -> UpdateProgress? {
        guard config.failureAction != .continue else { return nil }
        let failures = places.compactMap(failure)
        let all = Double(max(1, stages.count { $0 != .untouched }))
        guard let last = failures.last, Double(failures.count) / all > config.maxFailureRatio else { return nil }
        if isRollback { return progress(.rollbackPaused, "rollback paused due to \(last)") }
        guard config.failureAction == .rollback else { return progress(.paused, "update paused due to \(last)") }
        guard service.canRollBack else {
            return progress(.paused, "update paused due to \(last); there is no spec to roll back to")
        }
        var rollback = progress(.rollbackStarted, "update rolled back due to \(last)")
        rollback.rollback = true
        rollback.status?.started = view.time
        return rollback
    }

    /// What went wrong at a position: however often it is tried again, it has failed once.
    private func failure(_ place: Occupied) -> String? {
        if let task = attempts(place).last(where: isFailure) {
            return "failure or early termination of task \(task.id)"
        }
        return obstacle(place).flatMap { $0.end <= view.time ? $0.reason : nil }
    }

    /// A task that this update made, and that ended while it was watched.
    private func isFailure(_ task: StoredTask) -> Bool {
        guard RestartSupervisor.endedByItself(task), let status = task.status else { return false }
        return status.started == .zero || status.since <= status.started.adding(milliseconds: monitor)
    }

    private func progress(_ state: UpdateState, _ message: String) -> UpdateProgress {
        var status = service.updateStatus ?? UpdateStatus()
        status.state = state
        status.message = message
        if status.started == .zero { status.started = view.time }
        if state == .completed || state == .rollbackCompleted { status.completed = view.time }
        var progress = UpdateProgress()
        progress.serviceID = service.id
        progress.specRevision = revision
        progress.status = status
        return progress
    }
}
