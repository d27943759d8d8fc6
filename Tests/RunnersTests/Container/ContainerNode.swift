import Bytes
import Model
import Seams
import Text
import Wire

@testable import Runners

/// A node that runs containers.
final class ContainerNode: RunnerNode<ContainerRunner> {
    let socket: String
    /// How often the runner said that it can be used again, or no more.
    private(set) var changes = 0
    /// What must live as long as this.
    var belongings: [AnyObject] = []
    private var tidied: Set<TaskID> = []

    init(socket: String, host: TestHost = TestHost(cgroups: NoCgroups())) throws {
        self.socket = socket
        try super.init(host: host, patience: .seconds(60)) { _, state in
            var options = ContainerRunner.Options(stateDirectory: state)
            options.sockets = [.unix(path: socket)]
            return ContainerRunner(host: host, options: options)
        }
        begin([])
    }

    deinit {
        for launch in launches.values { _ = cleanUp(launch) }
    }

    private func begin(_ kept: [TaskID]) {
        var isKnown = false
        runner.begin(keeping: kept) { [weak self] in self?.changes += 1 }
        runner.whenKnown { isKnown = true }
        wait { isKnown }
    }

    func replaceAgent(keeping kept: [TaskID]) {
        replaceAgent()
        begin(kept)
    }

    /// A task that runs `script` in the container's shell, with one secret `db` of value `hello`.
    func launch(_ script: String, image: String = "centos", value: String = "hello") throws -> TaskLaunch {
        var launch = newTask()
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
        try mount(&launch, value: value)
        return launch
    }

    /// Starts the task, and waits until it runs.
    func run(_ launch: TaskLaunch) throws {
        try start(launch)
        wait { !(events[launch.task] ?? []).isEmpty }
        guard case .started = events[launch.task]?.first else {
            throw SystemError("run", detail: "\(events[launch.task] ?? [])")
        }
    }

    /// Whether `script` succeeds inside the task, asked again some times.
    func asks(for task: TaskLaunch, _ script: String) -> Bool {
        (1...100).contains { _ in exec(task, ExecLaunch(script)).end == .ended(code: 0) }
    }

    /// Reads what a task wrote until `stop` says so or there is no more: each line after `!` if it is an error, the last
    /// word, and where to go on.
    func logs(
        _ launch: TaskLaunch, _ change: (inout LogQuery) -> Void = { _ in },
        until stop: ([String]) -> Bool = { _ in false }
    ) -> (lines: [String], end: LogEvent?, next: UInt64?) {
        var query = LogQuery()
        change(&query)
        var lines: [String] = []
        var end: LogEvent?
        var next: UInt64?
        let reading = runner.logs(launch, query) { event in
            switch event {
            case .lines(let new, _, let position):
                lines += new.map { ($0.error ? "!" : "") + ($0.data.text ?? "?") }
                next = position
            case .ended, .failed: end = event
            }
        }
        wait { end != nil || stop(lines) }
        reading?.stop()
        return (lines, end, next)
    }

    /// Asks the engine for anything of a container; it must say yes.
    @discardableResult
    func ask(_ request: HTTPRequest) throws -> JSON {
        var answer: Result<JSON, EngineError>?
        runner.engine?.ask(request) { answer = $0 }
        wait { answer != nil }
        return try answer!.get()
    }

    func read(_ task: TaskLaunch, _ path: String) -> String { exec(task, ExecLaunch("cat \(path)")).output }

    override func finish(_ launch: TaskLaunch) -> [String] { super.finish(launch) + containers(of: launch) }

    /// Has an ended task cleaned up, without waiting for it.
    func tidy(_ launch: TaskLaunch) {
        guard tidied.insert(launch.task).inserted else { return }
        runner.cleanUp(launch.task) { _ in }
    }

    /// Bytes in the files in which the engine keeps a task's output.
    func engineLogBytes(of launch: TaskLaunch) -> Int? {
        guard let id = containers(of: launch).first else { return nil }
        let path = try? ask(HTTPRequest(.get, "containers", id, "json"))["LogPath"]?.string
        return path.map { path in
            ["", ".1", ".2"].reduce(0) { $0 + ((try? host.files.read(path + $1, limit: 1 << 28).count) ?? 0) }
        }
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

    /// How many networks of a name there are.
    func networks(_ name: String) throws -> Int {
        try ask(HTTPRequest(.get, "networks")).array?.count { $0["Name"]?.string == name } ?? 0
    }
}
