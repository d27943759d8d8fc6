import Model
import Testing
import Wire

@testable import conclave

/// A service with tasks in given states, as the daemon shows it.
private struct Shown {
    var service = ShownService()
    var tasks: [ShownTask] = []

    init(replicas: UInt64, update: UpdateState = .unspecified, message: String = "") {
        var spec = ServiceSpec()
        spec.name = "web"
        spec.replicated = ReplicatedMode()
        spec.replicated?.replicas = replicas
        spec.task = TaskSpec()
        var inner = Service()
        inner.spec = spec
        inner.meta = Meta()
        inner.meta?.specRevision = Index(7)
        if update != .unspecified {
            inner.updateStatus = UpdateStatus()
            inner.updateStatus?.state = update
            inner.updateStatus?.message = message
        }
        service.service = inner
        service.desired = replicas
    }

    mutating func add(
        _ slot: UInt64, _ state: TaskState, desired: TaskState = .running, error: String = "",
        revision: Index = Index(7)
    ) {
        var task = StoredTask()
        task.serviceName = "web"
        task.slot = slot
        task.spec = TaskSpec()
        task.spec?.forceUpdate = revision == Index(7) ? 0 : 1
        task.serviceRevision = revision
        task.desired = desired
        task.status = TaskStatus()
        task.status?.state = state
        task.status?.error = error
        var shown = ShownTask()
        shown.task = task
        tasks.append(shown)
    }

    func progress(wasAsked: Bool = false) -> ServiceProgress { ServiceProgress(service, tasks, wasAsked: wasAsked) }

    func section(_ note: String = "", name: String = "", isOver: Bool = false) -> ProgressDisplay.Section {
        ProgressDisplay.Section(name: name, progress: progress(), note: note, isOver: isOver)
    }
}

@Test func `a service has arrived when all its tasks run, and is then watched`() {
    var shown = Shown(replicas: 2)
    shown.add(1, .running)
    shown.add(2, .preparing)
    #expect(shown.progress().done == 1 && shown.progress().total == 2)
    #expect(shown.progress().outcome == .underWay)
    shown.tasks.removeLast()
    shown.add(2, .running)
    #expect(shown.progress().outcome == .running(verifyMilliseconds: 5000))
    // A task of the old spec is none of the new one.
    shown.tasks.removeLast()
    shown.add(2, .running, revision: Index(3))
    #expect(shown.progress().outcome == .underWay)
}

@Test func `only the newest task of a slot counts, and none of a slot that was scaled away`() {
    var shown = Shown(replicas: 1)
    shown.add(1, .running)
    shown.add(1, .failed, desired: .shutdown, error: "boom")
    shown.add(2, .running, desired: .remove)
    #expect(shown.progress().done == 1)
    #expect(shown.progress().lines.map(\.head) == ["1/1"])
    #expect(shown.progress().outcome == .running(verifyMilliseconds: 5000))
}

@Test func `the state of the update decides`() {
    func outcome(_ state: UpdateState, wasAsked: Bool = false) -> ServiceProgress.Outcome {
        var shown = Shown(replicas: 1, update: state, message: "why")
        shown.add(1, .running)
        return shown.progress(wasAsked: wasAsked).outcome
    }
    #expect(outcome(.updating) == .underWay)
    #expect(outcome(.completed) == .running(verifyMilliseconds: 0))
    #expect(outcome(.paused) == .failed("service update paused: why", why: ""))
    #expect(outcome(.rollbackStarted) == .underWay)
    #expect(outcome(.rollbackPaused) == .failed("service rollback paused: why", why: ""))
    #expect(outcome(.rollbackCompleted) == .rolledBack("why"))
    #expect(outcome(.rollbackCompleted, wasAsked: true) == .running(verifyMilliseconds: 0))
}

@Test func `a task that failed for good ends the waiting`() {
    var shown = Shown(replicas: 1)
    shown.add(1, .failed, desired: .shutdown, error: "exit code 1")
    #expect(shown.progress().outcome == .underWay)
    shown.service.service?.spec?.task?.restart = RestartPolicy()
    shown.service.service?.spec?.task?.restart?.condition = .none
    #expect(shown.progress().outcome == .failed("task web.1 ended and is not restarted", why: "exit code 1"))
}

/// All that a display wrote.
private final class Paper {
    var text = ""
}

@Test func `without a terminal each new thing is a line, once`() {
    let paper = Paper()
    var display = ProgressDisplay(terminal: { nil }) { paper.text += $0 }
    var shown = Shown(replicas: 2)
    shown.add(1, .pending, error: "no suitable node")
    for _ in 0..<3 { display.show([shown.section()]) }
    shown.tasks = []
    shown.add(1, .running)
    shown.add(2, .running)
    for second in [5, 4, 3] {
        display.show([shown.section("Waiting \(second) seconds to verify that tasks are stable...")])
    }
    for _ in 0..<2 { display.show([shown.section("Service web converged", isOver: true)]) }
    #expect(
        paper.text == """
            overall progress: 0 out of 2 tasks
            1/2: no suitable node
            overall progress: 2 out of 2 tasks
            verify: Waiting 5 seconds to verify that tasks are stable...
            verify: Service web converged

            """)
}

@Test func `an update that failed says why the task failed that ended it`() {
    let id = TaskID(high: 1, low: 2)
    for state in [UpdateState.paused, .rollbackPaused, .rollbackStarted] {
        var shown = Shown(replicas: 1, update: state, message: "due to failure or early termination of task \(id)")
        shown.add(1, .failed, desired: .shutdown, error: "task: non-zero exit (3)")
        shown.tasks[0].task?.id = id
        switch shown.progress().outcome {
        case .failed(_, let why): #expect(why == "task: non-zero exit (3)")
        default: #expect(shown.progress().rollback.hasSuffix(" of task \(id): task: non-zero exit (3)"))
        }
    }
}

@Test func `on a terminal the block is drawn over`() {
    let paper = Paper()
    var display = ProgressDisplay(terminal: { Terminal(columns: 100, rows: 30) }) { paper.text += $0 }
    var shown = Shown(replicas: 1)
    shown.add(1, .preparing)
    display.show([shown.section()])
    #expect(paper.text.hasPrefix("\u{1B}[2Koverall progress: 0 out of 1 tasks\n\u{1B}[2K1/1: preparing"))
    paper.text = ""
    display.show([shown.section()])
    #expect(paper.text == "")
    shown.tasks = []
    shown.add(1, .running)
    display.show([shown.section()])
    #expect(paper.text.hasPrefix("\u{1B}[2A\u{1B}[2Koverall progress: 1 out of 1 tasks\n\u{1B}[2K1/1: running"))
}

@Test(arguments: [(80, true), (67, true), (66, false)])
func `there are bars where a whole one fits`(columns: Int, hasBar: Bool) {
    let paper = Paper()
    var display = ProgressDisplay(terminal: { Terminal(columns: columns, rows: 24) }) { paper.text += $0 }
    var shown = Shown(replicas: 1)
    shown.add(1, .running)
    display.show([shown.section()])
    let bar = "   [" + String(repeating: "=", count: 49) + ">]"
    #expect(paper.text == "\u{1B}[2Koverall progress: 1 out of 1 tasks\n\u{1B}[2K1/1: running\(hasBar ? bar : "")\n")
}

@Test func `of several services each line says whose it is`() {
    let paper = Paper()
    var display = ProgressDisplay(terminal: { nil }) { paper.text += $0 }
    var web = Shown(replicas: 1)
    let peer = Shown(replicas: 1)
    web.add(1, .pending, error: "no suitable node")
    display.show([web.section(name: "web"), peer.section(name: "peer")])
    web.tasks = []
    web.add(1, .running)
    display.show([web.section("Service web converged", name: "web", isOver: true), peer.section(name: "peer")])
    #expect(
        paper.text == """
            web: overall progress: 0 out of 1 tasks
            web: 1/1: no suitable node
            peer: overall progress: 0 out of 1 tasks
            web: overall progress: 1 out of 1 tasks
            web: verify: Service web converged

            """)
}

@Test func `the block is no higher than a screen, and what is over goes first`() {
    let paper = Paper()
    var display = ProgressDisplay(terminal: { Terminal(columns: 100, rows: 30) }) { paper.text += $0 }
    var shown = Shown(replicas: 1)
    shown.add(1, .running)
    let names = (1...30).map { "web\($0)" }
    display.show(names.map { shown.section("Service \($0) converged", name: $0, isOver: $0 != "web30") })
    #expect(paper.text == "\u{1B}[2Kweb30: overall progress: 1 out of 1 tasks\n")
    paper.text = ""
    display.show(names.map { shown.section(name: $0) })
    #expect(paper.text.split(separator: "\n").count == ProgressDisplay.mostLines)
}

@Test func `many tasks are only counted`() {
    let paper = Paper()
    var display = ProgressDisplay(terminal: { Terminal(columns: 100, rows: 30) }) { paper.text += $0 }
    var shown = Shown(replicas: 21)
    for slot in 1...21 as ClosedRange<UInt64> { shown.add(slot, .running) }
    display.show([shown.section()])
    #expect(paper.text == "\u{1B}[2Koverall progress: 21 out of 21 tasks\n")
}

@Test func `a block fits the terminal as it is now, and begins anew where it became too narrow`() {
    let paper = Paper()
    var terminal = Terminal(columns: 100, rows: 30)
    var display = ProgressDisplay(terminal: { terminal }) { paper.text += $0 }
    var shown = Shown(replicas: 3)
    shown.add(1, .pending, error: "no suitable node (scheduling constraints not satisfied on 3 nodes)")
    display.show([shown.section()])
    #expect(paper.text.contains("not satisfied on 3 nodes)\n"))
    paper.text = ""
    terminal.columns = 40
    display.show([shown.section()])
    #expect(
        paper.text
            == "\u{1B}[2Koverall progress: 0 out of 3 tasks\n\u{1B}[2K1/3: no suitable node (scheduling const…\n")
    paper.text = ""
    terminal = Terminal(columns: 60, rows: 3)
    display.show([shown.section()])
    #expect(paper.text == "\u{1B}[2A\u{1B}[2Koverall progress: 0 out of 3 tasks\n\u{1B}[J")
}

@Test func `a task that is tried again shows why the one before it failed`() {
    var shown = Shown(replicas: 1)
    shown.add(1, .pending)
    shown.tasks[0].task?.id = TaskID(high: 0, low: 3)
    shown.tasks[0].task?.failures = 2
    shown.add(1, .failed, desired: .shutdown, error: "task: non-zero exit (1)")
    shown.add(1, .failed, desired: .shutdown, error: "an older reason")
    #expect(shown.progress().lines.map(\.error) == ["task: non-zero exit (1)"])
    shown.tasks[0].task?.status?.error = "no suitable node"
    #expect(shown.progress().lines.map(\.error) == ["no suitable node"])
    shown.tasks[0].task?.status?.error = ""
    shown.tasks[0].task?.status?.state = .running
    #expect(shown.progress().lines.map(\.error) == [""])
}
