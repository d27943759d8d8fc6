import Bytes
import Model
import Testing
import Wire

@testable import Dispatching
@testable import Store

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

    @Test func `a state never goes back within a session, and one that is no node's to tell is left out`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        let (session, _) = bench.register(bench.one, 1)
        for state in [TaskState.running, .starting, .assigned, .remove, .orphaned, TaskState(rawValue: 9999)] {
            let effects = bench.step(.reported(bench.one, 1, Bench.report(task, state, session: session)))
            #expect(effects.commits.isEmpty)
            #expect(bench.dispatcher.observed[task]?.state == .running, "\(state)")
        }
        // A new session begins with what the agent says then.
        _ = bench.register(bench.one, 2)
        #expect(bench.dispatcher.observed[task] == nil)
    }

    @Test func `a report of many tasks is committed in parts that an entry has room for, and answered after the last`()
    {
        var bench = Bench()
        let (session, _) = bench.register(bench.one, 1)
        var report = ReportTasks()
        report.session = session
        report.number = 7
        let count = Dispatcher.mostCommitted * 2 + 1
        for number in 1...count {
            let task = bench.addTask(UInt64(number), on: bench.one, uses: false)
            var one = Bench.report(task, .failed, session: session).tasks[0]
            let long = String(repeating: "x", count: 20_000)
            one.status?.error = long
            one.status?.message = long
            one.status?.containerID = long
            one.status?.imageDigest = long
            report.tasks.append(one)
        }
        var parts: [(report: UInt64, changes: [TaskChange])] = []
        for case .commit(_, _, let report, let changes) in bench.step(.reported(bench.one, 1, report)) {
            parts.append((report, changes))
        }
        #expect(parts.map(\.report) == [0, 0, 7])
        #expect(parts.map(\.changes.count).reduce(0, +) == count)
        for part in parts {
            var command = ChangeTasks()
            command.changes = part.changes
            #expect(command.encodedSize < 1_400_000)
        }
    }

    @Test func `what could not be committed is told again, in a new session`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        let (session, _) = bench.register(bench.one, 1)
        _ = bench.step(.reported(bench.one, 1, Bench.report(task, .failed, session: session)))
        #expect(!bench.step(.notCommitted(bench.one, SessionID(high: 9, low: 9))).close(1))
        #expect(bench.step(.notCommitted(bench.one, session)).close(1))
        // The lease goes on meanwhile, and nothing more is said on that channel.
        #expect(bench.dispatcher.sessions[bench.one] != nil && bench.dispatcher.channel(of: bench.one) == nil)
        #expect(!bench.step(.notCommitted(bench.one, session)).close(1))
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

/// What the leader makes of when agents say that something happened.
@Suite struct StampTests {
    private var bench = Bench()
    private let task: TaskID

    init() { task = bench.addTask(1, on: bench.one, uses: false) }

    /// What a report makes of the task: an observation, or a change to be committed.
    private mutating func report(
        _ state: TaskState, _ session: SessionID, at seconds: UInt64, agent: UInt64, number: UInt64 = 1
    ) -> TaskStatus? {
        bench.time = Timestamp(seconds: seconds)
        let report = Bench.report(task, state, session: session, number: number, since: agent)
        let effects = bench.step(.reported(bench.one, 1, report))
        return effects.commits.first?.status ?? bench.dispatcher.observed[task]
    }

    /// The same of a registration.
    private mutating func register(
        _ state: TaskState, at seconds: UInt64, since: UInt64, started: UInt64 = 0
    ) -> TaskStatus? {
        bench.time = Timestamp(seconds: seconds)
        var report = Bench.report(task, state, session: .none, since: since)
        report.tasks[0].status?.started = Timestamp(seconds: started)
        let effects = bench.register(bench.one, 1, report.tasks).1
        return effects.commits.first?.status ?? bench.dispatcher.observed[task]
    }

    @Test mutating func `what is reported as it happens begins now, whatever the agent's clock says`() {
        let (session, _) = bench.register(bench.one, 1)
        #expect(report(.starting, session, at: 1000, agent: 100)?.since == Timestamp(seconds: 1000))
        #expect(report(.running, session, at: 1001, agent: 9000)?.since == Timestamp(seconds: 1001))
        // The same again does not make the task younger.
        #expect(report(.running, session, at: 1009, agent: 100)?.since == Timestamp(seconds: 1001))
        let ended = report(.failed, session, at: 1011, agent: 100)
        #expect(ended?.since == Timestamp(seconds: 1011))
        #expect(ended?.started == Timestamp(seconds: 1001))
    }

    @Test mutating func `a registration tells since when a task runs, but nothing that is ahead or before the task`() {
        bench.change(task) { task in
            task.status = TaskStatus()
            task.status?.state = .assigned
            task.status?.since = Timestamp(seconds: 500)
        }
        for (told, taken) in [(600, 600), (100, 500), (9000, 1000), (0, 1000)] as [(UInt64, UInt64)] {
            bench.dispatcher = bench.another()
            #expect(register(.running, at: 1000, since: told)?.since == Timestamp(seconds: taken))
        }
        // What is on its way has its time anew: the clocks may be far apart.
        bench.dispatcher = bench.another()
        #expect(register(.starting, at: 1000, since: 600)?.since == Timestamp(seconds: 1000))
    }

    @Test mutating func `a node that registers again makes no task younger`() {
        #expect(register(.starting, at: 1000, since: 0)?.since == Timestamp(seconds: 1000))
        #expect(register(.starting, at: 1050, since: 0)?.since == Timestamp(seconds: 1000))
        #expect(register(.running, at: 1051, since: 1051)?.since == Timestamp(seconds: 1051))
        let ended = register(.failed, at: 1100, since: 1090)
        #expect(ended?.started == Timestamp(seconds: 1051))
    }

    @Test mutating func `a new leader hears how long a task ran, by the agent's own clock`() {
        let ended = register(.failed, at: 1000, since: 700_100, started: 700_000)
        #expect(ended?.since == Timestamp(seconds: 1000))
        #expect(ended?.started == Timestamp(seconds: 900))
        bench.dispatcher = bench.another()
        #expect(register(.failed, at: 1000, since: 10)?.started == .zero)
    }

    @Test mutating func `what is said of a task that has ended is not kept`() {
        let (session, _) = bench.register(bench.one, 1)
        _ = report(.running, session, at: 1000, agent: 0)
        bench.end(task, .orphaned)
        #expect(report(.running, session, at: 1001, agent: 0) == nil)
        #expect(report(.shutdown, session, at: 1002, agent: 0) == nil)
    }
}

@Test func `the planner is told of each change once`() {
    var bench = Bench()
    bench.time = Timestamp(seconds: 10)
    let task = bench.addTask(1, on: bench.one, uses: false)
    let (session, _) = bench.register(bench.one, 7)
    for (number, news) in [(1, [task]), (2, [])] as [(UInt64, Set<TaskID>)] {
        _ = bench.step(.reported(bench.one, 7, Bench.report(task, .running, session: session, number: number)))
        #expect(bench.dispatcher.takeNews() == news)
        #expect(bench.dispatcher.takeNews() == [])
    }
}
