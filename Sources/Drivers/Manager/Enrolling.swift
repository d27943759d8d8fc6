import Bytes
import Identity
import Model
import Primitives
import Sealing
import Seams
import Store
import Wire

// MARK: - Nodes that come in

extension Manager {
    /// How long a node's certificate is valid unless the cluster's spec says otherwise.
    static let certificateSeconds: UInt64 = 7 * 86_400

    private var validity: Validity {
        let seconds = store.cluster?.spec?.certificateSeconds ?? 0
        return Validity(from: environment.time.wallClock, seconds: seconds == 0 ? Self.certificateSeconds : seconds)
    }

    /// The founder's first command: from what its identity and keyring hold, with two fresh tokens.
    func makeBootstrap() throws(Failure) -> Bootstrap {
        guard let clusterKeys = keys.cluster else { throw Failure(.integrity, "the founder has no cluster keys") }
        var bootstrap = Bootstrap()
        bootstrap.cluster = try foundingCluster(clusterKeys)
        bootstrap.node = foundingRow(clusterKeys)
        return bootstrap
    }

    private func foundingCluster(_ clusterKeys: ClusterKeyring) throws(Failure) -> Cluster {
        var cluster = Cluster()
        cluster.id = identity.clusterID
        var spec = ClusterSpec()
        spec.name = "default"
        spec.taskHistory = 5
        spec.leaseMilliseconds = Leading.leaseMilliseconds
        spec.certificateSeconds = Self.certificateSeconds
        spec.snapshotEntries = 10_000
        spec.tickMilliseconds = Member.tick.milliseconds
        cluster.spec = spec
        cluster.rootKey = identity.rootKey
        cluster.rootEpoch = 1
        cluster.certificateEpoch = 1
        var issuing = IssuingKey()
        issuing.nodeID = identity.nodeID
        issuing.certificate = identity.ownIssuer
        cluster.issuingKeys = [issuing]
        var generator = environment.makeGenerator()
        cluster.tokens = [
            try keys.makeToken(.worker, from: &generator).1, try keys.makeToken(.manager, from: &generator).1,
        ]
        cluster.payloadKeys = clusterKeys.payloadKeys.map { key in
            var epoch = KeyEpoch()
            epoch.epoch = key.epoch
            epoch.commitment = key.commitment?.bytes ?? Bytes()
            return epoch
        }
        cluster.payloadEpoch = clusterKeys.payloadEpoch
        cluster.linkEpoch = clusterKeys.linkEpoch
        cluster.lastMember = identity.member
        cluster.level = 1
        cluster.keyringCommitment = clusterKeys.commitment.bytes
        return cluster
    }

    private func foundingRow(_ clusterKeys: ClusterKeyring) -> Node {
        var node = Node()
        node.id = identity.nodeID
        node.name = identity.name
        var nodeSpec = NodeSpec()
        nodeSpec.availability = foundingAvailability
        nodeSpec.role = .manager
        node.spec = nodeSpec
        node.role = .manager
        node.member = identity.member
        node.memberState = .voter
        node.incarnation = identity.incarnation
        node.address = identity.address
        node.key = keys.nodeKey.publicKey.bytes
        node.ticket = keys.keyring.ticket
        node.ticketEpoch = identity.ticketEpoch
        node.keyringCommitment = clusterKeys.commitment.bytes
        if let body = try? CertificateBody.decode((try? Certificate.decode(identity.certificate))?.body ?? Bytes()) {
            node.serial = body.serial
            node.certificateEnd = Timestamp(seconds: body.notAfter)
        }
        return node
    }

    /// A joiner came by a token: its row is committed, then it gets its certificate and ticket.
    func enrol(_ enrol: Enrol, token handle: Handle, peer: Peer) {
        guard leading != nil else {
            var answer = EnrolAnswer()
            answer.failure = Failure(.notLeader, "this manager does not lead", try: "ask the leader")
            answer.leader = leaderNode.flatMap { store.node($0)?.address } ?? ""
            return finish(answer, peer)
        }
        do throws(Failure) {
            let (node, issuing) = try row(for: enrol, handle)
            var command = AddNode()
            command.node = node
            command.issuingKey = issuing
            var proposal = Proposal()
            var actor = Actor()
            actor.kind = .cluster
            actor.name = "join from \(peer.address)"
            proposal.actor = actor
            proposal.time = environment.time.wallClock
            proposal.command = .addNode(command)
            member.propose(proposal) { [weak self] result in
                guard let self else { return }
                switch result {
                case .failure(let failure): refuse(failure, peer)
                case .success(let applied):
                    if let failure = applied.outcome.failure { return refuse(failure, peer) }
                    finish(answer(for: node, applied.outcome.member, issuing), peer)
                }
            }
        } catch {
            refuse(error, peer)
        }
    }

    private func row(for enrol: Enrol, _ handle: Handle) throws(Failure) -> (Node, IssuingKey?) {
        guard let token = store.cluster?.tokens.first(where: { $0.handle == handle }),
            (try? enrol.check(tokenKey: token.publicKey)) != nil
        else { throw Failure(.denied, "A valid join token is necessary to join this cluster") }
        guard PublicKey(enrol.key) != nil, enrol.name.utf8.count <= 253,
            enrol.description?.encodedSize ?? 0 <= StoreLimits.descriptionBytes
        else { throw Failure(.invalid, "the enrolment is incomplete") }
        var generator = environment.makeGenerator()
        var node = Node()
        node.id = NodeID(random: &generator)
        node.name = enrol.name
        var spec = NodeSpec()
        spec.availability = enrol.availability == .unspecified ? .active : enrol.availability
        spec.role = token.role
        node.spec = spec
        node.role = token.role
        node.description = enrol.description
        node.incarnation = enrol.incarnation
        node.address = enrol.address
        node.key = enrol.key
        node.serial = Serial(random: &generator)
        node.certificateEnd = Timestamp(seconds: validity.end)
        node.ticket = Handle(random: &generator)
        node.ticketEpoch = keys.cluster?.linkEpoch ?? 0
        guard token.role == .manager else { return (node, nil) }
        guard let key = VerifyingKey(enrol.issuingKey) else { throw Failure(.invalid, "the enrolment is incomplete") }
        guard let seed = keys.cluster?.rootSeed else {
            throw Failure(.unavailable, "this manager does not hold the root key")
        }
        node.memberState = .learner
        var issuing = IssuingKey()
        issuing.nodeID = node.id
        issuing.certificate = Root.certify(
            issuingKey: key, of: node.id, clusterID: identity.clusterID, serial: Serial(random: &generator), epoch: 1,
            validity: Validity(from: environment.time.wallClock, seconds: CertificateBody.maxSeconds),
            root: SigningKey(seed: seed))
        return (node, issuing)
    }

    private func answer(for node: Node, _ member: MemberID, _ issuing: IssuingKey?) -> EnrolAnswer {
        var answer = EnrolAnswer()
        guard let issuer = keys.issuingKey, let key = PublicKey(node.key),
            let linkKey = keys.linkKey(node.ticketEpoch)
        else {
            answer.failure = Failure(
                .unavailable, "this manager can't issue certificates yet", try: "again in a second")
            return answer
        }
        answer.nodeID = node.id
        answer.member = member
        answer.clusterID = identity.clusterID
        answer.rootKey = identity.rootKey
        answer.certificate = issuer.certify(
            node: node.id, role: node.role, key: key, clusterID: identity.clusterID, serial: node.serial, epoch: 1,
            validity: validity)
        answer.issuer = identity.ownIssuer
        answer.ownIssuer = issuing?.certificate ?? Bytes()
        answer.ticket = node.ticket
        answer.ticketKey = linkKey.lend { LinkTicket(handle: node.ticket, linkKey: $0).key }
        answer.managers = store.managerAddresses
        answer.role = node.role
        answer.ticketEpoch = node.ticketEpoch
        return answer
    }

    private func refuse(_ failure: Failure, _ peer: Peer) {
        var answer = EnrolAnswer()
        answer.failure = failure
        finish(answer, peer)
    }

    private func finish(_ answer: EnrolAnswer, _ peer: Peer) {
        let body = answer.failure == nil ? answer.encodedForWiping() : answer.encoded()
        peer.send(.enrolAnswer, stream: 0, flags: [.end, .response], body)
        environment.time.after(.seconds(2)) { [weak peer] in peer?.close() }
    }
}
