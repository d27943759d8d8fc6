import Bytes
import Model
import Store
import Wire

// MARK: - Sessions

extension Dispatcher {
    mutating func register(
        _ node: NodeID, _ channel: ChannelID, _ address: String, _ register: Register, _ store: ReplicatedStore,
        _ now: Moment, _ time: Timestamp, _ effects: inout [Effect]
    ) {
        let restedAt = max(sessions[node]?.restedAt ?? now, now) + Self.registrationPause
        guard let row = store.node(node), register.sealKey.count == 32 else {
            return close(channel, of: node, nil, &effects)
        }
        if let failure = refusal(register, restedAt - now) { return close(channel, of: node, failure, &effects) }
        if let old = sessions[node]?.channel, old != channel { effects.append(.close(old)) }
        forgetObserved(of: node, store, but: Set(register.tasks.map(\.taskID)))
        var session = WorkerSession(
            id: SessionID(random: &generator), channel: channel, sealKey: register.sealKey.copied())
        session.lapse = now + lease + Self.leaseMargin
        session.restedAt = restedAt
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

    /// Why a node gets no session; it may be hostile.
    ///
    /// - Parameter debt: how long it should wait before it registers again.
    private func refusal(_ register: Register, _ debt: Duration) -> Failure? {
        guard debt <= Self.registrationPause * Self.registrationsAtOnce else {
            return Failure(.unavailable, "it registers too often")
        }
        let bytes = register.description?.encodedSize ?? 0
        guard bytes <= StoreLimits.descriptionBytes else {
            return Failure(
                .invalid, "it describes itself in \(bytes) bytes", why: "\(StoreLimits.descriptionBytes) are allowed")
        }
        return nil
    }

    /// Ends a channel, not the session: its node may come back on another.
    mutating func close(
        _ channel: ChannelID, of node: NodeID, _ failure: Failure?, _ effects: inout [Effect]
    ) {
        if sessions[node]?.channel == channel { sessions[node]?.channel = nil }
        effects.append(.close(channel, failure))
    }

    mutating func beat(
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
    func session(
        _ node: NodeID, _ channel: ChannelID, _ id: SessionID, _ effects: inout [Effect]
    ) -> WorkerSession? {
        if let session = sessions[node], session.id == id, session.channel == channel { return session }
        var answer = Unregistered()
        answer.session = id
        effects.append(.send(channel, .unregistered(answer)))
        return nil
    }

    mutating func lapse(
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

    /// - Parameter told: tasks that the node tells of at once.
    private mutating func forgetObserved(of node: NodeID, _ store: ReplicatedStore, but told: Set<TaskID> = []) {
        for task in store.tasks(on: node) {
            if !told.contains(task.id), observed.removeValue(forKey: task.id) != nil { news.insert(task.id) }
            held[task.id] = nil
        }
    }

    /// Tasks whose observation changed since the last call.
    package mutating func takeNews() -> Set<TaskID> {
        defer { news = [] }
        return news
    }

    func nextWake() -> Moment? {
        let ends = order.compactMap { sessions[$0]?.lapse } + awaited.values
        return ends.min()
    }

    /// The channel of a node's session, for `exec` and logs.
    package func channel(of node: NodeID) -> ChannelID? { sessions[node]?.channel }
}
