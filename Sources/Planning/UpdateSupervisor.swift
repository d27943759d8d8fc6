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
    }

    /// Where a position stands in the update.
    enum Stage: Equatable {
        /// Its task is of the spec, or like it, and was not made by this update.
        case untouched
        /// It still has its old task.
        case dirty
        /// The old task stops, or the new one is on its way.
        case underWay
        /// The first new task runs, or has ended, since then.
        case settled(Timestamp, runs: Bool)
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

    /// Whether a task is what the spec asks for. Where it runs matters only when its node no longer suits.
    func isCurrent(_ task: StoredTask) -> Bool {
        if hasAnotherImage(task) { return false }
        if task.serviceRevision == revision || task.spec == spec { return true }
        guard let node = view.store.node(task.nodeID), service.isRun(by: task, view.status(task)) else { return false }
        return spec.constraints.allSatisfy { $0.matches(node) }
    }

    /// Whether a task of the spec was on its way when the digest became known, and found another one.
    private func hasAnotherImage(_ task: StoredTask) -> Bool {
        guard !service.imageDigest.isEmpty, task.serviceRevision == revision,
            let digest = view.status(task).fetchedDigest
        else { return false }
        return digest != service.imageDigest
    }

    func decide(_ places: [Occupied]) -> Decision {
        var decision = Decision()
        guard !isPaused else { return decision }
        let stages = places.map(stage)
        let dirty = places.indices.filter { stages[$0] == .dirty }
        if isRunning, let verdict = failed(places, dirty.count, &decision) {
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
        if state == .unspecified { decision.progress = progress(.updating, "update in progress") }
        let limit = config.parallelism ?? PlanLimits.updateParallelism
        let busy = stages.count { isBusy($0, &decision) }
        let room = limit == 0 ? dirty.count : max(0, Int(clamping: limit) - busy)
        // Those that do not run lose nothing.
        let first = dirty.filter { !places[$0].active.contains(where: view.runs) }
        let rest = dirty.filter { places[$0].active.contains(where: view.runs) }
        decision.replace = (first + rest).prefix(room).map { places[$0].position }
        return decision
    }

    func stage(_ place: Occupied) -> Stage {
        guard let first = place.tasks.first(where: { $0.serviceRevision == revision && !hasAnotherImage($0) }) else {
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
        decision.wakeAt = min(decision.wakeAt ?? end, end)
        return true
    }

    // MARK: - Failures

    /// The next state, when more tasks failed than may.
    private func failed(_ places: [Occupied], _ dirty: Int, _ decision: inout Decision) -> UpdateProgress? {
        guard config.failureAction != .continue else { return nil }
        var failures: [String] = []
        var touched = 0
        for place in places {
            let attempts = place.attempts(revision)
            if !attempts.isEmpty { touched += 1 }
            failures += attempts.filter(isFailure).map { "failure or early termination of task \($0.id)" }
            failures += stalls(place, attempts, &decision)
        }
        let all = Double(max(1, dirty + touched))
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

    /// A task that this update made, and that ended while it was watched.
    private func isFailure(_ task: StoredTask) -> Bool {
        guard RestartSupervisor.endedByItself(task), let status = task.status else { return false }
        return status.started == .zero || status.since <= status.started.adding(milliseconds: monitor)
    }

    /// What keeps a position from going on for too long.
    private func stalls(_ place: Occupied, _ attempts: [StoredTask], _ decision: inout Decision) -> [String] {
        var stalls: [String] = []
        if let waiting = attempts.last, waiting.isAlive, waiting.nodeID == .none {
            let begin = max(waiting.startAfter, waiting.meta?.created ?? view.time)
            if !isBefore(begin.adding(milliseconds: PlanLimits.pendingMilliseconds), &decision) {
                stalls.append("task \(waiting.id), which waits for a node: \(waiting.status?.error ?? "")")
            }
        }
        for task in place.stopping where attempts.isEmpty {
            let grace = task.spec?.program?.stopGraceMilliseconds ?? 10_000
            let (limit, isHuge) = grace.addingReportingOverflow(PlanLimits.stoppingMilliseconds)
            let asked = task.meta?.updated ?? .zero
            if !isBefore(asked.adding(milliseconds: isHuge ? .max : limit), &decision) {
                stalls.append("task \(task.id), which does not stop")
            }
        }
        return stalls
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
