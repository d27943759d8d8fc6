import Bytes
import Model

/// A node's agent: its session with the dispatcher, the tasks that it runs and the values that it holds.
///
/// The session, as the agent sees it:
///
///     idle ──wake──▶ dialling ──connected──▶ registering ──registered──▶ active ⟲ heartbeat
///      ▲                │                        │                          │
///      └──────lost──────┴──────────lost──────────┴───────────lost───────────┘
///
/// A lost connection does not end the lease, and the lease's end does not end the tasks unless their service says
/// so: a worker cut off goes on with what it holds. Whatever takes time (opening values, mounting, running, reading
/// records) is an effect; its result comes back as an event.
///
/// Invariants: W1, a task is prepared only when every value and config it names is held; W2, its files are wiped
/// only after it ended, and always then; D2, the lease runs from the moment the answered request was made.
package struct Agent {
    package enum Event: Sendable {
        /// The agent begins; `adopted` are the tasks that an earlier agent of this node left, by their records.
        case started(adopted: [AdoptedTask], managers: [ManagerAddress])
        /// The channel that `dial` asked for is open, or is gone.
        case connected
        case lost
        case registered(Registered)
        case redirected(Redirect)
        case heartbeatAnswered(HeartbeatAnswer)
        case unregistered(Unregistered)
        case assigned(Assignment)
        case reported(ReportTasksAnswer)
        /// The result of `open`; no value: it could not be opened.
        case opened(TaskID, SecretID, version: UInt64, SecretBox?)
        case runner(TaskID, RunnerEvent)
        /// The result of `check`, by its number.
        case checked(TaskID, number: UInt64, HealthWatch.Result)
        /// What the node can do has changed.
        case described(NodeDescription)
        case wake
        /// The node leaves the cluster: every task is stopped.
        case leave
    }

    package enum RunnerEvent: Equatable, Sendable {
        case prepared(PreparedTask)
        case started(pid: UInt32)
        /// The program ended: its exit code, 128 + n after signal n; `message` says more, such as "out of memory".
        case exited(code: Int32, message: String)
        /// It could not be prepared or started.
        case failed(String)
        /// The files of a generation are in place; the number is `publish`'s.
        case published(generation: UInt64)
        case publishFailed(generation: UInt64, String)
        /// Nothing of the task is left on this host but its record.
        case cleaned
    }

    package enum Effect: Sendable {
        case dial(ManagerAddress)
        case hangUp
        case register(Register)
        case heartbeat(Heartbeat)
        case acknowledge(AssignmentApplied)
        case report(ReportTasks)
        /// Opens a delivery with the key that the agent drew at its start.
        case open(AssignedValue)
        /// Writes the task's record, mounts its file system and writes `files` as the first generation.
        ///
        /// The credentials for its image's registry are for this alone.
        case prepare(StoredTask, [PublishedFile], credentials: SecretBox?)
        case start(TaskID)
        /// Shows another generation of the same task's files.
        case publish(TaskID, generation: UInt64, [PublishedFile])
        /// Looks whether a running task is well.
        case check(TaskID, number: UInt64, HealthCheck)
        /// Ends the program: its stop signal, after the grace period KILL.
        case stop(TaskID, graceMilliseconds: UInt64)
        /// Overwrites and unmounts the task's files and removes what is left of it, keeping the record.
        case cleanUp(TaskID)
        /// Removes the record.
        case forget(TaskID)
        /// The list of managers changed; it is kept for the next start.
        case remember([ManagerAddress])
        case wakeAt(Moment)
    }

    enum SessionState: Equatable {
        case idle, dialling, registering
        case active(SessionID)
    }

    var description: NodeDescription
    let sealKey: Bytes
    var generator: any RandomNumberGenerator & Sendable

    // The session.
    var session = SessionState.idle
    var lastSession = SessionID.none
    var managers: [ManagerAddress] = []
    var candidate = 0
    var leader: ManagerAddress?
    var backOff: UInt64 = Agent.firstPause
    var redial: Moment?
    var lease: Duration = .zero
    /// When the lease is believed to end; `nil`: there is none.
    package internal(set) var lapse: Moment?
    var asked = Moment.zero
    var nextHeartbeat: Moment?
    var answerDue: Moment?

    // The assignment.
    var applied: UInt64 = 0
    var parts: [AssignmentChange] = []
    var opening: [OpeningKey] = []
    var acknowledging: UInt64 = 0
    var heldChanges: [HeldVersion] = []

    // Tasks and what they need; dictionaries are never walked but in the order of `order`.
    var order: [TaskID] = []
    var tasks: [TaskID: HeldTask] = [:]
    var configs: [ConfigID: HeldConfig] = [:]
    /// The running tasks with a check of their health, in the order in which they began to run.
    var watched: [TaskID] = []

    // Reports.
    var dirty: [TaskID] = []
    var dirtyHeld: [HeldVersion] = []
    var reportNumber: UInt64 = 0
    var reporting: UInt64 = 0

    package init(
        description: NodeDescription, sealKey: Bytes, generator: any RandomNumberGenerator & Sendable
    ) {
        self.description = description
        self.sealKey = sealKey
        self.generator = generator
    }

    /// Takes one event at `now`, which never goes back, and returns what the driver must do, in order.
    package mutating func step(_ event: Event, at now: Moment) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .started(let adopted, let known):
            managers = known
            for task in adopted { adopt(task, at: now, &effects) }
            dialNext(at: now, &effects)
        case .connected: connected(at: now, &effects)
        case .lost: lost(at: now, &effects)
        case .registered(let answer): registered(answer, at: now, &effects)
        case .redirected(let redirect): redirected(redirect, at: now, &effects)
        case .heartbeatAnswered(let answer): heartbeatAnswered(answer, at: now, &effects)
        case .unregistered(let answer): unregistered(answer, at: now, &effects)
        case .assigned(let assignment): assigned(assignment, at: now, &effects)
        case .reported(let answer): if answer.number == reporting { reporting = 0 }
        case .opened(let task, let secret, let version, let value):
            opened(task, secret, version, value, at: now, &effects)
        case .runner(let task, let event): runner(task, event, at: now, &effects)
        case .checked(let task, let number, let result): checked(task, number, result, at: now, &effects)
        case .described(let description): described(description, at: now, &effects)
        case .wake: wake(at: now, &effects)
        case .leave: for id in order { end(id, at: now, &effects) }
        }
        sendReport(&effects)
        effects.append(contentsOf: nextWake())
        checkInvariants()
        return effects
    }
}

// MARK: - What others may ask

extension Agent {
    package var isActive: Bool { if case .active = session { true } else { false } }

    /// Whether the lease is believed to hold at `now`.
    package func holdsLease(at now: Moment) -> Bool { lapse.map { now < $0 } ?? false }

    /// How the session fares, in words, for `status`.
    package var sessionText: String {
        switch session {
        case .idle, .dialling: "looking for the leader"
        case .registering: "registering"
        case .active: "active"
        }
    }

    /// The tasks on this node that have not ended, in the order in which they came.
    package var liveTasks: [TaskID] { order.filter { tasks[$0]?.isLive ?? false } }

    /// The tasks of which something is left on this node beside the record, in the same order.
    package var unfinishedTasks: [TaskID] { order.filter { tasks[$0]?.phase != .cleaned } }

    package func task(_ id: TaskID) -> HeldTask? { tasks[id] }

    func checkInvariants() {
        for id in order {
            guard let task = tasks[id] else { preconditionFailure("W0: task \(id) is listed and not kept") }
            if task.phase == .cleaned {
                precondition(task.values.isEmpty, "W2: task \(id) is cleaned and holds \(task.values.count) values")
            }
        }
        precondition(order.count == tasks.count, "W0: \(order.count) listed, \(tasks.count) kept")
    }
}

// MARK: - Bounds

extension Agent {
    /// The first pause before dialling again, doubling up to `longestPause`; a whole cluster must not dial in step.
    static let firstPause: UInt64 = 50
    static let longestPause: UInt64 = 5_000
    /// How much earlier than the dispatcher the agent believes its lease to end (D2): clocks may drift.
    static let leaseMargin = Duration.milliseconds(200)
    /// How long an answer to `Register` or a heartbeat may take before the manager counts as silent.
    static let answerTimeout = Duration.milliseconds(2_000)
}
