import Bytes
import Model
import Store
import Wire

@testable import Planning

/// A store, a planner and agents that start and stop what is assigned to them, in small steps of a made-up clock.
///
/// What a program does is its first word: see `Behaviour`.
struct World {
    /// What a task does once it is assigned.
    enum Behaviour: String {
        /// Starts, and runs until it is asked to stop.
        case runs
        /// Starts, and fails at once.
        case fails
        /// Starts, and ends with exit code 0 at once.
        case ends
        /// Can't be prepared.
        case rejected
        /// Is prepared without end.
        case hangs
        /// Runs, and does not stop.
        case stubborn
    }

    var store = ReplicatedStore()
    var planner: Planner
    var observed: [TaskID: TaskStatus] = [:]
    var news: Set<TaskID> = []
    var now = Timestamp(seconds: 1000)
    var generator: SplitMix
    /// Every program fails as soon as it runs.
    var fails = false
    /// Nodes on which every program does.
    var failing: Set<NodeID> = []
    /// Nodes that are cut off: their programs go on, nobody hears of them.
    var silent: Set<NodeID> = []
    /// Programs that really run, by node.
    var processes: [NodeID: Set<TaskID>] = [:]
    /// The most tasks of a position that ever had a node at the same time.
    var mostInOnePosition = 0
    /// The service's update states, in the order in which they were committed.
    var states: [UpdateState] = []
    /// The planner did something against the rules; see `World+Rules`.
    var isFaulty = false
    /// What the clock showed before it was set back.
    private(set) var latest = Timestamp.zero
    /// When the planner asked to be woken, and what it has seen.
    private(set) var wakeAt: Timestamp?
    private var seen = Index.zero
    private var steps = 0

    /// Of more tasks not everything is checked all the time.
    static let most = 200

    static func node(_ number: UInt64) -> NodeID { NodeID(high: number, low: 0) }
    static let service = ServiceID(high: 50, low: 50)

    init(seed: UInt64 = 1, nodes: UInt64) {
        generator = SplitMix(seed: seed)
        planner = Planner(generator: SplitMix(seed: seed &+ 1))
        var cluster = Cluster()
        cluster.id = ClusterID(high: 1, low: 1)
        var manager = Node()
        manager.id = Self.node(1)
        manager.name = "n1"
        manager.member = MemberID(1)
        var bootstrap = Bootstrap()
        bootstrap.cluster = cluster
        bootstrap.node = manager
        run(.bootstrap(bootstrap))
        for number in 2..<max(2, nodes + 1) { add(number) }
        for number in 1...nodes { set(number, .ready) }
    }

    /// Another leader, whose planner knows nothing yet.
    mutating func elect(_ seed: UInt64) {
        planner = Planner(generator: SplitMix(seed: seed))
        wakeAt = now
    }

    mutating func add(_ number: UInt64) {
        var node = Node()
        node.id = Self.node(number)
        node.name = "n\(number)"
        node.role = .worker
        node.key = Bytes([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32))
        var add = AddNode()
        add.node = node
        run(.addNode(add))
    }

    @discardableResult
    mutating func run(_ command: Command) -> Outcome {
        var proposal = Proposal()
        proposal.time = now
        proposal.command = command
        do {
            let outcome = try store.apply(
                Entry(term: Term(1), index: store.index.next, body: proposal.encoded())
            ).outcome
            if store.allTasks.count < Self.most { store.checkInvariants() }
            if let state = store.service(Self.service)?.updateStatus?.state, state != states.last {
                states.append(state)
            }
            return outcome
        } catch { fatalError("\(error)") }
    }
}

// MARK: - Nodes

extension World {
    mutating func set(
        _ number: UInt64, _ state: NodeState, cpu: UInt64 = 0, memory: UInt64 = 0, runners: [String] = ["process"]
    ) {
        var observation = NodeObservation()
        observation.id = Self.node(number)
        var status = NodeStatus()
        status.state = state
        observation.status = status
        if state == .ready {
            var description = NodeDescription()
            description.hostname = "n\(number)"
            description.cpuNano = cpu
            description.memoryBytes = memory
            description.runners = runners
            observation.description = description
        }
        var command = ObserveNodes()
        command.nodes = [observation]
        run(.observeNodes(command))
        guard state == .down else {
            silent.remove(Self.node(number))
            return
        }
        silent.insert(Self.node(number))
        for task in store.tasks(on: Self.node(number)) where observed.removeValue(forKey: task.id) != nil {
            news.insert(task.id)
        }
    }

    mutating func set(_ number: UInt64, _ availability: Availability) {
        change(number) { $0.availability = availability }
    }

    mutating func label(_ number: UInt64, _ key: String, _ value: String?) {
        change(number) { $0.labels[key] = value }
    }

    private mutating func change(_ number: UInt64, _ edit: (inout NodeSpec) -> Void) {
        var update = UpdateNode()
        update.id = Self.node(number)
        var spec = store.node(update.id)?.spec ?? NodeSpec()
        edit(&spec)
        update.spec = spec
        run(.updateNode(update))
    }
}

// MARK: - Services

extension World {
    static func spec(
        replicas: UInt64 = 1, _ behaviour: Behaviour = .runs, force: UInt64 = 0, constraints: [String] = [],
        update: UpdateConfig? = nil
    ) -> ServiceSpec {
        var program = ProgramSpec()
        program.command = [behaviour.rawValue]
        var placement = Placement()
        placement.constraints = constraints
        var task = TaskSpec()
        task.program = program
        task.placement = placement
        task.forceUpdate = force
        var mode = ReplicatedMode()
        mode.replicas = replicas
        var spec = ServiceSpec()
        spec.name = "web"
        spec.replicated = mode
        spec.task = task
        spec.update = update
        return spec
    }

    static func global(_ behaviour: Behaviour = .runs, force: UInt64 = 0, constraints: [String] = []) -> ServiceSpec {
        var spec = spec(behaviour, force: force, constraints: constraints)
        spec.replicated = nil
        spec.global = GlobalMode()
        return spec
    }

    static func config(
        parallelism: UInt64 = 1, delay: UInt64 = 0, action: FailureAction = .pause, monitor: UInt64 = 5000,
        ratio: Double = 0, order: UpdateOrder = .stopFirst
    ) -> UpdateConfig {
        var config = UpdateConfig()
        config.parallelism = parallelism
        config.delayMilliseconds = delay
        config.failureAction = action
        config.monitorMilliseconds = monitor
        config.maxFailureRatio = ratio
        config.order = order
        return config
    }

    mutating func create(_ spec: ServiceSpec, id: ServiceID = service) {
        var command = CreateService()
        command.id = id
        command.spec = spec
        let outcome = run(.createService(command))
        precondition(outcome.failure == nil, "\(outcome)")
    }

    mutating func update(_ spec: ServiceSpec) {
        var command = UpdateService()
        command.id = Self.service
        command.spec = spec
        let outcome = run(.updateService(command))
        precondition(outcome.failure == nil, "\(outcome)")
    }

    mutating func rollBack() {
        var command = UpdateService()
        command.id = Self.service
        command.rollback = true
        let outcome = run(.updateService(command))
        precondition(outcome.failure == nil, "\(outcome)")
    }

    var status: UpdateStatus? { store.service(Self.service)?.updateStatus }
    var spec: ServiceSpec { store.service(Self.service)?.spec ?? ServiceSpec() }
}

// MARK: - Time

extension World {
    /// Lets the planner plan until it has nothing more to say.
    mutating func plan() {
        for _ in 0..<100 {
            let plan = planner.plan(store, observed: observed, news: news, at: now)
            news = []
            (wakeAt, seen) = (plan.wakeAt, store.index)
            if let wakeAt, wakeAt <= now { fault("P3: it asks to be woken at once") }
            guard !plan.isEmpty else { return }
            let earlier = self
            defer { check(since: earlier) }
            var command = ChangeTasks()
            command.changes = plan.changes
            command.updates = plan.updates
            command.pins = plan.pins
            let before = store.index
            run(.changeTasks(command))
            precondition(store.changes(after: before)?.isEmpty == false, "a plan that changes nothing: \(plan.changes)")
        }
        fatalError("the planner does not come to rest")
    }

    /// Every agent takes each of its tasks one step further, or not, by chance.
    mutating func act() {
        var ended: [TaskChange] = []
        for task in store.allTasks where task.nodeID != .none && !silent.contains(task.nodeID) {
            guard !task.hasEnded else { continue }
            guard generator.next() % 3 != 0, let status = step(task) else { continue }
            var change = TaskChange()
            change.id = task.id
            change.status = status
            ended.append(change)
        }
        // What the store no longer asks for is stopped.
        for node in processes.keys where !silent.contains(node) {
            processes[node] = processes[node]?.filter { store.task($0)?.hasEnded == false }
        }
        guard !ended.isEmpty else { return }
        var command = ChangeTasks()
        command.changes = ended
        run(.changeTasks(command))
    }

    /// What an agent reports next of a task; its end is returned, what lies before is observed.
    private mutating func step(_ task: StoredTask) -> TaskStatus? {
        let behaviour = Behaviour(rawValue: task.spec?.program?.command.first ?? "") ?? .runs
        var status = TaskStatus()
        status.since = now
        let state = observed[task.id]?.state ?? .assigned
        if task.desired > .running {
            guard behaviour != .stubborn || state != .running else { return nil }
            return end(task, .shutdown, status)
        }
        switch (state, behaviour) {
        case (.assigned, _), (.accepted, _): status.state = .preparing
        case (.preparing, .rejected): return end(task, .rejected, status, "no such program")
        case (.preparing, .hangs): return nil
        case (.preparing, _): status.state = .running
        case (.running, .fails): return end(task, .failed, status, "exit code 1")
        case (.running, .ends): return end(task, .complete, status)
        case (.running, _) where fails || failing.contains(task.nodeID):
            return end(task, .failed, status, "exit code 1")
        default: return nil
        }
        if status.state == .running { processes[task.nodeID, default: []].insert(task.id) }
        observed[task.id] = status
        news.insert(task.id)
        return nil
    }

    private mutating func end(
        _ task: StoredTask, _ state: TaskState, _ status: TaskStatus, _ error: String = ""
    ) -> TaskStatus {
        var status = status
        status.state = state
        status.error = error
        if let seen = observed.removeValue(forKey: task.id) {
            if seen.state == .running { status.started = seen.since }
            status.imageDigest = seen.imageDigest
            status.imageFetched = seen.imageFetched
        }
        news.insert(task.id)
        processes[task.nodeID]?.remove(task.id)
        return status
    }

    /// Whether a leader would call the planner: something changed, or it asked for it.
    private var isPlanDue: Bool { store.index != seen || !news.isEmpty || wakeAt.map { $0 <= now } ?? false }

    mutating func setClock(_ time: Timestamp) {
        latest = max(latest, now)
        now = time
    }

    /// 100 ms.
    mutating func step() {
        now = Timestamp(rawValue: now.rawValue + 100_000_000)
        if isPlanDue { plan() }
        steps += 1
        if steps % 10 == 0, store.allTasks.count < Self.most { checkRest() }
        act()
        var positions: [String: Int] = [:]
        for task in store.allTasks where task.nodeID != .none && !task.hasEnded {
            positions["\(task.serviceID) \(task.slot) \(task.boundNode)", default: 0] += 1
        }
        mostInOnePosition = max(mostInOnePosition, positions.values.max() ?? 0)
    }

    mutating func settle(_ steps: Int = 60) { for _ in 0..<steps { step() } }

    /// Steps until something holds; `false`: it does not after `steps`.
    mutating func settle(within steps: Int, until holds: (World) -> Bool) -> Bool {
        for _ in 0..<steps {
            if holds(self) { return true }
            step()
        }
        return holds(self)
    }

    var running: [StoredTask] {
        store.allTasks.filter { observed[$0.id]?.state == .running && $0.desired == .running && !$0.hasEnded }
    }

    /// Whether a planner that knows nothing yet finds nothing to do either: the one that only looks at what changed
    /// has overlooked nothing.
    var isComplete: Bool {
        var fresh = Planner(generator: SplitMix(seed: 5))
        return fresh.plan(store, observed: observed, at: now).isEmpty
    }
}
