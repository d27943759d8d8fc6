import Drivers
import Logging
import Model
import Seams

/// A host with its daemon, which comes and goes.
final class SimulatedNode {
    let host: SimulatedHost
    private(set) var daemon: Daemon?
    private(set) var process: SimulatedProcess?
    /// Where clients of this host run, for as long as it has power.
    private var clients: SimulatedProcess?
    var isRestartPlanned = false

    // What the checks saw last.
    var index = Index.zero
    var deliveries = 0
    var leadsTerm = Term.zero
    var member = MemberID.none
    /// What its disk holds of the log, also while no daemon runs.
    var durable = Index.zero
    var durableTerm = Term.zero
    /// The tasks that its agent has.
    var tasks: [TaskID] = []
    /// Until when the node's agent believed to hold its lease, in the world's time.
    var leaseEnd: UInt64 = 0
    /// The last moment at which it knew that it held none.
    var unleasedAt: UInt64 = 0

    static let socket = "/run/conclave/control.sock"

    init(_ host: SimulatedHost) { self.host = host }

    var isRunning: Bool { process?.isAlive ?? false }
    var address: String { "\(host.address):7377" }

    /// Starts the daemon, as a service manager does.
    ///
    /// - Parameter fatal: it can't go on; also when it could not be started.
    func boot(_ logger: Logger, fatal: @escaping (Failure) -> Void) {
        guard !isRunning else { return }
        if !host.isUp { host.powerOn() }
        let process = host.makeProcess()
        self.process = process
        let settings = DaemonSettings(
            listen: .tcp(host: host.address, port: 7377), advertise: "", socket: Self.socket, socketGroup: nil,
            stateDirectory: "/var/lib/conclave", name: host.name)
        var options = AgentDriver.Options(stateDirectory: "/var/lib/conclave", runDirectory: "/run/conclave")
        options.taskUsers = 1000
        let daemon = Daemon(
            settings: settings, environment: process, logger: logger, version: "simulated",
            parts: { [host] in
                NodeParts(
                    environment: process, runners: [SimulatedRunner(process)], taskFiles: SimulatedTaskFiles(host),
                    logger: logger, agentOptions: options, version: "simulated")
            }, fatal: fatal)
        self.daemon = daemon
        process.turn {
            do throws(Failure) {
                try daemon.lock()
                try daemon.start()
            } catch {
                fatal(error)
            }
        }
    }

    func kill() {
        process?.kill()
        forget()
    }

    func losePower() {
        host.losePower()
        forget()
    }

    /// Ends the daemon in good order.
    func stop(_ done: @escaping () -> Void) {
        guard let daemon, let process, isRunning else { return done() }
        process.turn {
            daemon.stop { [weak self] in
                process.world.plan(after: 0) {
                    // Meanwhile it may have been killed and started again.
                    guard let self, self.process === process else { return }
                    self.kill()
                    done()
                }
            }
        }
    }

    /// The daemon is no more.
    func forget() {
        daemon = nil
        process = nil
        deliveries = 0
        leadsTerm = .zero
        tasks = []
    }

    /// A process for a client on this host; `nil`: it has no power.
    func client() -> SimulatedProcess? {
        guard host.isUp else { return nil }
        if let clients, clients.isAlive { return clients }
        clients = host.makeProcess()
        return clients
    }
}
