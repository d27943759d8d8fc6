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
    enum Phase {
        case outside
        case entering
        case inside(LocalNode)
        case leaving
    }

    let settings: DaemonSettings
    let environment: any Environment
    let logger: Logger
    let makeParts: () -> NodeParts
    let version: String
    let state: StateDirectory
    var phase = Phase.outside
    private var control: (any Listener)?
    var port: (any Listener)?
    var clients: [UInt64: Peer] = [:]
    var joining: Joining?
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

    /// The node that lives here; `nil` outside of a cluster.
    var node: LocalNode? {
        if case .inside(let node) = phase { return node }
        return nil
    }

    var currentManager: Manager? { node?.manager }

    func enter(_ identity: NodeIdentity, _ keyring: Keyring) throws(Failure) {
        let node = try LocalNode(makeParts(), identity: identity, keyring: keyring, state: state, fatal: fatal)
        phase = .inside(node)
        node.start()
        logger.info(
            "node \(identity.name) runs as \(identity.member == .none ? "a worker" : "a manager")",
            ["node": identity.nodeID.description, "cluster": identity.clusterID.description])
    }
}
