import Bytes
import Model
import Seams
import Wire
import Worker

/// Carries out what a node's agent decides: its session over an `AgentLink`, its tasks through a `Runner`, their
/// files through `TaskFiles`, its notes in the state directory.
///
/// On the loop's thread. An event that comes while effects are carried out waits for its turn, so the core is never
/// entered twice. What takes long is a job; only a task's own file system is written at once, in memory.
package final class AgentDriver {
    package struct Options: Hashable, Sendable {
        /// Of the daemon, 0700, exists; `tasks/` is made in it.
        package var stateDirectory: String
        package var runDirectory: String
        /// Hidden from every task, with the two above.
        package var maskedPaths: [String] = []
        /// Where the range of the services' own users begins, and how many there are.
        package var firstTaskUser: UInt32 = 200_000
        package var taskUsers: UInt32 = 65_536
        package var allowsRootTasks = false

        package init(stateDirectory: String, runDirectory: String) {
            self.stateDirectory = stateDirectory
            self.runDirectory = runDirectory
        }

        var tasksFolder: String { "\(stateDirectory)/tasks" }
        func folder(of task: TaskID) -> String { "\(tasksFolder)/\(task)" }
        var logsFolder: String { "\(stateDirectory)/logs" }
        func logPath(of task: TaskID) -> String { "\(logsFolder)/\(task).log" }
    }

    /// As people see it.
    let nodeName: String
    package private(set) var description: NodeDescription
    /// Told of what went wrong and needs no answer, in a line; never a value. Nothing by default.
    package var notice: (String) -> Void = { _ in }

    let environment: any Environment
    let runners: [any Runner]
    let taskFiles: any TaskFiles
    let plan: LaunchPlan
    let records: TaskRecords
    unowned let link: any AgentLink
    var agent: Agent

    // Events, in the order in which they came.
    private var waiting: [Agent.Event] = []
    private var isStepping = false
    /// Whether the tasks of an earlier agent are known: no event is taken before.
    private(set) var hasBegun = false
    private(set) var isShut = false
    private var timer: (any Seams.Timer)?

    // The link.
    var isLinked = false
    /// What the session's frames travel on.
    var sessionStream: UInt32 = 1
    var execs: [UInt32: ExecRelay] = [:]
    /// Programs that run inside tasks and that nobody waits for.
    var detachedExecs = 0
    /// Readers of tasks' output, by their stream.
    var logs: [UInt32: LogRelay] = [:]
    /// Tasks of which it is asked what they use, by the stream of who asks.
    var usages: [UInt32: TaskID] = [:]
    var streamTimer: (any Seams.Timer)?

    // Tasks.
    var launches: [TaskID: TaskLaunch] = [:]
    /// The generation that was last asked for: an older one that waits for room is dropped.
    var generations: [TaskID: UInt64] = [:]
    /// What the last note said; the task itself never changes but in what is desired.
    var noted: [TaskID: TaskNote] = [:]
    /// Tasks whose files show more than their note says, and when that is written.
    var lateNotes: Set<TaskID> = []
    var noteTimer: (any Seams.Timer)?
    /// Since when a task is in the state that was last reported, and since when it ran before that; 0: it did not.
    var since: [TaskID: (state: TaskState, at: Timestamp, began: Timestamp)] = [:]
    /// Tasks of an earlier agent whose fate the runner has yet to tell.
    var adopting: [TaskID: (TaskEvent) -> Void] = [:]

    // Leaving.
    var isLeaving = false
    var leaveDone: (() -> Void)?

    /// - Parameters:
    ///   - runners: the ways to run tasks, one at least; each refuses what is not for it.
    ///   - description: as `NodeFacts.describe` makes it.
    ///   - sealKey: the public key that deliveries are sealed to, drawn at this start; 32 bytes.
    ///   - link: outlives the driver.
    package init(
        environment: any Environment, runners: [any Runner], taskFiles: any TaskFiles, nodeName: String,
        options: Options, description: NodeDescription, sealKey: Bytes, link: any AgentLink
    ) {
        precondition(sealKey.count == 32, "a key to seal to has 32 bytes, not \(sealKey.count)")
        precondition(options.taskUsers > 0, "no user IDs for tasks")
        precondition(!runners.isEmpty, "no way to run tasks")
        self.environment = environment
        self.runners = runners
        self.taskFiles = taskFiles
        self.nodeName = nodeName
        self.description = description
        self.link = link
        plan = LaunchPlan(options: options)
        records = TaskRecords(environment, options)
        agent = Agent(
            description: description, sealKey: sealKey, generator: SplitMix(seed: environment.time.random()))
    }

    /// Begins: finds the tasks of an earlier agent, then dials.
    ///
    /// - Parameter managers: those last remembered, or of the join; may be empty on a manager that is told later.
    package func start(managers: [ManagerAddress]) {
        precondition(!hasBegun, "the agent is started a second time")
        adoptAll { [weak self] adopted in
            guard let self else { return }
            hasBegun = true
            waiting.insert(.started(adopted: adopted, managers: managers), at: 0)
            drain()
        }
    }

    /// Begins with every runner; `tasks` are those of an earlier agent.
    func beginRunners(keeping tasks: [TaskID]) {
        for runner in runners {
            runner.begin(keeping: tasks) { [weak self] in
                guard let self else { return }
                NodeFacts.describe(runners, in: &description)
                deliver(.described(description))
            }
        }
    }

    /// Who runs a task with this spec.
    func runner(for spec: TaskSpec?) -> any Runner {
        runners.first { $0.name == spec?.runner } ?? runners[0]
    }

    /// Who runs task `id`, which was prepared or adopted.
    func runner(of id: TaskID) -> any Runner { runner(for: launches[id]?.spec) }

    /// Stops every task, wipes all that they were given and removes the notes; then `done`, once.
    package func leave(done: @escaping () -> Void) {
        guard !isLeaving else { return }
        isLeaving = true
        leaveDone = done
        deliver(.leave)
    }

    /// The daemon ends: the tasks go on, and the next agent adopts them. Nothing is called after this.
    package func shutDown() {
        isShut = true
        timer?.cancel()
        noteTimer?.cancel()
        unlink()
    }

    /// How the agent fares, in a line of words.
    package var status: String {
        guard hasBegun else { return "looking for tasks of an earlier agent" }
        let live = agent.liveTasks.count
        let lease = agent.holdsLease(at: environment.time.now) ? "lease held" : "no lease"
        return "\(agent.sessionText), \(lease), \(live) \(live == 1 ? "task" : "tasks")"
    }

    /// Whether the session is active.
    package var isActive: Bool { agent.isActive }

    // MARK: - Events

    func deliver(_ event: Agent.Event) {
        waiting.append(event)
        drain()
    }

    private func drain() {
        guard hasBegun, !isStepping, !isShut else { return }
        isStepping = true
        var next = 0
        while next < waiting.count, !isShut {
            let event = waiting[next]
            next += 1
            let effects = agent.step(event, at: environment.time.now)
            rearm(effects)
            for effect in effects { carryOut(effect) }
            if case .runner(let task, _) = event { noteChange(of: task) }
        }
        waiting = []
        isStepping = false
        concludeLeave()
    }

    // MARK: - The clock

    private func rearm(_ effects: [Agent.Effect]) {
        timer?.cancel()
        timer = nil
        for case .wakeAt(let moment) in effects { wake(at: moment) }
    }

    private func wake(at moment: Moment) {
        timer = environment.time.after(moment - environment.time.now) { [weak self] in
            guard let self else { return }
            timer = nil
            if environment.time.now < moment { wake(at: moment) } else { deliver(.wake) }
        }
    }
}
