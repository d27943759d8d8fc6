import Bytes
import Identity
import Link
import Logging
import Model
import Primitives
import Sealing
import Seams
import Store
import Wire
import Worker

/// What a node is started with, beside its identity: the daemon's flags and the world's parts.
package struct NodeParts {
    package var environment: any Environment
    package var runners: [any Runner]
    package var taskFiles: any TaskFiles
    package var logger: Logger
    package var agentOptions: AgentDriver.Options
    package var version: String

    package init(
        environment: any Environment, runners: [any Runner], taskFiles: any TaskFiles, logger: Logger,
        agentOptions: AgentDriver.Options, version: String
    ) {
        self.environment = environment
        self.runners = runners
        self.taskFiles = taskFiles
        self.logger = logger
        self.agentOptions = agentOptions
        self.version = version
    }
}

/// A node of a cluster, running: its links, its agent, and its manager if it is one.
final class LocalNode {
    let parts: NodeParts
    let state: StateDirectory
    private(set) var identity: NodeIdentity
    let links: Links
    private(set) var manager: Manager?
    private var agent: AgentDriver?
    private let sealKey: AgreementKey
    /// The agent's way to the leader's dispatcher.
    private var port: Port?
    /// The connection over which the leader runs programs in tasks: what it last asked for one on.
    private var programs: Port?
    /// A manager whose link the agent waits for.
    private var awaited: NodeID?
    private var onFatal: (Failure) -> Void
    private var isStopped = false

    /// How long an agent waits for the link to a manager that is being dialled anyway.
    static let linkTimeout = Duration.seconds(2)

    init(
        _ parts: NodeParts, identity: NodeIdentity, keyring: Keyring, state: StateDirectory,
        fatal: @escaping (Failure) -> Void
    ) throws(Failure) {
        self.parts = parts
        self.identity = identity
        self.state = state
        onFatal = fatal
        var generator = parts.environment.makeGenerator()
        // Drawn at each start and never kept: what was sealed to it dies with this process.
        sealKey = AgreementKey(random: &generator)
        links = try Links(
            environment: parts.environment, logger: parts.logger, identity: identity, keyring: keyring)
        if identity.member != .none {
            manager = try Manager(
                environment: parts.environment, logger: parts.logger, identity: identity, keyring: keyring,
                state: state, links: links)
        }
        links.events = self
        manager?.host = self
        manager?.version = parts.version
        // A node's name is what people see and write in constraints; several nodes may share a host.
        var description = NodeFacts.describe(
            files: parts.environment.files, runners: parts.runners, taskFiles: parts.taskFiles, version: parts.version)
        description.hostname = identity.name
        let agent = AgentDriver(
            environment: parts.environment, runners: parts.runners, taskFiles: parts.taskFiles,
            nodeName: identity.name, options: parts.agentOptions, description: description,
            sealKey: sealKey.publicKey.bytes, link: self)
        agent.notice = { [logger = parts.logger] in logger.warning($0) }
        self.agent = agent
    }

    func start() {
        manager?.start()
        var managers = identity.managers
        if manager != nil, !managers.contains(where: { $0.nodeID == identity.nodeID }) {
            var own = ManagerAddress()
            own.nodeID = identity.nodeID
            own.address = identity.address
            managers.insert(own, at: 0)
        }
        agent?.start(managers: managers)
    }

    /// The daemon ends: tasks go on.
    func stop(_ done: @escaping () -> Void) {
        isStopped = true
        agent?.shutDown()
        links.stop()
        port = nil
        programs = nil
        if let manager { manager.stop(done) } else { done() }
    }

    /// The node leaves the cluster: its tasks are stopped and wiped, then it stops.
    func leave(_ done: @escaping () -> Void) {
        guard let agent else { return stop(done) }
        agent.leave { [self] in stop(done) }
    }

    var agentStatus: String { agent?.status ?? "" }
    /// `nil` before the tasks of an earlier agent are known.
    var inspectedAgent: Agent? { agent?.hasBegun == true ? agent?.agent : nil }
}

// MARK: - Links

extension LocalNode: LinksEvents {
    var isManager: Bool { manager != nil }
    func row(of node: NodeID) -> Node? { manager?.store.node(node) }
    func token(_ handle: Handle) -> JoinSecret? { manager?.keys.token(handle, in: manager?.store.cluster) }
    func linkKey(_ epoch: UInt32) -> SecretBox? { manager?.keys.linkKey(epoch) }

    func opened(_ peer: Peer) {
        if peer.node == awaited { attach(peer) }
    }

    func closed(_ peer: Peer) {
        manager?.closed(peer)
        if programs === peer { forgetPrograms() }
        if port === peer {
            port = nil
            agent?.lost()
        }
    }

    private func forgetPrograms() {
        programs = nil
        agent?.lostStreams()
    }

    func message(_ message: Multiplexer.Incoming, from peer: Peer) {
        received(message, from: peer)
    }

    func enrol(_ enrol: Enrol, token: Handle, peer: Peer) {
        manager?.enrol(enrol, token: token, peer: peer)
    }

    /// A frame is the manager's, or else the agent's.
    private func received(_ message: Multiplexer.Incoming, from port: Port) {
        if let manager, manager.received(message, from: port) { return }
        deliver(message, from: port)
    }

    /// A frame for the agent, if it comes from the manager of its session.
    private func deliver(_ message: Multiplexer.Incoming, from port: Port) {
        if port.isBulk {
            guard port.node == self.port?.node else { return }
            if [.execStart, .logsStart, .getUsage].contains(message.type), port !== programs {
                forgetPrograms()
                programs = port
            }
            guard port === programs else { return }
        } else {
            guard port === self.port else { return }
        }
        agent?.received(message.type, stream: message.stream, flags: message.flags, message.body)
    }
}

// MARK: - The manager's host

extension LocalNode: ManagerHost {
    func fatal(_ failure: Failure) { onFatal(failure) }

    func managersChanged(_ managers: [ManagerAddress]) { remember(managers) }
}

// MARK: - The agent's link

extension LocalNode: AgentLink {
    package func dial(_ manager: ManagerAddress) {
        port = nil
        programs = nil
        if manager.nodeID == identity.nodeID, let own = self.manager {
            let (near, far) = LocalPort.pair(parts.environment, node: identity.nodeID)
            near.onMessage = { [weak self, weak near] message in
                guard let self, let near else { return }
                deliver(message, from: near)
            }
            far.onMessage = { [weak own, weak far] message in
                guard let own, let far else { return }
                _ = own.received(message, from: far)
            }
            far.onClosed = { [weak own] in own?.closed(far) }
            attach(near)
            return
        }
        if let peer = links.peers[manager.nodeID], peer.isOpen { return attach(peer) }
        awaited = manager.nodeID
        if self.manager == nil {
            links.dial(manager.nodeID, manager.address) { [weak self] in self?.gaveUp(manager.nodeID) }
        }
        parts.environment.time.after(Self.linkTimeout) { [weak self] in self?.gaveUp(manager.nodeID) }
    }

    private func attach(_ port: Port) {
        awaited = nil
        self.port = port
        // Within a process there is one port for all.
        programs = port is LocalPort ? port : nil
        // Never inside the agent's own step.
        parts.environment.time.atEndOfTurn { [weak self, weak port] in
            guard let self, let port, port === self.port else { return }
            agent?.connected(stream: 0)
        }
    }

    private func gaveUp(_ node: NodeID) {
        guard awaited == node, !isStopped else { return }
        awaited = nil
        agent?.lost()
    }

    package func hangUp() {
        awaited = nil
        let old = port
        port = nil
        programs = nil
        // A link between managers carries more than the agent's session.
        if let old, manager == nil || old is LocalPort { old.close() }
    }

    package func send(_ type: FrameType, stream: UInt32, flags: FrameFlags, _ body: Bytes) {
        (type.lane == .bulk ? programs : port)?.send(type, stream: stream, flags: flags, body)
    }

    package func consumed(_ bytes: Int, of stream: UInt32) { programs?.consumed(bytes, of: stream) }
    package func heldBytes(of stream: UInt32) -> Int { programs?.heldBytes(of: stream) ?? 0 }
    package func finished(_ stream: UInt32) { programs?.closeStream(stream) }

    package func remember(_ managers: [ManagerAddress]) {
        guard !managers.isEmpty, managers != identity.managers else { return }
        identity.managers = managers
        let state = state
        let identity = identity
        do throws(SystemError) {
            try state.save(identity)
        } catch {
            parts.logger.warning("the list of managers can't be written: \(error)")
        }
    }

    package func open(_ value: AssignedValue, done: @escaping (SecretBox?) -> Void) {
        guard let delivery = try? SealedDelivery.decode(value.sealed) else { return done(nil) }
        let destination = Destination(
            clusterID: identity.clusterID, secretID: value.secretID, version: value.version, taskID: value.taskID,
            nodeID: identity.nodeID)
        let key = sealKey
        // Only the manager at the other end of this very link may have sealed it.
        let sender = (port as? Peer)?.remoteKey ?? manager?.keys.nodeKey.publicKey
        parts.environment.work.job(
            { () -> SecretBox? in
                guard let opened = try? delivery.open(by: key, destination: destination), opened.sender == sender else {
                    return nil
                }
                return opened.value
            }, done: done)
    }
}
