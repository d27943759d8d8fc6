import Bytes
import Identity
import Link
import Logging
import Model
import Primitives
import Sealing
import Seams
import Wire

/// What the links tell the node. On the loop.
protocol LinksEvents: AnyObject {
    /// The row of a node as this manager has applied it; `nil` at a worker, which has no table.
    func row(of node: NodeID) -> Node?
    /// Whether this node keeps the table, and so may judge who comes in.
    var isManager: Bool { get }
    /// The token that a handle names, at a manager.
    func token(_ handle: Handle) -> JoinSecret?
    /// The cluster's link key of an epoch, at a manager.
    func linkKey(_ epoch: UInt32) -> SecretBox?
    func opened(_ peer: Peer)
    func closed(_ peer: Peer)
    func message(_ message: Multiplexer.Incoming, from peer: Peer)
    /// A joiner came by a token: it gets one answer.
    func enrol(_ enrol: Enrol, token: Handle, peer: Peer)
}

/// The links of one node: who dials whom, which channel to a node is the current one, who may come in.
final class Links: LinkAuthority {
    let environment: any Environment
    let logger: Logger
    weak var events: (any LinksEvents)?
    let identity: NodeIdentity
    let anchor: Anchor
    let localKey: AgreementKey
    private let ticket: LinkTicket
    /// The newest open channel to each node; its bulk connection, if there is one, is beside it.
    private(set) var peers: [NodeID: Peer] = [:]
    /// Connections that this end dialled and that are not open.
    private var opening: [UInt64: Peer] = [:]
    /// Those that knocked here and have not proven who they are.
    private var strangers: [UInt64: Peer] = [:]
    private var dialling: Set<NodeID> = []
    private var diallingBulk: Set<NodeID> = []
    var gate = Gate()
    private var isStopped = false
    /// What all channels held when they were last weighed.
    private var heldBytes = 0
    /// And may hold; beyond it the worker who holds most goes, since a thousand who each keep within bounds are too many.
    var mostHeldBytes = 1 << 30

    static let dialTimeout = Duration.seconds(3)
    /// Strangers at once, 512 bytes of each; a further one takes the place of the oldest, who had his time.
    static let mostStrangers = 256

    init(
        environment: any Environment, logger: Logger, identity: NodeIdentity, keyring: Keyring
    ) throws(Failure) {
        self.environment = environment
        self.logger = logger
        self.identity = identity
        guard let rootKey = VerifyingKey(identity.rootKey), let nodeKey = keyring.nodeKey,
            let ticketKey = keyring.ticketKey
        else { throw Failure(.integrity, "the node's identity is incomplete") }
        anchor = Anchor(clusterID: identity.clusterID, rootKey: rootKey)
        localKey = AgreementKey(secret: nodeKey)
        ticket = LinkTicket(handle: keyring.ticket, key: ticketKey)
    }

    func stop() {
        isStopped = true
        for node in peers.keys.sorted() { peers[node]?.close() }
        for number in opening.keys.sorted() { opening[number]?.close() }
        for number in strangers.keys.sorted() { strangers[number]?.close() }
        peers = [:]
        opening = [:]
        strangers = [:]
    }

    /// A connection came in at the listening port.
    func accept(_ connection: any Connection) {
        guard !isStopped, events?.isManager == true, gate.admits(connection.peer, at: environment.time.now) else {
            return connection.abort()
        }
        if strangers.count >= Self.mostStrangers, let oldest = strangers.keys.min() {
            strangers.removeValue(forKey: oldest)?.drop()
        }
        let source = connection.peer
        let peer = Peer(accept: connection, environment: environment, authority: self)
        strangers[peer.number] = peer
        peer.onOpen = { [weak self, weak peer] in
            self?.gate.settled(source)
            if let peer { self?.opened(peer) }
        }
        peer.onClosed = { [weak self, weak peer] in
            self?.gate.settled(source)
            if let peer { self?.closed(peer) }
        }
    }

    /// Dials a node, unless that is under way; the outcome is `opened`, or `failed`.
    func dial(_ node: NodeID, _ address: String, failed: @escaping () -> Void = {}) {
        guard !isStopped, !dialling.contains(node), let target = SocketAddress(address) else { return failed() }
        dialling.insert(node)
        connect(node, target) { [weak self] isOpen in
            self?.dialling.remove(node)
            if !isOpen { failed() }
        }
    }

    /// Dials the second connection of a link that this end dialled.
    func dialBulk(beside control: Peer) {
        let node = control.node
        guard !isStopped, diallingBulk.insert(node).inserted else { return }
        connect(node, control.connection.peer, isBulk: true) { [weak self, weak control] isOpen in
            self?.diallingBulk.remove(node)
            if !isOpen { control?.settleBulk(nil) }
        }
    }

    /// Dials one connection; `done` once, when it is open or will not be.
    private func connect(
        _ node: NodeID, _ target: SocketAddress, isBulk: Bool = false, done: @escaping (Bool) -> Void
    ) {
        environment.network.connect(target, timeout: Self.dialTimeout) { [weak self] result in
            guard let self, !isStopped else { return }
            switch result {
            case .failure(let error):
                logger.debug("\(node.short) can't be reached: \(error)")
                done(false)
            case .success(let connection):
                var hello = LinkHello(purpose: .node, epoch: identity.ticketEpoch, handle: ticket.handle)
                hello.wantsBulk = isBulk
                let peer = Peer(
                    dial: connection, hello: hello, key: ticket.key, environment: environment, authority: self)
                peer.node = node
                opening[peer.number] = peer
                peer.onOpen = { [weak self, weak peer] in
                    done(true)
                    if let peer { self?.opened(peer) }
                }
                peer.onClosed = { [weak self, weak peer] in
                    if let peer { self?.closed(peer) }
                    done(false)
                }
            }
        }
    }

    private func opened(_ peer: Peer) {
        forgetOpening(peer)
        peer.onClosed = { [weak self, weak peer] in if let peer { self?.closed(peer) } }
        if let enrol = peer.enrol, let hello = peer.enrolledBy {
            peer.onMessage = { _ in }
            events?.enrol(enrol, token: hello.handle, peer: peer)
            // One request, one answer: a joiner's channel lives no longer than this.
            environment.time.after(.seconds(60)) { [weak peer] in peer?.close() }
            return
        }
        peer.onMessage = { [weak self, weak peer] message in
            guard let self, let peer else { return }
            events?.message(message, from: peer)
        }
        if peer.isBulk {
            // Of a link alone: it has no life of its own.
            guard let control = peers[peer.node] else { return peer.close() }
            return control.adoptBulk(peer)
        }
        // Of duplicates the newest authenticated one stays.
        let old = peers.updateValue(peer, forKey: peer.node)
        events?.opened(peer)
        old?.close()
    }

    private func forgetOpening(_ peer: Peer) {
        opening[peer.number] = nil
        strangers[peer.number] = nil
    }

    func weigh(_ peer: Peer) {
        heldBytes += peer.heldBytes - peer.weight
        peer.weight = peer.heldBytes
        guard heldBytes > mostHeldBytes else { return }
        func weight(_ peer: Peer) -> (Int, UInt64) { (peer.weight + (peer.beside.peer?.weight ?? 0), peer.number) }
        let heaviest = peers.values.filter { $0.role == .worker }.max { weight($0) < weight($1) }
        heaviest?.close(Failure(.unavailable, "this manager holds too much for its workers"))
    }

    private func closed(_ peer: Peer) {
        forgetOpening(peer)
        heldBytes -= peer.weight
        peer.weight = 0
        if let goodbye = peer.goodbye {
            logger.warning(
                "the link was ended by the other end: \(goodbye.message)",
                ["node": peer.node.description, "address": peer.address])
        } else if let failure = peer.failure, failure != .cut {
            logger.info("a link from \(peer.address) ended: \(failure)")
        }
        guard peer.enrol == nil else { return }
        if peers[peer.node] === peer { peers[peer.node] = nil }
        events?.closed(peer)
        peers[peer.node]?.lostBulk(peer)
    }

    /// A node's row is gone or another: its channel ends now, not at some expiry.
    func recheck(_ node: NodeID) {
        guard let peer = peers[node], let row = events?.row(of: node) else {
            peers[node]?.close(Failure(.denied, "this node was removed from the cluster"))
            return
        }
        peer.role = row.role
        peer.beside.peer?.role = row.role
    }
}
