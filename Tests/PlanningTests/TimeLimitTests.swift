import Model
import Store
import Testing

@testable import Planning

@Suite struct TimeLimitTests {
    private func judge(_ state: TaskState, after seconds: UInt64, _ health: HealthCheck? = nil) -> TimeLimits.Verdict? {
        var task = StoredTask()
        task.nodeID = World.node(1)
        task.spec = TaskSpec()
        task.spec?.program = ProgramSpec()
        task.spec?.program?.health = health
        var status = TaskStatus()
        status.state = state
        status.since = Timestamp(seconds: 100)
        return TimeLimits.judge(task, status, at: Timestamp(seconds: 100 + seconds))
    }

    @Test func `each state on the way to running has its time`() {
        #expect(judge(.assigned, after: 59) == .inTime(until: Timestamp(seconds: 160)))
        #expect(judge(.assigned, after: 60) == .overrun("task was stopped: assigned for more than 60 s"))
        #expect(judge(.preparing, after: 599) == .inTime(until: Timestamp(seconds: 700)))
        #expect(judge(.preparing, after: 600) == .overrun("task was stopped: preparing for more than 600 s"))
        #expect(judge(.starting, after: 60) == .overrun("task was stopped: starting for more than 60 s"))
        #expect(judge(.running, after: 1_000_000) == nil)
        #expect(judge(.pending, after: 1_000_000) == nil)
    }

    @Test func `a health check has the time that it asks for`() {
        var health = HealthCheck()
        health.test = ["CMD", "true"]
        health.retries = 3
        health.intervalMilliseconds = 10_000
        health.timeoutMilliseconds = 5000
        health.startPeriodMilliseconds = 30_000
        #expect(judge(.starting, after: 0, health) == .inTime(until: Timestamp(seconds: 100 + 60 + 30 + 4 * 15)))
        health.intervalMilliseconds = .max
        #expect(judge(.starting, after: 1_000_000, health) == .inTime(until: Timestamp(rawValue: .max)))
    }

    @Test func `a task that is prepared without end is stopped, and the next one says how often`() {
        var world = World(nodes: 1)
        world.create(World.spec(replicas: 1, .hangs))
        world.settle(6100)
        let first = world.store.allTasks.min { ($0.meta?.created ?? .zero) < ($1.meta?.created ?? .zero) }
        #expect(first?.state == .shutdown)
        #expect(first?.status?.error == "task was stopped: preparing for more than 600 s")
        #expect(world.store.allTasks.map(\.failures).max() == 1)
        #expect(world.mostInOnePosition == 1)
    }

    @Test func `a node that does not begin with a task loses it`() {
        var world = World(nodes: 2)
        world.silent = [World.node(1)]
        world.create(World.spec(replicas: 1, constraints: ["node.id==\(World.node(1))"]))
        world.settle(650)
        #expect(
            world.store.allTasks.first?.status?.error == "task was stopped: assigned for more than 60 s")
        #expect(world.store.allTasks.first?.desired == .shutdown)
        // It may have begun after all: only its end makes room for the next one.
        #expect(world.store.allTasks.count == 1)
    }
}
