import Model

// MARK: - The session and its lease

extension Agent {
    mutating func connected(at now: Moment, _ effects: inout [Effect]) {
        guard session == .dialling else { return }
        session = .registering
        asked = now
        answerDue = now + Self.answerTimeout
        var register = Register()
        register.previous = lastSession
        register.description = description
        register.sealKey = sealKey
        for id in order {
            guard let task = tasks[id] else { continue }
            var report = TaskReport()
            report.taskID = id
            report.status = task.status
            register.tasks.append(report)
            register.held.append(contentsOf: task.shown)
        }
        effects.append(.register(register))
    }

    mutating func registered(_ answer: Registered, at now: Moment, _ effects: inout [Effect]) {
        guard session == .registering, answer.session != .none else { return breach(at: now, &effects) }
        session = .active(answer.session)
        lastSession = answer.session
        backOff = Self.firstPause
        // A new session begins with a complete assignment; nothing of the last one's numbers holds.
        applied = 0
        acknowledging = 0
        parts = []
        opening = []
        reporting = 0
        // `Register` told all of this.
        dirty = []
        dirtyHeld = []
        extendLease(milliseconds: answer.leaseMilliseconds)
        learn(answer.managers, &effects)
    }

    mutating func heartbeatAnswered(_ answer: HeartbeatAnswer, at now: Moment, _ effects: inout [Effect]) {
        guard session == .active(answer.session) else { return breach(at: now, &effects) }
        extendLease(milliseconds: answer.leaseMilliseconds)
        learn(answer.managers, &effects)
        // What waited for the lease begins.
        for id in order where tasks[id]?.phase == .ready { advance(id, at: now, &effects) }
    }

    mutating func unregistered(_ answer: Unregistered, at now: Moment, _ effects: inout [Effect]) {
        guard session == .active(answer.session) else { return }
        effects.append(.hangUp)
        lost(at: now, &effects)
    }

    mutating func redirected(_ redirect: Redirect, at now: Moment, _ effects: inout [Effect]) {
        leader = redirect.leader
        learn(redirect.managers, &effects)
        effects.append(.hangUp)
        lost(at: now, &effects)
        // A leader that is known is dialled at once.
        if leader != nil { redial = now }
    }

    /// The peer broke the protocol. That is input, not a bug: end the connection.
    mutating func breach(at now: Moment, _ effects: inout [Effect]) {
        effects.append(.hangUp)
        lost(at: now, &effects)
    }

    mutating func lost(at now: Moment, _ effects: inout [Effect]) {
        session = .idle
        nextHeartbeat = nil
        answerDue = nil
        parts = []
        let jitter = UInt64.random(in: 0...backOff / 2, using: &generator)
        redial = now + .milliseconds(backOff / 2 + jitter)
        backOff = min(backOff * 2, Self.longestPause)
    }

    /// A session tells at its beginning what its node can do, so there is a new one.
    mutating func described(_ description: NodeDescription, at now: Moment, _ effects: inout [Effect]) {
        guard description != self.description else { return }
        self.description = description
        switch session {
        case .idle, .dialling: return
        case .registering, .active:
            effects.append(.hangUp)
            lost(at: now, &effects)
            redial = now
        }
    }

    mutating func dialNext(at now: Moment, _ effects: inout [Effect]) {
        redial = nil
        let target: ManagerAddress
        if let leader {
            target = leader
            self.leader = nil  // Once; if it does not answer, the others are asked.
        } else if !managers.isEmpty {
            target = managers[candidate % managers.count]
            candidate = (candidate + 1) % managers.count
        } else {
            redial = now + .milliseconds(Self.longestPause)
            return
        }
        session = .dialling
        effects.append(.dial(target))
    }

    mutating func wake(at now: Moment, _ effects: inout [Effect]) {
        if let redial, redial <= now { dialNext(at: now, &effects) }
        if let answerDue, answerDue <= now, session != .idle {
            effects.append(.hangUp)
            lost(at: now, &effects)
        }
        if let nextHeartbeat, nextHeartbeat <= now, case .active(let id) = session {
            var heartbeat = Heartbeat()
            heartbeat.session = id
            heartbeat.applied = applied
            asked = now
            self.nextHeartbeat = nil
            answerDue = now + Self.answerTimeout
            effects.append(.heartbeat(heartbeat))
        }
        check(at: now, &effects)
        if let lapse, lapse <= now {
            self.lapse = nil
            for id in order where tasks[id]?.task.spec?.onPartition == .stop { end(id, at: now, &effects) }
        }
    }

    private mutating func extendLease(milliseconds: UInt64) {
        lease = .milliseconds(milliseconds)
        answerDue = nil
        // From when it was asked for, not from when it was granted, or the two ends could believe different things.
        lapse = asked + max(.zero, lease - Self.leaseMargin)
        // A little earlier each time: agents that one moment set in step must not stay in it.
        let third = lease / 3
        let jitter = UInt64.random(in: 0...third.milliseconds / 10, using: &generator)
        nextHeartbeat = asked + (third - .milliseconds(jitter))
    }

    private mutating func learn(_ fresh: [ManagerAddress], _ effects: inout [Effect]) {
        guard !fresh.isEmpty, fresh != managers else { return }
        managers = fresh
        candidate = 0
        effects.append(.remember(fresh))
    }

    func nextWake() -> [Effect] {
        let checks = watched.compactMap { tasks[$0]?.health?.due }
        return ([redial, answerDue, nextHeartbeat, lapse].compactMap(\.self) + checks).min().map { [.wakeAt($0)] } ?? []
    }
}
