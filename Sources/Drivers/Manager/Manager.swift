import Bytes
import ClientAPI
import Dispatching
import Identity
import Link
import Logging
import Model
import Primitives
import Raft
import Sealing
import Seams
import Segments
import Store
import Wire

/// What a manager needs of the node that it is part of.
protocol ManagerHost: AnyObject {
    /// The process can't go on as it is.
    func fatal(_ failure: Failure)
    /// The row of this node, or what the cluster looks like, changed.
    func managersChanged(_ managers: [ManagerAddress])
}

/// A manager: its member of consensus, the requests that it answers, and, while it leads, the cluster's duties.
final class Manager {
    let environment: any Environment
    let logger: Logger
    let identity: NodeIdentity
    let state: StateDirectory
    let keys: ManagerKeys
    let links: Links
    let member: Member
    weak var host: (any ManagerHost)?
    /// Whether a founder takes tasks.
    var foundingAvailability = Availability.active
    /// Of the program, for people.
    var version = ""
    /// While this manager leads and has applied all that was committed before.
    var leading: Leading?
    let requests = Requests()
    let relays = Relays()
    let watchers = EventWatchers()
    /// While this node is leaving.
    var resignation: Resignation?
    private var isStopped = false
    /// When a node that should be linked was last dialled.
    private var dialledAt: [NodeID: Moment] = [:]

    init(
        environment: any Environment, logger: Logger, identity: NodeIdentity, keyring: Keyring,
        state: StateDirectory, links: Links
    ) throws(Failure) {
        self.environment = environment
        self.logger = logger
        self.identity = identity
        self.state = state
        self.links = links
        keys = try ManagerKeys(identity: identity, keyring: keyring)
        let logKeys = keyring.logKeys.compactMap { key in key.key.map { LogKey(id: key.epoch, secret: $0) } }
        guard !logKeys.isEmpty else { throw Failure(.integrity, "the keyring has no log key") }
        member = try Member.open(
            environment: environment, logger: logger,
            identity: LogIdentity(
                cluster: identity.clusterID, member: identity.member, incarnation: identity.incarnation),
            keys: LogKeys(logKeys), stateDirectory: state.path,
            founding: identity.founder ? Configuration(voters: [identity.member]) : nil)
        member.events = self
    }

    func start() {
        member.start()
        // Alone there is nobody to wait for.
        if member.consensus.configuration.voters == [identity.member] { member.campaign() }
        tend()
    }

    func stop(_ done: @escaping () -> Void) {
        isStopped = true
        leading?.stop()
        leading = nil
        requests.failAll(Failure(.unavailable, "the manager is stopping"))
        member.stop(done)
    }

    var store: ReplicatedStore { member.store }
    var ownRow: Node? { store.node(identity.nodeID) }

    /// The node that leads, as far as this manager knows.
    var leaderNode: NodeID? { store.node(of: member.leader)?.id }

    /// Links to the other managers, and what a leader owes to new ones: looked at a few times a second.
    private func tend() {
        guard !isStopped else { return }
        dialManagers()
        leading?.tend()
        requests.retry(self)
        environment.time.after(.milliseconds(100)) { [weak self] in self?.tend() }
    }

    /// The lower node ID dials at once; the other end only when that does not happen.
    private func dialManagers() {
        let now = environment.time.now
        var wanted = store.allNodes.filter { $0.role == .manager && $0.id != identity.nodeID }
            .map { (id: $0.id, address: $0.address) }
        if wanted.isEmpty {
            // A member that has not yet received the table knows whom it joined by.
            wanted = identity.managers.filter { $0.nodeID != identity.nodeID }.map { ($0.nodeID, $0.address) }
        }
        for (id, address) in wanted where links.peers[id] == nil && !address.isEmpty {
            guard let last = dialledAt[id] else {
                dialledAt[id] = now + (identity.nodeID < id ? .zero : .milliseconds(400))
                continue
            }
            guard now >= last else { continue }
            dialledAt[id] = now + .milliseconds(identity.nodeID < id ? 300 : 1500)
            links.dial(id, address)
        }
    }
}

// MARK: - What the member says

extension Manager: MemberEvents {
    func send(_ message: RaftMessage) {
        guard let node = node(of: message.to), let peer = links.peers[node] else {
            return member.unreachable(message.to)
        }
        peer.send(.raft, message.encoded())
    }

    /// By the table, or, before it is there, by what the peer said of itself when it was let in as a manager.
    private func node(of member: MemberID) -> NodeID? {
        if let row = store.node(of: member) { return row.id }
        return links.peers.first { $0.value.role == .manager && $0.value.parameters.member == member }?.key
    }

    func applied(_ applied: Applied) {
        var tasksOf: [NodeID] = []
        var needsPlan = false
        for change in applied.changes {
            switch change.object {
            case .task:
                if change.node != .none { tasksOf.append(change.node) }
                needsPlan = true
            case .secret(let id): leading?.step(.secretChanged(id))
            case .service: needsPlan = true
            case .node(let id):
                needsPlan = true
                links.recheck(id)
                host?.managersChanged(store.managerAddresses)
            case .cluster, .config: break
            }
        }
        if !tasksOf.isEmpty { leading?.step(.changed(tasksOf)) }
        if needsPlan { leading?.replan() }
        leadIfReady()
        watchers.changed(self)
    }

    func restored() {
        host?.managersChanged(store.managerAddresses)
    }

    func changed(_ role: Consensus.Role, _ term: Term, leader: MemberID) {
        if role == .leader {
            logger.info("member \(identity.member) leads term \(term)", ["term": "\(term)"])
        } else if leading != nil {
            logger.info("member \(identity.member) no longer leads", ["term": "\(term)"])
            leading?.stop()
            leading = nil
        }
        requests.changed(leader: leaderNode ?? .none)
        leadIfReady()
    }

    /// Duties begin once an entry of this term is committed and applied: then the store is up to date.
    private func leadIfReady() {
        let consensus = member.consensus
        guard leading == nil, !isStopped, consensus.hasCommittedOwnTerm, store.term == consensus.term else { return }
        leading = Leading(self)
        leading?.start()
    }

    func sendSnapshot(to id: MemberID, _ snapshot: SnapshotSource) {
        let name = SnapshotFile.name(snapshot.mark.index, snapshot.mark.term)
        guard let node = node(of: id), let peer = links.peers[node] else {
            return member.snapshotSent(to: id, index: nil, name: name)
        }
        peer.bulk { [weak self] port in
            guard let self else { return }
            guard let port else { return member.snapshotSent(to: id, index: nil, name: name) }
            logger.info("sending a snapshot", ["to": "\(id)", "index": "\(snapshot.mark.index)"])
            SnapshotSender(port, snapshot, environment, member.snapshotWork) { [weak self] isWhole in
                self?.member.snapshotSent(to: id, index: isWhole ? snapshot.mark.index : nil, name: name)
            }.start()
        }
    }

    func fatal(_ failure: Failure) { host?.fatal(failure) }
}

// MARK: - Frames from other nodes

extension Manager {
    /// A frame of a linked node that concerns this manager; `false`: it does not.
    func received(_ message: Multiplexer.Incoming, from port: Port) -> Bool {
        switch message.type {
        case .raft:
            guard port.role == .manager, let raft = try? RaftMessage.decode(message.body), raft.to == identity.member,
                isMember(raft.from, port)
            else { return true }
            member.received(raft)
        case .snapshotOffer:
            guard port.role == .manager, let offer = try? SnapshotOffer.decode(message.body), let from = id(of: port)
            else { return true }
            member.receive(offer, from: from)
        case .snapshotChunk:
            guard port.role == .manager, let chunk = try? SnapshotChunk.decode(message.body), let from = id(of: port)
            else { return true }
            let (count, stream) = (message.body.count, message.stream)
            member.receive(chunk, from: from) { [weak port] in port?.consumed(count, of: stream) }
        case .register, .heartbeat, .assignmentApplied, .reportTasks: session(message, from: port)
        case .request:
            guard port.role == .manager else {
                port.fail(Failure(.denied, "only a manager may ask that"), stream: message.stream)
                return true
            }
            requests.receive(message, from: port, self)
        case .reply: requests.received(message, from: port, self)
        case .execStart: return start(.exec, message, from: port)
        case .logsStart: return start(.logs, message, from: port)
        case .getUsage: return start(.usage, message, from: port)
        case .execInput, .execOutput, .execResize, .execSignal, .execExit, .logsSource, .logsChunk, .logsEnd,
            .taskUsage, .failure:
            if relays.relay(message, from: port) { return true }
            // Or its sender could not read a snapshot to its end.
            if message.type == .failure, port.isBulk, let from = id(of: port) { member.lostSnapshot(from: from) }
            return false
        case .clusterKeys: clusterKeys(message, from: port)
        case .clusterKeysStored:
            guard let stored = try? ClusterKeysStored.decode(message.body), stored.nodeID == port.node else {
                return true
            }
            leading?.keysStored(stored)
        default: return false
        }
        return true
    }

    /// A stream that another manager asks this one for; `false`: the leader opens it to this node's agent.
    private func start(_ kind: Relays.Kind, _ message: Multiplexer.Incoming, from port: Port) -> Bool {
        guard port.role == .manager, let opening = try? Relays.Opening(kind, decoding: message.body),
            opening.taskID == .none
        else { return false }
        relays.start(opening, from: port, stream: message.stream, self)
        return true
    }

    private func id(of port: Port) -> MemberID? {
        (port as? Peer)?.parameters.member ?? store.node(port.node)?.member
    }

    /// A message of consensus counts only when it comes over its sender's own channel.
    private func isMember(_ member: MemberID, _ port: Port) -> Bool {
        if let row = store.node(port.node) { return row.member == member }
        return (port as? Peer)?.parameters.member == member
    }

    func closed(_ port: Port) {
        relays.closed(port)
        if port.isBulk {
            if let from = id(of: port) { member.lostSnapshot(from: from) }
            return
        }
        leading?.closed(port)
        requests.closed(port, self)
        if let row = store.node(port.node), row.member != .none { member.unreachable(row.member) }
    }

    private func session(_ message: Multiplexer.Incoming, from port: Port) {
        guard let leading else {
            var redirect = Redirect()
            if let leader = leaderNode, leader != identity.nodeID {
                redirect.leader = store.managerAddresses.first { $0.nodeID == leader }
            }
            redirect.managers = store.managerAddresses
            return port.send(.redirect, redirect.encoded())
        }
        leading.session(message, from: port)
    }

    /// The leader hands over the cluster's keys: they are on disk before they are acknowledged.
    private func clusterKeys(_ message: Multiplexer.Incoming, from port: Port) {
        guard port.role == .manager, let sent = try? ClusterKeys.decode(message.body), sent.nodeID == identity.nodeID,
            let sender = (port as? Peer)?.remoteKey,
            let cluster = try? ClusterKeyring(
                opening: sent.sealed, by: keys.nodeKey, nodeID: identity.nodeID, clusterID: identity.clusterID,
                sender: sender)
        else { return logger.warning("cluster keys came that can't be opened") }
        let keyring = keys.adopt(cluster)
        let commitment = cluster.commitment.bytes
        do throws(SystemError) {
            try state.save(keyring)
        } catch {
            return logger.error("the keyring can't be written: \(error)")
        }
        var stored = ClusterKeysStored()
        stored.nodeID = identity.nodeID
        stored.commitment = commitment
        port.send(.clusterKeysStored, stored.encoded())
        logger.info("the cluster's keys were received")
    }
}
