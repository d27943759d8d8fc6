import Bytes
import Glibc
import Linux
import Model
import Primitives
import Seams

@testable import Runners

/// The real host with control groups that a test chooses.
final class TestHost: Host {
    let linux = LinuxEnvironment()
    let cgroups: any Cgroups
    init(cgroups: any Cgroups) { self.cgroups = cgroups }
    var time: any Time { linux.time }
    var work: any Work { linux.work }
    var network: any Network { linux.network }
    var files: any Files { linux.files }
    var mounts: any Mounts { linux.mounts }
    func makeGenerator() -> SecureGenerator { linux.makeGenerator() }
    var processes: any Processes { linux.processes }
}

/// A host without control groups.
final class NoCgroups: Cgroups {
    let layout = "none"
    func make(_ name: String, _ limits: TaskLimits) throws(SystemError) -> any Cgroup {
        throw SystemError("make a control group", name, detail: "this host has none")
    }
    func find(_ name: String) -> (any Cgroup)? { nil }
}

/// One daemon's worth of folders, with a runner whose agent can die and come back.
final class TestNode {
    let scratch = Scratch()
    let host: TestHost
    let state: String
    let tasks: String
    var runner: ProcessRunner
    private(set) var events: [TaskID: [TaskEvent]] = [:]
    private var files: [TaskID: SecretsFileSystem] = [:]
    private var launches: [TaskID: TaskLaunch] = [:]

    init(allowsRoot: Bool = false, cgroups: any Cgroups = NoCgroups()) throws {
        host = TestHost(cgroups: cgroups)
        state = scratch.folder("state")
        _ = scratch.folder("state/tasks")
        _ = scratch.folder("run", mode: 0o711)
        tasks = "\(scratch.path)/run/tasks"
        try TasksFolder.open(tasks)
        runner = ProcessRunner(host: host, options: Self.options(scratch, state, allowsRoot))
    }

    private static func options(_ scratch: Scratch, _ state: String, _ allowsRoot: Bool) -> ProcessRunner.Options {
        var options = ProcessRunner.Options(stateDirectory: state)
        options.registry = DaemonRegistry("\(scratch.path)/registry")
        options.allowsRoot = allowsRoot
        return options
    }

    /// A task that runs `script` in a shell, as `uid`, with one secret `db` of value `hello`.
    func launch(_ script: String, uid: UInt32 = 200_007, value: String = "hello") throws -> TaskLaunch {
        var chance = SystemRandomNumberGenerator()
        var launch = TaskLaunch()
        launch.task = TaskID(random: &chance)
        launch.name = "web.1"
        launch.hostname = "web-1"
        launch.arguments = ["/bin/sh", "-c", script]
        launch.environment = ["PATH=/usr/bin:/bin", "GREETING=good day"]
        launch.uid = uid
        launch.gid = uid
        launch.stateDirectory = scratch.folder("state/tasks/\(launch.task)")
        launch.logPath = "\(launch.stateDirectory)/log"
        launch.maskedPaths = [state, "\(scratch.path)/run"]
        let memory = try SecretsFileSystem.mount(
            at: "\(tasks)/\(launch.task)", capacity: 4 << 20, demand: .required)
        files[launch.task] = memory
        launches[launch.task] = launch
        try give(value, to: launch)
        launch.secretsDirectory = memory.path(of: .secrets)
        launch.configsDirectory = memory.path(of: .configs)
        return launch
    }

    func give(_ value: String, to launch: TaskLaunch) throws {
        let file = TaskFile(path: "db", content: secret(value), uid: launch.uid, gid: launch.gid, mode: 0o400)
        try files[launch.task]!.replace([file], in: .secrets, now: host.time.now)
    }

    func prepare(_ launch: TaskLaunch) throws {
        var result: Result<PreparedTask, SystemError>?
        runner.prepare(launch, credentials: nil) { result = $0 }
        wait { result != nil }
        _ = try result!.get()
    }

    func start(_ launch: TaskLaunch) throws {
        try prepare(launch)
        begin(launch)
    }

    /// Of a task that is prepared.
    func begin(_ launch: TaskLaunch) {
        runner.start(launch) { self.events[launch.task, default: []].append($0) }
    }

    /// The agent is gone and another has come: nothing is known but what is on disk.
    func replaceAgent() {
        runner = ProcessRunner(host: host, options: runner.options)
        events = [:]
    }

    func adopt(_ launch: TaskLaunch) {
        runner.adopt(launch) { self.events[launch.task, default: []].append($0) }
    }

    func wait(_ condition: () -> Bool) {
        // What waits for the end of a turn needs a turn.
        host.time.after(.zero) {}
        precondition(host.linux.loop.run(until: condition, limit: .seconds(20)), "waited for 20 s in vain")
    }

    func isRunning(_ launch: TaskLaunch) -> Bool {
        if case .started = events[launch.task]?.first { true } else { false }
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

    func log(_ launch: TaskLaunch) -> String { text(launch.logPath!) ?? "" }

    /// Waits until the task has written `text` to its log.
    func waitLog(_ launch: TaskLaunch, _ text: String) {
        wait {
            log(launch).contains(text)
                || !(events[launch.task] ?? []).allSatisfy { if case .started = $0 { true } else { false } }
        }
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

    /// Wipes and removes all of the task, and tells what is left of it: processes and mounts.
    func finish(_ launch: TaskLaunch) -> [String] {
        var result: Result<Void, SystemError>?
        files[launch.task]?.wipe()
        runner.cleanUp(launch.task) { result = $0 }
        wait { result != nil }
        var left: [String] = []
        if case .failure(let error) = result! { left.append("\(error)") }
        for mount in MountTable.current()?.mounts ?? [] where mount.point.contains("\(launch.task)") {
            left.append(mount.point)
        }
        return left
    }

    deinit {
        for (task, _) in launches { runner.kill(task) }
    }
}

extension ExecLaunch {
    init(_ script: String) {
        self.init()
        arguments = ["/bin/sh", "-c", script]
    }
}
