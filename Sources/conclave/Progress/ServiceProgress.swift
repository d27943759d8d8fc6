import Model

/// How far a service has come on its way to what its spec asks for.
struct ServiceProgress {
    /// One position: a slot, or a node of a global service.
    struct Line: Equatable {
        /// `1/3`, or the node's name.
        var head: String
        var state: TaskState
        /// Why it waits or failed; empty: it does neither.
        var error: String
    }

    enum Outcome: Equatable {
        case underWay
        /// All tasks run; whether they stay is to be seen for so long.
        case running(verifyMilliseconds: UInt64)
        /// It will not get there.
        case failed(String, why: String)
        /// It is what it was before, for this reason.
        case rolledBack(String)
    }

    private(set) var done = 0
    private(set) var total = 0
    private(set) var lines: [Line] = []
    private(set) var outcome = Outcome.underWay
    /// What an update says of itself while it is being rolled back.
    private(set) var rollback = ""

    /// - Parameters:
    ///   - tasks: of the service, by position, newest first.
    ///   - wasAsked: whether a rollback is what the user wants.
    init(_ shown: ShownService, _ tasks: [ShownTask], wasAsked: Bool) {
        let service = shown.service ?? Service()
        total = Int(clamping: shown.desired)
        let current = Self.newest(tasks, service)
        for task in current {
            let state = task.task?.status?.state ?? .unspecified
            if Self.hasArrived(task.task, service) { done += 1 }
            let isGlobal = task.task?.slot == 0
            let head = isGlobal ? Self.node(task) : "\(task.task?.slot ?? 0)/\(total)"
            lines.append(Line(head: head, state: state, error: Self.error(task.task, tasks)))
        }
        let status = service.updateStatus ?? UpdateStatus()
        let isWhole = done == total && current.count == done
        let cause = Self.cause(status.message, tasks)
        outcome = Self.outcome(service, status, cause, isWhole, wasAsked)
        if status.state == .rollbackStarted { rollback = status.message + (cause.isEmpty ? "" : ": \(cause)") }
        if outcome == .underWay, let lost = current.first(where: { Self.isLost($0.task, service) })?.task {
            outcome = .failed(
                "task \(TaskListing.name(lost)) ended and is not restarted", why: lost.status?.error ?? "")
        }
    }

    private static func outcome(
        _ service: Service, _ status: UpdateStatus, _ cause: String, _ isWhole: Bool, _ wasAsked: Bool
    ) -> Outcome {
        switch status.state {
        case .paused: return .failed("service update paused: \(status.message)", why: cause)
        case .rollbackPaused: return .failed("service rollback paused: \(status.message)", why: cause)
        case .rollbackCompleted where !wasAsked && isWhole: return .rolledBack(status.message)
        // The leader watches the tasks of an update; what it calls completed is.
        case .completed, .rollbackCompleted: return isWhole ? .running(verifyMilliseconds: 0) : .underWay
        case .updating, .rollbackStarted: return .underWay
        default:
            return isWhole ? .running(verifyMilliseconds: service.spec?.update?.monitorMilliseconds ?? 5000) : .underWay
        }
    }

    // MARK: - Tasks

    /// The task of each position that counts: the newest, unless its slot was scaled away.
    private static func newest(_ tasks: [ShownTask], _ service: Service) -> [ShownTask] {
        let replicas = service.spec?.replicated?.replicas ?? 0
        var seen: Set<String> = []
        return tasks.filter { shown in
            guard let task = shown.task, seen.insert(TaskListing.name(task)).inserted else { return false }
            if task.desired.rawValue <= TaskState.running.rawValue { return true }
            return task.desired != .remove && task.slot > 0 && task.slot <= replicas
        }
    }

    /// Why a task waits or failed; of one that is another try, why the one before it failed.
    private static func error(_ task: StoredTask?, _ tasks: [ShownTask]) -> String {
        guard let task, let status = task.status else { return "" }
        guard status.error.isEmpty, task.failures > 0, status.state.rawValue < TaskState.running.rawValue else {
            return status.error
        }
        let name = TaskListing.name(task)
        let earlier = tasks.compactMap(\.task).drop { $0.id != task.id }.dropFirst()
        return earlier.first { TaskListing.name($0) == name }?.status?.error ?? ""
    }

    /// Why the task failed that the message of an update names; empty: it names none.
    private static func cause(_ message: String, _ tasks: [ShownTask]) -> String {
        tasks.compactMap(\.task).first { message.contains($0.id.description) }?.status?.error ?? ""
    }

    private static func isCurrent(_ task: StoredTask, _ service: Service) -> Bool {
        task.serviceRevision == service.meta?.specRevision || service.isRun(by: task, task.status)
    }

    private static func hasArrived(_ task: StoredTask?, _ service: Service) -> Bool {
        guard let task, isCurrent(task, service) else { return false }
        switch task.status?.state ?? .unspecified {
        case .running: return task.desired.rawValue <= TaskState.running.rawValue
        case .complete: return service.spec?.task?.restart?.condition ?? .any != .any
        default: return false
        }
    }

    /// Whether a task failed for good.
    private static func isLost(_ task: StoredTask?, _ service: Service) -> Bool {
        let policy = service.spec?.task?.restart ?? RestartPolicy()
        guard let task, let state = task.status?.state, state == .failed || state == .rejected,
            isCurrent(task, service)
        else { return false }
        return policy.condition == .none || policy.maxAttempts > 0 && task.failures >= policy.maxAttempts
    }

    private static func node(_ shown: ShownTask) -> String {
        shown.nodeName.isEmpty ? shown.task?.boundNode.short ?? "" : shown.nodeName
    }
}
