import Bytes
import Glibc
import Linux
import Model
import Seams
import TestSupport
import Testing
import Wire

@testable import Drivers

/// A runner that runs nothing: the test says what becomes of each task.
final class FakeRunner: Runner {
    let name = "fake"
    var unavailable: String?
    let attributes: [(name: String, value: String)] = [(name: "cgroup", value: "none")]
    let time: any Time
    var prepared: [TaskLaunch] = []
    /// Whether each was prepared with some.
    var credentials: [Bool] = []
    var facts = PreparedTask()
    var changed: () -> Void = {}
    var events: [TaskID: (TaskEvent) -> Void] = [:]
    var log: [String] = []
    var adopted: [TaskID: TaskEvent] = [:]
    var cleanUpFailures = 0
    var execution: FakeExecution?
    var readings: [FakeReading] = []

    init(_ time: any Time) { self.time = time }

    func begin(keeping tasks: [TaskID], changed: @escaping () -> Void) { self.changed = changed }
    func prepare(
        _ launch: TaskLaunch, credentials: SecretBox?, done: @escaping (Result<PreparedTask, SystemError>) -> Void
    ) {
        prepared.append(launch)
        log.append("prepare")
        self.credentials.append(credentials != nil)
        time.after(.zero) { [facts] in done(.success(facts)) }
    }
    func start(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        log.append("start")
        self.events[launch.task] = events
        time.after(.zero) { events(.started(pid: 77)) }
    }
    func adopt(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        log.append("adopt")
        self.events[launch.task] = events
        let event = adopted[launch.task] ?? .failed(reason: "no trace")
        time.after(.zero) { events(event) }
    }
    func stop(_ task: TaskID, grace: Duration) {
        log.append("stop \(grace.milliseconds)")
        time.after(.zero) { self.events[task]?(.ended(code: 143, reason: "")) }
    }
    func kill(_ task: TaskID) { log.append("kill") }
    func exec(_ task: TaskID, _ launch: ExecLaunch, events: @escaping (ExecEvent) -> Void) -> any Execution {
        let made = FakeExecution(launch, events)
        execution = made
        return made
    }
    func logs(_ launch: TaskLaunch, _ query: LogQuery, events: @escaping (LogEvent) -> Void) -> (any LogReading)? {
        let reading = FakeReading(query, events)
        readings.append(reading)
        return reading
    }
    func usage(_ task: TaskID, done: @escaping (Result<TaskUsage, SystemError>) -> Void) {
        var usage = TaskUsage()
        usage.memoryBytes = 4096
        time.after(.zero) { [usage] in done(.success(usage)) }
    }
    func cleanUp(_ task: TaskID, done: @escaping (Result<Void, SystemError>) -> Void) {
        log.append("cleanUp")
        let fails = cleanUpFailures > 0
        cleanUpFailures -= 1
        time.after(.zero) {
            done(fails ? .failure(SystemError("clean up", detail: "busy")) : .success(()))
        }
    }
}

/// A reader whose lines the test writes.
final class FakeReading: LogReading {
    let query: LogQuery
    let events: (LogEvent) -> Void
    var log: [String] = []
    init(_ query: LogQuery, _ events: @escaping (LogEvent) -> Void) {
        self.query = query
        self.events = events
    }
    func pause() { log.append("pause") }
    func resume() { log.append("resume") }
    func stop() { log.append("stop") }
}

final class FakeExecution: Execution {
    let launch: ExecLaunch
    let events: (ExecEvent) -> Void
    var log: [String] = []
    init(_ launch: ExecLaunch, _ events: @escaping (ExecEvent) -> Void) {
        self.launch = launch
        self.events = events
    }
    func input(_ bytes: Bytes) { log.append("input \(bytes.text ?? "")") }
    func endInput() { log.append("end") }
    func resize(_ size: WindowSize) { log.append("resize \(size.rows)x\(size.columns)") }
    func signal(_ number: Int32) { log.append("signal \(number)") }
    func pauseOutput() { log.append("pause") }
    func resumeOutput() { log.append("resume") }
    func kill() { log.append("kill") }
    func drain() { events(.inputDrained) }
}

/// Files that are only remembered.
final class FakeTaskFiles: TaskFiles {
    let protection = Protection.secure
    var shown: [TaskID: [String]] = [:]
    var owners: [TaskID: [UInt32]] = [:]
    var log: [String] = []
    var wiped: [TaskID] = []
    var kept: [[TaskID]] = []
    var mounted: Set<TaskID> = []

    func prepare(_ task: TaskID, _ files: [TaskFile], required: Bool) throws(SystemError) -> TaskFolders {
        mounted.insert(task)
        log.append(required ? "prepare required" : "prepare preferred")
        try publish(task, files)
        return folders(task)
    }
    func adopt(_ task: TaskID) -> TaskFolders? { mounted.contains(task) ? folders(task) : nil }
    func publish(_ task: TaskID, _ files: [TaskFile]) throws(SystemError) {
        shown[task] = files.map { file in
            var text = "config"
            if case .secret(let box) = file.content {
                text = unsafe box.borrow { unsafe String(decoding: $0, as: UTF8.self) }
            }
            return "\(file.path)=\(text) \(String(file.mode, radix: 8))"
        }
        owners[task] = files.map(\.uid)
    }
    func protection(of task: TaskID) -> Protection { mounted.contains(task) ? .weak : .unspecified }
    func wipe(_ task: TaskID) {
        mounted.remove(task)
        wiped.append(task)
    }
    func sweep(keeping tasks: [TaskID]) { kept.append(tasks) }
    private func folders(_ task: TaskID) -> TaskFolders {
        TaskFolders(secrets: "/m/\(task)/secrets", configs: "/m/\(task)/configs")
    }
}

/// The leader's end, played by the test.
final class FakeLink: AgentLink {
    struct Sent {
        var type: FrameType
        var stream: UInt32
        var flags: FrameFlags
        var body: Bytes
    }
    let time: any Time
    var dialled: [ManagerAddress] = []
    var hangUps = 0
    var sent: [Sent] = []
    var credits: [UInt32: Int] = [:]
    var held: [UInt32: Int] = [:]
    var closed: [UInt32] = []
    var remembered: [[ManagerAddress]] = []

    init(_ time: any Time) { self.time = time }

    func dial(_ manager: ManagerAddress) { dialled.append(manager) }
    func hangUp() { hangUps += 1 }
    func send(_ type: FrameType, stream: UInt32, flags: FrameFlags, _ body: Bytes) {
        sent.append(Sent(type: type, stream: stream, flags: flags, body: body))
    }
    func consumed(_ bytes: Int, of stream: UInt32) { credits[stream, default: 0] += bytes }
    func heldBytes(of stream: UInt32) -> Int { held[stream] ?? 0 }
    func finished(_ stream: UInt32) { closed.append(stream) }
    func remember(_ managers: [ManagerAddress]) { remembered.append(managers) }
    /// A delivery is the value in the clear here.
    func open(_ value: AssignedValue, done: @escaping (SecretBox?) -> Void) {
        let bytes = value.sealed.array
        time.after(.zero) { done(bytes.isEmpty ? nil : box(bytes)) }
    }

    func last<M: Message>(_ type: FrameType, _: M.Type = M.self) -> M? {
        sent.last { $0.type == type }.flatMap { try? M.decode($0.body) }
    }
    func count(_ type: FrameType) -> Int { sent.count { $0.type == type } }
}

func box(_ bytes: [UInt8]) -> SecretBox { SecretBox(SecretBytes(copying: Bytes(bytes))) }

/// A node with a folder of its own, whose agent can go and come back.
final class AgentBench {
    let environment: any Environment
    let loop: Loop
    let folder: TemporaryFolder
    let fake: FakeRunner
    let files = FakeTaskFiles()
    let link: FakeLink
    let session = SessionID(high: 1, low: 1)
    var driver: AgentDriver

    init(
        _ environment: LinuxEnvironment = LinuxEnvironment(), folder: TemporaryFolder = AgentBench.makeFolder(),
        runner: (any Runner)? = nil, taskFiles: (any TaskFiles)? = nil
    ) {
        self.environment = environment
        loop = environment.loop
        self.folder = folder
        fake = FakeRunner(environment.time)
        link = FakeLink(environment.time)
        driver = Self.driver(environment, folder.path, runner ?? fake, taskFiles ?? files, link)
    }

    deinit {
        driver.shutDown()
        // A note that is still being written would outlive its folder.
        _ = wait { driver.records.isIdle }
    }

    /// A bench with one running task, which has a secret.
    static func running() throws -> (AgentBench, StoredTask) {
        let bench = AgentBench()
        try #require(bench.register())
        let task = Self.task(1)
        bench.assign(1, task, value: (1, "first"))
        try #require(bench.wait { bench.state(task.id) == .running })
        return (bench, task)
    }

    static func makeFolder() -> TemporaryFolder { TemporaryFolder("agent", below: "/var/tmp") }

    private static func driver(
        _ environment: any Environment, _ folder: String, _ runner: any Runner, _ files: any TaskFiles, _ link: FakeLink
    ) -> AgentDriver {
        let description = NodeFacts.describe(
            files: environment.files, runners: [runner], taskFiles: files, version: "1.0")
        return AgentDriver(
            environment: environment, runners: [runner], taskFiles: files, nodeName: "n1",
            options: AgentDriver.Options(stateDirectory: folder, runDirectory: "\(folder)/run"),
            description: description, sealKey: Bytes([UInt8](repeating: 3, count: 32)), link: link)
    }

    /// Another agent in place of this one, as after a restart of the daemon.
    func replaceAgent(runner: (any Runner)? = nil, taskFiles: (any TaskFiles)? = nil) {
        _ = wait { driver.records.isIdle }
        driver.shutDown()
        link.sent = []
        link.dialled = []
        driver = Self.driver(environment, folder.path, runner ?? fake, taskFiles ?? files, link)
    }

    static func manager() -> ManagerAddress {
        var manager = ManagerAddress()
        manager.nodeID = NodeID(high: 9, low: 1)
        manager.address = "127.0.0.1:1"
        return manager
    }

    func wait(_ condition: () -> Bool) -> Bool {
        environment.time.after(.zero) {}
        return loop.run(until: condition, limit: .seconds(20))
    }

    /// Starts the agent and opens its session.
    func register() -> Bool {
        driver.start(managers: [Self.manager()])
        guard wait({ !link.dialled.isEmpty }) else { return false }
        driver.connected()
        guard wait({ link.count(.register) == 1 }) else { return false }
        var answer = Registered()
        answer.session = session
        answer.leaseMilliseconds = 60_000
        receive(.registered, answer)
        return driver.isActive
    }

    func receive(_ type: FrameType, stream: UInt32 = 1, _ message: some Message) {
        driver.received(type, stream: stream, flags: [], message.encoded())
    }

    static func task(_ number: UInt64, desired: TaskState = .running) -> StoredTask {
        var task = StoredTask()
        task.id = TaskID(high: 5, low: number)
        task.serviceName = "web"
        task.slot = 1
        task.desired = desired
        task.userOrdinal = 7
        var program = ProgramSpec()
        program.command = ["/bin/sleep", "1000"]
        var reference = SecretReference()
        reference.secretID = SecretID(high: 2, low: 2)
        reference.secretName = "db"
        program.secrets = [reference]
        var spec = TaskSpec()
        spec.program = program
        task.spec = spec
        return task
    }

    /// Sends an assignment; `value` is the secret's new one.
    func assign(
        _ number: UInt64, _ task: StoredTask? = nil, value: (version: UInt64, text: String)? = nil,
        for id: TaskID? = nil, removed: TaskID? = nil
    ) {
        var assignment = Assignment()
        assignment.session = session
        assignment.kind = number == 1 ? .complete : .incremental
        assignment.appliesTo = number == 1 ? 0 : number - 1
        assignment.number = number
        if let value, let id = task?.id ?? id {
            var assigned = AssignedValue()
            assigned.taskID = id
            assigned.secretID = SecretID(high: 2, low: 2)
            assigned.version = value.version
            assigned.sealed = Bytes(Array(value.text.utf8))
            assignment.add(.value(assigned))
        }
        if let task { assignment.add(.task(task)) }
        if let removed {
            var gone = RemovedTask()
            gone.taskID = removed
            assignment.add(.removedTask(gone))
        }
        receive(.assignment, assignment)
    }

    /// The last state that was reported of `task`; answers reports, so that the next one may come.
    func state(_ task: TaskID) -> TaskState? {
        var state: TaskState?
        for frame in link.sent where frame.type == .reportTasks {
            guard let report = try? ReportTasks.decode(frame.body) else { continue }
            for one in report.tasks where one.taskID == task { state = one.status?.state }
            var answer = ReportTasksAnswer()
            answer.session = session
            answer.number = report.number
            receive(.reportTasksAnswer, answer)
        }
        return state
    }

    func exists(_ path: String) -> Bool { (try? environment.files.status(folder[path])) != nil }
}

extension Assignment {
    mutating func add(_ thing: AssignedThing) {
        var change = AssignmentChange()
        change.thing = thing
        changes.append(change)
    }
}
