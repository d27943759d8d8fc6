import Bytes
import Model
import Store
import Testing
import Wire

@testable import ClientAPI

extension Desk {
    /// Three ready nodes, of which the third is drained; `web` with four replicas, `every` on all nodes.
    fileprivate static func withServices() throws(Failure) -> Desk {
        var desk = Desk()
        var observe = ObserveNodes()
        observe.nodes = (1...3 as ClosedRange<UInt64>).map { number in
            var observation = NodeObservation()
            observation.id = NodeID(high: number, low: 0)
            observation.status = NodeStatus()
            observation.status?.state = .ready
            observation.description = NodeDescription()
            observation.description?.runners = ["process"]
            return observation
        }
        desk.apply(.observeNodes(observe))
        var drain = UpdateNode()
        drain.id = NodeID(high: 3, low: 0)
        drain.spec = NodeSpec()
        drain.spec?.availability = .drain
        desk.apply(.updateNode(drain))
        var put = PutService()
        put.spec = ServiceSpec.running("web")
        put.spec?.replicated?.replicas = 4
        try desk.run(.putService(put))
        put.spec = ServiceSpec.running("every")
        put.spec?.replicated = nil
        put.spec?.global = GlobalMode()
        try desk.run(.putService(put))
        return desk
    }

    /// A task of a service on a node; it runs, as the observations say that come back.
    fileprivate mutating func task(of name: String, slot: UInt64 = 0, on node: UInt64) throws(Failure) -> TaskID {
        let service = try store.findService(name)
        var change = TaskChange()
        change.id = TaskID(high: 4, low: UInt64(store.allTasks.count + 1))
        change.create = StoredTask()
        change.create?.serviceID = service.id
        change.create?.serviceRevision = service.meta?.specRevision ?? .zero
        change.create?.slot = slot
        change.create?.boundNode = slot == 0 ? NodeID(high: node, low: 0) : .none
        change.nodeID = NodeID(high: node, low: 0)
        var command = ChangeTasks()
        command.changes = [change]
        apply(.changeTasks(command))
        return change.id
    }

    fileprivate func services(
        _ observed: Observations, _ filters: [(String, String)] = []
    ) throws(Failure) -> [ShownService] {
        var list = ListObjects()
        list.filters = filters.map { key, value in
            var filter = Filter()
            filter.key = key
            filter.values = [value]
            return filter
        }
        guard case .services(let answer) = try read(.listServices(list), observed) else { return [] }
        return answer.services
    }
}

@Test func `a service is listed with what runs and what should: replicas, or nodes that take its tasks`() throws {
    var desk = try Desk.withServices()
    var observed = Observations()
    for task in [try desk.task(of: "web", slot: 1, on: 1), try desk.task(of: "every", on: 2)] {
        observed.tasks[task] = TaskStatus()
        observed.tasks[task]?.state = .running
    }
    let all = try desk.services(observed)
    #expect(all.map { $0.service?.spec?.name } == ["every", "web"])
    #expect(all.map(\.running) == [1, 1])
    #expect(all.map(\.desired) == [2, 4])
    #expect(try desk.services(observed, [("mode", "global")]).map { $0.service?.spec?.name } == ["every"])
    #expect(try desk.services(observed, [("mode", "replicated")]).map { $0.service?.spec?.name } == ["web"])
    #expect(throws: Failure.self) { try desk.services(observed, [("foo", "x")]) }
}

@Test func `only a replicated service is scaled, and a rollback is one command`() throws {
    var desk = try Desk.withServices()
    var replace = ReplaceService()
    replace.reference = "every"
    replace.replicas = 3
    #expect(desk.refusal(.replaceService(replace))?.message == "scale can only be used with replicated mode")
    replace.reference = "web"
    guard case .updateService(let scaled) = try desk.plan(.replaceService(replace)).command else {
        Issue.record("no update")
        return
    }
    #expect(scaled.spec?.replicated?.replicas == 3 && !scaled.rollback)
    replace = ReplaceService()
    replace.reference = "web"
    replace.rollback = true
    guard case .updateService(let back) = try desk.plan(.replaceService(replace)).command else {
        Issue.record("no update")
        return
    }
    #expect(back.rollback && back.spec == nil)
}

@Test func `a global task is found by its name`() throws {
    var desk = try Desk.withServices()
    let task = try desk.task(of: "every", on: 2)
    let name = "every.\(NodeID(high: 2, low: 0))"
    #expect(desk.store.task(task)?.name == name)
    #expect(try desk.store.findTask(name).id == task)
    #expect(throws: Failure.self) { try desk.store.findTask("every.1") }
}
