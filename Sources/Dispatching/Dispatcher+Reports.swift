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
    ///
    /// - Parameter number: of the report; 0: a registration tells how things are, whenever they came about.
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
            stamp(&status, task, known, isNew: number != 0, time)
            if status.state.hasEnded || task.hasEnded {
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

    /// Says by the leader's clock since when a task is in its state, and since when it ran: time limits, delays and
    /// the watch over an update count by it, and an agent's clock may be wrong.
    ///
    /// What is reported as it happens begins now. What runs or has ended when its node registers began when the agent
    /// says, but not before the task was assigned, nor ahead. How long it ran is right by any clock.
    private func stamp(
        _ status: inout TaskStatus, _ task: StoredTask, _ known: TaskStatus?, isNew: Bool, _ time: Timestamp
    ) {
        let told = status
        status.since = time
        if let known, known.state == status.state {
            status.since = known.since
        } else if !isNew, status.state >= .running, told.since != .zero {
            status.since = min(max(told.since, task.status?.since ?? .zero), time)
        }
        status.started = .zero
        guard status.state.hasEnded else { return }
        // How long it ran decides whether it was healthy, also for a later leader.
        if let known, known.state == .running {
            status.started = known.since
        } else if told.started != .zero {
            let ran = told.since.rawValue - min(told.started.rawValue, told.since.rawValue)
            status.started = Timestamp(rawValue: status.since.rawValue - min(ran, status.since.rawValue))
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

extension TaskState {
    /// Whether it is a node's to tell.
    fileprivate var isReported: Bool { self >= .accepted && self <= .rejected }
}
