import Bytes
import Glibc
import Model
import Seams

/// Runs programs of the host in bubblewrap's sandbox.
///
///     daemon ── monitor (bwrap, root, outside; writes the exit code to a file)
///                 └─ reaper (bwrap, number 1 inside; its death is the death of all inside)
///                      └─ program (helper's `drop`, then the task's own)
///
/// No process needs the daemon: when it dies the task goes on, and the next daemon finds it by the record and the
/// exit code in the status file. Only the program is in the task's control group, so that limits count and kill
/// what is the task's, and the exit code is told by processes that no limit reaches.
package final class ProcessRunner: Runner, TaskKeeper {
    package struct Options {
        /// A folder of the daemon's that allows execution, 0700; the helper is written there.
        package var stateDirectory: String
        /// Whether a task may run as user 0.
        package var allowsRoot = false
        /// Bytes of output kept per task, of a longer one: at least this, and at most twice as many.
        package var logBytes = LogFile.usualBytes
        package var registry = DaemonRegistry()
        package var bubblewrap = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"]

        package init(stateDirectory: String) {
            self.stateDirectory = stateDirectory
        }
    }

    package let name = "process"
    package let unavailable: String?
    let host: any Host
    let options: Options
    let helperPath: String
    private let bubblewrapPath: String
    var tasks: [TaskID: SandboxedTask] = [:]
    /// Those that wait for their start, in order, and how many are on their way.
    private var waiting: [SandboxedTask] = []
    private var starting = 0
    private var logTimer: (any Seams.Timer)?

    /// How often size and time of the logs are looked at.
    private static let logPause = Duration.seconds(1)
    /// While a task writes more than is kept of it.
    private static let floodPause = Duration.milliseconds(100)
    /// Sandboxes made at once. More would be no faster, since the kernel makes namespaces one after the other, and
    /// would take the processor from the daemon until its lease is over.
    private static let mostStarting = 4

    /// Writes the helper, and finds out whether tasks can be run.
    package init(host: any Host, options: Options) {
        self.host = host
        self.options = options
        helperPath = Helper.path(in: options.stateDirectory)
        let found = options.bubblewrap.first { unsafe access($0, X_OK) == 0 }
        bubblewrapPath = found ?? ""
        var reason: String?
        if geteuid() != 0 { reason = "tasks need a daemon that runs as root" }
        if found == nil { reason = "bubblewrap (bwrap) is not installed" }
        do {
            try Helper.install(in: options.stateDirectory)
        } catch {
            reason = "\(error)"
        }
        unavailable = reason
    }

    package var attributes: [(name: String, value: String)] {
        [
            (name: "cgroup", value: host.cgroups.layout),
            (name: "root-tasks", value: options.allowsRoot ? "yes" : "no"),
            (name: "runner", value: name),
        ]
    }

    // MARK: - Runner

    /// Whatever runs of a task has a record, by which it is adopted; and what this host has does not change.
    package func begin(keeping tasks: [TaskID], changed: @escaping () -> Void) {}

    package func prepare(
        _ launch: TaskLaunch, credentials: SecretBox?, done: @escaping (Result<PreparedTask, SystemError>) -> Void
    ) {
        let result: Result<PreparedTask, SystemError>
        do {
            try check(launch)
            try makeGroup(launch)
            result = .success(PreparedTask())
        } catch {
            result = .failure(error)
        }
        host.time.atEndOfTurn { done(result) }
    }

    package func start(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        precondition(tasks[launch.task] == nil, "task \(launch.task) is started a second time")
        let task = SandboxedTask(launch, runner: self, events: events)
        tasks[launch.task] = task
        waiting.append(task)
        startNext()
        watchLogs()
    }

    private func startNext() {
        while starting < Self.mostStarting, !waiting.isEmpty {
            let task = waiting.removeFirst()
            // It may have been told to end meanwhile.
            guard !task.isOver else { continue }
            starting += 1
            task.start(bubblewrap: bubblewrapPath) { [weak self] in
                self?.starting -= 1
                self?.startNext()
            }
        }
    }

    package func adopt(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        precondition(tasks[launch.task] == nil, "task \(launch.task) is adopted a second time")
        let task = SandboxedTask(launch, runner: self, events: events)
        tasks[launch.task] = task
        task.adopt()
        watchLogs()
    }

    package func stop(_ task: TaskID, grace: Duration) {
        tasks[task]?.stop(grace: grace)
    }

    package func kill(_ task: TaskID) {
        tasks[task]?.kill()
    }

    package func exec(
        _ task: TaskID, _ launch: ExecLaunch, events: @escaping (ExecEvent) -> Void
    ) -> any Execution {
        let session = ExecSession(runner: self, events: events)
        session.start(launch, in: tasks[task])
        return session
    }

    package func logs(
        _ launch: TaskLaunch, _ query: LogQuery, events: @escaping (LogEvent) -> Void
    ) -> (any LogReading)? {
        guard let file = logFile(launch) else { return nil }
        let isOver = { [weak self] in self?.tasks[launch.task]?.isOver ?? true }
        let reader = LogReader(host, file, query, isOver: isOver, events: events)
        reader.start()
        return reader
    }

    package func usage(_ task: TaskID, done: @escaping (Result<TaskUsage, SystemError>) -> Void) {
        let usage = tasks[task]?.usage ?? TaskUsage()
        host.time.atEndOfTurn { done(.success(usage)) }
    }

    package func cleanUp(_ task: TaskID, done: @escaping (Result<Void, SystemError>) -> Void) {
        release(task, done: done)
    }

    // MARK: - Preparation

    private func check(_ launch: TaskLaunch) throws(SystemError) {
        if let unavailable { throw SystemError("start a task", detail: unavailable) }
        guard let program = launch.arguments.first, !program.isEmpty else {
            throw SystemError("start a task", detail: "there is no command")
        }
        guard launch.uid != 0 || options.allowsRoot else {
            throw SystemError("start a task", detail: "user 0 is not allowed on this node (--allow-root-tasks)")
        }
        guard launch.spec.container == nil else {
            throw SystemError("start a task", detail: "an image needs the container runner")
        }
        let mounts = launch.spec.program?.mounts ?? []
        try ProcessRules(masks: mounts.isEmpty ? [] : masks(launch)).check(launch.spec)
        for word in launch.arguments + launch.environment + [launch.hostname, launch.directory ?? ""]
        where word.utf8.contains(0) {
            throw SystemError("start a task", detail: "a word of the command or environment has a zero byte")
        }
    }

    /// Limits that cannot be enforced are refused; without any, a group is welcome but not needed.
    private func makeGroup(_ launch: TaskLaunch) throws(SystemError) {
        do {
            _ = try host.cgroups.make(Self.groupName(launch.task), launch.limits)
        } catch {
            guard launch.limits.isEmpty else { throw error }
        }
    }

    /// The paths that must not be seen by a task.
    func masks(_ launch: TaskLaunch) -> [String] {
        let named = launch.maskedPaths + options.registry.paths() + [options.stateDirectory]
        return Sandbox.masks(
            for: named.map { NameResolution.resolved($0) ?? $0 }, in: MountTable.current() ?? MountTable(parsing: ""),
            exists: NameResolution.isFolder)
    }

    static func groupName(_ task: TaskID) -> String { "task-\(task)" }

    // MARK: - Logs

    private func watchLogs(after pause: Duration = ProcessRunner.logPause) {
        guard logTimer == nil, !tasks.isEmpty else { return }
        logTimer = host.time.after(pause) { [weak self] in
            guard let self else { return }
            let files = tasks.values.compactMap { logFile($0.launch) }
            host.work.job {
                files.reduce(false) { $1.look() || $0 }
            } done: { [weak self] isFlooded in
                self?.logTimer = nil
                self?.watchLogs(after: isFlooded ? Self.floodPause : Self.logPause)
            }
        }
    }

    private func logFile(_ launch: TaskLaunch) -> LogFile? {
        launch.logPath.map { LogFile(path: $0, most: options.logBytes) }
    }
}
