import Model
import Testing

@testable import Store

@Suite struct ImagePinTests {
    private static let first = "sha256:" + String(repeating: "1", count: 64)
    private static let second = "sha256:" + String(repeating: "2", count: 64)

    private func spec(_ hand: Hand, _ image: String, lookup: UInt64 = 0, force: UInt64 = 0, replicas: UInt64 = 1)
        -> ServiceSpec
    {
        var spec = hand.spec("web", replicas: replicas)
        spec.task?.container = ContainerSpec()
        spec.task?.container?.image = image
        spec.task?.container?.lookup = lookup
        spec.task?.forceUpdate = force
        return spec
    }

    private func make(_ image: String) -> Hand {
        var hand = Hand()
        let outcome = hand.service(spec(hand, image))
        #expect(outcome.failure == nil)
        return hand
    }

    private func pin(_ hand: inout Hand, _ digest: String, revision: Index? = nil) throws -> Service {
        let service = try hand.store.findService("web")
        var pin = ImagePin()
        pin.serviceID = service.id
        pin.specRevision = revision ?? service.meta?.specRevision ?? .zero
        pin.digest = digest
        var command = ChangeTasks()
        command.pins = [pin]
        hand.run(.changeTasks(command))
        return try hand.store.findService("web")
    }

    @Test func `the first digest holds, and is no new spec`() throws {
        var hand = make("app:1")
        let before = try hand.store.findService("web")
        #expect(before.image == "app:1")
        let pinned = try pin(&hand, Self.first)
        #expect(pinned.image == "app:1@\(Self.first)")
        #expect(pinned.meta?.specRevision == before.meta?.specRevision)
        #expect(pinned.spec == before.spec)
        #expect(try pin(&hand, Self.second).imageDigest == Self.first)
    }

    @Test func `a digest is left out that is of an older spec, or none, or of no use`() throws {
        var hand = make("app:1")
        let old = try hand.store.findService("web").meta?.specRevision
        _ = hand.update("web", spec(hand, "app:2"))
        #expect(try pin(&hand, Self.first, revision: old).imageDigest.isEmpty)
        for text in ["", "sha256:", "app@\(Self.first)", Self.first + String(repeating: "1", count: 256)] {
            #expect(try pin(&hand, text).imageDigest.isEmpty)
        }
        #expect(try pin(&hand, Self.first).imageDigest == Self.first)
        var other = make("app:1@\(Self.second)")
        let named = try pin(&other, Self.first)
        #expect(named.imageDigest.isEmpty)
        #expect(named.image == "app:1@\(Self.second)")
    }

    @Test func `a scale and a restart keep the digest; another image and a lookup find it anew`() throws {
        var hand = make("app:1")
        _ = try pin(&hand, Self.first)
        _ = hand.update("web", spec(hand, "app:1", replicas: 3))
        #expect(try hand.store.findService("web").imageDigest == Self.first)
        _ = hand.update("web", spec(hand, "app:1", force: 1, replicas: 3))
        #expect(try hand.store.findService("web").imageDigest == Self.first)
        _ = hand.update("web", spec(hand, "app:1", lookup: 1, force: 1, replicas: 3))
        #expect(try hand.store.findService("web").imageDigest.isEmpty)
        _ = try pin(&hand, Self.second)
        _ = hand.update("web", spec(hand, "app:2", force: 1, replicas: 3))
        #expect(try hand.store.findService("web").imageDigest.isEmpty)
    }

    @Test func `a rollback leads to what ran before, wherever the tag has gone`() throws {
        var hand = make("app:1")
        _ = try pin(&hand, Self.first)
        _ = hand.update("web", spec(hand, "app:1", lookup: 1))
        _ = try pin(&hand, Self.second)
        #expect(hand.rollBack("web").failure == nil)
        #expect(try hand.store.findService("web").image == "app:1@\(Self.first)")
        #expect(hand.rollBack("web").failure == nil)
        #expect(try hand.store.findService("web").image == "app:1@\(Self.second)")
        // The same when an update that fails is rolled back.
        _ = hand.update("web", spec(hand, "app:2"))
        try hand.progress("web", .updating)
        try hand.progress("web", .rollbackStarted, rollback: true)
        #expect(try hand.store.findService("web").image == "app:1@\(Self.second)")
    }

    @Test func `a task is assigned with the digest, and keeps it`() throws {
        var hand = make("app:1")
        _ = try pin(&hand, Self.first)
        let task = try hand.task(of: "web")
        #expect(hand.store.task(task)?.image == "app:1@\(Self.first)")
        _ = hand.update("web", spec(hand, "app:2"))
        #expect(hand.store.task(task)?.image == "app:1@\(Self.first)")
    }

    @Test func `a task of an earlier image is assigned by its own tag`() throws {
        var hand = make("app:1")
        let (id, service) = (TaskID(high: 3, low: 4), try hand.store.findService("web"))
        hand.change { change in
            change.id = id
            var task = StoredTask()
            task.serviceID = service.id
            task.slot = 1
            task.serviceRevision = service.meta?.specRevision ?? .zero
            change.create = task
        }
        _ = hand.update("web", spec(hand, "app:2"))
        _ = try pin(&hand, Self.second)
        hand.change { change in
            change.id = id
            change.nodeID = NodeID(high: 1, low: 0)
        }
        #expect(hand.store.task(id)?.nodeID == NodeID(high: 1, low: 0))
        #expect(hand.store.task(id)?.image == "app:1")
    }
}
