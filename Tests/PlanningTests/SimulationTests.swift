import Bytes
import Foundation
import Model
import Store
import Testing

@testable import Planning

/// A service under everything that happens to one, from a seed: nodes that come and go, drains, labels, updates good
/// and bad, scaling, rollbacks, removal, new leaders, clocks that are set, partitions in which programs go on.
private struct Storm {
    var world: World
    let order: UpdateOrder
    let isGlobal: Bool
    /// Tasks reserve memory, of which there is little, and a node may have only so many.
    let isTight: Bool
    private var force: UInt64 = 0
    private var behaviour = World.Behaviour.runs

    private static let unit: UInt64 = 64 << 20

    init(seed: UInt64) {
        world = World(seed: seed, nodes: 5)
        order = seed % 2 == 0 ? .startFirst : .stopFirst
        isGlobal = seed % 3 == 0
        isTight = seed % 5 < 2
        for node in 1...5 as ClosedRange<UInt64> { ready(node, units: 3) }
        world.create(spec(replicas: 4))
    }

    private mutating func pick(_ count: UInt64) -> UInt64 { world.generator.next() % count }

    private mutating func ready(_ node: UInt64, units: UInt64) {
        world.set(node, .ready, memory: units * Self.unit)
    }

    private func spec(replicas: UInt64, constraints: [String] = []) -> ServiceSpec {
        var spec =
            isGlobal
            ? World.global(behaviour, force: force, constraints: constraints)
            : World.spec(replicas: replicas, behaviour, force: force, constraints: constraints)
        let action = [FailureAction.pause, .continue, .rollback][Int(force % 3)]
        spec.update = World.config(
            parallelism: force % 3, delay: force % 2 * 1000, action: action, ratio: force % 5 == 0 ? 0.5 : 0,
            order: order)
        spec.rollback = World.config(parallelism: 2, order: order)
        guard isTight else { return spec }
        spec.task?.reservations = Resources()
        spec.task?.reservations?.memoryBytes = Self.unit
        if !isGlobal { spec.task?.placement?.maxReplicas = 3 }
        return spec
    }

    mutating func act() {
        let node = pick(4) + 2
        switch pick(80) {
        case 0: world.set(node, .down)
        case 1, 2: ready(node, units: 2 + pick(3))
        case 3: world.set(node, .drain)
        case 4: world.set(node, .pause)
        case 5, 6: world.set(node, .active)
        case 7: update(.runs)
        case 8: update(.fails)
        case 9: world.elect(world.generator.next())
        case 10 where world.store.service(World.service)?.canRollBack == true: world.rollBack()
        case 11, 12: world.label(node, "zone", pick(2) == 0 ? "a" : nil)
        case 13: scale()
        case 14 where pick(4) == 0: remove()
        case 15 where pick(4) == 0: setClock()
        default: break
        }
        if world.store.service(World.service) == nil, world.store.tasks(of: World.service).isEmpty {
            world.create(spec(replicas: 4))
        }
        world.step()
    }

    private var exists: Bool { world.store.service(World.service) != nil }

    private mutating func update(_ behaviour: World.Behaviour) {
        guard exists else { return }
        force += 1
        self.behaviour = behaviour
        world.update(spec(replicas: pick(9), constraints: pick(4) == 0 ? ["node.labels.zone==a"] : []))
    }

    /// Nothing but the number of replicas changes, also in the middle of an update.
    private mutating func scale() {
        guard exists, !isGlobal else { return }
        var spec = world.spec
        spec.replicated?.replicas = pick(9)
        world.update(spec)
    }

    private mutating func remove() {
        guard exists else { return }
        var remove = RemoveService()
        remove.id = World.service
        world.run(.removeService(remove))
    }

    /// A minute and a half on or back.
    private mutating func setClock() {
        let (now, jump) = (world.now.rawValue, 90_000_000_000 as UInt64)
        world.setClock(Timestamp(rawValue: pick(2) == 0 ? now + jump : max(now, jump) - jump))
    }

    /// All is well again, and a last spec that works.
    mutating func calm() {
        for node in 1...5 as ClosedRange<UInt64> {
            ready(node, units: 8)
            world.set(node, .active)
        }
        _ = world.settle(within: 300) { $0.store.service(World.service) != nil || $0.store.allTasks.isEmpty }
        behaviour = .runs
        force += 1
        if exists { world.update(spec(replicas: 4)) } else { world.create(spec(replicas: 4)) }
        _ = world.settle(within: 3000) { [isGlobal] world in
            world.running.count == (isGlobal ? 5 : 4) && world.running.allSatisfy { $0.spec == world.spec.task }
                && world.status?.state ?? .completed == .completed
        }
        world.settle(10)
    }
}

@Suite struct PlanningSimulationTests {
    @Test(arguments: seeds)
    func `replicas converge, a position never has more tasks than its order allows, and no plan breaks a rule`(
        seed: UInt64
    ) {
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

    /// More of them by `CONCLAVE_SEEDS=FIRST-LAST`.
    private static var seeds: ClosedRange<UInt64> {
        let told = (ProcessInfo.processInfo.environment["CONCLAVE_SEEDS"] ?? "").split(separator: "-").compactMap {
            UInt64($0)
        }
        return told.count == 2 && told[0] <= told[1] ? told[0]...told[1] : 1...24
    }
}
