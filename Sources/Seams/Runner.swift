import Bytes
import Model

/// All that a runner needs to run one task; never a value.
package struct TaskLaunch: Equatable, Sendable {
    package var task = TaskID.none
    /// `web.1`, for names that people see.
    package var name = ""
    /// As the user wants it; what of it follows below is already resolved for this node.
    package var spec = TaskSpec()
    /// Of a program of the host: the program first, then its arguments.
    package var arguments: [String] = []
    /// `NAME=value`.
    package var environment: [String] = []
    /// Who a program of the host runs as; already resolved and allowed.
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    package var groups: [UInt32] = []
    package var directory: String?
    package var hostname = ""
    package var limits = TaskLimits()
    /// The number sent to stop it in good order.
    package var stopSignal: Int32 = 15
    /// The task's own file system in memory on the host; its directory is seen at `/run/secrets`.
    package var secretsDirectory: String?
    package var configsDirectory: String?
    /// Standard output and error are appended here; `nil`: thrown away.
    package var logPath: String?
    /// The runner's own notes about the task, 0700, kept over restarts of the agent; made by the agent.
    package var stateDirectory = ""
    /// Directories of every daemon of this host, that the task must not see.
    package var maskedPaths: [String] = []
    package init() {}
}

/// What becomes of a task; each kind at most once, `ended` or `failed` last.
package enum TaskEvent: Hashable, Sendable {
    /// It runs; the program's own process.
    case started(pid: Int32)
    /// It ran and ended. `code` as a shell says it; -1 when nobody could tell. `reason`: empty, or why
    /// ("killed for memory").
    case ended(code: Int32, reason: String)
    /// It never ran.
    case failed(reason: String)
}

/// A program to run inside a task.
package struct ExecLaunch: Hashable, Sendable {
    package var arguments: [String] = []
    package var environment: [String] = []
    /// `nil`: as the task.
    package var uid: UInt32?
    package var gid: UInt32?
    /// Of a container alone, in whose tables it is looked up; empty: as the task.
    package var user = ""
    package var directory: String?
    /// A terminal of this size; `nil`: three pipes.
    package var terminal: WindowSize?
    package var wantsInput = false
    package init() {}
}

/// What a program run inside a task says; `ended` or `failed` last, after all output.
package enum ExecEvent: Hashable, Sendable {
    case started
    /// Belongs to whoever is told, who wipes it after use: a program may print a secret.
    case output(Bytes)
    /// The same; never with a terminal.
    case errorOutput(Bytes)
    /// All input so far was taken.
    case inputDrained
    case ended(code: Int32)
    /// It never ran: 125 our own failure, 126 not executable, 127 not found.
    case failed(code: Int32, reason: String)
}

extension ExecEvent {
    /// For output that nobody will get.
    package func wipe() {
        switch self {
        case .output(let bytes), .errorOutput(let bytes): bytes.wipe()
        case .started, .inputDrained, .ended, .failed: break
        }
    }
}

/// A program that runs inside a task. After its last event all calls are without effect.
package protocol Execution: AnyObject {
    /// Takes `bytes` over: they are wiped once the program has them, or will not get them. `inputDrained` follows once
    /// it has all that it was given.
    func input(_ bytes: Bytes)
    func endInput()
    func resize(_ size: WindowSize)
    func signal(_ number: Int32)
    /// Stops or goes on delivering output: back-pressure.
    func pauseOutput()
    func resumeOutput()
    /// Kills it when its asker is gone.
    func kill()
}

/// Which of a task's output is wanted.
package struct LogQuery: Hashable, Sendable {
    /// Goes on until the task has ended.
    package var follow = false
    /// The last lines; `nil`: all that are kept.
    package var tail: UInt64?
    /// Only what was written from then on.
    package var since = Timestamp.zero
    /// Goes on from there, which an earlier reader was told; `tail` and `since` say nothing then, or only where that was
    /// told by another keeper of the task's output.
    package var position: UInt64?
    package init() {}
}

/// What a task wrote; `ended` or `failed` last.
package enum LogEvent: Sendable {
    /// At most 32 KiB when encoded, what was cut off before them, and the position after them; `nil`: the runner
    /// goes by time.
    case lines([LogLine], missed: UInt64, next: UInt64? = nil)
    case ended
    case failed(reason: String)
}

/// A reader of a task's output, which never slows the task. After its last event all calls are without effect.
package protocol LogReading: AnyObject {
    /// Stops or goes on delivering: back-pressure. One event may still come.
    func pause()
    func resume()
    /// Nothing more is wanted.
    func stop()
}

/// A way to run tasks. On the loop's thread; events come later, never inside the call.
package protocol Runner: AnyObject {
    /// "process" or "container"; a node's attribute.
    var name: String { get }
    /// Why tasks can't be run here; `nil`: they can.
    var unavailable: String? { get }
    /// What this host gives or lacks, for the node's attributes, sorted: ("cgroup", "v1").
    var attributes: [(name: String, value: String)] { get }
    /// Begins, before anything else is asked: what an earlier agent left of any task but `tasks` is removed, and
    /// `changed` is called whenever `unavailable` changes.
    func begin(keeping tasks: [TaskID], changed: @escaping () -> Void)
    /// Makes the task ready to start: image, control group, checks. A reason in words when it can't be.
    ///
    /// - Parameter credentials: for the image's registry, as the engine wants them; not kept.
    func prepare(
        _ launch: TaskLaunch, credentials: SecretBox?, done: @escaping (Result<PreparedTask, SystemError>) -> Void)
    /// Starts a prepared task. `events` gets all that follows.
    func start(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void)
    /// Finds a task that an earlier agent started; says `started`, or `ended` when it ended meanwhile, or `failed`
    /// when there is no trace of it.
    func adopt(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void)
    /// Asks the task to end, and kills it when `grace` is over. The end comes as an event.
    func stop(_ task: TaskID, grace: Duration)
    /// Kills the task with all its processes.
    func kill(_ task: TaskID)
    func exec(_ task: TaskID, _ launch: ExecLaunch, events: @escaping (ExecEvent) -> Void) -> any Execution
    /// Reads the output of a task, also of one that has ended and was cleaned up, of which `launch` may hold only ID and
    /// log path. `nil`: this runner keeps none.
    func logs(_ launch: TaskLaunch, _ query: LogQuery, events: @escaping (LogEvent) -> Void) -> (any LogReading)?
    /// What a running task uses now, but for the clock; `nil` in it is what this host can't tell.
    func usage(_ task: TaskID, done: @escaping (Result<TaskUsage, SystemError>) -> Void)
    /// Removes all that is left of an ended task: control groups, notes. `done` when nothing of it runs.
    func cleanUp(_ task: TaskID, done: @escaping (Result<Void, SystemError>) -> Void)
}

extension Runner {
    package func logs(
        _ launch: TaskLaunch, _ query: LogQuery, events: @escaping (LogEvent) -> Void
    ) -> (any LogReading)? { nil }
}
