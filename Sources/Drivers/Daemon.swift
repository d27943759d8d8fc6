import Bytes
import Identity
import Link
import Logging
import Model
import Raft
import Sealing
import Seams
import Store
import Wire

/// The whole process: the control socket, the port, and the node that lives here once there is one.
///
///     outside ──init, join──▶ entering ──▶ inside ──leave──▶ leaving ──▶ outside
package final class Daemon {
    private enum Phase {
        case outside
        case entering
        case inside(LocalNode)
        case leaving
    }

    private let settings: DaemonSettings
    private let environment: any Environment
    private let logger: Logger
    private let makeParts: () -> NodeParts
    private let version: String
    private let state: StateDirectory
    private var phase = Phase.outside
    private var control: (any Listener)?
    private var port: (any Listener)?
    private var clients: [UInt64: Peer] = [:]
    private var joining: Joining?
    private let fatal: (Failure) -> Void

    /// - Parameters:
    ///   - parts: what a node is made of, asked for each time that one begins.
    ///   - fatal: the process can't go on.
    package init(
        settings: DaemonSettings, environment: any Environment, logger: Logger, version: String,
        parts: @escaping () -> NodeParts, fatal: @escaping (Failure) -> Void
    ) {
        self.settings = settings
        self.environment = environment
        self.logger = logger
        self.version = version
        makeParts = parts
        self.fatal = fatal
        state = StateDirectory(environment, settings.stateDirectory)
    }

    /// Takes the state directory's lock; before anything else is touched.
    package func lock() throws(Failure) { try state.open() }

    /// Listens, and starts the node that lives here, if one does.
    package func start() throws(Failure) {
        let (identity, keyring): (NodeIdentity?, Keyring?)
        if let loaded = try state.load() { (identity, keyring) = loaded } else { (identity, keyring) = (nil, nil) }
        do throws(SystemError) {
            port = try environment.network.listen(settings.listen, ListenOptions()) { [weak self] connection in
                guard let self, case .inside(let node) = phase else { return connection.abort() }
                node.links.accept(connection)
            }
        } catch {
            throw Failure(
                .unspecified, "can't listen on \(settings.listen)", why: "\(error)",
                try: "--listen with another address")
        }
        do throws(SystemError) {
            let options = ListenOptions(mode: settings.socketGroup == nil ? 0o600 : 0o660, group: settings.socketGroup)
            control = try environment.network.listen(.unix(path: settings.socket), options) { [weak self] connection in
                self?.accept(connection)
            }
        } catch {
            throw Failure(
                .unspecified, "can't listen on \(settings.socket)", why: "\(error)", try: "--socket with another path")
        }
        if let identity, let keyring { try enter(identity, keyring) }
        logger.info(
            "listening",
            ["address": port.map { "\($0.address)" } ?? "", "socket": settings.socket, "name": settings.name])
    }

    /// Ends in good order; tasks go on.
    package func stop(_ done: @escaping () -> Void) {
        control?.close()
        port?.close()
        for number in clients.keys.sorted() { clients[number]?.close() }
        guard case .inside(let node) = phase else { return done() }
        phase = .leaving
        node.stop(done)
    }

    private func enter(_ identity: NodeIdentity, _ keyring: Keyring) throws(Failure) {
        let node = try LocalNode(makeParts(), identity: identity, keyring: keyring, state: state, fatal: fatal)
        phase = .inside(node)
        node.start()
        logger.info(
            "node \(identity.name) runs as \(identity.member == .none ? "a worker" : "a manager")",
            ["node": identity.nodeID.description, "cluster": identity.clusterID.description])
    }
}

// MARK: - The control socket

extension Daemon {
    private func accept(_ connection: any Connection) {
        var parameters = LinkParameters()
        parameters.version = 1
        parameters.maxFrame = UInt32(Limits.frameBytes)
        parameters.window = UInt32(Multiplexer.initialCredit)
        parameters.software = "conclaved \(version)"
        let peer = Peer(control: connection, environment: environment, parameters: parameters)
        clients[peer.number] = peer
        peer.onMessage = { [weak self, weak peer] message in
            guard let self, let peer else { return }
            received(message, from: peer)
        }
        peer.onClosed = { [weak self, weak peer] in
            guard let self, let peer else { return }
            clients[peer.number] = nil
            if case .inside(let node) = phase { node.manager?.closed(peer) }
        }
    }

    private func received(_ message: Multiplexer.Incoming, from peer: Peer) {
        switch message.type {
        case .request:
            // The frame may hold a value or a token in the clear.
            let decoded = try? Request.decode(wiping: message.body)
            guard let request = decoded else {
                return peer.fail(Failure(.invalid, "the request can't be read"), stream: message.stream)
            }
            take(request, from: peer, stream: message.stream)
        case .execStart: start(.exec, message, from: peer)
        case .logsStart: start(.logs, message, from: peer)
        case .getUsage: start(.usage, message, from: peer)
        case .execInput, .execResize, .execSignal, .logsEnd: _ = currentManager?.relays.relay(message, from: peer)
        default:
            if message.stream != 0 {
                peer.fail(Failure(.unimplemented, "this daemon does not know that message"), stream: message.stream)
            } else {
                peer.close(Failure(.invalid, "an unknown message on stream 0"))
            }
        }
    }

    /// The node that lives here; `nil` outside of a cluster.
    var node: LocalNode? {
        if case .inside(let node) = phase { return node }
        return nil
    }

    private func start(_ kind: Relays.Kind, _ message: Multiplexer.Incoming, from peer: Peer) {
        let failure: Failure
        if let manager = currentManager {
            if let opening = try? Relays.Opening(kind, decoding: message.body) {
                return manager.relays.start(opening, from: peer, stream: message.stream, manager)
            }
            failure = Failure(.invalid, "the request can't be read")
        } else {
            failure = notManager
        }
        let (type, body) = kind.refusal(failure)
        peer.send(type, stream: message.stream, flags: [.end, .response], body)
    }

    private var currentManager: Manager? { node?.manager }

    private var notManager: Failure {
        guard case .inside = phase else {
            return Failure(
                .denied, "This node is not a swarm manager.",
                try: "\"conclave swarm init\" or \"conclave swarm join\" to connect this node to a swarm")
        }
        return Failure(
            .denied,
            "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run "
                + "this command on a manager node or promote the current node to a manager.")
    }

    private func take(_ request: Request, from peer: Peer, stream: UInt32) {
        switch request.operation {
        case .initCluster(let wish): found(wish) { [weak self] in self?.answer($0, peer, stream) }
        case .joinCluster(let wish): join(wish) { [weak self] in self?.answer($0, peer, stream) }
        case .leaveCluster(let wish): leave(wish) { [weak self] in self?.answer($0, peer, stream) }
        case .getStatus(let get) where get.local || currentManager == nil:
            var reply = Reply()
            reply.result = .status(localStatus())
            answer(.success(reply), peer, stream)
        default:
            guard let manager = currentManager else { return answer(.failure(notManager), peer, stream) }
            manager.requests.take(request, from: peer, stream: stream, manager)
        }
    }

    private func answer(_ result: Result<Reply, Failure>, _ peer: Peer, _ stream: UInt32) {
        var reply = Reply()
        switch result {
        case .success(let done): reply = done
        case .failure(let failure): reply.failure = failure
        }
        peer.send(.reply, stream: stream, flags: [.end, .response], reply.encoded())
    }

    private func localStatus() -> ClusterStatus {
        var status = ClusterStatus()
        if case .inside(let node) = phase {
            status.nodeID = node.identity.nodeID
            status.clusterID = node.identity.clusterID
            status.role = node.manager == nil ? .worker : .manager
            status.state = node.agentStatus
            status.address = node.identity.address
            if let manager = node.manager { status = manager.overlay(status) }
        }
        status.name = settings.name
        status.version = version
        status.memoryLocked = SecretArena.shared.isLocked
        return status
    }
}

// MARK: - Coming in and going out

extension Daemon {
    private var alreadyInside: Failure {
        Failure(
            .conflict,
            "This node is already part of a swarm. Use \"conclave swarm leave\" to leave this swarm and join another one."
        )
    }

    /// Where others reach this node: as asked, as flagged, as it listens, or by its one address.
    private func advertised(_ wish: String) throws(Failure) -> String {
        guard case .tcp(let listenHost, _)? = port?.address, case .tcp(_, let listenPort)? = port?.address else {
            throw Failure(.unspecified, "this daemon has no TCP port")
        }
        let text = wish.isEmpty ? settings.advertise : wish
        if !text.isEmpty {
            guard let address = SocketAddress(text, defaultPort: listenPort) else {
                throw Failure(.invalid, "\(text) is no address", try: "--advertise-addr host:port")
            }
            return "\(address)"
        }
        if listenHost != "0.0.0.0", listenHost != "::" {
            return "\(SocketAddress.tcp(host: listenHost, port: listenPort))"
        }
        let own = environment.network.addresses()
        guard own.count == 1 else {
            throw Failure(
                .invalid,
                own.isEmpty
                    ? "could not choose an IP address to advertise since this system has none but loopback"
                    : "could not choose an IP address to advertise since this system has multiple addresses: "
                        + own.joined(separator: ", "),
                try: "--advertise-addr with one of them")
        }
        return "\(SocketAddress.tcp(host: own[0], port: listenPort))"
    }

    private func found(_ wish: InitCluster, _ done: @escaping (Result<Reply, Failure>) -> Void) {
        guard case .outside = phase else { return done(.failure(alreadyInside)) }
        do throws(Failure) {
            let address = try advertised(wish.advertise)
            var generator = environment.makeGenerator()
            let (identity, keyring) = Joining.found(
                name: wish.name.isEmpty ? settings.name : wish.name, address: address, at: environment.time.wallClock,
                from: &generator)
            try state.begin(identity, keyring)
            try enter(identity, keyring)
            currentManager?.foundingAvailability = wish.availability == .unspecified ? .active : wish.availability
            awaitCluster(until: environment.time.now + .seconds(10), done)
        } catch {
            phase = .outside
            done(.failure(error))
        }
    }

    /// The reply waits for the first command to be applied: only then is the cluster there.
    private func awaitCluster(until deadline: Moment, _ done: @escaping (Result<Reply, Failure>) -> Void) {
        guard let manager = currentManager else {
            return done(.failure(Failure(.unspecified, "the node stopped while the cluster began")))
        }
        if manager.store.cluster != nil {
            do throws(Failure) {
                var joined = Joined()
                joined.nodeID = manager.identity.nodeID
                joined.role = .manager
                joined.workerToken = try manager.shownToken(.worker)
                var reply = Reply()
                reply.result = .joined(joined)
                done(.success(reply))
            } catch {
                done(.failure(error))
            }
            return
        }
        guard environment.time.now < deadline else {
            return done(.failure(Failure(.timedOut, "the cluster did not begin in time", try: "conclave status")))
        }
        environment.time.after(.milliseconds(5)) { [weak self] in self?.awaitCluster(until: deadline, done) }
    }

    private func join(_ wish: JoinCluster, _ done: @escaping (Result<Reply, Failure>) -> Void) {
        guard case .outside = phase else { return done(.failure(alreadyInside)) }
        do throws(Failure) {
            guard let text = wish.token else { throw Failure(.invalid, "a join token is needed", try: "--token") }
            let token: JoinSecret
            do throws(IdentityError) {
                token = try text.lend { (text) throws(IdentityError) in try JoinSecret(parsing: text) }
            } catch {
                if case .token(let why) = error { throw Failure(.invalid, "invalid join token", why: why) }
                throw Failure(.invalid, "invalid join token")
            }
            guard !wish.managers.isEmpty else {
                throw Failure(
                    .invalid, "the address of a manager is needed", try: "conclave swarm join --token … HOST:PORT")
            }
            let address = try advertised(wish.advertise)
            let parts = makeParts()
            phase = .entering
            let joining = Joining(
                environment: environment, token: token, request: wish,
                name: wish.name.isEmpty ? settings.name : wish.name, address: address,
                description: NodeFacts.describe(
                    files: environment.files, runners: parts.runners, taskFiles: parts.taskFiles, version: version)
            ) { [weak self] outcome in self?.joined(outcome, token.role, done) }
            self.joining = joining
            joining.start()
        } catch {
            done(.failure(error))
        }
    }

    private func joined(
        _ outcome: Joining.Outcome, _ role: Role, _ done: @escaping (Result<Reply, Failure>) -> Void
    ) {
        joining = nil
        do throws(Failure) {
            let (identity, keyring) = try outcome.get()
            try state.begin(identity, keyring)
            try enter(identity, keyring)
            var joined = Joined()
            joined.nodeID = identity.nodeID
            joined.role = role
            var reply = Reply()
            reply.result = .joined(joined)
            done(.success(reply))
        } catch {
            phase = .outside
            done(.failure(error))
        }
    }

    private func leave(_ wish: LeaveCluster, _ done: @escaping (Result<Reply, Failure>) -> Void) {
        guard case .inside(let node) = phase else {
            return done(.failure(Failure(.denied, "This node is not part of a swarm")))
        }
        guard let manager = node.manager else { return goOut(node, done) }
        guard manager.resignation == nil else {
            return done(.failure(Failure(.conflict, "This node is leaving its swarm already")))
        }
        if manager.isLast {
            guard wish.force else {
                return done(
                    .failure(attemptsToLeave("Removing the last manager erases all current state of the swarm.")))
            }
            return goOut(node, done)
        }
        manager.resign(within: wish.force ? Self.resignForced : Self.resign) { [weak self] failure in
            guard let self, case .inside(let node) = phase else { return }
            if let failure {
                guard wish.force else {
                    return done(.failure(attemptsToLeave("The others would still count it: " + failure.message + ".")))
                }
                logger.warning("this node leaves while the others still count it", ["why": failure.message])
            }
            goOut(node, done)
        }
    }

    /// How long the others are asked to count this manager no more.
    private static let resign = Duration.seconds(10)
    private static let resignForced = Duration.seconds(3)

    private func attemptsToLeave(_ consequence: String) -> Failure {
        Failure(
            .conflict,
            "You are attempting to leave the swarm on a node that is participating as a manager. \(consequence) "
                + "Use `--force` to ignore this message.")
    }

    private func goOut(_ node: LocalNode, _ done: @escaping (Result<Reply, Failure>) -> Void) {
        phase = .leaving
        node.leave { [weak self] in
            guard let self else { return }
            do throws(SystemError) {
                try state.discard()
            } catch {
                logger.error("the node's state can't be removed: \(error)")
            }
            phase = .outside
            logger.info("node \(settings.name) left its cluster")
            done(.success(Reply()))
        }
    }
}
