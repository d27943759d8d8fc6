import Bytes
import Model
import Testing

@testable import Worker

/// An agent, driven by hand.
private struct Bench {
    var agent: Agent
    var now = Moment(milliseconds: 1_000)
    let session = SessionID(high: 1, low: 1)
    let secret = SecretID(high: 2, low: 2)

    init(seed: UInt64 = 7) {
        agent = Agent(
            description: NodeDescription(), sealKey: Bytes([UInt8](repeating: 3, count: 32)),
            generator: SplitMix(seed: seed))
    }

    static func manager(_ number: UInt64) -> ManagerAddress {
        var manager = ManagerAddress()
        manager.nodeID = NodeID(high: 9, low: number)
        manager.address = "127.0.0.1:\(number)"
        return manager
    }

    func task(_ number: UInt64, desired: TaskState = .running, secrets: Int = 1) -> StoredTask {
        var task = StoredTask()
        task.id = TaskID(high: 5, low: number)
        task.desired = desired
        var program = ProgramSpec()
        program.command = ["/bin/true"]
        for _ in 0..<secrets {
            var reference = SecretReference()
            reference.secretID = secret
            reference.secretName = "db"
            program.secrets.append(reference)
        }
        var spec = TaskSpec()
        spec.program = program
        task.spec = spec
        return task
    }

    func value(_ task: StoredTask, version: UInt64 = 1) -> AssignmentChange {
        var value = AssignedValue()
        value.taskID = task.id
        value.secretID = secret
        value.version = version
        value.sealed = [1]
        var change = AssignmentChange()
        change.thing = .value(value)
        return change
    }

    func change(_ task: StoredTask) -> AssignmentChange {
        var change = AssignmentChange()
        change.thing = .task(task)
        return change
    }

    func assignment(
        _ number: UInt64, _ kind: AssignmentKind, _ changes: [AssignmentChange], more: Bool = false
    ) -> Agent.Event {
        var assignment = Assignment()
        assignment.session = session
        assignment.kind = kind
        assignment.appliesTo = number - 1
        assignment.number = number
        assignment.changes = changes
        assignment.more = more
        return .assigned(assignment)
    }

    mutating func step(_ event: Agent.Event) -> [Agent.Effect] {
        agent.step(event, at: now)
    }

    /// Brings the session to active.
    mutating func activate(adopted: [AdoptedTask] = []) {
        _ = step(.started(adopted: adopted, managers: [Self.manager(1), Self.manager(2)]))
        _ = step(.connected)
        var registered = Registered()
        registered.session = session
        registered.leaseMilliseconds = 3_000
        _ = step(.registered(registered))
    }

    static func secretBox() -> SecretBox {
        unsafe SecretBox(SecretBytes(count: 1) { unsafe $0[0] = 42 })
    }

    /// Brings a task to running.
    mutating func run(_ task: StoredTask) {
        _ = step(assignment(1, .complete, [value(task), change(task)]))
        _ = step(.opened(task.id, secret, version: 1, Self.secretBox()))
        _ = step(.runner(task.id, .prepared(PreparedTask())))
        _ = step(.runner(task.id, .started(pid: 77)))
    }
}

extension [Agent.Effect] {
    fileprivate var names: [String] {
        map { String("\($0)".prefix { $0 != "(" }) }.filter { $0 != "wakeAt" }
    }

    fileprivate var report: ReportTasks? {
        for case .report(let report) in self { return report }
        return nil
    }
}

@Suite struct AgentTests {
    @Test func `a start dials a manager and a connection registers`() {
        var bench = Bench()
        #expect(bench.step(.started(adopted: [], managers: [Bench.manager(1)])).names == ["dial"])
        #expect(bench.step(.connected).names == ["register"])
    }

    @Test func `a task is prepared only once its value is open`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        let first = bench.step(bench.assignment(1, .complete, [bench.value(task), bench.change(task)]))
        #expect(first.names == ["open", "report"])
        let second = bench.step(.opened(task.id, bench.secret, version: 1, Bench.secretBox()))
        #expect(second.names == ["prepare", "acknowledge"])
    }

    @Test func `a value that can not be opened keeps its task from starting and says so`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        _ = bench.step(bench.assignment(1, .complete, [bench.value(task), bench.change(task)]))
        let effects = bench.step(.opened(task.id, bench.secret, version: 1, nil))
        #expect(effects.names == ["acknowledge"])
        guard case .acknowledge(let applied) = effects[0] else { return }
        #expect(applied.held.map(\.stage) == [.failed])
    }

    @Test func `a running task gets a new version as one new generation`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        #expect(bench.step(bench.assignment(2, .incremental, [bench.value(task, version: 2)])).names == ["open"])
        let effects = bench.step(.opened(task.id, bench.secret, version: 2, Bench.secretBox()))
        #expect(effects.names == ["publish", "acknowledge"])
        _ = bench.step(.runner(task.id, .published(generation: 2)))
        #expect(bench.agent.task(task.id)?.shown.map(\.version) == [2])
    }

    @Test func `values of one assignment are shown together`() {
        var bench = Bench()
        bench.activate()
        let one = bench.task(1)
        bench.run(one)
        let two = bench.task(2)
        let effects = bench.step(
            bench.assignment(2, .incremental, [bench.value(one, version: 2), bench.value(two), bench.change(two)]))
        #expect(effects.names.filter { $0 == "open" }.count == 2)
        let half = bench.step(.opened(one.id, bench.secret, version: 2, Bench.secretBox()))
        #expect(!half.names.contains("publish"))
        let whole = bench.step(.opened(two.id, bench.secret, version: 1, Bench.secretBox()))
        #expect(whole.names.contains("publish") && whole.names.contains("prepare"))
    }

    @Test func `parts of an assignment are applied together`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        #expect(bench.step(bench.assignment(1, .complete, [bench.value(task)], more: true)).names == [])
        #expect(bench.step(bench.assignment(1, .complete, [bench.change(task)])).names == ["open", "report"])
    }

    @Test func `an incremental assignment with a gap ends the connection`() {
        var bench = Bench()
        bench.activate()
        _ = bench.step(bench.assignment(1, .complete, []))
        #expect(bench.step(bench.assignment(3, .incremental, [])).names == ["hangUp"])
    }

    @Test func `a complete assignment ends what it does not name`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        let effects = bench.step(bench.assignment(1, .complete, []))
        #expect(effects.names.contains("stop"))
        #expect(bench.step(.runner(task.id, .exited(code: 0, message: ""))).names.contains("cleanUp"))
        #expect(bench.step(.runner(task.id, .cleaned)).names.contains("forget"))
        #expect(bench.agent.task(task.id) == nil)
    }

    @Test func `files are wiped after the program ended and never before`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        let stop = bench.step(bench.assignment(2, .incremental, [bench.change(bench.task(1, desired: .shutdown))]))
        #expect(stop.names.contains("stop") && !stop.names.contains("cleanUp"))
        #expect(bench.agent.task(task.id)?.values.count == 1)
        let end = bench.step(.runner(task.id, .exited(code: 143, message: "")))
        #expect(end.names.contains("cleanUp"))
        #expect(bench.agent.task(task.id)?.values.isEmpty == true)
        #expect(bench.agent.task(task.id)?.status.state == .shutdown)
    }

    @Test func `an exit that nobody asked for is complete or failed by its code`() {
        for (code, state) in [(Int32(0), TaskState.complete), (Int32(3), .failed)] {
            var bench = Bench()
            bench.activate()
            let task = bench.task(1)
            bench.run(task)
            _ = bench.step(.runner(task.id, .exited(code: code, message: "")))
            #expect(bench.agent.task(task.id)?.status.state == state)
            #expect(bench.agent.task(task.id)?.status.exitCode == code)
        }
    }

    @Test func `what can't be prepared is rejected, what can't be started has failed, each with the reason`() {
        for (isPrepared, state) in [(false, TaskState.rejected), (true, .failed)] {
            var bench = Bench()
            bench.activate()
            let task = bench.task(1, secrets: 0)
            _ = bench.step(bench.assignment(1, .complete, [bench.change(task)]))
            if isPrepared { _ = bench.step(.runner(task.id, .prepared(PreparedTask()))) }
            #expect(bench.step(.runner(task.id, .failed("no such program"))).names.contains("cleanUp"))
            #expect(bench.agent.task(task.id)?.status.state == state)
            #expect(bench.agent.task(task.id)?.status.error == "no such program")
        }
    }

    @Test func `a task that is named again is neither prepared nor started twice`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1, secrets: 0)
        #expect(bench.step(bench.assignment(1, .complete, [bench.change(task)])).names.contains("prepare"))
        #expect(!bench.step(bench.assignment(2, .incremental, [bench.change(task)])).names.contains("prepare"))
        #expect(bench.step(.runner(task.id, .prepared(PreparedTask()))).names.contains("start"))
        #expect(!bench.step(.runner(task.id, .prepared(PreparedTask()))).names.contains("start"))
        _ = bench.step(.runner(task.id, .started(pid: 7)))
        let again = bench.step(bench.assignment(1, .complete, [bench.change(task)]))
        #expect(!again.names.contains("prepare") && !again.names.contains("start"))
        #expect(bench.agent.task(task.id)?.status.state == .running)
    }

    @Test func `a task that is to be removed is stopped if it is alive, and not twice`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        let first = bench.step(bench.assignment(2, .incremental, [bench.change(bench.task(1, desired: .remove))]))
        #expect(first.names.filter { $0 == "stop" }.count == 1)
        let second = bench.step(bench.assignment(3, .incremental, [bench.change(bench.task(1, desired: .remove))]))
        #expect(!second.names.contains("stop"))
        // A wish never becomes smaller.
        _ = bench.step(bench.assignment(4, .incremental, [bench.change(task)]))
        #expect(bench.agent.task(task.id)?.task.desired == .remove)
        _ = bench.step(.runner(task.id, .exited(code: 0, message: "")))
        let ended = bench.step(bench.assignment(5, .incremental, [bench.change(bench.task(1, desired: .remove))]))
        #expect(!ended.names.contains("stop") && !ended.names.contains("cleanUp"))
    }

    @Test func `an assignment of another session is not heard`() {
        var bench = Bench()
        bench.activate()
        var assignment = Assignment()
        assignment.session = SessionID(high: 8, low: 8)
        assignment.kind = .complete
        assignment.number = 1
        assignment.changes = [bench.change(bench.task(1, secrets: 0))]
        #expect(bench.step(.assigned(assignment)).names == ["hangUp"])
        #expect(bench.agent.liveTasks.isEmpty)
    }

    @Test func `a report that was lost is made good by the next registration, with the newest states`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1, secrets: 0)
        _ = bench.step(bench.assignment(1, .complete, [bench.change(task)]))
        _ = bench.step(.runner(task.id, .prepared(PreparedTask())))
        _ = bench.step(.lost)
        _ = bench.step(.runner(task.id, .started(pid: 9)))
        bench.now = bench.now + .seconds(1)
        #expect(bench.step(.wake).names.contains("dial"))
        guard case .register(let register)? = bench.step(.connected).first else {
            Issue.record("the agent does not register")
            return
        }
        #expect(register.tasks.map { $0.status?.state } == [.running])
    }

    @Test func `a lost connection keeps tasks and lease`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        _ = bench.step(.lost)
        #expect(bench.agent.holdsLease(at: bench.now))
        #expect(bench.agent.liveTasks == [task.id])
    }

    @Test func `a lapsed lease stops only the tasks whose service says so`() {
        var bench = Bench()
        bench.activate()
        var stopping = bench.task(1)
        stopping.spec?.onPartition = .stop
        let keeping = bench.task(2)
        _ = bench.step(
            bench.assignment(
                1, .complete,
                [bench.value(stopping), bench.value(keeping), bench.change(stopping), bench.change(keeping)]))
        for task in [stopping, keeping] {
            _ = bench.step(.opened(task.id, bench.secret, version: 1, Bench.secretBox()))
        }
        for task in [stopping, keeping] {
            _ = bench.step(.runner(task.id, .prepared(PreparedTask())))
            _ = bench.step(.runner(task.id, .started(pid: 1)))
        }
        _ = bench.step(.lost)
        bench.now = Moment(milliseconds: 4_000)
        let stops = bench.step(.wake).filter { if case .stop = $0 { true } else { false } }
        #expect(stops.count == 1)
        guard case .stop(let id, _)? = stops.first else { return }
        #expect(id == stopping.id)
    }

    @Test func `the lease runs from when it was asked for`() {
        var bench = Bench()
        _ = bench.step(.started(adopted: [], managers: [Bench.manager(1)]))
        _ = bench.step(.connected)
        bench.now = Moment(milliseconds: 1_900)
        var registered = Registered()
        registered.session = bench.session
        registered.leaseMilliseconds = 3_000
        _ = bench.step(.registered(registered))
        #expect(bench.agent.holdsLease(at: Moment(milliseconds: 3_799)))
        #expect(!bench.agent.holdsLease(at: Moment(milliseconds: 3_800)))
    }

    @Test func `a heartbeat comes a little before a third of the lease is over, each agent's at a moment of its own`() {
        var moments: Set<UInt64> = []
        for seed in 1...50 as ClosedRange<UInt64> {
            var bench = Bench(seed: seed)
            bench.activate()
            moments.insert(bench.agent.nextHeartbeat.map { ($0 - bench.now).milliseconds } ?? 0)
        }
        #expect(moments.allSatisfy { (900...1000).contains($0) }, "\(moments.sorted())")
        #expect(moments.count > 20)
    }

    @Test func `each try that fails doubles the pause, up to a bound, and a session ends that`() {
        var bench = Bench()
        _ = bench.step(.started(adopted: [], managers: [Bench.manager(1)]))
        func pause() -> UInt64 { bench.agent.redial.map { ($0 - bench.now).milliseconds } ?? 0 }
        var longest = Agent.firstPause
        for _ in 0..<12 {
            _ = bench.step(.lost)
            #expect((longest / 2...longest).contains(pause()), "\(pause()) of \(longest)")
            longest = min(longest * 2, Agent.longestPause)
            bench.now = bench.now + .milliseconds(pause())
            #expect(bench.step(.wake).names == ["dial"])
        }
        #expect(longest == Agent.longestPause)
        _ = bench.step(.connected)
        var registered = Registered()
        registered.session = bench.session
        registered.leaseMilliseconds = 3_000
        _ = bench.step(.registered(registered))
        _ = bench.step(.lost)
        #expect(pause() <= Agent.firstPause)
    }

    @Test func `who is redirected dials the leader at once, and the others when it does not answer`() {
        var bench = Bench()
        bench.activate()
        var redirect = Redirect()
        redirect.leader = Bench.manager(3)
        redirect.managers = [Bench.manager(1), Bench.manager(2), Bench.manager(3)]
        #expect(bench.step(.redirected(redirect)).names == ["remember", "hangUp"])
        func dialled() -> String? {
            for case .dial(let manager) in bench.step(.wake) { return manager.address }
            return nil
        }
        #expect(dialled() == Bench.manager(3).address)
        for number in [1, 2, 3, 1] as [UInt64] {
            _ = bench.step(.lost)
            bench.now = bench.now + .milliseconds(Agent.longestPause)
            #expect(dialled() == Bench.manager(number).address)
        }
    }

    @Test func `a manager that does not answer is left, at a registration and at a heartbeat`() {
        var bench = Bench()
        _ = bench.step(.started(adopted: [], managers: [Bench.manager(1)]))
        _ = bench.step(.connected)
        bench.now = bench.now + Agent.answerTimeout
        #expect(bench.step(.wake).names == ["hangUp"])
        var active = Bench()
        active.activate()
        active.now = active.now + .seconds(1)
        #expect(active.step(.wake).names == ["heartbeat"])
        active.now = active.now + Agent.answerTimeout
        #expect(active.step(.wake).names == ["hangUp"])
        // What it runs does not suffer by that.
        #expect(!active.agent.isActive)
    }

    @Test func `a value is for the task that it was sent for, and no other one on the node`() {
        var bench = Bench()
        bench.activate()
        let (mine, other) = (bench.task(1), bench.task(2))
        _ = bench.step(bench.assignment(1, .complete, [bench.value(mine), bench.change(mine), bench.change(other)]))
        let effects = bench.step(.opened(mine.id, bench.secret, version: 1, Bench.secretBox()))
        #expect(effects.names.filter { $0 == "prepare" }.count == 1)
        #expect(bench.agent.task(other.id)?.phase == .accepted)
        #expect(bench.agent.task(other.id)?.values.isEmpty == true)
    }

    @Test func `a config that a complete assignment does not name is forgotten, and one that it names is there`() {
        var bench = Bench()
        bench.activate()
        let config = ConfigID(high: 6, low: 1)
        var task = bench.task(1, secrets: 0)
        var reference = ConfigReference()
        reference.configID = config
        reference.configName = "motd"
        task.spec?.program?.configs = [reference]
        var assigned = AssignedConfig()
        assigned.configID = config
        assigned.data = [1]
        var change = AssignmentChange()
        change.thing = .config(assigned)
        // It comes before the task that needs it, and stays for those that come later.
        #expect(bench.step(bench.assignment(1, .complete, [change, bench.change(task)])).names.contains("prepare"))
        task.id = TaskID(high: 5, low: 2)
        #expect(bench.step(bench.assignment(2, .incremental, [bench.change(task)])).names.contains("prepare"))
        task.id = TaskID(high: 5, low: 3)
        #expect(!bench.step(bench.assignment(1, .complete, [bench.change(task)])).names.contains("prepare"))
        #expect(bench.step(bench.assignment(2, .incremental, [change])).names.contains("prepare"))
    }

    @Test func `adopted tasks go on, or are reported with their exit codes`() {
        var bench = Bench()
        let running = AdoptedTask(task: bench.task(1), found: .running(pid: 5), shown: [])
        let ended = AdoptedTask(task: bench.task(2), found: .exited(code: 9, message: ""), shown: [])
        let effects = bench.step(.started(adopted: [running, ended], managers: [Bench.manager(1)]))
        #expect(effects.names == ["cleanUp", "dial"])
        let connected = bench.step(.connected)
        guard case .register(let register)? = connected.first else {
            Issue.record("no register in \(connected.names)")
            return
        }
        #expect(register.tasks.map { $0.status?.state } == [.running, .failed])
        #expect(register.tasks[1].status?.exitCode == 9)
    }

    @Test func `an adopted task that was over keeps its status and is cleaned up again`() {
        var bench = Bench()
        var task = bench.task(1)
        var status = TaskStatus()
        status.state = .shutdown
        status.exitCode = 143
        task.status = status
        let effects = bench.step(
            .started(adopted: [AdoptedTask(task: task, found: .over, shown: [])], managers: [Bench.manager(1)]))
        #expect(effects.names == ["cleanUp", "dial"])
        #expect(bench.agent.unfinishedTasks == [task.id])
        #expect(bench.agent.task(task.id)?.status.state == .shutdown)
        #expect(bench.agent.task(task.id)?.status.exitCode == 143)
        _ = bench.step(.runner(task.id, .cleaned))
        #expect(bench.agent.unfinishedTasks.isEmpty)
    }

    @Test func `a task that was asked to end before it ran did not fail`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1, secrets: 0)
        _ = bench.step(bench.assignment(1, .complete, [bench.change(task)]))
        _ = bench.step(.runner(task.id, .prepared(PreparedTask())))
        _ = bench.step(.leave)
        _ = bench.step(.runner(task.id, .failed("killed")))
        #expect(bench.agent.task(task.id)?.status.state == .shutdown)
        #expect(bench.agent.task(task.id)?.status.error == "")
    }

    @Test func `one report is under way at a time`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1, secrets: 0)
        let first = bench.step(bench.assignment(1, .complete, [bench.change(task)]))
        #expect(first.report?.number == 1)
        #expect(bench.step(.runner(task.id, .prepared(PreparedTask()))).report == nil)
        var answer = ReportTasksAnswer()
        answer.number = 1
        let next = bench.step(.reported(answer))
        #expect(next.report?.number == 2)
        #expect(next.report?.tasks.map { $0.status?.state } == [.starting])
    }

    @Test func `a value that opens late does not take the place of the one that came after it`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        _ = bench.step(bench.assignment(2, .incremental, [bench.value(task, version: 2)]))
        _ = bench.step(bench.assignment(3, .incremental, [bench.value(task, version: 3)]))
        _ = bench.step(.opened(task.id, bench.secret, version: 3, Bench.secretBox()))
        _ = bench.step(.opened(task.id, bench.secret, version: 2, Bench.secretBox()))
        #expect(bench.agent.task(task.id)?.values.map(\.version) == [3])
    }

    @Test func `nothing begins without a lease, and goes on once there is one again`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        _ = bench.step(bench.assignment(1, .complete, [bench.value(task), bench.change(task)]))
        _ = bench.step(.opened(task.id, bench.secret, version: 1, Bench.secretBox()))
        bench.now = bench.now + .milliseconds(2_000)
        _ = bench.step(.wake)
        bench.now = bench.now + .milliseconds(1_000)
        #expect(!bench.step(.runner(task.id, .prepared(PreparedTask()))).names.contains("start"))
        var answer = HeartbeatAnswer()
        answer.session = bench.session
        answer.leaseMilliseconds = 3_000
        #expect(bench.step(.heartbeatAnswered(answer)).names.contains("start"))
    }

    @Test func `a value that is opened after its task has ended is dropped`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        _ = bench.step(bench.assignment(2, .incremental, [bench.value(task, version: 2)]))
        _ = bench.step(.runner(task.id, .exited(code: 1, message: "")))
        _ = bench.step(.runner(task.id, .cleaned))
        let effects = bench.step(.opened(task.id, bench.secret, version: 2, Bench.secretBox()))
        #expect(effects.names.contains("acknowledge"))
        #expect(bench.agent.task(task.id)?.values.isEmpty == true)
    }

    // MARK: - Health

    private static func watched(_ bench: Bench, _ number: UInt64 = 1) -> StoredTask {
        var task = bench.task(number)
        var check = HealthCheck()
        check.test = ["CMD", "probe"]
        check.intervalMilliseconds = 1_000
        check.retries = 1
        task.spec?.program?.health = check
        return task
    }

    private static func state(_ bench: Bench, _ task: StoredTask) -> TaskState? {
        bench.agent.task(task.id)?.status.state
    }

    @Test func `a task runs only once its check succeeded`() {
        var bench = Bench()
        bench.activate()
        let task = Self.watched(bench)
        bench.run(task)
        #expect(Self.state(bench, task) == .starting)
        bench.now = bench.now + .seconds(1)
        #expect(bench.step(.wake).names.contains("check"))
        _ = bench.step(.checked(task.id, number: 1, .passed))
        #expect(Self.state(bench, task) == .running)
        #expect(bench.agent.task(task.id)?.isHealthy == true)
    }

    @Test func `a task that is not well is stopped, and fails with the reason`() {
        var bench = Bench()
        bench.activate()
        let task = Self.watched(bench)
        bench.run(task)
        bench.now = bench.now + .seconds(1)
        _ = bench.step(.wake)
        #expect(bench.step(.checked(task.id, number: 1, .failed("exit code 1: no database"))).names.contains("stop"))
        bench.now = bench.now + .seconds(5)
        #expect(!bench.step(.wake).names.contains("check"))
        _ = bench.step(.runner(task.id, .exited(code: 143, message: "")))
        #expect(Self.state(bench, task) == .failed)
        #expect(bench.agent.task(task.id)?.status.error == "task: unhealthy: exit code 1: no database")
    }

    @Test func `an adopted task that was healthy goes on running, and is checked again`() {
        var bench = Bench()
        let task = Self.watched(bench)
        let well = AdoptedTask(task: task, found: .running(pid: 7), shown: [], isHealthy: true)
        let unknown = AdoptedTask(task: Self.watched(bench, 2), found: .running(pid: 8), shown: [])
        bench.activate(adopted: [well, unknown])
        #expect(Self.state(bench, task) == .running)
        #expect(Self.state(bench, unknown.task) == .starting)
        bench.now = bench.now + .seconds(1)
        #expect(bench.step(.wake).names.filter { $0 == "check" }.count == 2)
    }

    @Test func `what the image says about its health holds where the service says nothing`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        _ = bench.step(bench.assignment(1, .complete, [bench.value(task), bench.change(task)]))
        _ = bench.step(.opened(task.id, bench.secret, version: 1, Bench.secretBox()))
        var prepared = PreparedTask()
        prepared.containerID = "c1"
        prepared.imageDigest = "sha256:1"
        prepared.imageFetched = true
        prepared.health = Self.watched(bench).spec?.program?.health
        _ = bench.step(.runner(task.id, .prepared(prepared)))
        _ = bench.step(.runner(task.id, .started(pid: 77)))
        #expect(Self.state(bench, task) == .starting)
        #expect(bench.agent.task(task.id)?.status.containerID == "c1")
        #expect(bench.agent.task(task.id)?.status.imageDigest == "sha256:1")
        #expect(bench.agent.task(task.id)?.status.imageFetched == true)
    }

    // MARK: - Images

    @Test func `a registry's credentials are held until the image is there, and never shown`() throws {
        var bench = Bench()
        bench.activate()
        var task = bench.task(1, secrets: 0)
        var container = ContainerSpec()
        container.image = "app"
        var registry = SecretReference()
        registry.secretID = bench.secret
        registry.secretName = "registry"
        container.registry = registry
        task.spec?.container = container
        let waiting = bench.step(bench.assignment(1, .complete, [bench.value(task), bench.change(task)]))
        #expect(!waiting.names.contains("prepare"))
        let effects = bench.step(.opened(task.id, bench.secret, version: 1, Bench.secretBox()))
        for case .prepare(_, let files, let credentials) in effects {
            #expect(files.isEmpty)
            #expect(credentials == Bench.secretBox())
        }
        #expect(effects.names.contains("prepare"))
        _ = bench.step(.runner(task.id, .prepared(PreparedTask())))
        #expect(bench.agent.task(task.id)?.values.isEmpty == true)
        #expect(bench.agent.task(task.id)?.shown.isEmpty == true)
        // A later version is of no use to a task that has its image.
        _ = bench.step(.runner(task.id, .started(pid: 77)))
        _ = bench.step(bench.assignment(2, .incremental, [bench.value(task, version: 2)]))
        let later = bench.step(.opened(task.id, bench.secret, version: 2, Bench.secretBox()))
        #expect(!later.names.contains("publish"))
        #expect(bench.agent.task(task.id)?.values.isEmpty == true)
    }

    @Test func `a node that can do something else registers anew, and loses no task`() {
        var bench = Bench()
        bench.activate()
        let task = bench.task(1)
        bench.run(task)
        var description = bench.agent.description
        #expect(bench.step(.described(description)).names.isEmpty)
        description.runners = ["container"]
        #expect(bench.step(.described(description)).names == ["hangUp"])
        #expect(bench.step(.wake).names == ["dial"])
        let effects = bench.step(.connected)
        for case .register(let register) in effects {
            #expect(register.description?.runners == ["container"])
            #expect(register.tasks.first?.status?.state == .running)
        }
        #expect(effects.names == ["register"])
    }
}
