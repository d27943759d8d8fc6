import Bytes
import Glibc
import Model
import Seams

/// Looks for the engine, and looks after it: whether it is there is what the node says of itself.
///
///     looking ──answers──▶ found ⟲ answers
///        ⟲ silent            └──silent──▶ looking
///
/// The engine that was found stays the one that is asked: it may come back any moment.
final class EngineFinder {
    private let sockets: [SocketAddress]
    private let network: any Network
    private let time: any Time
    private(set) var engine: Engine?
    private(set) var limits = EngineLimits.of(0)
    /// Why there is none that can be used; `nil`: there is.
    private(set) var reason: String?
    private var changed: () -> Void = {}
    private var isKnown: Bool
    private var waiting: [() -> Void] = []

    /// Between two looks.
    private static let pause = Duration.seconds(5)

    init(_ sockets: [SocketAddress], network: any Network, time: any Time) {
        self.sockets = sockets
        self.network = network
        self.time = time
        isKnown = sockets.isEmpty
        reason = sockets.isEmpty ? "containers are turned off on this node (--engine none)" : "not looked for yet"
    }

    func begin(_ changed: @escaping () -> Void) {
        self.changed = changed
        if !sockets.isEmpty { look(at: sockets[...], "") }
    }

    func whenKnown(_ body: @escaping () -> Void) {
        if isKnown { time.atEndOfTurn(body) } else { waiting.append(body) }
    }

    /// Asks one after the other.
    private func look(at rest: ArraySlice<SocketAddress>, _ reasons: String) {
        guard let socket = rest.first else { return know(nil, "no container engine answers: \(reasons)") }
        Engine.find(at: socket, network: network, time: time) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let found): meet(found, at: socket)
            case .failure(let error):
                look(at: rest.dropFirst(), reasons.isEmpty ? "\(socket): \(error)" : "\(reasons); \(socket): \(error)")
            }
        }
    }

    /// Who is behind the socket is told by a connection to it.
    private func meet(_ found: Engine, at socket: SocketAddress) {
        network.connect(socket, timeout: Self.pause) { [weak self] result in
            guard let self else { return }
            guard case .success(let connection) = result else { return know(nil, "no container engine answers") }
            let pid = connection.credentials?.pid ?? 0
            connection.abort()
            limits = EngineLimits.of(pid)
            know(found, Self.isApart(pid) ? Self.apart : nil)
        }
    }

    private static let apart =
        "the container engine has a mount namespace of its own, in which it can't see the files "
        + "of this daemon's tasks; start both in the host's (without PrivateMounts= and the like)"

    /// Whether process `pid` sees other mounts than this one. Not to know counts as no: a look at the running container
    /// will tell.
    static func isApart(_ pid: Int32) -> Bool {
        guard pid > 0, let theirs = try? Folder("/proc/\(pid)/ns"), let ours = try? Folder("/proc/self/ns"),
            let their = theirs.target(of: "mnt")
        else { return false }
        return their != ours.target(of: "mnt")
    }

    private func know(_ found: Engine?, _ reason: String?) {
        let wasReason = self.reason
        if let found { engine = found }
        self.reason = reason
        isKnown = true
        let all = waiting
        waiting = []
        for each in all { each() }
        if reason != wasReason { changed() }
        time.after(Self.pause) { [weak self] in
            guard let self else { return }
            look(at: engine.map { [$0.socket][...] } ?? sockets[...], "")
        }
    }
}
