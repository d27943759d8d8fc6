import Bytes
import Linux
import Model
import Seams

@testable import Runners

/// One daemon's worth of folders, with a runner whose agent can die and come back.
///
/// `TestNode` runs processes, `ContainerNode` containers.
class RunnerNode<R: Runner> {
    let scratch: Scratch
    let host: TestHost
    /// The daemon's state directory.
    let state: String
    /// Where the tasks' file systems in memory are mounted.
    let tasks: String
    private(set) var runner: R
    private(set) var events: [TaskID: [TaskEvent]] = [:]
    /// What the runner said of each task that it prepared.
    private(set) var facts: [TaskID: PreparedTask] = [:]
    /// The tasks that were not finished.
    private(set) var launches: [TaskID: TaskLaunch] = [:]
    private var files: [TaskID: SecretsFileSystem] = [:]
    private let makeRunner: () -> R
    private let patience: Duration

    /// - Parameters:
    ///   - patience: how long a test waits for what must come.
    ///   - makeRunner: makes a runner with the state directory in the folder; anew for each agent.
    init(host: TestHost, patience: Duration, makeRunner: @escaping (_ scratch: Scratch, _ state: String) -> R) throws {
        let scratch = Scratch()
        let state = scratch.folder("state")
        _ = scratch.folder("state/tasks")
        _ = scratch.folder("run", mode: 0o711)
        tasks = "\(scratch.path)/run/tasks"
        try TasksFolder.open(tasks)
        (self.scratch, self.state, self.host, self.patience) = (scratch, state, host, patience)
        self.makeRunner = { makeRunner(scratch, state) }
        runner = self.makeRunner()
    }

    // MARK: A task's life

    /// A new task's name and folder.
    func newTask() -> TaskLaunch {
        var chance = SystemRandomNumberGenerator()
        var launch = TaskLaunch()
        launch.task = TaskID(random: &chance)
        launch.name = "web.1"
        launch.hostname = "web-1"
        launch.stateDirectory = scratch.folder("state/tasks/\(launch.task)")
        return launch
    }

    /// Mounts the task's file system, in which the secret `db` has `value`.
    func mount(_ launch: inout TaskLaunch, value: String) throws {
        let memory = try SecretsFileSystem.mount(at: "\(tasks)/\(launch.task)", capacity: 4 << 20, demand: .required)
        files[launch.task] = memory
        try give(value, to: launch)
        launch.secretsDirectory = memory.path(of: .secrets)
        launch.configsDirectory = memory.path(of: .configs)
        launches[launch.task] = launch
    }

    /// Writes the task's file; for a program of the host only its user can read it.
    func give(
        _ value: String, to launch: TaskLaunch, in tree: SecretsFileSystem.Tree = .secrets, path: String = "db",
        mode: UInt32? = nil
    ) throws {
        let mode = mode ?? (launch.spec.container == nil ? 0o400 : 0o444)
        let file = TaskFile(path: path, content: secret(value), uid: launch.uid, gid: launch.gid, mode: mode)
        try files[launch.task]!.replace([file], in: tree, now: host.time.now)
    }

    func prepare(_ launch: TaskLaunch, credentials: SecretBox? = nil) throws {
        var result: Result<PreparedTask, SystemError>?
        runner.prepare(launch, credentials: credentials) { result = $0 }
        wait { result != nil }
        facts[launch.task] = try result!.get()
    }

    func start(_ launch: TaskLaunch) throws {
        try prepare(launch)
        begin(launch)
    }

    /// Of a task that is prepared.
    func begin(_ launch: TaskLaunch) {
        runner.start(launch) { [weak self] in self?.events[launch.task, default: []].append($0) }
    }

    func usage(_ launch: TaskLaunch) throws -> TaskUsage {
        var result: Result<TaskUsage, SystemError>?
        runner.usage(launch.task) { result = $0 }
        wait { result != nil }
        return try result!.get()
    }

    /// The agent is gone and another has come: nothing is known but what is on disk and what an engine tells.
    func replaceAgent() {
        runner = makeRunner()
        events = [:]
    }

    func adopt(_ launch: TaskLaunch) {
        runner.adopt(launch) { [weak self] in self?.events[launch.task, default: []].append($0) }
    }

    func cleanUp(_ launch: TaskLaunch) -> Result<Void, SystemError> {
        var result: Result<Void, SystemError>?
        runner.cleanUp(launch.task) { result = $0 }
        wait { result != nil }
        return result!
    }

    /// Cleans up and wipes, and tells what is left of the task: what went wrong, and mounts.
    func finish(_ launch: TaskLaunch) -> [String] {
        var left: [String] = []
        if case .failure(let error) = cleanUp(launch) { left.append("\(error)") }
        files[launch.task]?.wipe()
        launches[launch.task] = nil
        for mount in MountTable.current()?.mounts ?? [] where mount.point.contains("\(launch.task)") {
            left.append(mount.point)
        }
        return left
    }

    // MARK: What is seen of it

    func wait(_ condition: () -> Bool) {
        // What waits for the end of a turn needs a turn.
        host.time.after(.zero) {}
        precondition(host.linux.loop.run(until: condition, limit: patience), "waited for \(patience) in vain")
    }

    /// Waits for the task's last event.
    func end(_ launch: TaskLaunch) -> TaskEvent {
        wait {
            switch events[launch.task]?.last {
            case .ended, .failed: true
            case .started, nil: false
            }
        }
        return events[launch.task]!.last!
    }

    /// The program's process; `nil`: the runner has not said that it runs.
    func pid(_ launch: TaskLaunch) -> Int32? {
        if case .started(let pid) = events[launch.task]?.first { pid } else { nil }
    }

    func isRunning(_ launch: TaskLaunch) -> Bool { pid(launch) != nil }

    /// Runs `launch` inside the task and returns how it ended and what it wrote.
    func exec(
        _ task: TaskLaunch, _ launch: ExecLaunch, then: (any Execution) -> Void = { _ in }
    ) -> (end: ExecEvent, output: String, errors: String) {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var end: ExecEvent?
        let session = runner.exec(task.task, launch) { event in
            switch event {
            case .output(let bytes): output += bytes
            case .errorOutput(let bytes): errors += bytes
            case .ended, .failed: end = event
            case .started, .inputDrained: break
            }
        }
        then(session)
        wait { end != nil }
        return (end!, String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self))
    }
}

extension ExecLaunch {
    init(_ script: String) {
        self.init()
        arguments = ["/bin/sh", "-c", script]
    }
}
