import Bytes
import Dispatching
import Identity
import Link
import Logging
import Model
import Planning
import Primitives
import Raft
import Sealing
import Seams
import Store
import Wire

/// What only the leader does, for as long as it leads: planning, dispatching, bringing in members.
final class Leading {
    private unowned let manager: Manager
    private let environment: any Environment
    private(set) var dispatcher: Dispatcher
    private var planner: Planner
    private var ports: [UInt64: Port] = [:]
    private var isPlanning = false
    private var isPlanDue = false
    private var isPlanQueued = false
    private var planTimer: (any Seams.Timer)?
    private var wakeTimer: (any Seams.Timer)?
    private var wakeMoment: Moment?
    private var isStopped = false
    private var isFlushing = false
    private var isChanging = false
    private var isApproving: Set<NodeID> = []
    private var keysSent: [NodeID: UInt64] = [:]
    private var isBootstrapping = false

    init(_ manager: Manager) {
        self.manager = manager
        environment = manager.environment
        let lease = manager.store.cluster?.spec?.leaseMilliseconds ?? 0
        dispatcher = Dispatcher(
            lease: .milliseconds(lease == 0 ? Self.leaseMilliseconds : lease), store: manager.store,
            at: manager.environment.time.now, generator: SplitMix(seed: manager.environment.time.random()))
        planner = Planner(generator: SplitMix(seed: manager.environment.time.random()))
    }

    /// How long a worker may act unheard, unless the cluster's spec says otherwise.
    static let leaseMilliseconds: UInt64 = 5_000

    func start() {
        bootstrap()
        step(.flush)
        replan()
        tend()
    }

    func stop() {
        isStopped = true
        planTimer?.cancel()
        wakeTimer?.cancel()
        // Whoever has a session here must look for the next leader.
        var redirect = Redirect()
        redirect.managers = manager.store.managerAddresses
        for number in ports.keys.sorted() { ports[number]?.send(.redirect, redirect.encoded()) }
        ports = [:]
    }

    private func propose(
        _ command: Command, sealed: Bytes = Bytes(), done: @escaping (Result<Applied, Failure>) -> Void = { _ in }
    ) {
        var proposal = Proposal()
        var actor = Actor()
        actor.kind = .cluster
        proposal.actor = actor
        proposal.time = environment.time.wallClock
        proposal.command = command
        manager.member.propose(proposal, sealed: sealed, done: done)
    }

    /// A founder's first command: the cluster and itself, made from what its identity and keyring already hold.
    private func bootstrap() {
        guard manager.store.cluster == nil, manager.identity.founder, !isBootstrapping else { return }
        isBootstrapping = true
        do throws(Failure) {
            let command = try manager.makeBootstrap()
            propose(.bootstrap(command)) { [weak self] result in
                self?.isBootstrapping = false
                if case .failure(let failure) = result {
                    self?.manager.logger.error("the cluster could not be begun: \(failure.message)")
                }
            }
        } catch {
            manager.fatal(error)
        }
    }
}

// MARK: - Planning

extension Leading {
    /// The planner should look, once this turn's changes are in.
    func replan() {
        guard !isStopped else { return }
        isPlanDue = true
        guard !isPlanning, !isPlanQueued else { return }
        isPlanQueued = true
        environment.time.atEndOfTurn { [weak self] in
            self?.isPlanQueued = false
            self?.plan()
        }
    }

    private func plan() {
        guard isPlanDue, !isPlanning, !isStopped, manager.store.cluster != nil else { return }
        isPlanDue = false
        let now = environment.time.wallClock
        let plan = planner.plan(
            manager.store, observed: dispatcher.observed, news: dispatcher.takeNews(), at: now)
        planTimer?.cancel()
        if let wake = plan.wakeAt {
            let delay = wake.rawValue > now.rawValue ? (wake.rawValue - now.rawValue) / 1_000_000 + 1 : 1
            planTimer = environment.time.after(.milliseconds(min(delay, 3_600_000))) { [weak self] in self?.replan() }
        }
        guard !plan.isEmpty else { return }
        isPlanning = true
        var command = ChangeTasks()
        command.changes = plan.changes
        command.updates = plan.updates
        command.pins = plan.pins
        propose(.changeTasks(command)) { [weak self] result in
            guard let self else { return }
            isPlanning = false
            if plan.isPartial { isPlanDue = true }
            if case .failure = result { planLater() }
            if isPlanDue { replan() }
        }
    }

    /// What could not be proposed is still to be done: the planner keeps in mind what it planned for.
    private func planLater() {
        planTimer?.cancel()
        planTimer = environment.time.after(.milliseconds(500)) { [weak self] in self?.replan() }
    }
}

// MARK: - Dispatching

extension Leading {
    func step(_ event: Dispatcher.Event) {
        guard !isStopped else { return }
        let effects = dispatcher.step(
            event, store: manager.store, at: environment.time.now, time: environment.time.wallClock)
        for effect in effects { carryOut(effect) }
    }

    func session(_ message: Multiplexer.Incoming, from port: Port) {
        ports[port.number] = port
        let (node, channel) = (port.node, port.number)
        switch message.type {
        case .register:
            guard let register = try? Register.decode(message.body) else { return port.close() }
            step(.registered(node, channel, from: port.address, register))
        case .heartbeat:
            guard let heartbeat = try? Heartbeat.decode(message.body) else { return port.close() }
            step(.heartbeat(node, channel, heartbeat))
        case .assignmentApplied:
            guard let applied = try? AssignmentApplied.decode(message.body) else { return port.close() }
            step(.applied(node, channel, applied))
        case .reportTasks:
            guard let report = try? ReportTasks.decode(message.body) else { return port.close() }
            step(.reported(node, channel, report))
        default: break
        }
    }

    func closed(_ port: Port) {
        guard ports.removeValue(forKey: port.number) != nil else { return }
        step(.channelLost(port.node, port.number))
    }

    /// The channel of a node's session.
    func port(of node: NodeID) -> Port? { dispatcher.channel(of: node).flatMap { ports[$0] } }

    private func carryOut(_ effect: Dispatcher.Effect) {
        switch effect {
        case .send(let channel, let message):
            guard let port = ports[channel] else { return }
            switch message {
            case .registered(let answer): port.send(.registered, answer.encoded())
            case .heartbeatAnswer(let answer): port.send(.heartbeatAnswer, answer.encoded())
            case .unregistered(let answer): port.send(.unregistered, answer.encoded())
            case .assignment(let assignment):
                logDeliveries(assignment, to: port.node)
                port.send(.assignment, assignment.encoded())
            case .reportAnswer(let answer): port.send(.reportTasksAnswer, answer.encoded())
            }
        case .close(let channel):
            guard let port = ports.removeValue(forKey: channel) else { return }
            // The link to another manager carries more than its agent's session.
            if port.role == .worker { port.close() } else { port.send(.redirect, Redirect().encoded()) }
        case .seal(let node, let session, let requests): seal(node, session, requests)
        case .observe(let observations):
            var command = ObserveNodes()
            command.nodes = observations
            propose(.observeNodes(command))
        case .commit(let node, let session, let report, let changes):
            var command = ChangeTasks()
            command.changes = changes
            propose(.changeTasks(command)) { [weak self] result in
                if case .success = result { self?.step(.committed(node, session, report: report)) }
            }
        case .replan: replan()
        case .wakeAt(let moment): wake(at: moment)
        }
    }

    /// Says which version of which secret goes to which node for which task: what `DeliveryTrace` keeps.
    private func logDeliveries(_ assignment: Assignment, to node: NodeID) {
        guard manager.logger.level <= .debug else { return }
        for case .value(let value)? in assignment.changes.map(\.thing) {
            manager.logger.debug(
                "a value is sent",
                [
                    "node": "\(node)", "task": "\(value.taskID)", "secret": "\(value.secretID)",
                    "version": "\(value.version)",
                ])
        }
    }

    private func wake(at moment: Moment) {
        if let wakeMoment, wakeMoment <= moment, wakeMoment > environment.time.now { return }
        wakeTimer?.cancel()
        wakeMoment = moment
        let delay = max(.milliseconds(1), moment - environment.time.now)
        wakeTimer = environment.time.after(delay) { [weak self] in
            self?.wakeMoment = nil
            self?.step(.wake)
        }
    }

    /// Values that one job seals, a few milliseconds of work: the processors share what one node waits for.
    private static let sealedTogether = 16

    /// Opens each value and seals it to its worker, off the loop: plaintext exists for one delivery at a time (D3).
    private func seal(_ node: NodeID, _ session: SessionID, _ requests: [Dispatcher.SealRequest]) {
        guard let sealer = manager.keys.sealer else { return }
        var sealed: [(Dispatcher.SealRequest, Bytes?)] = []
        for start in stride(from: 0, to: requests.count, by: Self.sealedTogether) {
            let part = requests[start..<min(start + Self.sealedTogether, requests.count)]
            let generator = environment.makeGenerator()
            environment.work.job(
                { () -> [(Dispatcher.SealRequest, Bytes?)] in
                    var generator = generator
                    return part.map { request in
                        let sealed = sealer.deliver(
                            request.envelope, of: request.secret, version: request.version, to: request.task,
                            on: request.node, sealKey: request.sealKey, from: &generator)
                        return (request, sealed)
                    }
                },
                done: { [weak self] results in
                    sealed += results
                    if sealed.count == requests.count { self?.sealed(node, session, sealed) }
                })
        }
    }

    private func sealed(_ node: NodeID, _ session: SessionID, _ results: [(Dispatcher.SealRequest, Bytes?)]) {
        guard !isStopped else { return }
        let values = results.compactMap { request, sealed -> AssignedValue? in
            guard let sealed else { return nil }
            var value = AssignedValue()
            value.taskID = request.task
            value.secretID = request.secret
            value.version = request.version
            value.sealed = sealed
            return value
        }
        let failed = results.filter { $0.1 == nil }.map(\.0)
        if !failed.isEmpty {
            let effects = dispatcher.sealFailed(
                node, session, failed, store: manager.store, time: environment.time.wallClock)
            for effect in effects { carryOut(effect) }
        }
        step(.sealed(node, session, values))
    }
}

// MARK: - Members

extension Leading {
    /// Brings the members of consensus in line with the node table, one change at a time.
    func tend() {
        guard !isStopped, manager.store.cluster != nil, !isChanging else { return }
        let configuration = manager.member.consensus.configuration
        let rows = manager.store.allNodes.filter { $0.member != .none }
        for row in rows where row.role == .manager && !configuration.contains(row.member) {
            return change([.addLearner(row.member)])
        }
        for member in configuration.members where !rows.contains(where: { $0.member == member }) {
            return change([.remove(member)])
        }
        for row in rows where configuration.learners.contains(row.member) {
            if row.memberState == .voter {
                return change([.makeVoter(row.member)])
            }
            handOver(to: row)
        }
    }

    private func change(_ changes: [MemberChange]) {
        isChanging = true
        manager.member.change(changes) { [weak self] result in
            guard let self else { return }
            isChanging = false
            switch result {
            case .success: manager.logger.info("members changed: \(changes)")
            case .failure(let failure): manager.logger.debug("members not changed: \(failure.message)")
            }
        }
    }

    /// A learner gets the cluster's keys once a channel; it may vote only after it has them on disk.
    private func handOver(to row: Node) {
        guard let peer = manager.links.peers[row.id], keysSent[row.id] != peer.number, let key = PublicKey(row.key),
            let cluster = manager.keys.cluster
        else { return }
        keysSent[row.id] = peer.number
        var generator = environment.makeGenerator()
        guard
            let sealed = try? cluster.sealed(
                to: key, nodeID: row.id, clusterID: manager.identity.clusterID, from: manager.keys.nodeKey,
                random: &generator)
        else { return }
        let (nodeID, commitment) = (row.id, cluster.commitment.bytes)
        // Only a leader that still leads hands them out.
        manager.member.read { [weak peer] result in
            guard case .success = result, let peer else { return }
            var keys = ClusterKeys()
            keys.nodeID = nodeID
            keys.sealed = sealed
            keys.commitment = commitment
            peer.send(.clusterKeys, keys.encoded())
        }
    }

    func keysStored(_ stored: ClusterKeysStored) {
        guard !isApproving.contains(stored.nodeID) else { return }
        isApproving.insert(stored.nodeID)
        var command = ApproveMember()
        command.id = stored.nodeID
        command.commitment = stored.commitment
        propose(.approveMember(command)) { [weak self] result in
            self?.isApproving.remove(stored.nodeID)
            if case .success(let applied) = result, let failure = applied.outcome.failure {
                self?.manager.logger.warning("a manager was not approved: \(failure.message)")
            }
        }
    }
}
