import Bytes
import Model
import Testing

@testable import Dispatching
@testable import Store

/// A dispatcher over a store that is changed by hand, and the clock.
struct Bench {
    /// Changed by hand, object by object: what commands make of it is the store's to test.
    var store = ReplicatedStore()
    private let place = Circumstances(index: Index(1), time: Timestamp(seconds: 1), sealed: Bytes())
    var dispatcher: Dispatcher
    var now = Moment(milliseconds: 0)
    var time = Timestamp(seconds: 1)
    let one = NodeID(high: 1, low: 1)
    let two = NodeID(high: 1, low: 2)
    let secret = SecretID(high: 2, low: 1)

    init(ready: Bool = false) {
        for id in [one, two] {
            var node = Node()
            node.id = id
            var status = NodeStatus()
            status.state = ready ? .ready : .unspecified
            node.status = status
            store.put(node, place, spec: true)
        }
        var secret = Secret()
        secret.id = self.secret
        var version = SecretVersion()
        version.number = 1
        version.sealed = [9, 9]
        secret.versions = [version]
        store.put(secret, place, spec: true)
        dispatcher = Dispatcher(lease: .seconds(3), store: store, at: now, generator: SplitMix(seed: 3))
    }

    /// That of a new leader.
    func another() -> Dispatcher {
        Dispatcher(lease: .seconds(3), store: store, at: now, generator: SplitMix(seed: 4))
    }

    mutating func addTask(
        _ number: UInt64, on node: NodeID, uses: Bool = true, configs: [ConfigID] = []
    ) -> TaskID {
        var task = StoredTask()
        task.id = TaskID(high: 3, low: number)
        task.nodeID = node
        task.desired = .running
        var program = ProgramSpec()
        if uses {
            var reference = SecretReference()
            reference.secretID = secret
            program.secrets = [reference]
        }
        program.configs = configs.map { id in
            var reference = ConfigReference()
            reference.configID = id
            return reference
        }
        var spec = TaskSpec()
        spec.program = program
        task.spec = spec
        store.put(task, place)
        return task.id
    }

    mutating func change(_ task: TaskID, _ edit: (inout StoredTask) -> Void) {
        guard var changed = store.task(task) else { preconditionFailure("no such task") }
        edit(&changed)
        store.put(changed, place)
    }

    mutating func makeManager(_ node: NodeID) {
        guard var row = store.node(node) else { preconditionFailure("no such node") }
        row.role = .manager
        row.address = "192.0.2.1:7377"
        store.put(row, place, spec: true)
    }

    mutating func addConfig() -> ConfigID {
        var config = Config()
        config.id = ConfigID(high: 4, low: 1)
        config.data = [7]
        store.put(config, place)
        return config.id
    }

    mutating func end(_ task: TaskID, _ state: TaskState = .complete) {
        change(task) { task in
            task.status = TaskStatus()
            task.status?.state = state
        }
    }

    mutating func remove(_ task: TaskID) { store.remove(.task(task), place) }

    /// A second version of the secret.
    mutating func updateSecret() {
        guard var changed = store.secret(secret) else { preconditionFailure("no secret") }
        var version = SecretVersion()
        version.number = 2
        changed.versions.append(version)
        store.put(changed, place, spec: false)
    }

    mutating func step(_ event: Dispatcher.Event) -> [Dispatcher.Effect] {
        dispatcher.step(event, store: store, at: now, time: time)
    }

    /// Registers `node` on `channel` and returns its session and what followed.
    mutating func register(
        _ node: NodeID, _ channel: UInt64, _ tasks: [TaskReport] = []
    ) -> (SessionID, [Dispatcher.Effect]) {
        var register = Register()
        register.tasks = tasks
        register.sealKey = Bytes([UInt8](repeating: 1, count: 32))
        let effects = step(.registered(node, channel, from: "127.0.0.1:1", register))
        for case .send(_, .registered(let answer)) in effects { return (answer.session, effects) }
        return (.none, effects)
    }

    /// What a node reports of one task.
    static func report(
        _ task: TaskID, _ state: TaskState, session: SessionID, number: UInt64 = 1, since: UInt64 = 0
    ) -> ReportTasks {
        var status = TaskStatus()
        status.state = state
        status.since = Timestamp(seconds: since)
        var one = TaskReport()
        one.taskID = task
        one.status = status
        var report = ReportTasks()
        report.session = session
        report.number = number
        report.tasks = [one]
        return report
    }

    /// Answers a request to seal as the driver would.
    mutating func seal(_ effects: [Dispatcher.Effect]) -> [Dispatcher.Effect] {
        for case .seal(let node, let session, let requests) in effects {
            let values = requests.map { request in
                var value = AssignedValue()
                value.taskID = request.task
                value.secretID = request.secret
                value.version = request.version
                value.sealed = [1]
                return value
            }
            return step(.sealed(node, session, values))
        }
        return []
    }
}

extension [Dispatcher.Effect] {
    /// Whether the agent is sent back to register.
    var refuseSession: Bool { contains { if case .send(_, .unregistered) = $0 { true } else { false } } }
    var replan: Bool { contains { if case .replan = $0 { true } else { false } } }
    func close(_ channel: Dispatcher.ChannelID) -> Bool {
        contains { if case .close(channel, _) = $0 { true } else { false } }
    }
    var assignments: [Assignment] {
        compactMap { if case .send(_, .assignment(let assignment)) = $0 { assignment } else { nil } }
    }
    var observations: [NodeObservation] {
        flatMap { effect -> [NodeObservation] in if case .observe(let list) = effect { list } else { [] } }
    }
    var commits: [TaskChange] {
        flatMap { effect -> [TaskChange] in if case .commit(_, _, _, let changes) = effect { changes } else { [] } }
    }
    var sealRequests: [Dispatcher.SealRequest] {
        flatMap { effect -> [Dispatcher.SealRequest] in
            if case .seal(_, _, let requests) = effect { requests } else { [] }
        }
    }
}

extension Assignment {
    var kinds: [String] {
        changes.map { change in
            switch change.thing {
            case .task: "task"
            case .removedTask: "removedTask"
            case .value: "value"
            case .removedValue: "removedValue"
            case .config: "config"
            case .removedConfig: "removedConfig"
            case nil: "nothing"
            }
        }
    }
}
