import Bytes
import Model
import Store

/// The leader's end of every worker's session: who is alive, what each should hold, what each reported.
///
/// Exists for one term of leading; a new leader begins with an empty one, and the agents register anew. It decides
/// from the applied store alone and sends each worker what its own tasks need, nothing else (D1): a value is asked
/// for by `seal` only when a task assigned to that node names it, and checked again when it comes back.
///
/// A worker's assignment, as the dispatcher sees it:
///
///     clean ──store changed──▶ dirty ──values missing──▶ sealing ──sealed──▶ dirty ──all there──▶ sent (clean)
///
/// Soft state: sessions, observed states of tasks, versions held. What must survive is asked for as commits.
package struct Dispatcher {
    /// An open channel, numbered by the driver; a node that reconnects has a new one.
    package typealias ChannelID = UInt64

    package enum Event: Sendable {
        case registered(NodeID, ChannelID, from: String, Register)
        case heartbeat(NodeID, ChannelID, Heartbeat)
        case applied(NodeID, ChannelID, AssignmentApplied)
        case reported(NodeID, ChannelID, ReportTasks)
        case channelLost(NodeID, ChannelID)
        /// The store changed what these nodes should hold.
        case changed([NodeID])
        /// Another version of a secret is current.
        case secretChanged(SecretID)
        /// What `seal` asked for; a value that could not be opened is missing.
        case sealed(NodeID, SessionID, [AssignedValue])
        /// What `commit` asked for is applied.
        case committed(NodeID, SessionID, report: UInt64)
        /// The turn ends: changed assignments go out.
        case flush
        case wake
    }

    package enum Message: Sendable {
        case registered(Registered)
        case heartbeatAnswer(HeartbeatAnswer)
        case unregistered(Unregistered)
        case assignment(Assignment)
        case reportAnswer(ReportTasksAnswer)
    }

    package enum Effect: Sendable {
        case send(ChannelID, Message)
        case close(ChannelID)
        /// Opens these values and seals each to its worker; the result comes back as `sealed`.
        case seal(NodeID, SessionID, [SealRequest])
        /// Commits what was observed of nodes.
        case observe([NodeObservation])
        /// Commits terminal states; `report` is answered once they are applied (0: nobody waits).
        case commit(NodeID, SessionID, report: UInt64, [TaskChange])
        /// Observed states of tasks changed: the planner should look.
        case replan
        case wakeAt(Moment)
    }

    /// One value for one task on one node.
    package struct SealRequest: Equatable, Sendable {
        package var node: NodeID
        package var task: TaskID
        package var secret: SecretID
        package var version: UInt64
        /// The `ValueEnvelope`.
        package var envelope: Bytes
        /// The agent's public key.
        package var sealKey: Bytes
    }

    package let lease: Duration
    var generator: any RandomNumberGenerator & Sendable
    /// By node. Walked only in the order of `order`.
    var sessions: [NodeID: WorkerSession] = [:]
    var order: [NodeID] = []
    /// Nodes that the last leader saw and this one has not, with when they count as down.
    var awaited: [NodeID: Moment] = [:]
    /// What agents reported of tasks that have not ended.
    package private(set) var observed: [TaskID: TaskStatus] = [:]
    /// Tasks of which something else was reported since the planner asked last.
    private var news: Set<TaskID> = []
    /// Which versions tasks hold, by task.
    package private(set) var held: [TaskID: [HeldVersion]] = [:]
    /// Values that each node was sent: for tests and the simulator; bounded.
    package private(set) var trace = DeliveryTrace()

    /// Begins with the term of a leader, at `now`: nodes that were ready have two leases to come back.
    package init(
        lease: Duration, store: ReplicatedStore, at now: Moment,
        generator: any RandomNumberGenerator & Sendable
    ) {
        self.lease = lease
        self.generator = generator
        for node in store.allNodes where node.status?.state == .ready {
            awaited[node.id] = now + lease * 2
        }
    }

    /// How long after its last sign of life a session ends, beyond the lease: the agent's own clock runs first (D2).
    static let leaseMargin = Duration.milliseconds(300)

    /// Takes one event; `time` is the wall clock for what people will read.
    package mutating func step(
        _ event: Event, store: ReplicatedStore, at now: Moment, time: Timestamp
    ) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .registered(let node, let channel, let address, let register):
            self.register(node, channel, address, register, store, now, time, &effects)
        case .heartbeat(let node, let channel, let heartbeat):
            beat(node, channel, heartbeat, store, now, &effects)
        case .applied(let node, let channel, let applied):
            guard let session = session(node, channel, applied.session, &effects) else { break }
            if applied.number == session.number { sessions[node]?.acknowledged = applied.number }
            hold(applied.held, of: node, store)
        case .reported(let node, let channel, let report):
            self.report(node, channel, report, store, time, &effects)
        case .channelLost(let node, let channel):
            // The session goes on until its lease ends: a restarted connection stops no task.
            if sessions[node]?.channel == channel { sessions[node]?.channel = nil }
        case .changed(let nodes):
            for node in nodes { sessions[node]?.isDirty = true }
        case .secretChanged(let secret):
            for task in store.tasks(using: secret) { sessions[task.nodeID]?.isDirty = true }
        case .sealed(let node, let id, let values):
            sealed(node, id, values, store, time, &effects)
        case .committed(let node, let id, let number):
            answerReport(node, id, number, &effects)
        case .flush: break
        case .wake: lapse(store, now, time, &effects)
        }
        for node in order where sessions[node]?.isDirty == true { flush(node, store, &effects) }
        if let next = nextWake() { effects.append(.wakeAt(next)) }
        return effects
    }
}

// MARK: - Sessions

extension Dispatcher {
    private mutating func register(
        _ node: NodeID, _ channel: ChannelID, _ address: String, _ register: Register, _ store: ReplicatedStore,
        _ now: Moment, _ time: Timestamp, _ effects: inout [Effect]
    ) {
        guard let row = store.node(node), register.sealKey.count == 32 else { return effects.append(.close(channel)) }
        if let old = sessions[node]?.channel, old != channel { effects.append(.close(old)) }
        forgetObserved(of: node, store)
        var session = WorkerSession(
            id: SessionID(random: &generator), channel: channel, sealKey: register.sealKey.copied())
        session.lapse = now + lease + Self.leaseMargin
        if sessions[node] == nil { order.append(node) }
        sessions[node] = session
        awaited[node] = nil

        var answer = Registered()
        answer.session = session.id
        answer.leaseMilliseconds = lease.milliseconds
        answer.managers = store.managerAddresses
        effects.append(.send(channel, .registered(answer)))

        var observation = NodeObservation()
        observation.id = node
        var status = NodeStatus()
        status.state = .ready
        status.address = address
        status.since = time
        observation.status = status
        observation.description = register.description
        let isNews =
            row.status?.state != .ready || row.status?.address != address || row.description != register.description
        if isNews { effects.append(.observe([observation])) }

        take(register.tasks, of: node, session.id, report: 0, store, time, &effects)
        hold(register.held, of: node, store)
        effects.append(.replan)
    }

    private mutating func beat(
        _ node: NodeID, _ channel: ChannelID, _ heartbeat: Heartbeat, _ store: ReplicatedStore, _ now: Moment,
        _ effects: inout [Effect]
    ) {
        guard session(node, channel, heartbeat.session, &effects) != nil else { return }
        let lapse = now + lease + Self.leaseMargin
        sessions[node]?.lapse = lapse
        var answer = HeartbeatAnswer()
        answer.session = heartbeat.session
        answer.leaseMilliseconds = lease.milliseconds
        answer.managers = store.managerAddresses
        effects.append(.send(channel, .heartbeatAnswer(answer)))
    }

    /// The session that the message claims, or `nil` and an answer that sends the agent back to register.
    private func session(
        _ node: NodeID, _ channel: ChannelID, _ id: SessionID, _ effects: inout [Effect]
    ) -> WorkerSession? {
        if let session = sessions[node], session.id == id, session.channel == channel { return session }
        var answer = Unregistered()
        answer.session = id
        effects.append(.send(channel, .unregistered(answer)))
        return nil
    }

    private mutating func lapse(
        _ store: ReplicatedStore, _ now: Moment, _ time: Timestamp, _ effects: inout [Effect]
    ) {
        var down: [NodeID] = []
        for node in order {
            guard let session = sessions[node], session.lapse <= now else { continue }
            if let channel = session.channel { effects.append(.close(channel)) }
            sessions[node] = nil
            down.append(node)
        }
        let gone = down
        order.removeAll { gone.contains($0) }
        down += awaited.filter { $0.value <= now }.keys.sorted()
        for node in down {
            awaited[node] = nil
            forgetObserved(of: node, store)
        }
        let observations = down.filter { store.node($0) != nil }.map { node in
            var observation = NodeObservation()
            observation.id = node
            var status = NodeStatus()
            status.state = .down
            status.message = "heartbeat failure"
            status.since = time
            observation.status = status
            return observation
        }
        if !observations.isEmpty { effects += [.observe(observations), .replan] }
    }

    private mutating func forgetObserved(of node: NodeID, _ store: ReplicatedStore) {
        for task in store.tasks(on: node) {
            if observed.removeValue(forKey: task.id) != nil { news.insert(task.id) }
            held[task.id] = nil
        }
    }

    /// Tasks whose observation changed since the last call.
    package mutating func takeNews() -> Set<TaskID> {
        defer { news = [] }
        return news
    }

    private func nextWake() -> Moment? {
        let ends = order.compactMap { sessions[$0]?.lapse } + awaited.values
        return ends.min()
    }

    /// Whether the node has a session with a lease that holds.
    package func isReady(_ node: NodeID) -> Bool { sessions[node] != nil }
    /// The channel of a node's session, for `exec` and logs.
    package func channel(of node: NodeID) -> ChannelID? { sessions[node]?.channel }
}

// MARK: - Reports

extension Dispatcher {
    private mutating func report(
        _ node: NodeID, _ channel: ChannelID, _ report: ReportTasks, _ store: ReplicatedStore,
        _ time: Timestamp, _ effects: inout [Effect]
    ) {
        guard session(node, channel, report.session, &effects) != nil else { return }
        hold(report.held, of: node, store)
        take(report.tasks, of: node, report.session, report: report.number, store, time, &effects)
        effects.append(.replan)
    }

    /// Takes what an agent says of its own tasks; what it says of others' is left out.
    private mutating func take(
        _ reports: [TaskReport], of node: NodeID, _ session: SessionID, report number: UInt64,
        _ store: ReplicatedStore, _ time: Timestamp, _ effects: inout [Effect]
    ) {
        var changes: [TaskChange] = []
        for report in reports {
            guard let task = store.task(report.taskID), task.nodeID == node, var status = report.status else {
                continue
            }
            if status.since == .zero { status.since = time }
            let known = observed[task.id]
            if let known, known.state == status.state { status.since = known.since }
            if status.state.rawValue >= TaskState.complete.rawValue {
                // How long it ran decides whether it was healthy, also for a later leader.
                if let known, known.state == .running { status.started = known.since }
                observed[task.id] = nil
                held[task.id] = nil
                guard (task.status?.state.rawValue ?? 0) < TaskState.complete.rawValue else { continue }
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

    private mutating func answerReport(
        _ node: NodeID, _ id: SessionID, _ number: UInt64, _ effects: inout [Effect]
    ) {
        guard number != 0, let session = sessions[node], session.id == id, let channel = session.channel else { return }
        var answer = ReportTasksAnswer()
        answer.session = id
        answer.number = number
        effects.append(.send(channel, .reportAnswer(answer)))
    }

    private mutating func hold(_ versions: [HeldVersion], of node: NodeID, _ store: ReplicatedStore) {
        for version in versions {
            guard let task = store.task(version.taskID), task.nodeID == node else { continue }
            var list = held[task.id] ?? []
            list.removeAll { $0.secretID == version.secretID }
            list.append(version)
            held[task.id] = list
        }
    }
}

// MARK: - Assignments

extension Dispatcher {
    /// A task's values are needed from when it is assigned until it is asked to stop.
    private func needsValues(_ task: StoredTask) -> Bool {
        task.desired.rawValue <= TaskState.running.rawValue
            && (task.status?.state.rawValue ?? 0) < TaskState.complete.rawValue
    }

    private func hasEnded(_ task: StoredTask) -> Bool {
        (task.status?.state.rawValue ?? 0) >= TaskState.complete.rawValue
    }

    private mutating func flush(_ node: NodeID, _ store: ReplicatedStore, _ effects: inout [Effect]) {
        guard var session = sessions[node], session.channel != nil, !session.isSealing else { return }
        var next = WorkerSession.Content()
        var changes: [AssignmentChange] = []
        var requests: [SealRequest] = []
        var taskChanges: [AssignmentChange] = []

        for task in store.tasks(on: node) where !hasEnded(task) {
            next.tasks[task.id] = task.desired
            if needsValues(task) {
                for reference in task.spec?.secrets ?? [] {
                    guard let version = version(of: reference, store) else { continue }
                    let key = WorkerSession.ValueKey(task: task.id, secret: reference.secretID)
                    guard next.values[key] == nil else { continue }
                    next.values[key] = version.number
                    if session.sent.values[key] == version.number { continue }
                    if let ready = session.ready[key], ready.version == version.number {
                        changes.append(AssignmentChange(.value(ready)))
                    } else if !session.failed.contains(key) {
                        requests.append(
                            SealRequest(
                                node: node, task: task.id, secret: reference.secretID, version: version.number,
                                envelope: version.sealed, sealKey: session.sealKey))
                    }
                }
                for reference in task.spec?.program?.configs ?? [] {
                    guard next.configs[reference.configID] == nil, let config = store.config(reference.configID) else {
                        continue
                    }
                    let revision = config.meta?.specRevision ?? .zero
                    next.configs[config.id] = revision
                    if session.sent.configs[config.id] != revision {
                        changes.append(AssignmentChange(config))
                    }
                }
            } else {
                next.keepValues(of: task.id, from: session.sent)
            }
            if session.sent.tasks[task.id] != task.desired { taskChanges.append(AssignmentChange(.task(task))) }
        }
        guard requests.isEmpty else {
            session.isSealing = true
            sessions[node] = session
            return effects.append(.seal(node, session.id, requests))
        }

        changes += taskChanges
        changes += session.sent.tasks.keys.filter { next.tasks[$0] == nil }.sorted().map { id in
            var removed = RemovedTask()
            removed.taskID = id
            return AssignmentChange(.removedTask(removed))
        }
        changes += session.sent.configs.keys.filter { next.configs[$0] == nil }.sorted().map { id in
            var removed = RemovedConfig()
            removed.configID = id
            return AssignmentChange(.removedConfig(removed))
        }
        session.isDirty = false
        session.ready = [:]
        session.failed = []
        let isFirst = session.number == 0
        if isFirst || !changes.isEmpty {
            session.sent = next
            send(changes, isFirst ? .complete : .incremental, &session, node, &effects)
        }
        sessions[node] = session
    }

    private func version(of reference: SecretReference, _ store: ReplicatedStore) -> SecretVersion? {
        guard let secret = store.secret(reference.secretID) else { return nil }
        if reference.version == 0 { return secret.versions.last }
        return secret.versions.first { $0.number == reference.version }
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

    private mutating func sealed(
        _ node: NodeID, _ id: SessionID, _ values: [AssignedValue], _ store: ReplicatedStore,
        _ time: Timestamp, _ effects: inout [Effect]
    ) {
        guard var session = sessions[node], session.id == id else { return }
        session.isSealing = false
        session.isDirty = true
        for value in values {
            // The store may have moved on since: only what the task still needs is kept (D1); `flush` looks again.
            guard let task = store.task(value.taskID), task.nodeID == node, needsValues(task) else { continue }
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
            var change = TaskChange()
            change.id = request.task
            var status = TaskStatus()
            status.state = .rejected
            status.since = time
            status.message = "preparing"
            status.error = "the value of secret \(store.secret(request.secret)?.spec?.name ?? "") could not be opened"
            change.status = status
            changes.append(change)
        }
        sessions[node] = session
        return [.commit(node, id, report: 0, changes), .replan]
    }
}

extension AssignmentChange {
    init(_ thing: AssignedThing) {
        self.init()
        self.thing = thing
    }

    init(_ config: Config) {
        var assigned = AssignedConfig()
        assigned.configID = config.id
        assigned.revision = config.meta?.specRevision ?? .zero
        assigned.data = config.data
        self.init(.config(assigned))
    }

    /// About what it adds to a message, in bytes.
    var weight: Int {
        switch thing {
        case .value(let value): value.sealed.count + 128
        case .config(let config): config.data.count + 128
        case .task: 4096
        case .removedTask, .removedValue, .removedConfig, nil: 64
        }
    }
}
