import Model
import Store
import Testing

@testable import Planning

@Suite struct SchedulerTests {
    private func count(_ world: World, _ node: UInt64) -> Int {
        world.running.filter { $0.nodeID == World.node(node) }.count
    }

    private func spread(_ replicas: UInt64, _ labels: String...) -> ServiceSpec {
        var spec = World.spec(replicas: replicas)
        spec.task?.placement?.spread = labels
        return spec
    }

    @Test func `a node with fewer tasks of all services comes first among equals`() {
        var world = World(nodes: 3)
        var other = World.spec(replicas: 2)
        other.name = "other"
        world.create(other, id: ServiceID(high: 51, low: 1))
        world.settle(30)
        world.create(World.spec(replicas: 1))
        world.settle(30)
        let busy = Set(world.running.filter { $0.serviceName == "other" }.map(\.nodeID))
        let node = world.running.first { $0.serviceName == "web" }?.nodeID
        #expect(node.map { !busy.contains($0) } == true)
    }

    @Test func `tasks are spread over the values of a label, whatever the number of nodes`() {
        var world = World(nodes: 4)
        for node in 1...3 as ClosedRange<UInt64> { world.label(node, "zone", "a") }
        world.label(4, "zone", "b")
        world.create(spread(6, "node.labels.zone"))
        world.settle(30)
        #expect(count(world, 4) == 3)
        #expect((1...3 as ClosedRange<UInt64>).map { count(world, $0) } == [1, 1, 1])
    }

    @Test func `preferences are a tree: first over zones, then over racks within each`() {
        var world = World(nodes: 5)
        for (node, zone, rack) in [(1, "a", "1"), (2, "a", "2"), (3, "a", "2"), (4, "b", "1")] {
            world.label(UInt64(node), "zone", zone)
            world.label(UInt64(node), "rack", rack)
        }
        // Node 5 has no label: a branch of its own.
        world.create(spread(12, "node.labels.zone", "node.labels.rack"))
        world.settle(30)
        #expect(count(world, 5) == 4)
        #expect(count(world, 4) == 4)
        #expect(count(world, 1) == 2)
        #expect(count(world, 2) + count(world, 3) == 2)
    }

    @Test func `no node gets more than the greatest number of replicas`() {
        var world = World(nodes: 2)
        var spec = World.spec(replicas: 3)
        spec.task?.placement?.maxReplicas = 1
        world.create(spec)
        world.settle(30)
        #expect(count(world, 1) == 1 && count(world, 2) == 1)
        let waiting = world.store.allTasks.filter { $0.nodeID == .none }
        #expect(waiting.map(\.status?.error) == ["no suitable node (max replicas per node limit exceed)"])
        world.add(3)
        world.set(3, .ready)
        world.settle(30)
        #expect(count(world, 3) == 1)
    }

    @Test func `reservations are kept, and what they leave is used`() {
        var world = World(nodes: 2)
        world.set(1, .ready, cpu: 2_000_000_000, memory: 1 << 30)
        world.set(2, .ready, cpu: 1_000_000_000, memory: 4 << 30)
        var spec = World.spec(replicas: 4)
        var wanted = Resources()
        wanted.cpuNano = 1_000_000_000
        wanted.memoryBytes = 256 << 20
        spec.task?.reservations = wanted
        world.create(spec)
        world.settle(30)
        #expect(count(world, 1) == 2 && count(world, 2) == 1)
        let waiting = world.store.allTasks.filter { $0.nodeID == .none }
        #expect(waiting.map(\.status?.error) == ["no suitable node (insufficient resources on 2 nodes)"])
        // What ends makes room.
        spec.replicated?.replicas = 1
        world.update(spec)
        world.settle(30)
        spec.replicated?.replicas = 3
        world.update(spec)
        world.settle(30)
        #expect(world.running.count == 3)
    }

    @Test func `reasons are told with the most frequent one first`() {
        var world = World(nodes: 4)
        world.set(4, .drain)
        world.create(World.spec(replicas: 1, constraints: ["node.labels.x==y"]))
        world.settle(3)
        #expect(
            world.store.allTasks.first?.status?.error
                == "no suitable node (scheduling constraints not satisfied on 3 nodes; "
                + "1 node not available for new tasks)")
    }

    @Test func `an image goes only to nodes that have an engine`() {
        var world = World(nodes: 2)
        var spec = World.spec(replicas: 2)
        spec.task?.container = ContainerSpec()
        spec.task?.container?.image = "centos"
        world.create(spec)
        world.settle(5)
        #expect(world.store.allTasks.first?.status?.error == "no suitable node (no container runner on 2 nodes)")
        world.set(2, .ready, runners: ["process", "container"])
        world.settle(30)
        #expect(count(world, 2) == 2)
    }

    /// Whether a node sees so many failures that it is the last choice.
    private func failsOften(_ world: inout World, on node: UInt64) -> Bool {
        world.settle(within: 900) { world in
            world.store.allTasks.filter { $0.state == .failed && $0.nodeID == World.node(node) }.count >= 5
        }
    }

    @Test func `a node on which the service fails again and again is the last choice`() {
        var world = World(nodes: 2)
        world.set(2, .down)
        var spec = World.spec(replicas: 1, .fails)
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.delayMilliseconds = 100
        world.create(spec)
        #expect(failsOften(&world, on: 1))
        world.set(2, .ready)
        #expect(world.settle(within: 600) { $0.store.allTasks.contains { $0.nodeID == World.node(2) } })
        let last = world.store.allTasks.max { ($0.meta?.created ?? .zero) < ($1.meta?.created ?? .zero) }
        #expect(last?.nodeID == World.node(2))
    }

    @Test func `a waiting task is not assigned to a node that is paused, drained, down or unheard of`() {
        var world = World(nodes: 4)
        world.add(5)
        world.set(2, .pause)
        world.set(3, .drain)
        world.set(4, .down)
        world.create(World.spec(replicas: 8))
        world.settle(30)
        #expect(count(world, 1) == 8)
    }

    @Test func `more replicas go where the branch has fewest, counting those that are there`() {
        var world = World(nodes: 3)
        world.label(1, "zone", "a")
        world.create(spread(3, "node.labels.zone"))
        world.settle(30)
        // Two zones: the one of node 1, and that of nodes without the label.
        #expect(count(world, 1) == 1 || count(world, 1) == 2)
        world.label(2, "zone", "b")
        world.label(3, "zone", "b")
        world.update(spread(9, "node.labels.zone"))
        world.settle(60)
        #expect([4, 5].contains(count(world, 1)))
        #expect(abs(count(world, 2) - count(world, 3)) <= 1)
    }

    @Test func `a node that fails again and again is the last choice, also where tasks are spread`() {
        var world = World(nodes: 2)
        world.label(1, "zone", "a")
        world.label(2, "zone", "b")
        world.set(2, .pause)
        var spec = spread(1, "node.labels.zone")
        spec.task?.program?.command = [World.Behaviour.fails.rawValue]
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.delayMilliseconds = 100
        world.create(spec)
        #expect(failsOften(&world, on: 1))
        world.set(2, .active)
        #expect(world.settle(within: 600) { $0.store.allTasks.contains { $0.nodeID == World.node(2) } })
    }

    @Test func `a waiting task that is not wanted any more gets no node`() {
        var world = World(nodes: 1)
        world.create(World.spec(replicas: 1, constraints: ["node.labels.zone==a"]))
        world.settle(3)
        let waiting = world.store.allTasks.map(\.id)
        world.update(World.spec(replicas: 0, constraints: ["node.labels.zone==a"]))
        world.label(1, "zone", "a")
        world.settle(10)
        #expect(waiting.count == 1)
        #expect(waiting.allSatisfy { (world.store.task($0)?.nodeID ?? NodeID.none) == NodeID.none })
        #expect(!world.processes.values.contains { !$0.isEmpty })
    }

    @Test func `a task that ended takes no room`() {
        var world = World(nodes: 1)
        world.set(1, .ready, memory: 1 << 30)
        var spec = World.spec(.ends)
        spec.task?.reservations = Resources()
        spec.task?.reservations?.memoryBytes = 1 << 30
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.condition = .none
        world.create(spec)
        world.settle(30)
        #expect(world.store.allTasks.map(\.state) == [.complete])
        var other = World.spec()
        other.name = "other"
        other.task?.reservations = spec.task?.reservations
        world.create(other, id: ServiceID(high: 51, low: 1))
        world.settle(30)
        #expect(world.running.map(\.serviceName) == ["other"])
    }

    @Test func `what another spec did on a node says nothing of this one`() {
        var world = World(nodes: 2)
        world.set(2, .pause)
        var spec = World.spec(replicas: 1, .fails)
        spec.task?.restart = RestartPolicy()
        spec.task?.restart?.delayMilliseconds = 100
        world.create(spec)
        #expect(failsOften(&world, on: 1))
        // Among equals the first one.
        world.set(2, .active)
        world.update(World.spec(replicas: 1, force: 1))
        #expect(world.settle(within: 600) { $0.running.count == 1 })
        #expect(count(world, 1) == 1)
    }

    @Test func `more of another service's tasks on a node do not matter where this one has fewer`() {
        var world = World(nodes: 2)
        var other = World.spec(replicas: 6, constraints: ["node.id==\(World.node(1))"])
        other.name = "other"
        world.create(other, id: ServiceID(high: 51, low: 1))
        world.settle(30)
        world.create(World.spec(replicas: 4))
        world.settle(30)
        #expect(world.running.count { $0.serviceName == "web" && $0.nodeID == World.node(1) } == 2)
    }

    @Test func `tasks of a global service wait each for their own node`() {
        var world = World(nodes: 3)
        world.set(2, .ready, runners: [])
        world.set(3, .ready, memory: 1 << 20)
        var spec = World.global()
        spec.task?.reservations = Resources()
        world.create(spec)
        world.settle(30)
        #expect(world.running.map(\.nodeID).sorted() == [World.node(1), World.node(3)])
    }

    @Test func `the greatest number of replicas a node is that of all specs together that wait for it`() {
        var world = World(nodes: 1)
        world.set(1, .pause)
        var spec = World.spec(replicas: 1, update: World.config(order: .startFirst))
        spec.task?.placement?.maxReplicas = 1
        world.create(spec)
        world.settle(3)
        spec.task?.forceUpdate = 1
        world.update(spec)
        world.settle(3)
        #expect(world.store.allTasks.count == 2)
        world.set(1, .active)
        world.plan()
        #expect(world.store.allTasks.count { $0.nodeID != .none && !$0.hasEnded } == 1)
    }
}
