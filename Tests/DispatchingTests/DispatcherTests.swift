import Bytes
import Model
import Testing

@testable import Dispatching
@testable import Store

private struct Bench {
    /// Changed by hand, object by object: what commands make of it is the store's to test.
    var store = ReplicatedStore()
    private let place = Circumstances(index: Index(1), time: Timestamp(seconds: 1), sealed: Bytes())
    var dispatcher: Dispatcher
    var now = Moment(milliseconds: 0)
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

    mutating func addTask(_ number: UInt64, on node: NodeID, uses: Bool = true) -> TaskID {
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
        dispatcher.step(event, store: store, at: now, time: Timestamp(seconds: 1))
    }

    /// Registers `node` on `channel` and returns its session and what followed.
    mutating func register(_ node: NodeID, _ channel: UInt64) -> (SessionID, [Dispatcher.Effect]) {
        var register = Register()
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
    fileprivate var assignments: [Assignment] {
        compactMap { if case .send(_, .assignment(let assignment)) = $0 { assignment } else { nil } }
    }
    fileprivate var observations: [NodeObservation] {
        flatMap { effect -> [NodeObservation] in if case .observe(let list) = effect { list } else { [] } }
    }
    fileprivate var commits: [TaskChange] {
        flatMap { effect -> [TaskChange] in if case .commit(_, _, _, let changes) = effect { changes } else { [] } }
    }
    fileprivate var sealRequests: [Dispatcher.SealRequest] {
        flatMap { effect -> [Dispatcher.SealRequest] in
            if case .seal(_, _, let requests) = effect { requests } else { [] }
        }
    }
}

extension Assignment {
    fileprivate var kinds: [String] {
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

@Suite struct DispatcherTests {
    @Test func `a registration makes the node ready and is answered with a complete assignment`() {
        var bench = Bench()
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.observations.map { $0.status?.state } == [.ready])
        #expect(effects.assignments.map(\.kind) == [.complete])
        #expect(effects.assignments[0].changes.isEmpty)
    }

    @Test func `a complete assignment holds the node's own tasks and only their values`() {
        var bench = Bench()
        let mine = bench.addTask(1, on: bench.one)
        _ = bench.addTask(2, on: bench.two)
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.assignments.isEmpty)
        #expect(effects.sealRequests.map(\.task) == [mine])
        let sent = bench.seal(effects).assignments
        #expect(sent.map(\.kinds) == [["value", "task"]])
        #expect(bench.dispatcher.trace.deliveries.map(\.node) == [bench.one])
    }

    @Test func `a node without a task that names the secret is never sent it`() {
        var bench = Bench()
        _ = bench.addTask(1, on: bench.one, uses: false)
        _ = bench.addTask(2, on: bench.two)
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.sealRequests.isEmpty)
        #expect(effects.assignments.map(\.kinds) == [["task"]])
        _ = bench.step(.secretChanged(bench.secret))
        #expect(bench.dispatcher.trace.deliveries.isEmpty)
    }

    @Test func `a new version goes to every task that follows the secret, and only the value`() {
        var bench = Bench()
        _ = bench.addTask(1, on: bench.one)
        let (_, effects) = bench.register(bench.one, 1)
        _ = bench.seal(effects)
        bench.updateSecret()
        let sent = bench.seal(bench.step(.secretChanged(bench.secret))).assignments
        #expect(sent.map(\.kind) == [.incremental])
        #expect(sent.map(\.kinds) == [["value"]])
        #expect(sent[0].appliesTo == 1 && sent[0].number == 2)
    }

    @Test func `a pinned reference stays at its version`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one)
        bench.change(task) { $0.spec?.program?.secrets[0].version = 1 }
        let (_, effects) = bench.register(bench.one, 1)
        _ = bench.seal(effects)
        bench.updateSecret()
        #expect(bench.step(.secretChanged(bench.secret)).sealRequests.isEmpty)
    }

    @Test func `a value is not sent when its task went away while it was sealed`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one)
        let (_, effects) = bench.register(bench.one, 1)
        bench.remove(task)
        let sent = bench.seal(effects).assignments
        #expect(sent.map(\.kinds) == [[]])
        #expect(bench.dispatcher.trace.deliveries.isEmpty)
    }

    @Test func `a task that ended is taken off the assignment`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        _ = bench.register(bench.one, 1)
        var status = TaskStatus()
        status.state = .complete
        bench.change(task) { $0.status = status }
        let effects = bench.step(.changed([bench.one]))
        #expect(effects.assignments.map(\.kinds) == [["removedTask"]])
    }

    @Test func `a lapsed lease makes the node down and a heartbeat in time does not`() {
        var bench = Bench()
        let (session, _) = bench.register(bench.one, 1)
        bench.now = Moment(milliseconds: 3_000)
        var heartbeat = Heartbeat()
        heartbeat.session = session
        _ = bench.step(.heartbeat(bench.one, 1, heartbeat))
        bench.now = Moment(milliseconds: 6_000)
        #expect(bench.step(.wake).observations.isEmpty)
        bench.now = Moment(milliseconds: 6_300)
        #expect(bench.step(.wake).observations.map { $0.status?.state } == [.down])
    }

    @Test func `nodes that the last leader saw have two leases to come back`() {
        var bench = Bench(ready: true)
        bench.now = Moment(milliseconds: 5_999)
        #expect(bench.step(.wake).observations.isEmpty)
        bench.now = Moment(milliseconds: 6_000)
        #expect(bench.step(.wake).observations.count == 2)
    }

    @Test func `what a worker says of another's task is left out`() {
        var bench = Bench()
        let theirs = bench.addTask(1, on: bench.two, uses: false)
        let (session, _) = bench.register(bench.one, 1)
        let effects = bench.step(.reported(bench.one, 1, Bench.report(theirs, .failed, session: session)))
        #expect(effects.commits.isEmpty)
        #expect(bench.dispatcher.observed[theirs] == nil)
    }

    @Test func `a worker can't fill the leader's tables with what it says of its tasks`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one)
        let (session, _) = bench.register(bench.one, 1)
        let long = String(repeating: "é", count: 20_000)
        var report = Bench.report(task, .running, session: session)
        report.tasks[0].status?.error = long
        report.tasks[0].status?.containerID = long
        for low in 1...100 {
            var held = HeldVersion()
            held.taskID = task
            held.secretID = SecretID(high: 2, low: UInt64(low))
            held.error = long
            report.held.append(held)
        }
        _ = bench.step(.reported(bench.one, 1, report))
        // Of all that was named, the task is given one.
        let held = bench.dispatcher.held[task] ?? []
        #expect(held.map(\.secretID) == [bench.secret])
        let status = bench.dispatcher.observed[task]
        for text in [held.first?.error, status?.error, status?.containerID] {
            #expect(text?.utf8.count == StoreLimits.statusBytes)
        }
    }

    @Test func `a terminal state is committed before the report is answered`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        let (session, _) = bench.register(bench.one, 1)
        let report = Bench.report(task, .failed, session: session, number: 4)
        let effects = bench.step(.reported(bench.one, 1, report))
        #expect(effects.commits.map(\.id) == [task])
        let isAnswered = effects.contains { if case .send(_, .reportAnswer) = $0 { true } else { false } }
        #expect(!isAnswered)
        let later = bench.step(.committed(bench.one, session, report: 4))
        let answers = later.filter { if case .send(_, .reportAnswer) = $0 { true } else { false } }
        #expect(answers.count == 1)
    }

    @Test func `an unknown session is answered with unregistered`() {
        var bench = Bench()
        var heartbeat = Heartbeat()
        heartbeat.session = SessionID(high: 7, low: 7)
        let effects = bench.step(.heartbeat(bench.one, 1, heartbeat))
        let answers = effects.filter { if case .send(_, .unregistered) = $0 { true } else { false } }
        #expect(answers.count == 1)
    }

    @Test func `a value that can not be opened rejects its task with the reason`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one)
        let (session, effects) = bench.register(bench.one, 1)
        let failed = bench.dispatcher.sealFailed(
            bench.one, session, effects.sealRequests, store: bench.store, time: .zero)
        #expect(failed.commits.map(\.id) == [task])
        #expect(failed.commits[0].status?.state == .rejected)
    }
}

@Test func `a task's end says since when it ran, and the planner is told of each change once`() throws {
    var bench = Bench()
    let task = bench.addTask(1, on: bench.one, uses: false)
    let (session, _) = bench.register(bench.one, 7)
    func report(_ state: TaskState, at seconds: UInt64) -> ReportTasks {
        Bench.report(task, state, session: session, number: seconds, since: seconds)
    }
    _ = bench.step(.reported(bench.one, 7, report(.running, at: 5)))
    #expect(bench.dispatcher.takeNews() == [task])
    #expect(bench.dispatcher.takeNews() == [])
    // The same again is no news, and does not make the task younger.
    _ = bench.step(.reported(bench.one, 7, report(.running, at: 8)))
    #expect(bench.dispatcher.takeNews() == [])
    var ended: TaskStatus?
    for case .commit(_, _, _, let changes) in bench.step(.reported(bench.one, 7, report(.failed, at: 9))) {
        ended = changes.first?.status
    }
    #expect(ended?.started == Timestamp(seconds: 5))
    #expect(ended?.since == Timestamp(seconds: 9))
}
