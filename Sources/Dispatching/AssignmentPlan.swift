import Bytes
import Model
import Store

/// What one node should hold now, and the changes that take it there from what it was sent.
struct AssignmentPlan {
    private let node: NodeID
    private let session: WorkerSession
    /// What the node will hold.
    private(set) var content = WorkerSession.Content()
    /// The values that are missing: before they are sealed nothing is sent.
    private(set) var requests: [Dispatcher.SealRequest] = []
    /// Tasks that can't be sent, with the reason.
    private(set) var refused: [(task: TaskID, reason: String)] = []
    private var things: [AssignmentChange] = []
    private var tasks: [AssignmentChange] = []

    init(for node: NodeID, _ session: WorkerSession) {
        self.node = node
        self.session = session
    }

    /// Adds a task that has not ended, and what it needs.
    mutating func add(_ task: StoredTask, _ store: ReplicatedStore) {
        let isNews = session.sent.tasks[task.id] != task.desired
        var sent = task
        if isNews, task.needsValues {
            do throws(Failure) {
                sent = try task.filled(store)
            } catch {
                return refused.append((task.id, error.why.isEmpty ? error.message : "\(error.message): \(error.why)"))
            }
        }
        content.tasks[task.id] = task.desired
        // One that is being stopped keeps what it holds until it goes: nothing is taken from under a live task.
        if task.needsValues {
            for reference in task.spec?.secrets ?? [] { add(reference, of: task, store) }
            for reference in task.spec?.program?.configs ?? [] { add(reference, store) }
        }
        if isNews { tasks.append(AssignmentChange(.task(sent))) }
    }

    private mutating func add(_ reference: SecretReference, of task: StoredTask, _ store: ReplicatedStore) {
        guard let version = store.version(of: reference) else { return }
        let key = WorkerSession.ValueKey(task: task.id, secret: reference.secretID)
        guard content.values[key] == nil else { return }
        content.values[key] = version.number
        if session.sent.values[key] == version.number { return }
        if let ready = session.ready[key], ready.version == version.number {
            things.append(AssignmentChange(.value(ready)))
        } else if !session.failed.contains(key) {
            requests.append(
                Dispatcher.SealRequest(
                    node: node, task: task.id, secret: reference.secretID, version: version.number,
                    envelope: version.sealed, sealKey: session.sealKey))
        }
    }

    private mutating func add(_ reference: ConfigReference, _ store: ReplicatedStore) {
        guard content.configs[reference.configID] == nil, let config = store.config(reference.configID) else { return }
        let revision = config.meta?.specRevision ?? .zero
        content.configs[config.id] = revision
        if session.sent.configs[config.id] != revision { things.append(AssignmentChange(config)) }
    }

    /// Values and configs first, then the tasks that need them, then what goes.
    var changes: [AssignmentChange] {
        let removedTasks = session.sent.tasks.keys.filter { content.tasks[$0] == nil }.sorted().map { id in
            var removed = RemovedTask()
            removed.taskID = id
            return AssignmentChange(.removedTask(removed))
        }
        let removedConfigs = session.sent.configs.keys.filter { content.configs[$0] == nil }.sorted().map { id in
            var removed = RemovedConfig()
            removed.configID = id
            return AssignmentChange(.removedConfig(removed))
        }
        return things + tasks + removedTasks + removedConfigs
    }
}

extension StoredTask {
    /// Its values are needed from when it is assigned until it is asked to stop.
    var needsValues: Bool { desired <= .running && !hasEnded }
}

extension ReplicatedStore {
    fileprivate func version(of reference: SecretReference) -> SecretVersion? {
        guard let secret = secret(reference.secretID) else { return nil }
        if reference.version == 0 { return secret.versions.last }
        return secret.versions.first { $0.number == reference.version }
    }
}

extension AssignmentChange {
    init(_ thing: AssignedThing) {
        self.init()
        self.thing = thing
    }

    init(_ config: Config) {
        var assigned = AssignedConfig()
        assigned.configID = config.id
        assigned.revision = config.meta?.specRevision ?? .zero
        assigned.data = config.data
        self.init(.config(assigned))
    }

    /// About what it adds to a message, in bytes.
    var weight: Int {
        switch thing {
        case .value(let value): value.sealed.count + 128
        case .config(let config): config.data.count + 128
        case .task: 4096
        case .removedTask, .removedValue, .removedConfig, nil: 64
        }
    }
}
