import Bytes
import Identity
import Link
import Model
import Primitives
import Sealing
import Seams
import Wire

/// One attempt to join a cluster by a token: dials its managers in turn until the leader enrols this node.
///
/// The manager's chain is held against the root in the token before this node says anything of itself; the token's
/// secret itself never leaves.
final class Joining: LinkAuthority {
    /// What came of it: all that a node's state directory begins with.
    typealias Outcome = Result<(NodeIdentity, Keyring), Failure>

    let localKey: AgreementKey
    var isWorker: Bool { false }
    private let environment: any Environment
    private let token: JoinSecret
    private let enrol: Enrol
    private let issuingSeed: SecretBox?
    private let name: String
    private var addresses: [String]
    private var tried: Set<String> = []
    private var peer: Peer?
    private var rootKey = Bytes()
    private var lastFailure: Failure?
    private var done: ((Outcome) -> Void)?

    static let timeout = Duration.seconds(20)

    init(
        environment: any Environment, token: JoinSecret, request: JoinCluster, name: String,
        address: String, description: NodeDescription, done: @escaping (Outcome) -> Void
    ) {
        self.environment = environment
        self.token = token
        self.done = done
        self.name = name
        addresses = request.managers
        var generator = environment.makeGenerator()
        localKey = AgreementKey(random: &generator)
        var enrol = Enrol()
        enrol.key = localKey.publicKey.bytes
        enrol.name = name
        enrol.address = address
        enrol.availability = request.availability
        enrol.incarnation = Incarnation(random: &generator)
        enrol.description = description
        enrol.level = 1
        if token.role == .manager {
            let seed = SecretBox(Random.secret(32, from: &generator))
            issuingSeed = seed
            enrol.issuingKey = SigningKey(seed: seed).publicKey.bytes
        } else {
            issuingSeed = nil
        }
        enrol.sign(by: token)
        self.enrol = enrol
        environment.time.after(Self.timeout) { [weak self] in
            self?.finish(
                .failure(
                    self?.lastFailure
                        ?? Failure(
                            .timedOut, "Timeout was reached before node joined.",
                            try: "check that the manager runs and that its port can be reached from here")))
        }
    }

    func start() { next() }

    private func next() {
        guard done != nil else { return }
        guard let address = addresses.first else {
            return finish(
                .failure(lastFailure ?? Failure(.unavailable, "no manager could be reached", try: "check the address")))
        }
        addresses.removeFirst()
        tried.insert(address)
        guard let target = SocketAddress(address, defaultPort: 7377) else {
            lastFailure = Failure(.invalid, "\(address) is no address", try: "host:port")
            return next()
        }
        environment.network.connect(target, timeout: Links.dialTimeout) { [self] result in
            switch result {
            case .failure(let error):
                lastFailure = Failure(.unavailable, "\(address) can't be reached", why: "\(error)")
                next()
            case .success(let connection):
                let hello = LinkHello(purpose: .join, epoch: 0, handle: token.handle)
                let peer = Peer(
                    dial: connection, hello: hello, key: token.sharedKey, environment: environment, authority: self)
                self.peer = peer
                peer.onMessage = { [self] message in received(message) }
                peer.onClosed = { [self] in
                    if done != nil, self.peer === peer {
                        if lastFailure == nil {
                            lastFailure = Failure(
                                .denied, "A valid join token is necessary to join this cluster",
                                why:
                                    "\(address) does not accept this token: it may have been rotated, or be another cluster's",
                                try: "conclave swarm join-token on a manager")
                        }
                        next()
                    }
                }
            }
        }
    }

    private func received(_ message: Multiplexer.Incoming) {
        guard message.type == .enrolAnswer, let answer = try? EnrolAnswer.decode(wiping: message.body) else { return }
        if let failure = answer.failure {
            lastFailure = failure
            if failure.code == .notLeader {
                lastFailure = Failure(.unavailable, "The swarm does not have a leader")
                if !answer.leader.isEmpty, !tried.contains(answer.leader) { addresses.insert(answer.leader, at: 0) }
                peer?.close()
                return
            }
            return finish(.failure(failure))
        }
        var identity = NodeIdentity()
        identity.version = NodeIdentity.currentVersion
        identity.clusterID = answer.clusterID
        identity.nodeID = answer.nodeID
        identity.member = answer.member
        identity.incarnation = enrol.incarnation
        identity.name = name
        identity.rootKey = rootKey
        identity.certificate = answer.certificate
        identity.issuer = answer.issuer
        identity.ownIssuer = answer.ownIssuer
        identity.managers = answer.managers
        identity.address = enrol.address
        identity.ticketEpoch = answer.ticketEpoch
        var keyring = Keyring()
        keyring.generation = 1
        keyring.clusterID = answer.clusterID
        keyring.nodeID = answer.nodeID
        keyring.nodeKey = localKey.secret
        keyring.issuingSeed = issuingSeed
        keyring.ticket = answer.ticket
        keyring.ticketKey = answer.ticketKey
        var generator = environment.makeGenerator()
        keyring.logKeys = [EpochKey(epoch: 1, key: SecretBox(Random.secret(32, from: &generator)))]
        keyring.logEpoch = 1
        finish(.success((identity, keyring)))
    }

    private func finish(_ outcome: Outcome) {
        guard let done else { return }
        self.done = nil
        peer?.close()
        done(outcome)
    }

    // MARK: - Who is at the other end

    func answer(_ hello: LinkHello) -> (SecretBox, ResponderPayload)? { nil }
    func isFresh(_ ephemeral: Bytes) -> Bool { false }
    func dialBulk(beside control: Peer) {}
    func weigh(_ peer: Peer) {}

    func judge(_ payload: ResponderPayload, key: PublicKey, peer: Peer) throws(LinkError) -> InitiatorPayload {
        guard let root = VerifyingKey(payload.rootKey) else { throw .unauthorised("no root key") }
        let clusterID = payload.parameters?.clusterID ?? .none
        guard Root.digest(clusterID: clusterID, rootKey: root).matches(token.rootDigest) else {
            throw .unauthorised("it is of another cluster than the token")
        }
        do throws(IdentityError) {
            let certified = try Anchor(clusterID: clusterID, rootKey: root).check(
                certificate: payload.certificate, issuer: payload.issuer, at: environment.time.wallClock)
            guard certified.key == key, certified.role == .manager, !certified.isExpired else {
                throw .certificate("it is no manager")
            }
        } catch {
            throw .unauthorised("\(error)")
        }
        rootKey = payload.rootKey
        var own = InitiatorPayload()
        var parameters = LinkParameters()
        parameters.version = 1
        parameters.clusterID = clusterID
        parameters.incarnation = enrol.incarnation
        own.parameters = parameters
        own.enrol = enrol
        return own
    }

    func judge(_ payload: InitiatorPayload, key: PublicKey, hello: LinkHello, peer: Peer) throws(LinkError) {
        throw .refused
    }
}

extension Joining {
    /// A new cluster with one node: all keys drawn here, nothing said to anybody.
    static func found(
        name: String, address: String, at now: Timestamp, from generator: inout SecureGenerator
    ) -> (NodeIdentity, Keyring) {
        let cluster = ClusterKeyring(random: &generator)
        guard let rootSeed = cluster.rootSeed, let linkKey = cluster.linkKeys.key(of: cluster.linkEpoch) else {
            preconditionFailure("a new cluster without root or link key")
        }
        let root = SigningKey(seed: rootSeed)
        let issuingSeed = SecretBox(Random.secret(32, from: &generator))
        let issuing = SigningKey(seed: issuingSeed)
        let nodeKey = AgreementKey(random: &generator)
        let clusterID = ClusterID(random: &generator)
        let nodeID = NodeID(random: &generator)
        let handle = Handle(random: &generator)

        var identity = NodeIdentity()
        identity.version = NodeIdentity.currentVersion
        identity.clusterID = clusterID
        identity.nodeID = nodeID
        identity.member = MemberID(1)
        identity.incarnation = Incarnation(random: &generator)
        identity.name = name
        identity.rootKey = root.publicKey.bytes
        identity.ownIssuer = Root.certify(
            issuingKey: issuing.publicKey, of: nodeID, clusterID: clusterID, serial: Serial(random: &generator),
            epoch: 1, validity: Validity(from: now, seconds: CertificateBody.maxSeconds), root: root)
        identity.issuer = identity.ownIssuer
        identity.certificate = issuing.certify(
            node: nodeID, role: .manager, key: nodeKey.publicKey, clusterID: clusterID,
            serial: Serial(random: &generator), epoch: 1,
            validity: Validity(from: now, seconds: Manager.certificateSeconds))
        identity.address = address
        identity.ticketEpoch = cluster.linkEpoch
        identity.founder = true
        var own = ManagerAddress()
        own.nodeID = nodeID
        own.address = address
        identity.managers = [own]

        var keyring = Keyring()
        keyring.generation = 1
        keyring.clusterID = clusterID
        keyring.nodeID = nodeID
        keyring.nodeKey = nodeKey.secret
        keyring.issuingSeed = issuingSeed
        keyring.ticket = handle
        keyring.ticketKey = linkKey.lend { LinkTicket(handle: handle, linkKey: $0).key }
        keyring.logKeys = [EpochKey(epoch: 1, key: SecretBox(Random.secret(32, from: &generator)))]
        keyring.logEpoch = 1
        keyring.cluster = cluster
        return (identity, keyring)
    }
}
