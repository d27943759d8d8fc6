import Model
import Store
import Testing

@testable import Planning

@Suite struct NodeTests {
    @Test func `a lost node's tasks have a place elsewhere within the same look`() {
        var world = World(nodes: 3)
        world.create(World.spec(replicas: 30))
        world.settle(60)
        world.set(2, .down)
        let before = world.now
        world.plan()
        #expect(world.now == before)
        let alive = world.store.allTasks.filter { !$0.hasEnded && $0.desired == .running }
        #expect(alive.count == 30)
        #expect(alive.allSatisfy { $0.nodeID != .none && $0.nodeID != World.node(2) })
        #expect(world.isComplete)
    }

    @Test func `when a lost node is back nothing runs twice`() {
        var world = World(nodes: 3)
        world.create(World.spec(replicas: 6))
        world.settle(60)
        world.set(2, .down)
        world.settle(60)
        // Its programs went on all the time.
        #expect(world.processes[World.node(2)]?.count == 2)
        world.set(2, .ready)
        world.settle(30)
        #expect(world.processes.values.reduce(0) { $0 + $1.count } == 6)
        #expect(world.running.map(\.slot).sorted() == [1, 2, 3, 4, 5, 6])
        // Nothing is moved back for the sake of balance.
        #expect(world.processes[World.node(2)]?.isEmpty == true)
    }

    @Test func `a task whose node lost the label that it needs is stopped, and says why`() {
        var world = World(nodes: 2)
        world.label(1, "zone", "a")
        world.create(World.spec(replicas: 1, constraints: ["node.labels.zone==a"]))
        world.settle(30)
        let task = world.running[0].id
        world.label(1, "zone", "b")
        world.label(2, "zone", "a")
        world.settle(100)
        #expect(world.store.task(task)?.state == .shutdown)
        #expect(world.store.task(task)?.status?.error == "assigned node no longer meets constraints")
        #expect(world.running.map(\.nodeID) == [World.node(2)])
    }

    @Test func `a node that has less than before loses the youngest of what does not fit`() {
        var world = World(nodes: 2)
        world.set(1, .ready, memory: 3 << 30)
        world.set(2, .ready, memory: 0)
        var spec = World.spec(replicas: 3)
        spec.task?.reservations = Resources()
        spec.task?.reservations?.memoryBytes = 1 << 30
        world.create(spec)
        world.settle(30)
        #expect(world.running.count == 3)
        world.set(1, .ready, memory: 2 << 30)
        world.settle(30)
        #expect(world.running.count == 2)
        #expect(world.store.allTasks.contains { $0.status?.error == "assigned node no longer meets constraints" })
        world.set(2, .ready, memory: 1 << 30)
        world.settle(100)
        #expect(world.running.filter { $0.nodeID == World.node(2) }.count == 1)
    }

    @Test func `a paused node's tasks are left alone, whatever its labels`() {
        var world = World(nodes: 1)
        world.label(1, "zone", "a")
        world.create(World.spec(replicas: 1, constraints: ["node.labels.zone==a"]))
        world.settle(30)
        let task = world.running[0].id
        world.set(1, .pause)
        world.label(1, "zone", "b")
        world.settle(30)
        #expect(world.running.map(\.id) == [task])
    }

    @Test func `a drained node's tasks are made good at once, without the delay of a failure`() {
        var world = World(nodes: 2)
        world.create(World.spec(replicas: 2))
        world.settle(60)
        world.set(1, .drain)
        #expect(world.settle(within: 20) { world in world.running.filter { $0.nodeID == World.node(2) }.count == 2 })
        #expect(world.store.allTasks.allSatisfy { $0.failures == 0 })
    }

    @Test func `scaling down takes what does not run first, then from the fullest node`() {
        var world = World(nodes: 2)
        world.create(World.spec(replicas: 4))
        world.settle(60)
        world.set(2, .pause)
        world.update(World.spec(replicas: 6))
        world.settle(60)
        #expect(world.running.filter { $0.nodeID == World.node(1) }.count == 4)
        world.update(World.spec(replicas: 4))
        world.settle(60)
        #expect(world.running.filter { $0.nodeID == World.node(1) }.count == 2)
        #expect(world.running.filter { $0.nodeID == World.node(2) }.count == 2)
        world.silent = [World.node(1)]
        world.set(2, .drain)
        world.settle(5)
        let running = Set(world.running.map(\.id))
        world.update(World.spec(replicas: 2))
        world.settle(30)
        #expect(Set(world.running.map(\.id)).isSubset(of: running))
    }

    @Test func `slots are used again from the lowest`() {
        var world = World(nodes: 1)
        world.create(World.spec(replicas: 5))
        world.settle(60)
        world.update(World.spec(replicas: 2))
        world.settle(60)
        #expect(world.running.map(\.slot).sorted() == [1, 2])
        world.update(World.spec(replicas: 4))
        world.settle(60)
        #expect(world.running.map(\.slot).sorted() == [1, 2, 3, 4])
    }

    @Test func `a thousand tasks come in batches, and each look costs what happened`() {
        var world = World(nodes: 3)
        world.create(World.spec(replicas: 1200))
        world.plan()
        #expect(world.store.allTasks.filter { $0.nodeID != .none }.count == 1200)
        #expect(world.isComplete)
        world.update(World.spec(replicas: 1))
        world.plan()
        #expect(world.store.allTasks.filter { $0.desired == .running }.count == 1)
    }

    @Test func `a new leader empties a node that was drained before, and gives up what was lost before`() {
        for isLost in [false, true] {
            var world = World(nodes: 3)
            world.create(World.spec(replicas: 6))
            world.settle(60)
            if isLost { world.set(2, .down) } else { world.set(2, .drain) }
            world.elect(5)
            world.settle(60)
            #expect(world.running.count { $0.nodeID != World.node(2) } == 6)
        }
    }

    @Test func `a new leader forgets what is left of a service that was removed before`() {
        var world = World(nodes: 2)
        world.create(World.spec(replicas: 4))
        world.settle(60)
        world.silent = [World.node(2)]
        var remove = RemoveService()
        remove.id = World.service
        world.run(.removeService(remove))
        world.settle(30)
        #expect(world.store.allTasks.count == 2)
        world.set(2, .down)
        world.elect(5)
        world.settle(5)
        #expect(world.store.allTasks.isEmpty)
    }

    @Test func `a slot whose task still stops is not used again`() {
        var world = World(nodes: 2)
        world.create(World.spec(replicas: 2))
        world.settle(60)
        world.silent = Set(world.running.filter { $0.slot == 2 }.map(\.nodeID))
        world.update(World.spec(replicas: 1))
        world.settle(5)
        world.update(World.spec(replicas: 2))
        world.settle(30)
        #expect(world.running.map(\.slot).sorted() == [1, 3])
        #expect(world.mostInOnePosition == 1)
    }
}
