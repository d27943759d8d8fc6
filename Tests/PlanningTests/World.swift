import Bytes
import Model
import Planning
import Store
import Wire

/// A store, a planner and agents that start and stop what is assigned to them, in small steps of a made-up clock.
struct World {
    var store = ReplicatedStore()
    var planner: Planner
    var observed: [TaskID: TaskStatus] = [:]
    var now = Timestamp(seconds: 1000)
    var generator: SplitMix
    /// Tasks that fail as soon as they run.
    var fails = false
    /// Nodes that do not act.
    var silent: Set<NodeID> = []

    static func node(_ number: UInt64) -> NodeID { NodeID(high: number, low: 0) }
    static let service = ServiceID(high: 50, low: 50)

    init(seed: UInt64, nodes: UInt64) {
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
        for number in 2..<max(2, nodes + 1) {
            var node = Node()
            node.id = Self.node(number)
            node.name = "n\(number)"
            node.role = .worker
            node.key = Bytes([UInt8](repeating: UInt8(number), count: 32))
            var add = AddNode()
            add.node = node
            run(.addNode(add))
        }
        for number in 1...nodes { set(number, .ready) }
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
            store.checkInvariants()
            return outcome
        } catch { fatalError("\(error)") }
    }

    mutating func set(_ number: UInt64, _ state: NodeState) {
        var observation = NodeObservation()
        observation.id = Self.node(number)
        var status = NodeStatus()
        status.state = state
        observation.status = status
        var command = ObserveNodes()
        command.nodes = [observation]
        run(.observeNodes(command))
        if state == .down { silent.insert(Self.node(number)) } else { silent.remove(Self.node(number)) }
    }

    mutating func set(_ number: UInt64, _ availability: Availability) {
        var update = UpdateNode()
        update.id = Self.node(number)
        var spec = store.node(update.id)?.spec ?? NodeSpec()
        spec.availability = availability
        update.spec = spec
        run(.updateNode(update))
    }

    static func spec(replicas: UInt64, force: UInt64 = 0, constraints: [String] = []) -> ServiceSpec {
        var program = ProgramSpec()
        program.command = ["/bin/true"]
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
        return spec
    }

    mutating func create(_ spec: ServiceSpec) {
        var command = CreateService()
        command.id = Self.service
        command.spec = spec
        run(.createService(command))
    }

    mutating func update(_ spec: ServiceSpec) {
        var command = UpdateService()
        command.id = Self.service
        command.spec = spec
        run(.updateService(command))
    }

    // MARK: Time

    /// Lets the planner plan until it has nothing more to say.
    mutating func plan() -> Timestamp? {
        for _ in 0..<100 {
            let plan = planner.plan(store, observed: observed, at: now)
            guard !plan.changes.isEmpty else { return plan.wakeAt }
            var command = ChangeTasks()
            command.changes = plan.changes
            let before = store.index
            run(.changeTasks(command))
            precondition(store.changes(after: before)?.isEmpty == false, "a plan that changes nothing: \(plan.changes)")
        }
        fatalError("the planner does not come to rest")
    }

    /// Every agent takes one of its tasks one step further, or not, by chance.
    mutating func act() {
        var ended: [TaskChange] = []
        for task in store.allTasks where task.nodeID != .none && !task.hasEnded && !silent.contains(task.nodeID) {
            guard generator.next() % 3 != 0 else { continue }
            var status = TaskStatus()
            status.since = now
            if task.desired > .running {
                status.state = .shutdown
            } else if observed[task.id]?.state != .running {
                status.state = .running
                observed[task.id] = status
                continue
            } else if fails {
                status.state = .failed
                status.error = "exit code 1"
            } else {
                continue
            }
            observed[task.id] = nil
            var change = TaskChange()
            change.id = task.id
            change.status = status
            ended.append(change)
        }
        guard !ended.isEmpty else { return }
        var command = ChangeTasks()
        command.changes = ended
        run(.changeTasks(command))
    }

    mutating func step() {
        now = Timestamp(rawValue: now.rawValue + 100_000_000)
        _ = plan()
        act()
        var slots: Set<UInt64> = []
        for task in store.allTasks where task.nodeID != .none && !task.hasEnded {
            precondition(slots.insert(task.slot).inserted, "two tasks in slot \(task.slot)")
        }
    }

    mutating func settle(_ steps: Int = 60) { for _ in 0..<steps { step() } }

    var running: [StoredTask] {
        store.allTasks.filter { observed[$0.id]?.state == .running && $0.desired == .running && !$0.hasEnded }
    }
}
