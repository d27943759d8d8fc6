import Model
import Testing

@testable import Planning
@testable import Store

@Suite struct ImageTests {
    private static let first = "sha256:" + String(repeating: "1", count: 64)
    private static let second = "sha256:" + String(repeating: "2", count: 64)

    /// Two nodes with an engine, and a service of two tasks that run.
    private func world() -> World {
        var world = World(nodes: 2)
        for node: UInt64 in [1, 2] { world.set(node, .ready, runners: ["container"]) }
        world.create(spec(replicas: 2))
        world.settle(20)
        #expect(world.running.count == 2)
        return world
    }

    private func spec(replicas: UInt64) -> ServiceSpec {
        var spec = World.spec(replicas: replicas)
        spec.task?.container = ContainerSpec()
        spec.task?.container?.image = "app:1"
        return spec
    }

    /// What a node says that a task's image is.
    private func tell(_ world: inout World, _ task: StoredTask, _ digest: String, isFetched: Bool = true) {
        world.observed[task.id]?.imageDigest = "docker.io/library/app@\(digest)"
        world.observed[task.id]?.imageFetched = isFetched
        world.news.insert(task.id)
        world.plan()
    }

    private func image(_ world: World) -> String? { world.store.service(World.service)?.image }

    @Test func `the first image that a node fetched is that of all later tasks`() {
        var world = world()
        tell(&world, world.running[0], Self.first)
        #expect(image(world) == "app:1@\(Self.first)")
        world.update(spec(replicas: 4))
        world.settle(20)
        #expect(world.running.count == 4)
        #expect(world.running.filter { $0.image == "app:1@\(Self.first)" }.count == 2)
    }

    @Test func `an image that was on the node already says nothing about the tag`() {
        var world = world()
        tell(&world, world.running[0], Self.first, isFetched: false)
        #expect(image(world) == "app:1")
        tell(&world, world.running[1], Self.second)
        #expect(image(world) == "app:1@\(Self.second)")
        world.settle(20)
        #expect(world.store.allTasks.count == 2)
    }

    @Test func `a task that fetched another image meanwhile is replaced by one of the first`() {
        var world = world()
        let (kept, other) = (world.running[0], world.running[1])
        tell(&world, kept, Self.first)
        tell(&world, other, Self.second)
        world.settle(30)
        #expect(world.running.contains { $0.id == kept.id } && !world.running.contains { $0.id == other.id })
        #expect(world.running.count == 2)
        #expect(world.running.first { $0.id != kept.id }?.image == "app:1@\(Self.first)")
    }

    @Test func `tasks of another image are replaced as an update replaces, not all at once`() {
        var world = World(nodes: 2)
        for node: UInt64 in [1, 2] { world.set(node, .ready, runners: ["container"]) }
        world.create(spec(replicas: 6))
        world.settle(20)
        let tasks = world.running
        #expect(tasks.count == 6)
        tell(&world, tasks[0], Self.first)
        for task in tasks.dropFirst() { tell(&world, task, Self.second) }
        var fewest = 6
        for _ in 0..<400 {
            world.settle(1)
            fewest = min(fewest, world.running.count)
        }
        #expect(fewest == 5)
        #expect(world.running.count == 6)
        #expect(world.running.allSatisfy { $0.id == tasks[0].id || $0.image == "app:1@\(Self.first)" })
    }

    @Test func `a tag that is looked up again and has not moved costs one batch of tasks, one that has moved all`() {
        for digest in [Self.first, Self.second] {
            var world = World(nodes: 2)
            for node: UInt64 in [1, 2] { world.set(node, .ready, runners: ["container"]) }
            world.create(spec(replicas: 4))
            world.settle(20)
            tell(&world, world.running[0], Self.first)
            world.update(spec(replicas: 8))
            world.settle(20)
            let old = world.running
            #expect(old.count == 8)
            var again = spec(replicas: 8)
            again.task?.container?.lookup = 1
            world.update(again)
            #expect(image(world) == "app:1")
            func isNew(_ task: StoredTask) -> Bool { task.spec?.container?.lookup == 1 }
            #expect(world.settle(within: 100) { $0.running.contains(where: isNew) })
            tell(&world, world.running.first(where: isNew) ?? StoredTask(), digest)
            #expect(world.settle(within: 2000) { $0.states.last == .completed })
            #expect(image(world) == "app:1@\(digest)")
            #expect(world.running.count == 8)
            // Of those that were assigned before the digest was known only one could tell it.
            let kept = world.running.filter { !isNew($0) }.count
            #expect(digest == Self.first ? kept >= 4 : kept == 0)
        }
    }

    @Test func `what is no digest is not proposed`() {
        var world = world()
        for text in ["sha256:9", "", Self.first + String(repeating: "1", count: 256)] {
            tell(&world, world.running[0], text)
            #expect(image(world) == "app:1")
        }
    }

    @Test func `a task of an earlier spec says nothing about the tag`() {
        var world = world()
        world.update(spec(replicas: 1))
        world.settle(20)
        tell(&world, world.running[0], Self.first)
        #expect(image(world) == "app:1")
    }

    @Test func `also a task that has ended told what the tag is`() {
        var world = world()
        let task = world.running[0]
        var change = TaskChange()
        change.id = task.id
        change.status = world.observed[task.id]
        change.status?.state = .failed
        change.status?.imageDigest = "app@\(Self.first)"
        change.status?.imageFetched = true
        var command = ChangeTasks()
        command.changes = [change]
        world.run(.changeTasks(command))
        world.plan()
        #expect(image(world) == "app:1@\(Self.first)")
    }

    @Test(arguments: [UpdateOrder.stopFirst, .startFirst])
    func `tasks of another image are replaced as the service's update says, and that is no update`(order: UpdateOrder) {
        var world = World(nodes: 2)
        for node: UInt64 in [1, 2] { world.set(node, .ready, runners: ["container"]) }
        var spec = spec(replicas: 4)
        spec.update = World.config(delay: 2000, order: order)
        world.create(spec)
        world.settle(20)
        for (place, task) in world.running.enumerated() {
            tell(&world, task, place == 0 ? Self.first : Self.second)
        }
        for _ in 0..<150 {
            world.step()
            #expect(world.running.count >= (order == .startFirst ? 4 : 3))
        }
        let starts = world.running.compactMap { world.observed[$0.id]?.since }.sorted().dropFirst()
        for (first, second) in zip(starts, starts.dropFirst()) { #expect(first.adding(milliseconds: 2000) <= second) }
        #expect(world.running.count { $0.image == "app:1@\(Self.first)" } == 3)
        #expect(world.running.count == 4)
        #expect(world.status == nil)
    }

    @Test func `an engine that has another name for the image that it was told is believed`() {
        var world = world()
        tell(&world, world.running[0], Self.first)
        world.update(spec(replicas: 3))
        world.settle(20)
        let told = world.running.filter { !$0.imageDigest.isEmpty }
        #expect(told.count == 1)
        tell(&world, told[0], Self.second)
        world.settle(20)
        #expect(world.running.contains { $0.id == told[0].id })
    }
}
