import Bytes
import Model
import Wire

extension ReplicatedStore {
    mutating func bootstrap(_ command: Bootstrap, _ at: Circumstances) throws(Failure) -> Outcome {
        guard cluster == nil else { throw Failure(.conflict, "This node is already part of a swarm") }
        guard var cluster = command.cluster, var node = command.node, cluster.id != .none, node.id != .none,
            node.member != .none
        else { throw Failure(.invalid, "a cluster begins with itself and its first manager") }
        cluster.lastMember = max(cluster.lastMember, node.member)
        node.role = .manager
        node.memberState = .voter
        node.keyringCommitment = cluster.keyringCommitment
        put(cluster, at, spec: true)
        put(Self.completed(node), at, spec: true)
        var outcome = Self.done(cluster.id, at)
        outcome.member = node.member
        return outcome
    }

    mutating func add(_ command: AddNode, _ at: Circumstances) throws(Failure) -> Outcome {
        guard var node = command.node, node.id != .none, node.role == .worker || node.role == .manager else {
            throw Failure(.invalid, "a node has an ID and a role")
        }
        guard nodes[node.id] == nil else { throw Failure(.conflict, "node \(node.id) already exists") }
        guard node.key.count == 32 else { throw Failure(.invalid, "a node's key has 32 bytes") }
        guard !nodes.contains(where: { $0.value.key == node.key }) else {
            throw Failure(.conflict, "another node has this key")
        }
        node.member = .none
        node.memberState = .unspecified
        node.keyringCommitment = Bytes()
        var outcome = Self.done(node.id, at)
        if node.role == .manager {
            node.member = enlist(command.issuingKey, at)
            node.memberState = .learner
            outcome.member = node.member
        }
        put(Self.completed(node), at, spec: true)
        return outcome
    }

    mutating func update(_ command: UpdateNode, _ at: Circumstances) throws(Failure) -> Outcome {
        guard var node = nodes[command.id] else { throw Self.notFound("node", command.id) }
        try Self.check(command.expected, node.meta?.specRevision ?? .zero, "node", node.name)
        if let spec = command.spec {
            try Names.check(labels: spec.labels)
            let wasManager = node.spec?.role == .manager
            node.spec = spec
            node = Self.completed(node)
            if wasManager, node.spec?.role == .worker, !isAnyManager(but: node.id) {
                throw Failure(.conflict, "attempting to demote the last manager of the swarm")
            }
        }
        if let address = command.address { node.address = address }
        var outcome = Self.done(node.id, at)
        switch command.role {
        case .manager where node.role != .manager:
            node.role = .manager
            node.member = enlist(nil, at)
            node.memberState = .learner
            outcome.member = node.member
        case .worker where node.role != .worker:
            guard !counts(node.member) else {
                throw Failure(
                    .conflict, "node \(node.name) is a member of the raft cluster, and can't become a worker yet")
            }
            node.role = .worker
            node.member = .none
            node.memberState = .unspecified
            node.keyringCommitment = Bytes()
        default:
            break
        }
        put(node, at, spec: command.spec != nil)
        return outcome
    }

    /// Its tasks are orphaned: nobody will ever know how they ended.
    mutating func remove(_ command: RemoveNode, _ at: Circumstances) throws(Failure) -> Outcome {
        guard let node = nodes[command.id] else { throw Self.notFound("node", command.id) }
        guard !counts(node.member) else {
            throw Failure(
                .conflict,
                "node \(node.id) is a cluster manager and is a member of the raft cluster.",
                why: "removing it would take its vote",
                try: "stop it, then conclave node rm --force \(node.name)")
        }
        // Read in a function of its own: as part of this condition, the optimiser of Swift 6.3.1 stops at it.
        guard command.force || !Self.isReady(node) else {
            throw Failure(.conflict, "node \(node.id) is not down and can't be removed", try: "--force")
        }
        for var task in tasks(on: node.id) where !task.hasEnded {
            var status = task.status ?? TaskStatus()
            status.state = .orphaned
            status.since = at.time
            status.message = "node was removed"
            task.status = status
            if task.desired < .shutdown { task.desired = .shutdown }
            put(task, at)
        }
        if var cluster, cluster.issuingKeys.contains(where: { $0.nodeID == node.id }) {
            cluster.issuingKeys.removeAll { $0.nodeID == node.id }
            put(cluster, at, spec: false)
        }
        remove(.node(node.id), at)
        return Self.done(node.id, at)
    }

    @inline(never)
    private static func isReady(_ node: Node) -> Bool {
        guard let status = node.status else { return false }
        return status.state == .ready
    }

    mutating func observe(_ command: ObserveNodes, _ at: Circumstances) -> Outcome {
        for observation in command.nodes {
            guard var node = nodes[observation.id] else { continue }
            let before = node
            if let status = observation.status { node.status = status }
            if let description = observation.description { node.description = description }
            if node != before { put(node, at, spec: false) }
        }
        var outcome = Outcome()
        outcome.revision = at.index
        return outcome
    }

    mutating func approve(_ command: ApproveMember, _ at: Circumstances) throws(Failure) -> Outcome {
        guard var node = nodes[command.id] else { throw Self.notFound("node", command.id) }
        guard node.role == .manager, node.member != .none else {
            throw Failure(.conflict, "node \(node.name) is not a manager")
        }
        guard command.commitment.count == 32, command.commitment == cluster?.keyringCommitment else {
            throw Failure(.denied, "node \(node.name) does not hold the cluster's keys")
        }
        node.memberState = .voter
        node.keyringCommitment = command.commitment
        put(node, at, spec: false)
        var outcome = Self.done(node.id, at)
        outcome.member = node.member
        return outcome
    }

    mutating func rotate(_ command: RotateToken, _ at: Circumstances) throws(Failure) -> Outcome {
        guard var cluster, var token = command.token, token.role == .worker || token.role == .manager,
            token.handle != .none, token.publicKey.count == 32
        else { throw Failure(.invalid, "a join token has a role, a handle and a key of 32 bytes") }
        guard !at.sealed.isEmpty || !token.sealed.isEmpty else {
            throw Failure(.invalid, "a join token's secret is sealed with it")
        }
        if !at.sealed.isEmpty { token.sealed = at.sealed.copied() }
        cluster.tokens.removeAll { $0.role == token.role }
        cluster.tokens.append(token)
        cluster.tokens.sort { $0.role.rawValue < $1.role.rawValue }
        put(cluster, at, spec: false)
        return Self.done(cluster.id, at)
    }
}

// MARK: - Members

extension ReplicatedStore {
    /// Whether consensus counts the member, now or in the configuration that is being entered.
    private func counts(_ member: MemberID) -> Bool {
        member != .none
            && [configuration.voters, configuration.outgoing, configuration.learners, configuration.learnersNext]
                .contains { $0.contains(member) }
    }

    private func isAnyManager(but id: NodeID) -> Bool {
        nodes.contains { $0.value.id != id && $0.value.spec?.role == .manager }
    }

    /// Gives the next member ID (S4) and takes in the manager's issuing key.
    private mutating func enlist(_ key: IssuingKey?, _ at: Circumstances) -> MemberID {
        guard var cluster else { preconditionFailure("a member without a cluster") }
        cluster.lastMember = MemberID(cluster.lastMember.rawValue + 1)
        if let key { cluster.issuingKeys.append(key) }
        put(cluster, at, spec: false)
        return cluster.lastMember
    }

    /// With what an operator need not say.
    private static func completed(_ node: Node) -> Node {
        var node = node
        var spec = node.spec ?? NodeSpec()
        if spec.availability == .unspecified { spec.availability = .active }
        if spec.role == .unspecified { spec.role = node.role }
        node.spec = spec
        return node
    }
}
