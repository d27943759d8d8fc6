import Bytes
import Model
import Store
import Testing

@testable import Planning

/// A service under everything that happens to one, from a seed: nodes that come and go, drains, updates good and bad,
/// scaling, rollbacks, new leaders, partitions in which programs go on.
private struct Storm {
    var world: World
    let order: UpdateOrder
    let isGlobal: Bool
    private var force: UInt64 = 0

    init(seed: UInt64) {
        world = World(seed: seed, nodes: 5)
        order = seed % 2 == 0 ? .startFirst : .stopFirst
        isGlobal = seed % 3 == 0
        world.create(spec(.runs))
    }

    private mutating func pick(_ count: UInt64) -> UInt64 { world.generator.next() % count }

    private func spec(_ behaviour: World.Behaviour, replicas: UInt64 = 4) -> ServiceSpec {
        var spec =
            isGlobal ? World.global(behaviour, force: force) : World.spec(replicas: replicas, behaviour, force: force)
        let action = [FailureAction.pause, .continue, .rollback][Int(force % 3)]
        spec.update = World.config(parallelism: force % 3, delay: force % 2 * 1000, action: action, order: order)
        spec.rollback = World.config(parallelism: 2, order: order)
        return spec
    }

    mutating func act() {
        let node = pick(4) + 2
        switch pick(60) {
        case 0: world.set(node, .down)
        case 1, 2: world.set(node, .ready)
        case 3: world.set(node, .drain)
        case 4: world.set(node, .pause)
        case 5, 6: world.set(node, .active)
        case 7: update(.runs)
        case 8: update(.fails)
        case 9: world.planner = Planner(generator: SplitMix(seed: world.generator.next()))
        case 10 where world.store.service(World.service)?.canRollBack == true: world.rollBack()
        default: break
        }
        world.step()
    }

    private mutating func update(_ behaviour: World.Behaviour) {
        force += 1
        world.update(spec(behaviour, replicas: 1 + pick(8)))
    }

    /// All is well again, and a last spec that works.
    mutating func calm() {
        for node in 1...5 as ClosedRange<UInt64> {
            world.set(node, .ready)
            world.set(node, .active)
        }
        force += 1
        world.update(spec(.runs))
        _ = world.settle(within: 3000) { [isGlobal] world in
            world.running.count == (isGlobal ? 5 : 4) && world.running.allSatisfy { $0.spec == world.spec.task }
                && world.status?.state ?? .completed == .completed
        }
        world.settle(10)
    }
}

@Suite struct PlanningSimulationTests {
    @Test(arguments: 1...16 as ClosedRange<UInt64>)
    func `replicas converge, and a position never has more tasks than its order allows`(seed: UInt64) {
        var storm = Storm(seed: seed)
        for _ in 0..<1500 { storm.act() }
        storm.calm()
        let world = storm.world
        #expect(world.mostInOnePosition <= (storm.order == .startFirst ? 2 : 1), "seed \(seed)")
        #expect(world.running.count == (storm.isGlobal ? 5 : 4), "seed \(seed)")
        #expect(world.running.allSatisfy { $0.spec == world.spec.task }, "seed \(seed)")
        // Without one when all tasks had to be made anew anyway.
        #expect(
            world.status.map { $0.state == .completed } ?? true, "seed \(seed): \(String(describing: world.status))")
        // A program for each task and none beside: nothing runs twice once all nodes are back.
        #expect(
            Set(world.processes.values.joined()) == Set(world.running.map(\.id)), "seed \(seed)")
        #expect(world.isComplete, "seed \(seed)")
    }
}
