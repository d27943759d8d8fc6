import Bytes
import Model
import Store
import Testing
import Wire

@testable import Planning

@Suite struct UpdateTests {
    /// How a node's tasks are taken away.
    enum Loss { case node, drain }

    /// A service that has run for a while.
    private func settled(
        _ spec: ServiceSpec, seed: UInt64 = 1, nodes: UInt64 = 3
    ) -> World {
        var world = World(seed: seed, nodes: nodes)
        world.create(spec)
        world.settle(100)
        return world
    }

    private func changed(_ spec: ServiceSpec, _ edit: (inout ServiceSpec) -> Void) -> ServiceSpec {
        var spec = spec
        edit(&spec)
        return spec
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `an update goes from none over updating to completed, with Swarm's messages`(seed: UInt64) {
        var world = settled(World.spec(replicas: 4), seed: seed)
        #expect(world.status == nil)
        let before = world.now
        world.update(World.spec(replicas: 4, force: 1))
        world.plan()
        #expect(world.status?.state == .updating)
        #expect(world.status?.message == "update in progress")
        #expect(world.status?.started == before)
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        #expect(world.status?.message == "update completed")
        #expect(world.status?.started == before)
        #expect((world.status?.completed ?? .zero) > before)
        #expect(world.running.count == 4)
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 1 })
        #expect(world.mostInOnePosition == 1)
        #expect(world.states == [.updating, .completed])
        #expect(world.isComplete)
    }

    @Test func `an update is not over before its last task was watched`() {
        let spec = World.spec(replicas: 1, update: World.config(monitor: 20_000))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 100) { $0.running.contains { $0.spec?.forceUpdate == 1 } })
        world.settle(190)
        #expect(world.status?.state == .updating)
        world.settle(20)
        #expect(world.status?.state == .completed)
    }

    @Test(arguments: [(1, 5), (2, 4), (0, 0)] as [(UInt64, Int)])
    func `so many tasks are replaced at a time as the parallelism says`(parallelism: UInt64, least: Int) {
        let spec = World.spec(replicas: 6, update: World.config(parallelism: parallelism, monitor: 0))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        var fewest = 6
        for _ in 0..<300 {
            world.step()
            fewest = min(fewest, world.running.count)
        }
        #expect(fewest >= least)
        #expect(fewest <= least + 1)
        #expect(world.status?.state == .completed)
    }

    @Test func `the delay lies between a task that runs and the next one`() {
        let spec = World.spec(replicas: 3, update: World.config(delay: 10_000, monitor: 0))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        let starts = world.running.compactMap { world.observed[$0.id]?.since }.sorted()
        #expect(starts.count == 3)
        for (first, second) in zip(starts, starts.dropFirst()) {
            #expect(first.adding(milliseconds: 10_000) <= second)
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `start first: the new task runs before the old one is stopped`(seed: UInt64) {
        let spec = World.spec(replicas: 3, update: World.config(order: .startFirst))
        var world = settled(spec, seed: seed)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        for _ in 0..<400 {
            world.step()
            #expect(world.running.count >= 3)
        }
        #expect(world.status?.state == .completed)
        #expect(world.mostInOnePosition == 2)
        #expect(world.running.count == 3)
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 1 })
    }

    @Test(arguments: [World.Behaviour.fails, .rejected, .ends])
    func `an update whose task fails is paused, and nothing more is replaced`(behaviour: World.Behaviour) throws {
        let spec = World.spec(replicas: 4)
        var world = settled(spec)
        world.update(World.spec(replicas: 4, behaviour))
        #expect(world.settle(within: 300) { $0.status?.state == .paused })
        let message = try #require(world.status?.message)
        #expect(message.hasPrefix("update paused due to failure or early termination of task "))
        let failed = try #require(TaskID(String(message.suffix(25))))
        #expect(world.store.task(failed)?.hasEnded == true)
        world.settle(600)
        #expect(world.status?.state == .paused)
        // One that ran for a moment made room for the next.
        #expect(world.running.filter { $0.spec == spec.task }.count >= 2)
    }

    @Test func `a paused update goes on with another spec, and with the same one again`() {
        var world = settled(World.spec(replicas: 4))
        world.update(World.spec(replicas: 4, .rejected))
        #expect(world.settle(within: 300) { $0.status?.state == .paused })
        world.update(World.spec(replicas: 4, .rejected))
        #expect(world.status == nil)
        #expect(world.settle(within: 300) { $0.status?.state == .paused })
        world.update(World.spec(replicas: 4, force: 1))
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        #expect(world.running.count == 4)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `an update that fails is rolled back when it says so`(seed: UInt64) {
        let spec = World.spec(replicas: 4, update: World.config(action: .rollback))
        var world = settled(spec, seed: seed)
        let before = Set(world.running.map(\.id))
        world.update(changed(spec) { $0.task?.program?.command = ["fails"] })
        #expect(world.settle(within: 300) { $0.status?.state == .rollbackStarted })
        #expect(
            world.status?.message.hasPrefix("update rolled back due to failure or early termination of task ") == true)
        #expect(world.spec == spec)
        #expect(world.settle(within: 300) { $0.status?.state == .rollbackCompleted })
        #expect(world.status?.message == "rollback completed")
        #expect(world.states == [.updating, .rollbackStarted, .rollbackCompleted])
        #expect(world.running.count == 4)
        // What was not yet replaced was never touched.
        #expect(!before.isDisjoint(with: world.running.map(\.id)))
        #expect(world.mostInOnePosition == 1)
        #expect(world.isComplete)
    }

    @Test func `a rollback that fails is paused, never rolled back`() {
        var spec = World.spec(replicas: 2, update: World.config(action: .rollback))
        spec.rollback = World.config(monitor: 60_000)
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.program?.command = ["fails"] })
        #expect(world.settle(within: 300) { $0.status?.state == .rollbackStarted })
        world.fails = true
        #expect(world.settle(within: 300) { $0.status?.state == .rollbackPaused })
        #expect(
            world.status?.message.hasPrefix("rollback paused due to failure or early termination of task ") == true)
    }

    @Test func `a rollback by hand swaps the specs, so that the same again undoes it`() {
        let first = World.spec(replicas: 2)
        let second = World.spec(replicas: 2, force: 7)
        var world = settled(first)
        world.update(second)
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        world.rollBack()
        #expect(world.status?.state == .rollbackStarted)
        #expect(world.status?.message == "manually requested rollback")
        #expect(world.spec == first)
        #expect(world.settle(within: 600) { $0.status?.state == .rollbackCompleted })
        #expect(world.running.allSatisfy { $0.spec == first.task })
        world.rollBack()
        #expect(world.spec == second)
        #expect(world.settle(within: 600) { $0.status?.state == .rollbackCompleted })
        #expect(world.running.allSatisfy { $0.spec == second.task })
    }

    @Test func `failures within the ratio do not stop an update`() {
        let spec = World.spec(replicas: 4, update: World.config(monitor: 1000, ratio: 0.5))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 100) { $0.running.contains { $0.spec?.forceUpdate == 1 } })
        world.fails = true
        #expect(world.settle(within: 10) { world in world.store.allTasks.contains { $0.state == .failed } })
        world.fails = false
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        #expect(world.settle(within: 600) { $0.running.count == 4 })
    }

    @Test func `with the action continue an update ends though its tasks fail, and they are tried again`() {
        let spec = World.spec(replicas: 3, update: World.config(action: .continue))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.program?.command = ["fails"] })
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        world.settle(300)
        #expect(world.store.allTasks.contains { $0.failures > 1 })
    }

    @Test func `a task that fails after it was watched is no failure of the update`() {
        let spec = World.spec(replicas: 2, update: World.config(delay: 60_000, monitor: 2000))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 100) { $0.running.contains { $0.spec?.forceUpdate == 1 } })
        world.settle(30)
        world.fails = true
        #expect(
            world.settle(within: 2) { world in
                world.store.allTasks.contains { $0.state == .failed && $0.spec?.forceUpdate == 1 }
            })
        world.fails = false
        world.settle(100)
        #expect(world.status?.state == .updating)
    }

    @Test func `a start first update that fails leaves the old tasks alone`() {
        let spec = World.spec(replicas: 2, update: World.config(action: .rollback, order: .startFirst))
        var world = settled(spec)
        let before = Set(world.running.map(\.id))
        world.update(changed(spec) { $0.task?.program?.command = ["rejected"] })
        #expect(world.settle(within: 300) { $0.status?.state == .rollbackCompleted })
        #expect(Set(world.running.map(\.id)) == before)
    }

    @Test func `only what changes tasks restarts them`() {
        let spec = World.spec(replicas: 2)
        var world = settled(spec)
        let before = world.running.map(\.id)
        for edit: (inout ServiceSpec) -> Void in [
            { $0.labels["a"] = "b" }, { $0.update = World.config(parallelism: 3) },
            { $0.task?.placement?.constraints = ["node.role!=alien"] }, { $0.task?.placement?.maxReplicas = 2 },
        ] {
            world.update(changed(spec, edit))
            world.settle(60)
            #expect(world.running.map(\.id) == before)
            #expect(world.status?.state ?? .unspecified == .unspecified)
        }
    }

    @Test func `new constraints move only the tasks whose node no longer suits, one by one`() {
        var world = settled(World.spec(replicas: 4), nodes: 2)
        world.label(2, "zone", "b")
        let kept = Set(world.running.filter { $0.nodeID == World.node(2) }.map(\.id))
        #expect(kept.count == 2)
        world.update(World.spec(replicas: 4, constraints: ["node.labels.zone==b"]))
        for _ in 0..<400 {
            world.step()
            #expect(world.running.count >= 3)
        }
        #expect(world.running.allSatisfy { $0.nodeID == World.node(2) })
        #expect(kept.isSubset(of: world.running.map(\.id)))
    }

    @Test func `an update of a service that waits for a node takes its new constraints at once`() {
        var world = World(nodes: 2)
        world.create(World.spec(replicas: 2, constraints: ["node.labels.none==1"]))
        world.settle(20)
        #expect(world.running.isEmpty)
        world.update(World.spec(replicas: 2))
        world.settle(100)
        #expect(world.running.count == 2)
    }

    @Test func `an update whose task finds no node does not wait for ever`() {
        var world = settled(World.spec(replicas: 2))
        world.update(World.spec(replicas: 2, force: 1, constraints: ["node.labels.none==1"]))
        world.settle(590)
        #expect(world.status?.state == .updating)
        world.settle(60)
        #expect(world.status?.state == .paused)
        #expect(world.status?.message.contains("waits for a node: no suitable node") == true)
    }

    @Test func `an update whose old task does not stop ends with the reason, and starts no second one`() {
        var world = settled(World.spec(replicas: 2, .stubborn))
        world.update(World.spec(replicas: 2, force: 1))
        #expect(world.settle(within: 800) { $0.status?.state == .paused })
        #expect(world.status?.message.hasSuffix("which does not stop") == true)
        #expect(world.mostInOnePosition == 1)
    }

    @Test func `a newer update takes over from one that runs`() {
        var world = settled(World.spec(replicas: 4))
        world.update(World.spec(replicas: 4, force: 1))
        #expect(world.settle(within: 100) { $0.running.contains { $0.spec?.forceUpdate == 1 } })
        world.update(World.spec(replicas: 4, force: 2))
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 2 })
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `a new leader carries on with an update and its failures`(seed: UInt64) {
        let spec = World.spec(replicas: 4, update: World.config(action: .rollback))
        var world = settled(spec, seed: seed)
        world.update(changed(spec) { $0.task?.program?.command = ["fails"] })
        for step in 0..<600 as Range<UInt64> {
            world.elect(1000 + step)
            world.step()
        }
        #expect(world.states == [.updating, .rollbackStarted, .rollbackCompleted])
        #expect(world.running.count == 4)
    }

    @Test func `an update without a previous spec to go back to is paused`() {
        let spec = World.spec(replicas: 1, .fails, update: World.config(action: .rollback))
        var world = World(nodes: 1)
        world.create(spec)
        world.settle(5)
        #expect(world.status == nil)
        // A service that fails from the start has no update.
        world.settle(100)
        #expect(world.status == nil)
    }

    // MARK: - What counts as a failure

    /// Four tasks on as many nodes, on one of which every program fails from now on, and an update of them.
    private func failing(on node: UInt64, _ config: UpdateConfig) -> World {
        let spec = World.spec(replicas: 4, update: config)
        var world = settled(spec, nodes: 4)
        world.failing = [World.node(node)]
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        return world
    }

    @Test func `a position that fails again and again has failed once`() {
        var world = failing(on: 4, World.config(monitor: 30_000, ratio: 0.25))
        #expect(world.settle(within: 300) { $0.store.allTasks.contains { $0.failures == 3 } })
        #expect(world.settle(within: 900) { $0.status?.state == .completed })
    }

    @Test func `the ratio is that of all positions that the update concerns, however far they are`() {
        var world = failing(on: 1, World.config(parallelism: 2, ratio: 0.25))
        // Of the two that are replaced first, the other one's old task does not stop.
        world.silent = [World.node(2)]
        #expect(world.settle(within: 100) { $0.store.allTasks.contains { $0.state == .failed } })
        world.settle(2)
        #expect(world.status?.state == .updating)
    }

    @Test func `a ratio of one lets every task fail`() {
        let spec = World.spec(replicas: 2, update: World.config(ratio: 1))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.program?.command = ["fails"] })
        #expect(world.settle(within: 1200) { $0.status?.state == .completed })
    }

    @Test(arguments: [(.continue, 0), (.pause, 1)] as [(FailureAction, Double)])
    func `a position that can't go on holds up no other when that is no reason to end the update`(
        action: FailureAction, ratio: Double
    ) {
        let spec = World.spec(replicas: 2, update: World.config(action: action, ratio: ratio))
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.placement?.constraints = ["node.labels.none==1"] })
        #expect(world.settle(within: 1400) { $0.status?.state == .completed })
        #expect(world.running.isEmpty)
    }

    // MARK: - Nodes in the middle of an update

    @Test(arguments: [Loss.node, .drain])
    func `a new task that is taken away is watched again where it comes to run`(loss: Loss) {
        let spec = World.spec(replicas: 1, update: World.config(monitor: 20_000))
        var world = settled(spec, nodes: 2)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 100) { $0.running.contains { $0.spec?.forceUpdate == 1 } })
        world.settle(150)
        let node = world.running[0].nodeID
        if loss == .node { world.set(node.high, .down) } else { world.set(node.high, .drain) }
        #expect(world.settle(within: 60) { $0.running.contains { $0.nodeID != node } })
        world.settle(150)
        #expect(world.status?.state == .updating)
        world.fails = true
        #expect(world.settle(within: 20) { $0.status?.state == .paused })
    }

    @Test func `start first: a new task for which there is no room beside the old one waits, and then says so`() {
        var spec = World.spec(replicas: 1, update: World.config(order: .startFirst))
        spec.task?.reservations = Resources()
        spec.task?.reservations?.memoryBytes = 600 << 20
        var world = World(nodes: 1)
        world.set(1, .ready, memory: 1 << 30)
        world.create(spec)
        world.settle(30)
        let before = world.running.map(\.id)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 700) { $0.status?.state == .paused })
        #expect(world.status?.message.contains("insufficient resources on 1 node") == true)
        #expect(world.running.map(\.id) == before)
    }

    @Test func `a scaling in the middle of an update does not end it`() {
        let spec = World.spec(replicas: 4)
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 100) { $0.running.contains { $0.spec?.forceUpdate == 1 } })
        world.update(
            changed(spec) {
                $0.task?.forceUpdate = 1
                $0.replicated?.replicas = 6
            })
        #expect(world.settle(within: 900) { $0.status?.state == .completed })
        #expect(world.running.count == 6)
        #expect(world.running.allSatisfy { $0.spec?.forceUpdate == 1 })
    }

    @Test func `a service that is removed in the middle of an update leaves nothing`() {
        var world = settled(World.spec(replicas: 4, update: World.config(order: .startFirst)))
        world.update(World.spec(replicas: 4, force: 1, update: World.config(order: .startFirst)))
        #expect(world.settle(within: 100) { $0.store.allTasks.count > 4 })
        var remove = RemoveService()
        remove.id = World.service
        world.run(.removeService(remove))
        world.settle(30)
        #expect(world.store.allTasks.isEmpty)
    }

    @Test func `a rollback goes by its own config`() {
        var spec = World.spec(replicas: 3, update: World.config(order: .stopFirst))
        spec.rollback = World.config(parallelism: 0, order: .startFirst)
        var world = settled(spec)
        world.update(changed(spec) { $0.task?.forceUpdate = 1 })
        #expect(world.settle(within: 600) { $0.status?.state == .completed })
        world.rollBack()
        world.plan()
        #expect(world.store.allTasks.count { !$0.hasEnded } == 6)
        for _ in 0..<100 {
            world.step()
            #expect(world.running.count >= 3)
        }
        #expect(world.status?.state == .rollbackCompleted)
    }
}
