import Bytes
import Glibc
import Model
import Seams

/// One task of the process runner, from its start, or its adoption, to its end.
///
///     start ──▶ starting ──helper executed──▶ running ──monitor gone──▶ ended
///                  └─────────monitor gone──────────────────────────────▶ failed
///     adopt ──▶ running | ended | failed
final class SandboxedTask: KeptTask {
    private enum State {
        case new, starting, running, over
    }

    /// The child's descriptors, beside the standard three.
    private enum Child {
        static let status: Descriptor = 3
        static let helper: Descriptor = 4
        static let environment: Descriptor = 5
        static let report: Descriptor = 6
        static let output: Descriptor = 7
        static let alive: Descriptor = 8
        static let firstGroup: Descriptor = 9
        static let mostGroups = 6
    }

    let launch: TaskLaunch
    private(set) var record = TaskRecord()
    /// Number 1 inside: joined by `exec`, killed to end all.
    private(set) var reaper: (any ProcessHandle)?
    /// `reaper`, while its descriptor is one: a handle is closed at its process's end.
    var liveReaper: (any ProcessHandle)? { (try? reaper?.signal(0)) == true ? reaper : nil }
    private unowned let runner: ProcessRunner
    private let events: (TaskEvent) -> Void
    private var state = State.new
    var isOver: Bool { state == .over }
    private var monitor: (any ProcessHandle)?
    private var program: (any ProcessHandle)?
    private var watchdog: Watchdog?
    private var group: (any Cgroup)?
    private var wantsKill = false
    /// Called once the start has come to its end, whichever.
    private var startOver: (() -> Void)?
    private var graceTimer: (any Seams.Timer)?
    private var aliveStream: (any Connection)?

    init(_ launch: TaskLaunch, runner: ProcessRunner, events: @escaping (TaskEvent) -> Void) {
        self.launch = launch
        self.runner = runner
        self.events = events
    }

    private var host: any Host { runner.host }
    private var statusPath: String { "\(launch.stateDirectory)/status" }
    private var reportPath: String { "\(launch.stateDirectory)/report" }
    private var recordPath: String { "\(launch.stateDirectory)/record" }
    private var environmentPath: String { "\(launch.stateDirectory)/environment" }
    private var hostsPath: String { "\(launch.stateDirectory)/hosts" }
    /// Of the program and its children; without a control group nothing is known.
    var usage: TaskUsage { group?.usage() ?? TaskUsage() }
    /// The control groups' lists of members, for the helper to join.
    var groupFiles: [String] { (group?.directories ?? []).map { "\($0)/cgroup.procs" } }

    // MARK: - Start

    /// - Parameter over: called once, as soon as the program runs or is known not to.
    func start(bubblewrap: String, over: @escaping () -> Void) {
        state = .starting
        startOver = over
        do {
            try spawn(bubblewrap)
        } catch {
            later { $0.fail("\(error)") }
        }
    }

    private func spawn(_ bubblewrap: String) throws(SystemError) {
        let processes = host.processes
        group = host.cgroups.find(ProcessRunner.groupName(launch.task))
        for path in [statusPath, reportPath, recordPath] { _ = unsafe unlink(path) }
        try replace(environmentPath, launch.environment.flatMap { Array($0.utf8) + [0] })
        var opened: [Descriptor] = []
        var descriptors: [(child: Descriptor, ours: Descriptor)] = []
        defer { for each in opened { processes.closeDescriptor(each) } }
        func pass(_ path: String, append: Bool, as child: Descriptor) throws(SystemError) {
            let ours = try processes.openFile(path, append: append)
            opened.append(ours)
            descriptors.append((child: child, ours: ours))
        }
        try pass("/dev/null", append: false, as: 0)
        try pass("/dev/null", append: true, as: 1)
        // What bwrap has to complain about, and the helper, tells why the task did not start.
        try pass(reportPath, append: true, as: 2)
        try pass(statusPath, append: true, as: Child.status)
        try pass(runner.helperPath, append: false, as: Child.helper)
        try pass(environmentPath, append: false, as: Child.environment)
        try pass(reportPath, append: true, as: Child.report)
        try pass(launch.logPath ?? "/dev/null", append: true, as: Child.output)
        let pipe = try processes.openPipe()
        opened.append(pipe.write)
        descriptors.append((child: Child.alive, ours: pipe.write))
        var drop = self.drop(report: Child.report)
        drop += ["environment=\(Child.environment)", "output=\(Child.output)"]
        do throws(SystemError) {
            let files = groupFiles
            guard files.count <= Child.mostGroups else {
                throw SystemError("start a task", detail: "\(files.count) control groups are too many")
            }
            for (offset, file) in files.enumerated() {
                let child = Child.firstGroup + Int32(offset)
                try pass(file, append: true, as: child)
                drop.append("cgroup=\(child)")
            }
            let sandbox = try sandbox(drop: drop)
            var request = SpawnRequest(
                program: runner.helperPath,
                arguments: ["conclave-start", "start"] + hiding + ["--", bubblewrap, "bwrap"] + sandbox.arguments(),
                // Never the task's: it would steer bwrap's own libraries, as root.
                environment: ["PATH=/usr/bin:/bin", "LANG=C"])
            request.directory = "/"
            request.descriptors = descriptors
            let spawned = try processes.spawn(request)
            monitor = spawned
            record.boot = Boot.id
            record.uid = launch.uid
            record.gid = launch.gid
            record.groups = launch.groups
            record.monitor = .init(pid: spawned.pid, startTime: spawned.startTime)
            save()
            spawned.onExit { [weak self] _ in self?.monitorEnded() }
        } catch {
            processes.closeDescriptor(pipe.read)
            throw error
        }
        // Every copy of the other end is closed once the program is executed, or all are dead.
        let watch = EndOfStream { [weak self] in self?.executed() }
        let stream = try processes.stream(pipe.read)
        aliveStream = stream
        watch.connection = stream
        stream.start(watch)
    }

    private func endStart() {
        guard let startOver else { return }
        self.startOver = nil
        startOver()
    }

    private func sandbox(drop: [String]) throws(SystemError) -> Sandbox {
        var sandbox = Sandbox(statusDescriptor: Child.status, helperDescriptor: Child.helper)
        sandbox.hostname = launch.hostname
        sandbox.masks = runner.masks(launch)
        let program = launch.spec.program ?? ProgramSpec()
        // As it is now: since the task was prepared, a path may have come to lead elsewhere.
        sandbox.mounts = try ProcessRules(masks: sandbox.masks).checked(program.mounts)
        if !program.hosts.isEmpty {
            let own = SmallFile.text("/etc/hosts") ?? ""
            let lines = program.hosts.joined(separator: "\n") + "\n"
            try replace(
                hostsPath, Array((own.isEmpty || own.hasSuffix("\n") ? own : own + "\n").utf8) + lines.utf8, mode: 0o444
            )
            sandbox.hosts = hostsPath
        }
        sandbox.runPaths = NameResolution.paths()
        sandbox.secrets = launch.secretsDirectory
        sandbox.configs = launch.configsDirectory
        sandbox.drop = drop
        sandbox.command = launch.arguments
        return sandbox
    }

    /// The helper's options that hide the files of all other tasks.
    private var hiding: [String] {
        guard let folder = launch.memoryFolder, MemoryMount.isMounted(at: folder), let slash = folder.lastIndex(of: "/")
        else { return [] }
        return ["tasks=\(folder[..<slash])", "keep=\(folder[folder.index(after: slash)...])"]
    }

    /// The helper's options that say who the task is.
    private func drop(report: Descriptor) -> [String] {
        var words = ["uid=\(launch.uid)", "gid=\(launch.gid)", "report=\(report)"]
        words += launch.groups.map { "group=\($0)" }
        words += ResourceLimits.options(launch.spec.program?.ulimits ?? []) ?? []
        if let directory = launch.directory { words.append("directory=\(directory)") }
        return words
    }

    /// The helper became the program, or failed and said so, or bwrap never came that far.
    private func executed() {
        aliveStream = nil
        endStart()
        guard state == .starting else { return }
        let report = SmallFile.text(reportPath) ?? ""
        if !report.contains("helper: ") { findInside() }
        if program != nil { run() }
        if wantsKill { kill() }
    }

    /// Looks up reaper and program, and notes them.
    private func findInside() {
        guard reaper == nil, let status = SmallFile.text(statusPath).map({ TaskStatus(parsing: $0) }),
            let pid = status.reaper, Self.isNamespace(status.pidNamespace, of: pid)
        else { return }
        reaper = try? host.processes.adopt(pid: pid, startTime: nil)
        guard let reaper else { return }
        record.reaper = .init(pid: pid, startTime: reaper.startTime)
        if let first = host.processes.children(of: pid).first {
            program = try? host.processes.adopt(pid: first, startTime: nil)
            if let program { record.program = .init(pid: first, startTime: program.startTime) }
        }
        save()
    }

    private func run() {
        state = .running
        watch()
        events(.started(pid: program?.pid ?? reaper?.pid ?? 0))
    }

    /// Its files are wiped after its end, whatever becomes of the daemon.
    private func watch() {
        guard watchdog == nil, let reaper else { return }
        watchdog = Watchdog.start(for: launch, endingWith: reaper, helper: runner.helperPath, host)
        record.watchdog = watchdog?.noted
        save()
    }

    // MARK: - Adoption

    func adopt() {
        guard let text = SmallFile.text(recordPath) else {
            return later { $0.fail("there is no trace of the task on this node") }
        }
        record = TaskRecord(parsing: text)
        group = host.cgroups.find(ProcessRunner.groupName(launch.task))
        let isThisBoot = record.boot == Boot.id
        if isThisBoot {
            monitor = Self.handle(record.monitor, host)
            reaper = Self.handle(record.reaper, host)
            program = Self.handle(record.program, host)
            watchdog = Watchdog.find(record.watchdog, for: launch, host)
            if reaper == nil { findInside() }
        }
        state = .starting
        later { task in
            if task.reaper != nil || task.monitor != nil { task.run() }
            if let monitor = task.monitor {
                monitor.onExit { [weak task] _ in task?.monitorEnded() }
            } else if let reaper = task.reaper {
                // Somebody killed the monitor: the task runs, but nobody will tell its code.
                reaper.onExit { [weak task] _ in task?.monitorEnded() }
            } else {
                task.monitorEnded()
            }
        }
    }

    private static func handle(_ process: TaskRecord.Process?, _ host: any Host) -> (any ProcessHandle)? {
        guard let process else { return nil }
        return try? host.processes.adopt(pid: process.pid, startTime: process.startTime)
    }

    // MARK: - Signals

    func stop(grace: Duration) {
        guard state != .over, graceTimer == nil else { return }
        guard state == .running, let program else { return kill() }
        _ = try? program.signal(launch.stopSignal)
        graceTimer = host.time.after(grace) { [weak self] in self?.kill() }
    }

    /// Kills what is in the control group and number 1 inside, which takes all the others with it.
    func kill() {
        guard state != .over else { return }
        if state == .new { return later { $0.fail("it was stopped before it began") } }
        wantsKill = true
        if reaper == nil { findInside() }
        try? group?.kill()
        // bwrap's monitor alone is never killed: its child would live on, without a handle.
        _ = try? reaper?.signal(SIGKILL)
    }

    // MARK: - End

    private func monitorEnded() {
        guard state != .over else { return }
        let status = TaskStatus(parsing: SmallFile.text(statusPath) ?? "")
        let report = SmallFile.text(reportPath) ?? ""
        // The monitor was killed from outside: what is inside must not go on unseen.
        if status.exitCode == nil {
            findInside()
            _ = try? reaper?.signal(SIGKILL)
        }
        if state == .starting {
            if !report.isEmpty || status.reaper == nil {
                return fail(
                    report.isEmpty
                        ? "the sandbox could not be made"
                        : HelperReport.reason(report.split(separator: "\n").last ?? ""))
            }
            events(.started(pid: status.reaper ?? 0))
        }
        finish()
        let code = status.exitCode ?? -1
        let isMemory = code == 137 && (group?.memoryKills() ?? 0) > 0
        let reason = isMemory ? "killed for memory" : code == -1 ? "the task's monitor was lost" : ""
        events(.ended(code: code, reason: reason))
    }

    private func fail(_ reason: String) {
        guard state != .over else { return }
        finish()
        events(.failed(reason: reason))
    }

    private func finish() {
        state = .over
        endStart()
        graceTimer?.cancel()
        graceTimer = nil
        // A program that left the sandbox's process group is still in its control group.
        try? group?.kill()
    }

    /// Removes the control group and the notes. The watchdog ends by itself when the files are unmounted.
    func cleanUp(done: @escaping (Result<Void, SystemError>) -> Void) { cleanUp(tries: 50, done) }

    private func cleanUp(tries: Int, _ done: @escaping (Result<Void, SystemError>) -> Void) {
        guard state == .over else {
            kill()
            return retry(tries, SystemError("clean up", "\(launch.task)", detail: "the task still runs"), done)
        }
        do {
            try group?.destroy()
        } catch {
            // The kernel takes a moment to let go of the dead.
            return retry(tries, error, done)
        }
        group = nil
        watchdog?.end()
        for path in [statusPath, reportPath, recordPath, environmentPath, hostsPath] { _ = unsafe unlink(path) }
        later { _ in done(.success(())) }
    }

    private func retry(
        _ tries: Int, _ error: SystemError, _ done: @escaping (Result<Void, SystemError>) -> Void
    ) {
        guard tries > 0 else { return done(.failure(error)) }
        host.time.after(.milliseconds(20)) { self.cleanUp(tries: tries - 1, done) }
    }

    // MARK: - Notes

    private func save() {
        // Without its record a task can't be adopted, but it runs; the next `save` may succeed.
        try? SmallFile.replace(recordPath, Array(record.text.utf8))
    }

    private func replace(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws(SystemError) {
        do {
            try SmallFile.replace(path, bytes, mode: mode)
        } catch {
            throw SystemError("write", path, detail: "\(error)")
        }
    }

    private func later(_ body: @escaping (SandboxedTask) -> Void) {
        host.time.atEndOfTurn { body(self) }
    }

    /// Whether `pid` is in the PID namespace `number`: a number used again by another process is not.
    private static func isNamespace(_ number: UInt64?, of pid: Int32) -> Bool {
        guard let number, let opened = try? Folder("/proc/\(pid)/ns") else { return false }
        return opened.target(of: "pid") == "pid:[\(number)]"
    }
}
