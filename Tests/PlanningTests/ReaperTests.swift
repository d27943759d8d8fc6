import Model
import Store
import Testing

@testable import Planning

/// Behaviours of SwarmKit's `task_reaper_test.go`.
@Suite struct ReaperTests {
    private func place(_ tasks: [(state: TaskState, desired: TaskState)]) -> Occupied {
        var place = Occupied(Position(slot: 1))
        place.tasks = tasks.enumerated().map { number, told in
            var task = StoredTask()
            task.id = TaskID(high: 1, low: UInt64(number))
            task.slot = 1
            task.nodeID = World.node(1)
            task.desired = told.desired
            task.status = TaskStatus()
            task.status?.state = told.state
            return task
        }
        return place
    }

    private func surplus(_ place: Occupied, keeping history: Int) -> [UInt64] {
        TaskReaper.surplus(place, keeping: history).map(\.id.low)
    }

    @Test func `of a position so many ended tasks are kept, the newest`() {
        let place = place([
            (.failed, .shutdown), (.shutdown, .shutdown), (.complete, .shutdown), (.running, .running),
        ])
        #expect(surplus(place, keeping: 5) == [])
        #expect(surplus(place, keeping: 2) == [0])
        #expect(surplus(place, keeping: 0) == [0, 1, 2])
    }

    @Test func `what runs still is never forgotten`() {
        #expect(surplus(place([(.running, .shutdown), (.running, .remove)]), keeping: 0) == [])
    }

    @Test func `what was to be removed is forgotten whatever is kept`() {
        #expect(surplus(place([(.shutdown, .remove), (.failed, .shutdown)]), keeping: 5) == [0])
    }

    @Test func `a cluster says how many, five if it does not`() {
        var spec = ClusterSpec()
        #expect(TaskReaper.history(nil) == 5)
        #expect(TaskReaper.history(spec) == 5)
        spec.taskHistory = 2
        #expect(TaskReaper.history(spec) == 2)
    }

    @Test func `a slot that is scaled away is forgotten with its history`() {
        var world = World(nodes: 1)
        world.create(World.spec(replicas: 2))
        world.settle(30)
        world.update(World.spec(replicas: 2, force: 1))
        #expect(world.settle(within: 300) { $0.status?.state == .completed })
        #expect(world.store.allTasks.filter { $0.slot == 2 }.count == 2)
        world.update(World.spec(replicas: 1, force: 1))
        world.settle(30)
        #expect(world.store.allTasks.allSatisfy { $0.slot == 1 })
        #expect(world.store.allTasks.count == 2)
    }

    @Test func `a removed service's tasks are forgotten, those that never had a node too`() {
        var world = World(nodes: 1)
        world.create(World.spec(replicas: 3, constraints: ["node.labels.none==x"]))
        world.settle(5)
        #expect(world.store.allTasks.count == 3)
        var remove = RemoveService()
        remove.id = World.service
        #expect(world.run(.removeService(remove)).failure == nil)
        world.settle(5)
        #expect(world.store.allTasks.isEmpty)
    }
}
