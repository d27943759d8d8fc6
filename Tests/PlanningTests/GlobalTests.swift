import Model
import Store
import Testing

@testable import Planning

@Suite struct GlobalTests {
    private func nodes(_ world: World) -> [NodeID] { world.running.map(\.nodeID).sorted() }
    private func all(_ numbers: UInt64...) -> [NodeID] { numbers.map { World.node($0) } }

    @Test func `a global service has one task on every node, also on one that comes`() {
        var world = World(nodes: 3)
        world.create(World.global())
        world.settle(30)
        #expect(nodes(world) == all(1, 2, 3))
        #expect(world.running.allSatisfy { $0.slot == 0 && $0.boundNode == $0.nodeID })
        #expect(
            world.running.allSatisfy { $0.status?.message == "scheduler confirmed task can run on preassigned node" })
        #expect(world.running.allSatisfy { $0.name == "web.\($0.nodeID)" })
        world.add(4)
        world.set(4, .ready)
        world.settle(30)
        #expect(nodes(world) == all(1, 2, 3, 4))
        #expect(world.isComplete)
    }

    @Test func `a drained node's task ends, and comes back with the node`() {
        var world = World(nodes: 3)
        world.create(World.global())
        world.settle(30)
        world.set(2, .drain)
        world.settle(30)
        #expect(nodes(world) == all(1, 3))
        world.set(2, .active)
        world.settle(30)
        #expect(nodes(world) == all(1, 2, 3))
        #expect(world.mostInOnePosition == 1)
    }

    @Test func `a node that is down has no task, and gets one when it is back`() {
        var world = World(nodes: 2)
        world.create(World.global())
        world.settle(30)
        world.set(2, .down)
        world.settle(30)
        #expect(nodes(world) == all(1))
        #expect(world.store.tasks(on: World.node(2)).allSatisfy { $0.state == .orphaned })
        world.set(2, .ready)
        world.settle(30)
        #expect(nodes(world) == all(1, 2))
    }

    @Test func `a paused node keeps its task as it is, and gets none`() {
        var world = World(nodes: 3)
        world.set(3, .pause)
        world.create(World.global())
        world.settle(30)
        #expect(nodes(world) == all(1, 2))
        world.set(2, .pause)
        world.update(World.global(force: 1))
        #expect(world.settle(within: 300) { $0.status?.state == .completed })
        #expect(nodes(world) == all(1, 2))
        #expect(world.running.filter { $0.nodeID == World.node(2) }.allSatisfy { $0.spec?.forceUpdate == 0 })
        world.set(2, .active)
        world.settle(100)
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 1 })
    }

    @Test func `it follows constraints and labels`() {
        var world = World(nodes: 3)
        world.label(1, "disk", "ssd")
        world.create(World.global(constraints: ["node.labels.disk==ssd"]))
        world.settle(30)
        #expect(nodes(world) == all(1))
        world.label(3, "disk", "ssd")
        world.label(1, "disk", nil)
        world.settle(60)
        #expect(nodes(world) == all(3))
    }

    @Test func `a removed node's tasks are forgotten`() {
        var world = World(nodes: 3)
        world.create(World.global())
        world.settle(30)
        world.set(3, .down)
        world.settle(10)
        var remove = RemoveNode()
        remove.id = World.node(3)
        #expect(world.run(.removeNode(remove)).failure == nil)
        world.settle(20)
        #expect(world.store.allTasks.allSatisfy { $0.boundNode != World.node(3) })
        #expect(nodes(world) == all(1, 2))
    }

    @Test func `an update goes node by node`() {
        var world = World(nodes: 4)
        world.create(World.global())
        world.settle(60)
        world.update(World.global(force: 1))
        for _ in 0..<300 {
            world.step()
            #expect(world.running.count >= 3)
        }
        #expect(world.status?.state == .completed)
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 1 })
        #expect(world.mostInOnePosition == 1)
    }

    @Test func `a failing global task is restarted on its node with a delay, none restarts it not`() {
        var world = World(nodes: 2)
        world.create(World.global(.fails))
        world.settle(300)
        #expect(world.store.allTasks.contains { $0.failures > 1 })
        var spec = World.global(.fails)
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.condition = .none
        world = World(nodes: 2)
        world.create(spec)
        world.settle(300)
        #expect(world.store.allTasks.count == 2)
    }

    @Test func `a global task whose node has no room waits, and says so`() {
        var world = World(nodes: 2)
        world.set(1, .ready, memory: 1 << 30)
        world.set(2, .ready, memory: 1 << 20)
        var spec = World.global()
        spec.task?.reservations = Resources()
        spec.task?.reservations?.memoryBytes = 64 << 20
        world.create(spec)
        world.settle(30)
        #expect(nodes(world) == all(1))
        let waiting = world.store.allTasks.filter { $0.nodeID == .none }
        #expect(waiting.map(\.boundNode) == all(2))
        #expect(waiting.map(\.status?.error) == ["no suitable node (insufficient resources on 1 node)"])
        world.set(2, .ready, memory: 1 << 30)
        world.settle(30)
        #expect(nodes(world) == all(1, 2))
    }

    @Test func `a removed global service leaves nothing`() {
        var world = World(nodes: 3)
        world.create(World.global())
        world.settle(30)
        var remove = RemoveService()
        remove.id = World.service
        world.run(.removeService(remove))
        world.settle(30)
        #expect(world.store.allTasks.isEmpty)
    }

    @Test func `nodes that are paused during an update are seen to one after the other once they are not`() {
        var world = World(nodes: 3)
        world.create(World.global())
        world.settle(30)
        world.set(2, .pause)
        world.set(3, .pause)
        world.update(World.global(force: 1))
        #expect(world.settle(within: 300) { $0.status?.state == .completed })
        world.set(2, .active)
        world.set(3, .active)
        for _ in 0..<60 {
            world.step()
            #expect(world.running.count >= 2)
        }
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 1 })
    }

    @Test func `a node that suits no more loses its task for no fault of it, and gets one when it suits again`() {
        var world = World(nodes: 2)
        for node: UInt64 in [1, 2] { world.label(node, "disk", "ssd") }
        var spec = World.global(constraints: ["node.labels.disk==ssd"])
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.condition = RestartCondition.none
        world.create(spec)
        world.settle(30)
        world.label(2, "disk", nil)
        world.settle(30)
        #expect(nodes(world) == all(1))
        world.label(2, "disk", "ssd")
        world.settle(30)
        #expect(nodes(world) == all(1, 2))
        #expect(world.store.allTasks.allSatisfy { $0.failures == 0 })
    }
}
