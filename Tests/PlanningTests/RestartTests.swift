import Bytes
import Model
import Store
import Testing

@testable import Planning

@Suite struct RestartTests {
    private let now = Timestamp(seconds: 1000)

    private func task(
        _ state: TaskState, failures: UInt32 = 0, ran seconds: UInt64? = nil, error: String = ""
    ) -> StoredTask {
        var task = StoredTask()
        task.failures = failures
        task.status = TaskStatus()
        task.status?.state = state
        task.status?.since = now
        task.status?.error = error
        if let seconds { task.status?.started = Timestamp(seconds: 1000 - seconds) }
        return task
    }

    private func next(_ task: StoredTask, _ edit: (inout RestartPolicy) -> Void = { _ in }) -> RestartSupervisor.Next {
        var policy = RestartPolicy()
        edit(&policy)
        return RestartSupervisor.next(after: task, policy, at: now)
    }

    @Test func `any: whatever ends is followed after five seconds`() {
        for state in [TaskState.complete, .failed, .rejected] {
            #expect(next(task(state)) == .create(after: Timestamp(seconds: 1005), failures: 1))
        }
    }

    @Test func `on failure: only what failed is followed`() {
        #expect(next(task(.complete)) { $0.condition = .onFailure } == .never)
        for state in [TaskState.failed, .rejected] {
            #expect(next(task(state)) { $0.condition = .onFailure } != .never)
        }
    }

    @Test func `none: nothing is followed but what was taken away`() {
        for state in [TaskState.complete, .failed, .rejected] {
            #expect(next(task(state)) { $0.condition = .none } == .never)
        }
        for state in [TaskState.shutdown, .orphaned] {
            #expect(next(task(state, failures: 3)) { $0.condition = .none } == .create(after: .zero, failures: 3))
        }
    }

    @Test func `what was stopped for a reason of its own has failed`() {
        #expect(
            next(task(.shutdown, error: "assigned node no longer meets constraints"))
                == .create(after: Timestamp(seconds: 1005), failures: 1))
    }

    @Test func `attempts are counted in a row`() {
        #expect(next(task(.failed, failures: 1)) { $0.maxAttempts = 2 } != .never)
        #expect(next(task(.failed, failures: 2)) { $0.maxAttempts = 2 } == .never)
        // A healthy window begins a new row.
        #expect(
            next(task(.failed, failures: 2, ran: 5)) { $0.maxAttempts = 2 }
                == .create(after: Timestamp(seconds: 1005), failures: 1))
    }

    @Test func `a window of its own decides what is healthy`() {
        #expect(next(task(.failed, failures: 1, ran: 5)) == .create(after: Timestamp(seconds: 1005), failures: 1))
        #expect(
            next(task(.failed, failures: 1, ran: 5)) { $0.windowMilliseconds = 10_000 }
                == .create(after: Timestamp(seconds: 1010), failures: 2))
    }

    @Test func `a task that follows a failed one gets its node only after the delay`() {
        var world = World(nodes: 2)
        var spec = World.spec(.fails)
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.delayMilliseconds = 3000
        world.create(spec)
        #expect(world.settle(within: 60) { $0.store.allTasks.count == 2 })
        let failed = world.now
        #expect(world.settle(within: 60) { $0.store.allTasks.filter { $0.nodeID != .none }.count == 2 })
        let waited = world.now.rawValue - failed.rawValue
        #expect((2_800_000_000...3_200_000_000).contains(waited), "\(waited) ns")
    }

    @Test(arguments: [World.Behaviour.rejected, .fails, .ends])
    func `a new leader takes up what it finds ended, as the policy says`(behaviour: World.Behaviour) {
        for (condition, isFollowed) in [(RestartCondition.any, true), (.none, false)] {
            var world = World(nodes: 1)
            var spec = World.spec(behaviour)
            spec.task?.restart = RestartPolicy()
            spec.task?.restart?.condition = condition
            world.create(spec)
            // The leader goes before it has seen the end.
            let hasEnded = world.settle(within: 60) { $0.store.allTasks.contains(where: \.hasEnded) }
            #expect(hasEnded)
            world.elect(99)
            world.settle(20)
            #expect(world.store.allTasks.count == (isFollowed ? 2 : 1))
        }
    }

    @Test func `an agent's clock that is ahead delays nothing`() {
        var ahead = task(.failed)
        ahead.status?.since = Timestamp(seconds: 5000)
        #expect(next(ahead) == .create(after: Timestamp(seconds: 1005), failures: 1))
    }

    @Test func `a clock that is set back makes no task older than its predecessor`() {
        var place = Occupied(Position(slot: 1))
        for (index, seconds) in [(7, 900), (5, 1000), (6, 1100)] as [(UInt64, UInt64)] {
            var task = task(.failed)
            task.id = TaskID(high: 1, low: 100 - index)
            task.meta = Meta()
            task.meta?.created = Timestamp(seconds: seconds)
            task.meta?.specRevision = Index(index)
            place.add(task)
        }
        #expect(place.tasks.map(\.meta?.specRevision) == [Index(5), Index(6), Index(7)])
    }

    @Test func `a new leader keeps the delay of a task that waits for it, and the count of attempts`() {
        var world = World(nodes: 1)
        var spec = World.spec(.fails)
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.delayMilliseconds = 3000
        spec.task?.restart?.maxAttempts = 2
        world.create(spec)
        #expect(world.settle(within: 60) { $0.store.allTasks.count == 2 })
        let due = world.store.allTasks.map(\.startAfter).max() ?? .zero
        while world.now < due {
            #expect(world.store.allTasks.count { $0.nodeID != .none } == 1)
            world.elect(world.now.rawValue)
            world.step()
        }
        #expect(world.settle(within: 300) { $0.store.allTasks.count(where: \.hasEnded) == 3 })
        world.elect(7)
        world.settle(200)
        #expect(world.store.allTasks.count == 3)
    }
}
