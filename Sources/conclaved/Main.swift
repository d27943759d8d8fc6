import Bytes
import CommandLine
import Drivers
import Glibc
import Linux
import Logging
import Model
import Runners
import Seams

@main
struct Main {
    static let version = "0.1.0"

    static func main() {
        do throws(UsageError) {
            switch try DaemonOptions.parse(Array(Swift.CommandLine.arguments.dropFirst()), version: version) {
            case .text(let text):
                try? StandardOutput.write(.init(utf8: text))
                exit(0)
            case .run(let options): run(options)
            }
        } catch {
            try? StandardOutput.write(.init(utf8: error.text(program: "conclaved")), to: STDERR_FILENO)
            exit(FailureCode.invalid.exitCode)
        }
    }

    private static func run(_ options: DaemonOptions) -> Never {
        let logger = Logger(level: LogLevel(rawValue: options.logLevel) ?? .info)
        // Before any thread, and before any key is in memory.
        do throws(SystemError) {
            try bindSymbols()
            try hardenProcess()
        } catch {
            logger.warning("the process could not be hardened: \(error)")
        }
        do throws(Failure) {
            let host = Running(options, logger)
            try host.start()
            host.environment.loop.run()
        } catch {
            quit(error, logger)
        }
        exit(0)
    }

    /// Says why, and ends.
    static func quit(_ failure: Failure, _ logger: Logger) -> Never {
        var text = "conclaved: \(failure.message)\n"
        if !failure.why.isEmpty { text += "    why: \(failure.why)\n" }
        if !failure.advice.isEmpty { text += "    try: \(failure.advice)\n" }
        try? StandardOutput.write(.init(utf8: text), to: STDERR_FILENO)
        exit(failure.code.exitCode)
    }
}

/// The daemon with the real world around it.
private final class Running {
    let environment = LinuxEnvironment()
    private let options: DaemonOptions
    private let logger: Logger
    private var daemon: Daemon?
    private let registry = DaemonRegistry()
    private var registered: String?

    init(_ options: DaemonOptions, _ logger: Logger) {
        self.options = options
        self.logger = logger
    }

    func start() throws(Failure) {
        guard getuid() == 0 else {
            throw Failure(
                .denied, "conclaved needs to be root",
                why: "it mounts file systems in memory and runs tasks as users of their own")
        }
        guard let listen = SocketAddress(options.listen) else {
            throw Failure(.invalid, "\(options.listen) is no address", try: "--listen host:port")
        }
        try makeFolders()
        let settings = DaemonSettings(
            listen: listen, advertise: options.advertise, socket: options.socket, socketGroup: try group(),
            stateDirectory: options.stateDirectory, name: options.name.isEmpty ? hostName() : options.name)
        let daemon = Daemon(
            settings: settings, environment: environment, logger: logger, version: Main.version,
            parts: { [self] in parts() }, fatal: { [logger] failure in Main.quit(failure, logger) })
        self.daemon = daemon
        try daemon.lock()
        try announce()
        try daemon.start()
        do throws(SystemError) {
            for signal in [SIGTERM, SIGINT] {
                try environment.signals.onSignal(signal) { [self] in stop() }
            }
        } catch {
            throw Failure(.unspecified, "signals can't be watched", why: "\(error)")
        }
    }

    private func stop() {
        logger.info("stopping; tasks go on")
        daemon?.stop { [self] in
            // Stays while a task of ours goes on, for the next daemon to find.
            TasksFolder.close("\(options.runDirectory)/tasks")
            if let registered { registry.withdraw(registered) }
            environment.loop.stop()
        }
    }

    private func makeFolders() throws(Failure) {
        do throws(SystemError) {
            try make(options.runDirectory, mode: 0o711)
            let folder = String(options.socket[..<(options.socket.lastIndex(of: "/") ?? options.socket.startIndex)])
            if !folder.isEmpty { try make(folder, mode: 0o711) }
        } catch {
            throw Failure(.unspecified, "the run directory can't be made", why: "\(error)", try: "--run-dir")
        }
    }

    private func make(_ path: String, mode: UInt32) throws(SystemError) {
        guard try environment.files.status(path) == nil else { return }
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if !parent.isEmpty { try make(parent, mode: 0o755) }
        try environment.files.makeDirectory(path, mode: mode)
    }

    /// Every daemon of this host hides the others' directories from its tasks.
    private func announce() throws(Failure) {
        let name = options.stateDirectory.map { $0 == "/" ? "_" : String($0) }.joined()
        do throws(RunnerError) {
            try registry.announce(name, [options.stateDirectory, options.runDirectory] + socketFolder)
            registered = name
        } catch {
            throw Failure(.unspecified, "this daemon can't be announced to the others of the host", why: "\(error)")
        }
    }

    /// The control socket's folder, when it can be hidden: a task of user 0 that reached the socket would be an
    /// administrator. `/run` and `/tmp` are a task's own anyway; any other folder at the top is needed by tasks.
    private var socketFolder: [String] {
        let parts = options.socket.split(separator: "/").dropLast()
        let folder = "/" + parts.joined(separator: "/")
        if parts.count > 1 { return [folder] }
        let isHidden = ["/run", "/tmp", options.runDirectory, options.stateDirectory].contains(folder)
        if options.allowRootTasks, !isHidden {
            logger.warning("tasks of user 0 can reach the control socket in \(folder); give it a folder of its own")
        }
        return []
    }

    private func parts() -> NodeParts {
        var runnerOptions = ProcessRunner.Options(stateDirectory: options.stateDirectory)
        runnerOptions.allowsRoot = options.allowRootTasks
        let runner = ProcessRunner(host: environment, options: runnerOptions)
        if let why = runner.unavailable { logger.warning("programs can't be run here: \(why)") }
        var containers = ContainerRunner.Options(stateDirectory: options.stateDirectory)
        if options.engine == "none" { containers.sockets = [] }
        if let socket = SocketAddress(options.engine) { containers.sockets = [socket] }
        let files: MemoryTaskFiles
        do throws(RunnerError) {
            files = try MemoryTaskFiles(time: environment.time, folder: "\(options.runDirectory)/tasks")
        } catch {
            Main.quit(Failure(.unspecified, "file systems in memory can't be mounted", why: "\(error)"), logger)
        }
        var agent = AgentDriver.Options(stateDirectory: options.stateDirectory, runDirectory: options.runDirectory)
        agent.maskedPaths = registry.paths()
        agent.firstTaskUser = options.taskUIDs.lowerBound
        agent.taskUsers = options.taskUIDs.upperBound - options.taskUIDs.lowerBound + 1
        agent.allowsRootTasks = options.allowRootTasks
        return NodeParts(
            environment: environment,
            runners: [runner, ContainerRunner(host: environment, options: containers)], taskFiles: files,
            logger: logger, agentOptions: agent,
            version: Main.version)
    }

    private func group() throws(Failure) -> UInt32? {
        guard !options.socketGroup.isEmpty else { return nil }
        if let number = UInt32(options.socketGroup) { return number }
        guard let entry = unsafe getgrnam(options.socketGroup) else {
            throw Failure(.invalid, "there is no group \(options.socketGroup)", try: "--socket-group")
        }
        return unsafe entry.pointee.gr_gid
    }

    private func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "node" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
