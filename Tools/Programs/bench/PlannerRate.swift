import Bytes
import Model
import Planning
import Store
import Wire

/// What the planner alone costs: the time of its calls, with a store and observations as a leader has them.
struct PlannerRate {
    private static let nodes: UInt64 = 500
    private static let services: UInt64 = 100
    private static let replicas: UInt64 = 100
    private static let rounds = 200

    private var store = ReplicatedStore()
    private var planner = Planner(generator: SplitMix(seed: 1))
    private var observed: [TaskID: TaskStatus] = [:]
    private var news: Set<TaskID> = []
    private var now = Timestamp(rawValue: 1_000_000_000_000)

    static func run() {
        Show.print("")
        Show.print("planner alone: \(services * replicas) tasks of \(services) services on \(nodes) nodes; time in the")
        Show.print("planner from a change until it has nothing more to say, in us; \(rounds) of each change")
        Show.print("")
        var rate = PlannerRate()
        var (time, batches) = (UInt64(0), 0)
        rate.settle(&time, &batches)
        let widths = [32, 8, 10, 10, 10]
        Show.row(["", "plans", "min", "p50", "p99"], widths)
        for change in Change.allCases {
            var sample = Sample()
            var plans = 0
            for round in 0..<rounds {
                rate.make(change, round)
                var time: UInt64 = 0
                rate.settle(&time, &plans)
                sample.add(time)
            }
            Show.row(
                [change.rawValue, "\(plans / rounds)"]
                    + [0, 0.5, 0.99].map { Show.microseconds(Double(sample.quantile($0))) }, widths)
        }
        Show.print("")
        Show.print(
            "all \(services * replicas) tasks created and placed: \(Show.milliseconds(time)) ms in \(batches) plans, "
                + "\(Show.microseconds(Double(time) / Double(services * replicas))) us a task")
    }

    /// What happens to a cluster that is at rest.
    private enum Change: String, CaseIterable {
        case nothing
        case report = "a task reports its state"
        case failure = "a task fails and is followed"
        case scaling = "a service is scaled by one"
        case label = "a node gets a label"
        case loss = "a node is lost, and back"
    }

    private init() {
        var cluster = Model.Cluster()
        cluster.id = ClusterID(high: 1, low: 1)
        var bootstrap = Bootstrap()
        bootstrap.cluster = cluster
        bootstrap.node = Self.node(1)
        apply(.bootstrap(bootstrap))
        for number in 1...Self.nodes {
            if number > 1 {
                var add = AddNode()
                add.node = Self.node(number)
                apply(.addNode(add))
            }
            observe(number, .ready)
        }
        for number in 1...Self.services {
            var program = ProgramSpec()
            program.command = ["/bin/sleep", "1000000"]
            var restart = RestartPolicy()
            restart.delayMilliseconds = 0
            var task = TaskSpec()
            task.program = program
            task.restart = restart
            var mode = ReplicatedMode()
            mode.replicas = Self.replicas
            var create = CreateService()
            create.id = ServiceID(high: number, low: 1)
            create.spec = ServiceSpec("service-\(number)", mode, task)
            apply(.createService(create))
        }
    }

    private static func node(_ number: UInt64) -> Node {
        var node = Node()
        node.id = NodeID(high: number, low: 0)
        node.name = "node-\(number)"
        node.role = number == 1 ? .manager : .worker
        node.member = number == 1 ? MemberID(1) : .none
        node.key = Bytes((0..<32).map { UInt8(truncatingIfNeeded: number >> ($0 % 8 * 8)) })
        return node
    }

    // MARK: - Changes

    private mutating func make(_ change: Change, _ round: Int) {
        now = Timestamp(rawValue: now.rawValue + 1_000_000_000)
        let node = UInt64(round) % Self.nodes + 1
        let service = ServiceID(high: UInt64(round) % Self.services + 1, low: 1)
        switch change {
        case .nothing: break
        case .report: news = [store.tasks(of: service)[round % 100].id]
        case .failure:
            guard let task = store.tasks(of: service).first(where: { !$0.hasEnded }) else { return }
            var failed = TaskChange()
            failed.id = task.id
            failed.status = status(.failed)
            failed.status?.started = now
            var command = ChangeTasks()
            command.changes = [failed]
            observed[task.id] = nil
            news = [task.id]
            apply(.changeTasks(command))
        case .scaling:
            var scale = UpdateService()
            scale.id = service
            scale.spec = store.service(service)?.spec
            scale.spec?.replicated?.replicas += 1
            apply(.updateService(scale))
        case .label:
            var update = UpdateNode()
            update.id = NodeID(high: node, low: 0)
            update.spec = store.node(update.id)?.spec ?? NodeSpec()
            update.spec?.labels["round"] = "\(round)"
            apply(.updateNode(update))
        case .loss:
            observe(node, .down)
            for task in store.tasks(on: NodeID(high: node, low: 0)) where observed.removeValue(forKey: task.id) != nil {
                news.insert(task.id)
            }
        }
    }

    private mutating func observe(_ number: UInt64, _ state: NodeState) {
        var observation = NodeObservation()
        observation.id = NodeID(high: number, low: 0)
        var status = NodeStatus()
        status.state = state
        status.since = now
        observation.status = status
        var description = NodeDescription()
        description.runners = ["process"]
        observation.description = description
        var command = ObserveNodes()
        command.nodes = [observation]
        apply(.observeNodes(command))
    }

    private func status(_ state: TaskState) -> TaskStatus {
        var status = TaskStatus()
        status.state = state
        status.since = now
        return status
    }

    // MARK: - Planning

    /// Plans and applies until nothing is left to do, adding to `time` what the planner took and to `plans` its calls.
    /// Then every assigned task runs, and lost nodes are back.
    private mutating func settle(_ time: inout UInt64, _ plans: inout Int) {
        while true {
            let begin = Clock.nanoseconds
            let plan = planner.plan(store, observed: observed, news: news, at: now)
            time += Clock.nanoseconds - begin
            plans += 1
            news = []
            guard !plan.isEmpty else { break }
            var command = ChangeTasks()
            command.changes = plan.changes
            command.updates = plan.updates
            apply(.changeTasks(command))
        }
        for node in store.allNodes where node.status?.state == .down { observe(node.id.high, .ready) }
        for task in store.allTasks where !task.hasEnded && observed[task.id] == nil {
            observed[task.id] = status(.running)
        }
        _ = planner.plan(store, observed: observed, news: Set(observed.keys), at: now)
    }

    private mutating func apply(_ command: Command) {
        var proposal = Proposal()
        proposal.time = now
        proposal.command = command
        let entry = Entry(term: Term(1), index: store.index.next, body: proposal.encoded())
        do throws(StoreError) {
            let applied = try store.apply(entry)
            precondition(applied.outcome.failure == nil, "\(applied.outcome)")
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
