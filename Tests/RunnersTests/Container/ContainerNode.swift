import Bytes
import Glibc
import Linux
import Model
import Seams
import Testing
import Text
import Wire

@testable import Runners

/// One daemon's worth of folders, with a container runner whose agent can die and come back.
final class ContainerNode {
    let scratch = Scratch()
    let host: TestHost
    let state: String
    let tasks: String
    let socket: String
    private(set) var runner: ContainerRunner
    private(set) var events: [TaskID: [TaskEvent]] = [:]
    private(set) var facts: [TaskID: PreparedTask] = [:]
    private(set) var changes = 0
    /// What must live as long as this.
    var belongings: [AnyObject] = []
    private var tidied: Set<TaskID> = []
    private var files: [TaskID: SecretsFileSystem] = [:]
    private var launches: [TaskID: TaskLaunch] = [:]

    init(socket: String, host: TestHost = TestHost(cgroups: NoCgroups())) throws {
        self.socket = socket
        self.host = host
        state = scratch.folder("state")
        _ = scratch.folder("state/tasks")
        _ = scratch.folder("run", mode: 0o711)
        tasks = "\(scratch.path)/run/tasks"
        try TasksFolder.open(tasks)
        runner = ContainerRunner(host: host, options: Self.options(state, socket))
        begin([])
    }

    private static func options(_ state: String, _ socket: String) -> ContainerRunner.Options {
        var options = ContainerRunner.Options(stateDirectory: state)
        options.sockets = [.unix(path: socket)]
        return options
    }

    private func begin(_ kept: [TaskID]) {
        var isKnown = false
        runner.begin(keeping: kept) { [weak self] in self?.changes += 1 }
        runner.whenKnown { isKnown = true }
        wait { isKnown }
    }

    /// A task that runs `script` in the container's shell, with one secret `db` of value `hello`.
    func launch(_ script: String, image: String = "centos", value: String = "hello") throws -> TaskLaunch {
        var chance = SystemRandomNumberGenerator()
        var launch = TaskLaunch()
        launch.task = TaskID(random: &chance)
        launch.name = "web.1"
        launch.hostname = "web-1"
        launch.stateDirectory = scratch.folder("state/tasks/\(launch.task)")
        launch.logPath = "\(launch.stateDirectory)/log"
        var container = ContainerSpec()
        container.image = image
        launch.spec.container = container
        var program = ProgramSpec()
        program.command = ["/bin/sh", "-c", script]
        program.environment = ["GREETING=good day"]
        launch.spec.program = program
        var none = NetworkAttachment()
        none.network = "none"
        launch.spec.networks = [none]
        let memory = try SecretsFileSystem.mount(at: "\(tasks)/\(launch.task)", capacity: 4 << 20, demand: .required)
        files[launch.task] = memory
        launches[launch.task] = launch
        try give(value, to: launch)
        launch.secretsDirectory = memory.path(of: .secrets)
        launch.configsDirectory = memory.path(of: .configs)
        return launch
    }

    func give(_ value: String, to launch: TaskLaunch, in tree: SecretsFileSystem.Tree = .secrets, path: String = "db")
        throws
    {
        let file = TaskFile(path: path, content: secret(value), uid: 0, gid: 0, mode: 0o444)
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
        runner.start(launch) { [weak self] in self?.events[launch.task, default: []].append($0) }
    }

    func run(_ launch: TaskLaunch) throws {
        try start(launch)
        wait { !(events[launch.task] ?? []).isEmpty }
        guard case .started = events[launch.task]?.first else {
            throw SystemError("run", detail: "\(events[launch.task] ?? [])")
        }
    }

    /// The agent is gone and another has come: nothing is known but what is on disk and what the engine tells.
    func replaceAgent(keeping kept: [TaskID]) {
        runner = ContainerRunner(host: host, options: runner.options)
        events = [:]
        begin(kept)
    }

    func adopt(_ launch: TaskLaunch) {
        runner.adopt(launch) { [weak self] in self?.events[launch.task, default: []].append($0) }
    }

    func wait(_ condition: () -> Bool) {
        host.time.after(.zero) {}
        precondition(host.linux.loop.run(until: condition, limit: .seconds(60)), "waited for 60 s in vain")
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

    func pid(_ launch: TaskLaunch) -> Int32? {
        if case .started(let pid) = events[launch.task]?.first { pid } else { nil }
    }

    /// Runs `script` inside the task and returns how it ended and what it wrote.
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

    /// Whether `script` succeeds inside the task, asked again some times.
    func asks(for task: TaskLaunch, _ script: String) -> Bool {
        (1...100).contains { _ in exec(task, ExecLaunch(script)).end == .ended(code: 0) }
    }

    /// Reads what a task wrote until `stop` says so or there is no more: each line after `!` if it is an error, and
    /// the last word.
    func logs(
        _ launch: TaskLaunch, _ change: (inout LogQuery) -> Void = { _ in },
        until stop: ([String]) -> Bool = { _ in false }
    ) -> (lines: [String], end: LogEvent?) {
        var query = LogQuery()
        change(&query)
        var lines: [String] = []
        var end: LogEvent?
        let reading = runner.logs(launch, query) { event in
            switch event {
            case .lines(let new, _): lines += new.map { ($0.error ? "!" : "") + ($0.data.text ?? "?") }
            case .ended, .failed: end = event
            }
        }
        wait { end != nil || stop(lines) }
        reading?.stop()
        return (lines, end)
    }

    func read(_ task: TaskLaunch, _ path: String) -> String { exec(task, ExecLaunch("cat \(path)")).output }

    func cleanUp(_ launch: TaskLaunch) -> Result<Void, SystemError> {
        var result: Result<Void, SystemError>?
        runner.cleanUp(launch.task) { result = $0 }
        wait { result != nil }
        return result!
    }

    /// Has an ended task cleaned up, without waiting for it.
    func tidy(_ launch: TaskLaunch) {
        guard tidied.insert(launch.task).inserted else { return }
        runner.cleanUp(launch.task) { _ in }
    }

    /// Bytes in the files in which the engine keeps a task's output.
    func engineLogBytes(of launch: TaskLaunch) -> Int? {
        guard let engine = runner.engine, let id = containers(of: launch).first else { return nil }
        var path: String??
        engine.ask(HTTPRequest(.get, "containers", id, "json")) { path = .some((try? $0.get())?["LogPath"]?.string) }
        wait { path != nil }
        return (path ?? nil).map { path in
            ["", ".1", ".2"].reduce(0) { $0 + ((try? host.files.read(path + $1, limit: 1 << 28).count) ?? 0) }
        }
    }

    /// Cleans up and wipes, and tells what is left: containers and mounts.
    func finish(_ launch: TaskLaunch) -> [String] {
        var left: [String] = []
        if case .failure(let error) = cleanUp(launch) { left.append("\(error)") }
        files[launch.task]?.wipe()
        launches[launch.task] = nil
        left += containers(of: launch)
        for mount in MountTable.current()?.mounts ?? [] where mount.point.contains("\(launch.task)") {
            left.append(mount.point)
        }
        return left
    }

    /// The IDs of the containers that the engine has of a task.
    func containers(of launch: TaskLaunch) -> [String] {
        var found: [String]?
        runner.engine?.containers(labels: ["conclave.task=\(launch.task)"]) { result in
            found = (try? result.get())?.compactMap { $0["Id"]?.string } ?? ["the engine does not answer"]
        }
        wait { found != nil }
        return found ?? []
    }

    func hasNetwork(_ name: String) -> Bool {
        var found: Bool?
        runner.engine?.network(name) { result in
            if case .success = result { found = true } else { found = false }
        }
        wait { found != nil }
        return found ?? false
    }

    deinit {
        for (_, launch) in launches { _ = cleanUp(launch) }
    }
}
