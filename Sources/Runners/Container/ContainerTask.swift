import Bytes
import Glibc
import Model
import Seams
import Text

/// One task of the container runner, from its preparation, or its adoption, to its end.
///
///     prepare ──▶ preparing ──image, networks, container──▶ ready ──start──▶ starting ──▶ running ──▶ over
///                     └──────────────────────failed────────────┴───────────────┘
///     adopt ──▶ running | over
///
/// Whatever fails, `cleanUp` removes the container: also one that was made and never started.
final class ContainerTask: KeptTask {
    private enum State {
        case preparing, ready, starting, running, over
    }

    let launch: TaskLaunch
    /// The engine's ID of the container; `nil`: it is not known to be there.
    var id: String? { record?.id }
    private unowned let runner: ContainerRunner
    private var events: (TaskEvent) -> Void = { _ in }
    private var state = State.preparing
    /// `nil`: no container was asked for.
    private var record: ContainerRecord?
    private var program: (any ProcessHandle)?
    private var watchdog: Watchdog?
    private var stopSignal: Int32
    private var graceTimer: (any Seams.Timer)?
    private var isKilled = false
    private var thawTimer: (any Seams.Timer)?
    /// Whether the task's own log has what the container wrote.
    private var isSaved = false

    /// How long the engine may take to tell how a program ended, or what became of one: it may be starting again.
    private static let patience = Duration.seconds(20)
    private static let pause = Duration.milliseconds(50)
    /// Between a kill and a look for what holds it up.
    private static let thawPause = Duration.seconds(1)
    /// To remove a container whose program has just ended.
    private static let mostTries = 40

    init(_ launch: TaskLaunch, runner: ContainerRunner) {
        self.launch = launch
        self.runner = runner
        stopSignal = launch.stopSignal
    }

    private var host: any Host { runner.host }
    private var recordPath: String { "\(launch.stateDirectory)/container" }
    private var plan: ContainerPlan {
        ContainerPlan(launch: launch, limits: runner.limits, node: runner.options.stateDirectory)
    }

    var isRunning: Bool { state == .running }

    /// Who can tell what a task wrote.
    enum Output {
        /// Until it runs.
        case nobody
        case engine(container: String, isOver: Bool)
        case file
    }

    var output: Output {
        switch state {
        case .preparing, .ready, .starting: .nobody
        case .running, .over:
            if let id, !isSaved { .engine(container: id, isOver: state == .over) } else { .file }
        }
    }

    // MARK: - Preparation

    func prepare(credentials: SecretBox?, done: @escaping (Result<PreparedTask, SystemError>) -> Void) {
        let plan = plan
        do throws(SystemError) {
            if let unavailable = runner.unavailable { throw Self.error(unavailable) }
            try Self.check(credentials)
            guard !plan.container.image.isEmpty else { throw Self.error("there is no image") }
        } catch {
            host.time.atEndOfTurn { done(.failure(error)) }
            return
        }
        guard let engine = runner.engine else { preconditionFailure("an engine that is available was not found") }
        let fail = { (error: EngineError) in done(.failure(Self.error("\(error)"))) }
        image(plan.image, engine, credentials) { result in
            switch result {
            case .success(let prepared):
                self.runner.networks.make(plan.networks.map { $0.network }, for: self.launch.task, engine) { result in
                    switch result {
                    case .success: self.create(plan, engine, prepared, done)
                    case .failure(let error): fail(error)
                    }
                }
            case .failure(let error): fail(error)
            }
        }
    }

    private static func error(_ detail: String) -> SystemError { SystemError("start a task", detail: detail) }

    /// What would end the header that carries them is refused, without a word of what it is.
    private static func check(_ credentials: SecretBox?) throws(SystemError) {
        let isPlain = unsafe credentials?.borrow { bytes in unsafe bytes.allSatisfy { (0x21...0x7e).contains($0) } }
        guard isPlain ?? true else {
            throw error("the registry's credentials are not what X-Registry-Auth may be: one line of base64")
        }
    }

    /// The image, fetched if it is not there, or if its tag is to be looked up again.
    private func image(
        _ name: ImageName, _ engine: Engine, _ credentials: SecretBox?, done: @escaping Engine.Answer<PreparedTask>
    ) {
        let looksUp = name.digest == nil && plan.container.lookup > 0
        engine.image(name) { found in
            switch found {
            case .success(let image) where !looksUp:
                return self.describe(image, name, engine, isFetched: false, done: done)
            case .failure(let error) where !error.isMissing: return done(.failure(error))
            case .success, .failure: break
            }
            engine.pull(name, credentials: credentials) { pulled in
                switch (pulled, found) {
                case (.success, _): self.fetched(name, engine, done: done)
                // A registry that can't be asked takes nothing away: what the node has is run, as Swarm does.
                case (.failure, .success(let image)):
                    self.describe(image, name, engine, isFetched: false, done: done)
                case (.failure(let error), .failure):
                    done(.failure(error.after("image \(name.reference) can't be fetched")))
                }
            }
        }
    }

    private func fetched(_ name: ImageName, _ engine: Engine, done: @escaping Engine.Answer<PreparedTask>) {
        engine.image(name) { result in
            switch result {
            case .success(let image): self.describe(image, name, engine, isFetched: true, done: done)
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private func describe(
        _ image: JSON, _ name: ImageName, _ engine: Engine, isFetched: Bool, done: @escaping Engine.Answer<PreparedTask>
    ) {
        var prepared = PreparedTask(image, name)
        prepared.imageFetched = isFetched && name.digest == nil
        guard name.digest == nil, image["RepoDigests"]?.array?.count ?? 0 > 1 else { return done(.success(prepared)) }
        engine.digest(name) { digest in
            if let digest { prepared.imageDigest = "\(name.repository)@\(digest)" }
            done(.success(prepared))
        }
    }

    private func create(
        _ plan: ContainerPlan, _ engine: Engine, _ prepared: PreparedTask,
        _ done: @escaping (Result<PreparedTask, SystemError>) -> Void, isAgain: Bool = false
    ) {
        record = ContainerRecord()
        record?.boot = Boot.id
        save()
        engine.create(plan.name, plan.body()) { result in
            switch result {
            case .success(let id):
                self.record?.id = id
                self.save()
                var prepared = prepared
                prepared.containerID = id
                self.furnish(id, plan, engine) { result in
                    if case .success = result { self.state = .ready }
                    done(result.map { prepared }.mapError { Self.error("\($0)") })
                }
            case .failure(let error) where error.status == 409 && !isAgain:
                // The name is taken by what an earlier attempt left: the task's own, since its ID is in the name.
                engine.remove(plan.name) { _ in self.create(plan, engine, prepared, done, isAgain: true) }
            case .failure(let error): done(.failure(Self.error("\(error)")))
            }
        }
    }

    /// Links to the files with absolute targets, and further networks.
    private func furnish(
        _ id: String, _ plan: ContainerPlan, _ engine: Engine, done: @escaping Engine.Answer<Void>
    ) {
        let others = plan.networks.filter { $0.network != plan.mode }[...]
        guard !plan.links.isEmpty else { return join(others, id, engine, done: done) }
        guard !plan.program.readOnly else {
            let path = plan.links[0].path
            return done(.failure(.refused(status: 400, "there can be no file at \(path): the root is read-only")))
        }
        do {
            engine.unpack(try LinkArchive.bytes(plan.links), in: id) { result in
                guard case .success = result else { return done(result) }
                self.join(others, id, engine, done: done)
            }
        } catch {
            done(.failure(.refused(status: 400, "\(error)")))
        }
    }

    private func join(
        _ networks: ArraySlice<NetworkAttachment>, _ id: String, _ engine: Engine, done: @escaping Engine.Answer<Void>
    ) {
        guard let next = networks.first else { return done(.success(())) }
        engine.connect(id, to: next.network, ContainerPlan.endpoint(next)) { result in
            guard case .success = result else { return done(result) }
            self.join(networks.dropFirst(), id, engine, done: done)
        }
    }

    // MARK: - Start

    func start(_ events: @escaping (TaskEvent) -> Void) {
        self.events = events
        state = .starting
        guard let id, let engine = runner.engine else { preconditionFailure("task \(launch.task) is not ready") }
        engine.start(id) { result in
            switch result {
            // An engine that did not answer may have started it.
            case .success, .failure(.unreachable): self.conclude(since: self.host.time.now)
            case .failure(let error): self.fail("\(error)")
            }
        }
    }

    /// A container runs whose program is not known yet.
    private func meet(_ found: ContainerState, _ since: Moment) {
        guard let handle = try? host.processes.adopt(pid: found.pid, startTime: nil) else {
            // So short-lived that it is over already, and the engine does not know.
            return again(since, "its process \(found.pid) is not one of this host")
        }
        if let why = Self.stale(launch, in: found.pid) {
            _ = try? handle.signal(SIGKILL)
            return fail(why)
        }
        if let signal = SignalName.number(found.stopSignal) { stopSignal = signal }
        record?.stopSignal = stopSignal
        record?.program = TaskRecord.Process(pid: handle.pid, startTime: handle.startTime)
        run(handle)
    }

    private func run(_ handle: any ProcessHandle) {
        program = handle
        state = .running
        if watchdog == nil {
            watchdog = Watchdog.start(
                for: launch, endingWith: handle, helper: Helper.path(in: runner.options.stateDirectory), host)
            record?.watchdog = watchdog?.noted
            save()
        }
        handle.onExit { [weak self] _ in self?.exited() }
        events(.started(pid: handle.pid))
        if isKilled { kill() }
    }

    /// An engine that resolved the folder of secrets in other mounts than ours gives the container another folder, and
    /// says nothing: so what the container has is looked at. What can't be seen, since the program is over or has
    /// changed its root, is not held against it.
    static func stale(_ launch: TaskLaunch, in pid: Int32) -> String? {
        for (ours, theirs) in [
            (launch.secretsDirectory, "/run/secrets"), (launch.configsDirectory, "/run/configs"),
        ] {
            guard let ours, let expected = FolderIdentity(ours),
                let found = FolderIdentity("/proc/\(pid)/root\(theirs)")
            else { continue }
            if found != expected {
                return
                    "the container engine bound another folder than the task's own at \(theirs): it sees other mounts "
                    + "than this daemon"
            }
        }
        return nil
    }

    // MARK: - Adoption

    func adopt(_ events: @escaping (TaskEvent) -> Void) {
        self.events = events
        state = .starting
        for network in plan.networks { runner.networks.use(network.network, by: launch.task) }
        guard let text = SmallFile.text(recordPath) else {
            host.time.atEndOfTurn { self.fail("there is no trace of the task on this node") }
            return
        }
        let noted = ContainerRecord(parsing: text)
        record = noted
        if let signal = noted.stopSignal { stopSignal = signal }
        if noted.boot == Boot.id, let program = noted.program,
            let handle = try? host.processes.adopt(pid: program.pid, startTime: program.startTime)
        {
            watchdog = Watchdog.find(noted.watchdog, for: launch, host)
            // No need of the engine, which may be away.
            host.time.atEndOfTurn { self.run(handle) }
            return
        }
        runner.whenKnown { self.conclude(since: self.host.time.now) }
    }

    // MARK: - Signals

    func stop(grace: Duration) {
        guard state != .over, graceTimer == nil else { return }
        guard state == .running else { return kill() }
        signal(stopSignal)
        // Number 1 of a PID namespace ignores what it has no handler for.
        graceTimer = host.time.after(grace) { [weak self] in self?.kill() }
    }

    func signal(_ number: Int32) { _ = try? program?.signal(number) }

    /// One that is just starting may be started all the same, and is killed then.
    func kill() {
        guard state != .over else { return }
        isKilled = true
        if let program, (try? program.signal(SIGKILL)) == true { return thaw() }
        if let id { runner.engine?.remove(id) { _ in } }
    }

    /// What somebody has paused does not even die, where control groups are those of version 1.
    private func thaw() {
        guard thawTimer == nil else { return }
        thawTimer = host.time.after(Self.thawPause) { [weak self] in
            guard let self, state == .running else { return }
            thawTimer = nil
            if let id { runner.engine?.unpause(id) { _ in } }
            thaw()
        }
    }

    // MARK: - End

    private func exited() {
        guard state == .running else { return }
        graceTimer?.cancel()
        graceTimer = nil
        conclude(since: host.time.now)
    }

    /// Asks the engine what became of the container until it knows.
    private func conclude(since: Moment) {
        guard state == .starting || state == .running else { return }
        find { result in
            switch result {
            case .success(let found) where found.isRunning && self.program == nil: self.meet(found, since)
            case .success(let found) where found.isRunning: self.again(since, "it says that it still runs")
            case .success(let found) where found.isPassing: self.again(since, "somebody ends it")
            case .success(let found) where !found.hasRun:
                self.fail(found.error.isEmpty ? "the container was never started" : found.error)
            case .success(let found):
                self.end(found.exitCode, found.ranOutOfMemory ? "killed for memory" : found.error)
            case .failure(let error) where error.isMissing:
                self.program == nil ? self.fail("the container is gone") : self.end(-1, "the container was removed")
            case .failure(let error): self.again(since, "\(error)")
            }
        }
    }

    private func again(_ since: Moment, _ why: String) {
        guard host.time.now < since + Self.patience else {
            return program == nil ? fail(why) : end(-1, "how it ended is not known: \(why)")
        }
        host.time.after(Self.pause) { self.conclude(since: since) }
    }

    /// The container by its ID, or by its label where the answer that had the ID was lost.
    private func find(done: @escaping Engine.Answer<ContainerState>) {
        guard let engine = runner.engine else { return done(.failure(.unreachable(runner.unavailable ?? ""))) }
        if let id { return engine.inspect(id, done: done) }
        engine.containers(labels: ["\(ContainerPlan.Label.task)=\(launch.task)"]) { result in
            switch result {
            case .success(let found):
                guard let id = found.first?["Id"]?.string else { return done(.failure(.refused(status: 404, "gone"))) }
                self.record?.id = id
                engine.inspect(id, done: done)
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private func end(_ code: Int32, _ reason: String) {
        guard state != .over else { return }
        if state == .starting { events(.started(pid: 0)) }
        state = .over
        events(.ended(code: code, reason: reason))
    }

    private func fail(_ reason: String) {
        guard state != .over else { return }
        state = .over
        events(.failed(reason: reason))
    }

    /// Removes the container, whatever it does, then what only it used.
    func cleanUp(done: @escaping (Result<Void, SystemError>) -> Void) {
        state = .over
        graceTimer?.cancel()
        guard record != nil else { return leave(done) }
        _ = try? program?.signal(SIGKILL)
        guard let engine = runner.engine else {
            return done(.failure(SystemError("remove a container", detail: runner.unavailable ?? "")))
        }
        saveOutput(engine) {
            self.remove(engine, tries: Self.mostTries) { result in
                switch result {
                case .success:
                    self.record = nil
                    self.watchdog?.end()
                    _ = unsafe unlink(self.recordPath)
                    self.leave(done)
                case .failure(let error): done(.failure(SystemError("remove a container", detail: "\(error)")))
                }
            }
        }
    }

    private func saveOutput(_ engine: Engine, then: @escaping () -> Void) {
        guard let id, !isSaved, let file = runner.logFile(launch) else { return then() }
        let saver = ContainerLogSaver(host, file) { isAll in
            self.isSaved = isAll
            then()
        }
        saver.start(engine, id, terminal: plan.program.terminal)
    }

    /// An engine that is just learning of the end of a container refuses to remove it for a moment.
    private func remove(_ engine: Engine, tries: Int, done: @escaping Engine.Answer<Void>) {
        find { result in
            switch result {
            case .success(let found):
                engine.remove(self.id ?? found.id) { result in
                    guard case .failure(.refused) = result, tries > 0 else { return done(result) }
                    self.host.time.after(Self.pause) { self.remove(engine, tries: tries - 1, done: done) }
                }
            case .failure(let error) where error.isMissing: done(.success(()))
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private func leave(_ done: @escaping (Result<Void, SystemError>) -> Void) {
        guard let engine = runner.engine else {
            host.time.atEndOfTurn { done(.success(())) }
            return
        }
        runner.networks.leave(launch.task, engine) { done(.success(())) }
    }

    private func save() {
        // Without its record a task is found by its label.
        if let record { try? SmallFile.replace(recordPath, Array(record.text.utf8)) }
    }
}

/// Names a folder whatever paths lead to it.
private struct FolderIdentity: Equatable {
    var device: UInt
    var inode: UInt

    init?(_ path: String) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        device = UInt(facts.st_dev)
        inode = UInt(facts.st_ino)
    }
}
