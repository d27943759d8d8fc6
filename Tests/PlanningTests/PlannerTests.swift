import Bytes
import Model
import Store
import Testing
import Wire

@testable import Planning

@Suite struct PlannerTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `replicas converge, spread over the nodes, and follow the scale`(seed: UInt64) {
        var world = World(seed: seed, nodes: 3)
        world.create(World.spec(replicas: 6))
        world.settle()
        #expect(world.running.map(\.slot).sorted() == [1, 2, 3, 4, 5, 6])
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(world.running.filter { $0.nodeID == World.node(number) }.count == 2)
        }
        world.update(World.spec(replicas: 3))
        world.settle()
        #expect(world.running.count == 3)
        #expect(world.store.allTasks.count == 3)
        #expect(Set(world.running.map(\.nodeID)).count == 3)
        world.update(World.spec(replicas: 8))
        world.settle()
        #expect(world.running.count == 8)
        world.update(World.spec(replicas: 0))
        world.settle()
        #expect(world.store.allTasks.isEmpty)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `a dead node's tasks are replaced elsewhere and marked orphaned`(seed: UInt64) {
        var world = World(seed: seed, nodes: 3)
        world.create(World.spec(replicas: 6))
        world.settle()
        world.set(2, .down)
        world.settle()
        #expect(world.running.filter { $0.nodeID != World.node(2) }.map(\.slot).sorted() == [1, 2, 3, 4, 5, 6])
        #expect(world.store.tasks(on: World.node(2)).allSatisfy { $0.state == .orphaned })
    }

    @Test func `a drained node is emptied, a paused one keeps what it has and takes no more`() {
        var world = World(seed: 3, nodes: 3)
        world.create(World.spec(replicas: 3))
        world.settle()
        world.set(1, .pause)
        world.set(2, .drain)
        world.settle()
        #expect(world.running.count == 3)
        #expect(world.running.filter { $0.nodeID == World.node(1) }.count == 1)
        #expect(world.running.filter { $0.nodeID == World.node(2) }.isEmpty)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `an update replaces one task after the other`(seed: UInt64) {
        var world = World(seed: seed, nodes: 2)
        world.create(World.spec(replicas: 4))
        world.settle()
        world.update(World.spec(replicas: 4, force: 1))
        for _ in 0..<120 {
            world.step()
            #expect(world.running.count >= 3)
        }
        #expect(world.running.count == 4)
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 1 })
    }

    @Test func `a label alone restarts nothing`() {
        var world = World(seed: 1, nodes: 2)
        world.create(World.spec(replicas: 2))
        world.settle()
        let before = world.running.map(\.id)
        var spec = World.spec(replicas: 2)
        spec.labels["a"] = "b"
        world.update(spec)
        world.settle()
        #expect(world.running.map(\.id) == before)
    }

    @Test func `the delay doubles from 5 s to 5 min`() {
        let seconds = (0...9 as ClosedRange<UInt32>).map { RestartSupervisor.delay(after: $0, base: 5000) / 1000 }
        #expect(seconds == [0, 5, 10, 20, 40, 80, 160, 300, 300, 300])
        #expect(RestartSupervisor.delay(after: .max, base: 1) == 300_000)
        #expect(RestartSupervisor.delay(after: 3, base: 400_000) == 400_000)
    }

    @Test func `a failing task is tried later and later, and five ended ones are kept`() {
        var world = World(seed: 2, nodes: 1)
        world.fails = true
        world.create(World.spec(replicas: 1))
        world.settle(1500)
        let tasks = world.store.allTasks
        #expect(tasks.filter(\.hasEnded).count == 5)
        #expect(tasks.map(\.failures).max() == 5)
        world.fails = false
        world.settle(1700)
        #expect(world.running.count == 1)
        // A healthy window forgives.
        world.fails = true
        world.settle(20)
        #expect(
            world.store.allTasks.max { ($0.meta?.specRevision ?? .zero) < ($1.meta?.specRevision ?? .zero) }?.failures
                == 1)
    }

    @Test func `attempts and conditions are respected`() {
        for (condition, most) in [(RestartCondition.none, UInt32(0)), (.any, 1)] {
            var world = World(seed: 4, nodes: 1)
            world.fails = true
            var spec = World.spec(replicas: 1)
            var policy = RestartPolicy()
            policy.condition = condition
            policy.maxAttempts = most
            policy.delayMilliseconds = 100
            spec.task?.restart = policy
            world.create(spec)
            world.settle(100)
            #expect(world.store.allTasks.count == Int(most) + 1)
            let ended = world.store.allTasks.filter(\.hasEnded)
            #expect(ended.count == Int(most) + 1)
            #expect(ended.allSatisfy { $0.desired == .shutdown })
        }
    }

    @Test func `a task that fits nowhere says why, and starts when it does`() {
        var world = World(seed: 5, nodes: 2)
        world.create(World.spec(replicas: 1, constraints: ["node.labels.zone==a"]))
        world.settle(3)
        #expect(
            world.store.allTasks.first?.status?.error
                == "no suitable node (scheduling constraints not satisfied on 2 nodes)")
        var update = UpdateNode()
        update.id = World.node(2)
        var spec = world.store.node(update.id)?.spec ?? NodeSpec()
        spec.labels["zone"] = "a"
        update.spec = spec
        world.run(.updateNode(update))
        world.settle()
        #expect(world.running.map(\.nodeID) == [World.node(2)])
    }

    @Test func `a removed service's tasks are stopped and forgotten, also on a dead node`() {
        var world = World(seed: 6, nodes: 2)
        world.create(World.spec(replicas: 4))
        world.settle()
        world.set(2, .down)
        var remove = RemoveService()
        remove.id = World.service
        world.run(.removeService(remove))
        world.settle()
        #expect(world.store.allTasks.isEmpty)
    }

    @Test func `a new planner carries on where the old one stopped`() {
        var world = World(seed: 7, nodes: 3)
        world.create(World.spec(replicas: 5))
        for step in 0..<200 {
            world.elect(UInt64(1000 + step))
            if step == 50 { world.update(World.spec(replicas: 5, force: 1)) }
            if step == 90 { world.set(3, .down) }
            world.step()
        }
        #expect(world.running.filter { $0.nodeID != World.node(3) }.map(\.slot).sorted() == [1, 2, 3, 4, 5])
    }
}
