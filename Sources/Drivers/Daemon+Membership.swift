import Bytes
import Identity
import Logging
import Model
import Sealing
import Seams
import Store
import Wire

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

    func found(_ wish: InitCluster, _ done: @escaping (Result<Reply, Failure>) -> Void) {
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

    func join(_ wish: JoinCluster, _ done: @escaping (Result<Reply, Failure>) -> Void) {
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

    func leave(_ wish: LeaveCluster, _ done: @escaping (Result<Reply, Failure>) -> Void) {
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
