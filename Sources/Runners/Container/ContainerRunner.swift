import Bytes
import Glibc
import Model
import Seams
import Text

/// Runs images in containers of the engine of this host, Docker or Podman.
///
///     daemon ──HTTP over a unix socket──▶ engine ──▶ container
///        └────────────pidfd of the container's number 1───┘
///
/// The engine makes, starts, describes and removes containers. What must not depend on it goes past it: a task's end is
/// seen, and its signals are sent, by a pidfd; its secrets lie in a file system of the daemon's own that the container
/// has bound. So an engine that goes away and comes back takes no task along, unless it ends them itself.
package final class ContainerRunner: Runner, TaskKeeper {
    package struct Options {
        /// Where the engine is looked for, in this order; none: containers are not run here.
        package var sockets: [SocketAddress] = ["/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock"]
            .map { .unix(path: $0) }
        /// Of the daemon; names it among the daemons that share an engine.
        package var stateDirectory: String

        package init(stateDirectory: String) {
            self.stateDirectory = stateDirectory
        }
    }

    package let name = "container"
    let host: any Host
    let options: Options
    let networks: ContainerNetworks
    private let finder: EngineFinder
    var tasks: [TaskID: ContainerTask] = [:]
    /// Those that an earlier agent had.
    private var kept: Set<TaskID> = []

    /// Between two looks for what belongs to nobody.
    private static let sweepPause = Duration.seconds(60)

    package init(host: any Host, options: Options) {
        self.host = host
        self.options = options
        finder = EngineFinder(options.sockets, network: host.network, time: host.time)
        networks = ContainerNetworks(node: options.stateDirectory, time: host.time)
    }

    package var unavailable: String? { finder.reason }

    package var attributes: [(name: String, value: String)] {
        finder.engine.map { [(name: "engine", value: "\($0.socket)")] } ?? []
    }

    /// The engine, if it was found; its requests fail while it is away.
    var engine: Engine? { finder.engine }
    var limits: EngineLimits { finder.limits }

    /// Calls `body` once it is known whether there is an engine.
    func whenKnown(_ body: @escaping () -> Void) { finder.whenKnown(body) }

    // MARK: - Runner

    package func begin(keeping tasks: [TaskID], changed: @escaping () -> Void) {
        kept = Set(tasks)
        // Without it a task has no watchdog, which is needed only when this daemon dies for good.
        try? Helper.install(in: options.stateDirectory)
        finder.begin { [weak self] in
            changed()
            self?.sweep()
        }
        sweepLater()
    }

    package func prepare(
        _ launch: TaskLaunch, credentials: SecretBox?, done: @escaping (Result<PreparedTask, SystemError>) -> Void
    ) {
        precondition(tasks[launch.task] == nil, "task \(launch.task) is prepared a second time")
        let task = ContainerTask(launch, runner: self)
        tasks[launch.task] = task
        task.prepare(credentials: credentials, done: done)
    }

    package func start(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        guard let task = tasks[launch.task] else { preconditionFailure("task \(launch.task) was not prepared") }
        task.start(events)
    }

    package func adopt(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        precondition(tasks[launch.task] == nil, "task \(launch.task) is adopted a second time")
        let task = ContainerTask(launch, runner: self)
        tasks[launch.task] = task
        task.adopt(events)
    }

    package func stop(_ task: TaskID, grace: Duration) { tasks[task]?.stop(grace: grace) }
    package func kill(_ task: TaskID) { tasks[task]?.kill() }

    package func exec(
        _ task: TaskID, _ launch: ExecLaunch, events: @escaping (ExecEvent) -> Void
    ) -> any Execution {
        let session = ContainerExec(launch, host: host, events: events)
        session.start(in: tasks[task], engine)
        return session
    }

    package func logs(
        _ launch: TaskLaunch, _ query: LogQuery, events: @escaping (LogEvent) -> Void
    ) -> (any LogReading)? {
        guard launch.logPath != nil else { return nil }
        let reader = ContainerLogReader(self, launch, query, events: events)
        reader.start()
        return reader
    }

    /// Who can tell what a task wrote; of one that is gone, its log.
    func output(of task: TaskID) -> ContainerTask.Output { tasks[task]?.output ?? .file }

    func logFile(_ launch: TaskLaunch) -> LogFile? {
        launch.logPath.map { LogFile(path: $0, most: LogFile.usualBytes) }
    }

    package func usage(_ task: TaskID, done: @escaping (Result<TaskUsage, SystemError>) -> Void) {
        let fail = { (why: String) in done(.failure(SystemError("read what the task uses", detail: why))) }
        guard let engine, let id = tasks[task]?.id else {
            host.time.atEndOfTurn { [self] in fail(unavailable ?? "it has no container") }
            return
        }
        engine.usage(of: id) { result in
            switch result {
            case .success(let usage): done(.success(usage))
            case .failure(let error): fail("\(error)")
            }
        }
    }

    package func cleanUp(_ task: TaskID, done: @escaping (Result<Void, SystemError>) -> Void) {
        release(task) { [weak self] result in
            if case .success = result { self?.kept.remove(task) }
            done(result)
        }
    }

    // MARK: - Orphans

    private func sweepLater() {
        host.time.after(Self.sweepPause) { [weak self] in
            self?.sweep()
            self?.sweepLater()
        }
    }

    /// Removes the containers of this daemon that belong to no task, and the networks that nobody uses: an agent died
    /// between making and noting one, its notes are gone, or the engine made it when nobody waited for it any more.
    private func sweep() {
        guard let engine, unavailable == nil else { return }
        let label = "\(ContainerPlan.Label.node)=\(options.stateDirectory)"
        engine.containers(labels: [label]) { [weak self] result in
            guard let self, case .success(let found) = result else { return }
            remove(found.filter(isOrphan).compactMap { $0["Id"]?.string }[...], engine)
        }
    }

    private func isOrphan(_ container: JSON) -> Bool {
        let task = container["Labels"]?[ContainerPlan.Label.task]?.string.flatMap { TaskID($0) }
        return task.map { tasks[$0] == nil && !kept.contains($0) } ?? true
    }

    /// The networks come last: none is removed that a container is in.
    private func remove(_ orphans: ArraySlice<String>, _ engine: Engine) {
        guard let id = orphans.first else { return networks.sweep(engine) }
        engine.remove(id) { [weak self] _ in self?.remove(orphans.dropFirst(), engine) }
    }
}
