import Model
import Store

// MARK: - Assignments

extension Dispatcher {
    /// Sends a node what changed of its assignment, once the values in it are sealed.
    mutating func flush(_ node: NodeID, _ store: ReplicatedStore, _ time: Timestamp, _ effects: inout [Effect]) {
        guard var session = sessions[node], session.channel != nil, !session.isSealing else { return }
        var plan = AssignmentPlan(for: node, session)
        for task in store.tasks(on: node) where !task.hasEnded { plan.add(task, store) }
        if !plan.refused.isEmpty {
            let changes = plan.refused.map { Self.rejection($0.task, $0.reason, time) }
            effects += [.commit(node, session.id, report: 0, changes), .replan]
        }
        guard plan.requests.isEmpty else {
            session.isSealing = true
            sessions[node] = session
            return effects.append(.seal(node, session.id, plan.requests))
        }
        let changes = plan.changes
        let isFirst = session.number == 0
        session.isDirty = false
        session.ready = [:]
        session.failed = []
        if isFirst || !changes.isEmpty {
            session.sent = plan.content
            send(changes, isFirst ? .complete : .incremental, &session, node, &effects)
        }
        sessions[node] = session
    }

    /// Cuts an assignment into messages, none of which is larger than one value needs.
    private mutating func send(
        _ changes: [AssignmentChange], _ kind: AssignmentKind, _ session: inout WorkerSession, _ node: NodeID,
        _ effects: inout [Effect]
    ) {
        guard let channel = session.channel else { return }
        var assignment = Assignment()
        assignment.session = session.id
        assignment.kind = kind
        assignment.appliesTo = session.number
        session.number += 1
        assignment.number = session.number
        var bytes = 0
        for change in changes {
            if bytes + change.weight > Self.messageBytes, !assignment.changes.isEmpty {
                assignment.more = true
                effects.append(.send(channel, .assignment(assignment)))
                assignment.changes = []
                bytes = 0
            }
            bytes += change.weight
            assignment.changes.append(change)
            if case .value(let value) = change.thing {
                trace.add(node: node, task: value.taskID, secret: value.secretID, version: value.version)
            }
        }
        assignment.more = false
        effects.append(.send(channel, .assignment(assignment)))
    }

    /// What one part of an assignment may weigh; a message is at most 2 MiB.
    static let messageBytes = 768 * 1024

    mutating func sealed(
        _ node: NodeID, _ id: SessionID, _ values: [AssignedValue], _ store: ReplicatedStore,
        _ time: Timestamp, _ effects: inout [Effect]
    ) {
        guard var session = sessions[node], session.id == id else { return }
        session.isSealing = false
        session.isDirty = true
        for value in values {
            // The store may have moved on since: only what the task still needs is kept (D1); `flush` looks again.
            guard let task = store.task(value.taskID), task.nodeID == node, task.needsValues else { continue }
            session.ready[WorkerSession.ValueKey(task: value.taskID, secret: value.secretID)] = value
        }
        sessions[node] = session
    }

    /// Tells the dispatcher that a value could not be opened: its task is rejected, with the reason.
    package mutating func sealFailed(
        _ node: NodeID, _ id: SessionID, _ requests: [SealRequest], store: ReplicatedStore, time: Timestamp
    ) -> [Effect] {
        guard var session = sessions[node], session.id == id else { return [] }
        var changes: [TaskChange] = []
        for request in requests {
            session.failed.insert(WorkerSession.ValueKey(task: request.task, secret: request.secret))
            let reason = "the value of secret \(store.secret(request.secret)?.spec?.name ?? "") could not be opened"
            changes.append(Self.rejection(request.task, reason, time))
        }
        sessions[node] = session
        return [.commit(node, id, report: 0, changes), .replan]
    }

    /// A task that its node is never told of.
    private static func rejection(_ task: TaskID, _ reason: String, _ time: Timestamp) -> TaskChange {
        var status = TaskStatus()
        status.state = .rejected
        status.since = time
        status.message = "preparing"
        status.error = reason
        var change = TaskChange()
        change.id = task
        change.status = status
        return change
    }
}
