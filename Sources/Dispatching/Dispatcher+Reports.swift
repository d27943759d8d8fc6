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
            guard let task = store.task(report.taskID), task.nodeID == node, var status = report.status?.bounded else {
                continue
            }
            if status.since == .zero { status.since = time }
            let known = observed[task.id]
            if let known, known.state == status.state { status.since = known.since }
            if status.state.hasEnded {
                // How long it ran decides whether it was healthy, also for a later leader.
                if let known, known.state == .running { status.started = known.since }
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
        if changes.isEmpty {
            answerReport(node, session, number, &effects)
        } else {
            effects.append(.commit(node, session, report: number, changes))
        }
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
