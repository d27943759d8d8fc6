import Model
import Store

// MARK: - Reports

extension Dispatcher {
    mutating func report(
        _ node: NodeID, _ channel: ChannelID, _ report: ReportTasks, _ store: ReplicatedStore,
        _ time: Timestamp, _ effects: inout [Effect]
    ) {
        guard session(node, channel, report.session, &effects) != nil else { return }
        hold(report.held, of: node, store)
        take(report.tasks, of: node, report.session, report: report.number, store, time, &effects)
        effects.append(.replan)
    }

    /// Takes what an agent says of its own tasks; what it says of others' is left out.
    mutating func take(
        _ reports: [TaskReport], of node: NodeID, _ session: SessionID, report number: UInt64,
        _ store: ReplicatedStore, _ time: Timestamp, _ effects: inout [Effect]
    ) {
        var changes: [TaskChange] = []
        for report in reports {
            guard let task = store.task(report.taskID), task.nodeID == node, var status = report.status?.bounded,
                status.state.isReported
            else { continue }
            let known = observed[task.id]
            // A state only grows within a session.
            if let known, status.state < known.state { continue }
            status.since = Self.since(status, task, time)
            if let known, known.state == status.state { status.since = known.since }
            if status.state.hasEnded {
                // How long it ran decides whether it was healthy, also for a later leader.
                if let known, known.state == .running { status.started = known.since }
                status.started = min(status.started, status.since)
                observed[task.id] = nil
                held[task.id] = nil
                guard !task.hasEnded else { continue }
                var change = TaskChange()
                change.id = task.id
                change.status = status
                changes.append(change)
            } else {
                observed[task.id] = status
                if known?.state != status.state { news.insert(task.id) }
            }
        }
        guard !changes.isEmpty else { return answerReport(node, session, number, &effects) }
        // They are committed in this order: with the last all are.
        var rest = changes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(Self.mostCommitted))
            rest = rest.dropFirst(part.count)
            effects.append(.commit(node, session, report: rest.isEmpty ? number : 0, part))
        }
    }

    /// When a task came to its state. A node's clock may be wrong, or it may lie, and from then on delays are counted:
    /// not before the task was made, and not later than now.
    private static func since(_ status: TaskStatus, _ task: StoredTask, _ time: Timestamp) -> Timestamp {
        status.since == .zero ? time : min(max(status.since, task.meta?.created ?? .zero), time)
    }

    mutating func answerReport(
        _ node: NodeID, _ id: SessionID, _ number: UInt64, _ effects: inout [Effect]
    ) {
        guard number != 0, let session = sessions[node], session.id == id, let channel = session.channel else { return }
        var answer = ReportTasksAnswer()
        answer.session = id
        answer.number = number
        effects.append(.send(channel, .reportAnswer(answer)))
    }

    /// Keeps what a node says of the versions that its tasks see; only of secrets that they are given, so that the node
    /// can fill no table.
    mutating func hold(_ versions: [HeldVersion], of node: NodeID, _ store: ReplicatedStore) {
        for version in versions {
            guard let task = store.task(version.taskID), task.nodeID == node,
                task.spec?.secrets.contains(where: { $0.secretID == version.secretID }) == true
            else { continue }
            var version = version
            version.error = version.error.prefix(bytes: StoreLimits.statusBytes)
            var list = held[task.id] ?? []
            list.removeAll { $0.secretID == version.secretID }
            list.append(version)
            held[task.id] = list
        }
    }
}

extension TaskState {
    /// Whether it is a node's to tell.
    fileprivate var isReported: Bool { self >= .accepted && self <= .rejected }
}
