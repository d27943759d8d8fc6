import Bytes
import Model
import Testing

@testable import Dispatching
@testable import Store

/// Behaviours of SwarmKit's `dispatcher_test.go` and `assignments_test.go` that are not in `DispatcherTests`.
@Suite struct SessionTests {
    private func heartbeat(_ session: SessionID) -> Heartbeat {
        var heartbeat = Heartbeat()
        heartbeat.session = session
        return heartbeat
    }

    @Test func `a node that registers again has one session, the new one, and its old channel is closed`() {
        var bench = Bench()
        let (old, _) = bench.register(bench.one, 1)
        let (new, effects) = bench.register(bench.one, 2)
        #expect(new != old)
        #expect(effects.close(1))
        #expect(effects.assignments.map(\.kind) == [.complete])
        #expect(bench.step(.heartbeat(bench.one, 2, heartbeat(old))).refuseSession)
        #expect(!bench.step(.heartbeat(bench.one, 2, heartbeat(new))).refuseSession)
    }

    @Test func `each answer names the managers that there are now`() {
        var bench = Bench()
        let (session, effects) = bench.register(bench.one, 1)
        func managers(_ effects: [Dispatcher.Effect]) -> [[NodeID]] {
            effects.compactMap { effect in
                switch effect {
                case .send(_, .registered(let answer)): answer.managers.map(\.nodeID)
                case .send(_, .heartbeatAnswer(let answer)): answer.managers.map(\.nodeID)
                default: nil
                }
            }
        }
        #expect(managers(effects) == [[]])
        bench.makeManager(bench.two)
        #expect(managers(bench.step(.heartbeat(bench.one, 1, heartbeat(session)))) == [[bench.two]])
    }

    @Test func `a node may register some times in a row, and then only once in a while`() {
        var bench = Bench()
        var channel: UInt64 = 0
        func register() -> Bool {
            channel += 1
            return bench.register(bench.one, channel).0 != .none
        }
        for _ in 0..<Dispatcher.registrationsAtOnce { #expect(register()) }
        let session = bench.dispatcher.channel(of: bench.one)
        for _ in 0..<10 { #expect(!register()) }
        // Who was refused keeps the session that it has, and others have their own measure.
        #expect(bench.dispatcher.channel(of: bench.one) == session)
        #expect(bench.register(bench.two, 100).0 != .none)
        bench.now = bench.now + Dispatcher.registrationPause
        #expect(register())
        #expect(!register())
    }

    @Test func `who describes itself at more length than is kept gets no session`() {
        var bench = Bench()
        func register(bytes: Int) -> Bool {
            var register = Register()
            register.sealKey = Bytes([UInt8](repeating: 1, count: 32))
            register.description = NodeDescription()
            register.description?.hostname = String(repeating: "x", count: bytes)
            return !bench.step(.registered(bench.one, 1, from: "", register)).close(1)
        }
        #expect(register(bytes: StoreLimits.descriptionBytes - 4))
        #expect(!register(bytes: StoreLimits.descriptionBytes))
    }

    @Test func `who is no node of the cluster gets no session`() {
        var bench = Bench()
        let (session, effects) = bench.register(NodeID(high: 9, low: 9), 1)
        #expect(session == .none)
        #expect(effects.close(1))
    }

    @Test func `a session is good for its own node on its own channel only`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        let (session, _) = bench.register(bench.one, 1)
        let (other, _) = bench.register(bench.two, 2)
        #expect(bench.step(.heartbeat(bench.two, 2, heartbeat(session))).refuseSession)
        #expect(bench.step(.heartbeat(bench.one, 3, heartbeat(session))).refuseSession)
        var report = ReportTasks()
        report.session = other
        report.number = 1
        report.tasks = [TaskReport()]
        report.tasks[0].taskID = task
        report.tasks[0].status = TaskStatus()
        report.tasks[0].status?.state = .failed
        let effects = bench.step(.reported(bench.one, 1, report))
        #expect(effects.refuseSession)
        #expect(effects.commits.isEmpty)
    }

    @Test func `a node that comes back after its lease is sent everything again`() {
        var bench = Bench()
        _ = bench.addTask(1, on: bench.one)
        _ = bench.seal(bench.register(bench.one, 1).1)
        _ = bench.step(.channelLost(bench.one, 1))
        bench.now = Moment(milliseconds: 3_300)
        #expect(bench.step(.wake).observations.map { $0.status?.state } == [.down])
        let sent = bench.seal(bench.register(bench.one, 2).1).assignments
        #expect(sent.map(\.kind) == [.complete])
        #expect(sent.map(\.kinds) == [["value", "task"]])
    }

    @Test func `what a node said is forgotten with its lease, and the planner is told`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        let (session, _) = bench.register(bench.one, 1)
        _ = bench.step(.reported(bench.one, 1, Bench.report(task, .running, session: session)))
        #expect(bench.dispatcher.takeNews() == [task])
        bench.now = Moment(milliseconds: 3_300)
        _ = bench.step(.wake)
        #expect(bench.dispatcher.observed.isEmpty)
        #expect(bench.dispatcher.takeNews() == [task])
    }

    @Test func `the planner looks when a node registers, reports or is lost`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        let (session, registered) = bench.register(bench.one, 1)
        #expect(registered.replan)
        #expect(bench.step(.reported(bench.one, 1, Bench.report(task, .running, session: session))).replan)
        #expect(!bench.step(.heartbeat(bench.one, 1, heartbeat(session))).replan)
        bench.now = Moment(milliseconds: 6_000)
        #expect(bench.step(.wake).replan)
    }
}

@Suite struct AssignmentTests {
    @Test func `what has ended or is another node's is not in the first assignment, nor what it needs`() {
        var bench = Bench()
        let config = bench.addConfig()
        let ended = bench.addTask(1, on: bench.one, configs: [config])
        bench.end(ended)
        _ = bench.addTask(2, on: bench.two, configs: [config])
        _ = bench.addTask(3, on: .none, configs: [config])
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.sealRequests.isEmpty)
        #expect(effects.assignments.map(\.kinds) == [[]])
    }

    @Test func `a task that is asked to stop is sent without what it would need to begin`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, configs: [bench.addConfig()])
        bench.change(task) { $0.desired = .shutdown }
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.sealRequests.isEmpty)
        #expect(effects.assignments.map(\.kinds) == [["task"]])
    }

    @Test func `a task is sent with its placeholders filled in for its node`() throws {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one, uses: false)
        bench.change(task) { task in
            task.serviceName = "web"
            task.slot = 4
            task.spec?.program?.environment = ["A={{.Service.Name}}.{{.Task.Slot}} on {{.Node.ID}}"]
        }
        let (_, effects) = bench.register(bench.one, 1)
        guard case .task(let sent)? = effects.assignments.first?.changes.first?.thing else {
            return #expect(Bool(false), "\(effects.assignments)")
        }
        #expect(sent.spec?.program?.environment == ["A=web.4 on \(bench.one)"])
        #expect(bench.store.task(task)?.spec?.program?.environment != sent.spec?.program?.environment)
    }

    @Test func `a task whose placeholders make what may not be is rejected with the reason, and never sent`() {
        var bench = Bench()
        let bad = bench.addTask(1, on: bench.one)
        bench.change(bad) { $0.spec?.program?.hostname = "/{{.Node.ID}}" }
        _ = bench.addTask(2, on: bench.one, uses: false)
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.commits.map(\.id) == [bad])
        #expect(effects.commits.first?.status?.state == .rejected)
        #expect(effects.commits.first?.status?.error.hasPrefix("invalid hostname format: /") == true)
        #expect(effects.assignments.map(\.kinds) == [["task"]])
        #expect(effects.sealRequests.isEmpty)
    }

    @Test func `a config comes once for all tasks that use it, and goes with the last of them`() {
        var bench = Bench()
        let config = bench.addConfig()
        let first = bench.addTask(1, on: bench.one, uses: false, configs: [config])
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.assignments.map(\.kinds) == [["config", "task"]])
        let second = bench.addTask(2, on: bench.one, uses: false, configs: [config])
        #expect(bench.step(.changed([bench.one])).assignments.map(\.kinds) == [["task"]])
        bench.end(first)
        #expect(bench.step(.changed([bench.one])).assignments.map(\.kinds) == [["removedTask"]])
        bench.end(second)
        #expect(bench.step(.changed([bench.one])).assignments.map(\.kinds) == [["removedTask", "removedConfig"]])
    }

    @Test func `each task gets a value of its own, which goes with it`() {
        var bench = Bench()
        let first = bench.addTask(1, on: bench.one)
        _ = bench.seal(bench.register(bench.one, 1).1)
        let second = bench.addTask(2, on: bench.one)
        let effects = bench.step(.changed([bench.one]))
        #expect(effects.sealRequests.map(\.task) == [second])
        #expect(bench.seal(effects).assignments.map(\.kinds) == [["value", "task"]])
        bench.end(first)
        #expect(bench.step(.changed([bench.one])).assignments.map(\.kinds) == [["removedTask"]])
        #expect(bench.step(.secretChanged(bench.secret)).sealRequests.isEmpty)
        bench.updateSecret()
        #expect(bench.step(.secretChanged(bench.secret)).sealRequests.map(\.task) == [second])
    }

    @Test func `what changed in one turn is one assignment, to each node that it concerns`() {
        var bench = Bench()
        _ = bench.register(bench.one, 1)
        _ = bench.register(bench.two, 2)
        for number in 1...3 as ClosedRange<UInt64> { _ = bench.addTask(number, on: bench.one, uses: false) }
        let effects = bench.step(.changed([bench.one]))
        #expect(effects.assignments.map(\.kinds) == [["task", "task", "task"]])
        #expect(effects.assignments.map(\.kind) == [.incremental])
        #expect(bench.step(.flush).assignments.isEmpty)
    }

    @Test func `another desired state sends the task again, and no value`() {
        var bench = Bench()
        let task = bench.addTask(1, on: bench.one)
        _ = bench.seal(bench.register(bench.one, 1).1)
        bench.change(task) { $0.desired = .shutdown }
        let effects = bench.step(.changed([bench.one]))
        #expect(effects.sealRequests.isEmpty)
        #expect(effects.assignments.map(\.kinds) == [["task"]])
    }

    @Test func `what is being sealed is not asked for again`() {
        var bench = Bench()
        _ = bench.addTask(1, on: bench.one)
        let (_, effects) = bench.register(bench.one, 1)
        #expect(effects.sealRequests.count == 1)
        #expect(bench.step(.changed([bench.one])).sealRequests.isEmpty)
        #expect(bench.seal(effects).assignments.map(\.kinds) == [["value", "task"]])
    }
}
