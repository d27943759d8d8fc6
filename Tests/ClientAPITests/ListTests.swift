import Bytes
import Model
import Store
import Testing
import Wire

@testable import ClientAPI

@Suite struct ListTests {
    private func names(_ answer: Answer) -> [String] {
        switch answer {
        case .nodes(let list): list.nodes.map { $0.node?.name ?? "" }
        case .secrets(let list): list.secrets.map { $0.secret?.spec?.name ?? "" }
        case .configs(let list): list.configs.map { $0.config?.spec?.name ?? "" }
        case .services(let list): list.services.map { $0.service?.spec?.name ?? "" }
        case .tasks(let list): list.tasks.map { "\($0.task?.serviceName ?? "").\($0.task?.slot ?? 0)" }
        default: []
        }
    }

    private func list(_ key: String, _ values: String...) -> ListObjects {
        var filter = Filter()
        filter.key = key
        filter.values = values
        var list = ListObjects()
        list.filters = [filter]
        return list
    }

    @Test func `names sort with their numbers, and without regard to case`() {
        let names = ["web.10", "web.2", "Web", "a1b", "a01b", "web.1"]
        #expect(names.sorted { $0.precedesNaturally($1) } == ["a01b", "a1b", "Web", "web.1", "web.2", "web.10"])
    }

    @Test func `a list of secrets shows no ciphertext, and who uses each`() throws {
        var desk = Desk()
        for name in ["db.10", "db.2"] { try desk.run(.putSecret(name)) }
        try desk.run(.putService("web", secrets: ["db.2"]))
        let answer = try desk.read(.listSecrets(ListObjects()))
        #expect(names(answer) == ["db.2", "db.10"])
        guard case .secrets(let list) = answer else { return }
        #expect(list.secrets.allSatisfy { $0.secret?.versions.allSatisfy(\.sealed.isEmpty) == true })
        #expect(list.secrets.map(\.services) == [["web"], []])
        #expect(list.secrets.map(\.current) == [1, 1])
    }

    @Test func `a list of configs is without data, and one that is named has it`() throws {
        var desk = Desk()
        try desk.run(.putConfig("page"))
        var named = ListObjects()
        named.references = ["page"]
        for (list, isShown) in [(ListObjects(), false), (list("name", "page"), false), (named, true)] {
            guard case .configs(let answer) = try desk.read(.listConfigs(list)) else { continue }
            #expect(answer.configs.map { $0.config?.data.isEmpty } == [!isShown])
        }
    }

    @Test func `filters of one key are alternatives, and an unknown key names the known ones`() throws {
        var desk = Desk()
        for name in ["app", "db-1", "db-2"] { try desk.run(.putConfig(name)) }
        #expect(try names(desk.read(.listConfigs(list("name", "db", "app")))) == ["app", "db-1", "db-2"])
        #expect(try names(desk.read(.listConfigs(list("name", "db-2")))) == ["db-2"])
        #expect(
            throws: Failure(.invalid, "invalid filter 'color'", try: "use one of: id, label, name")
        ) { try desk.read(.listConfigs(list("color", "red"))) }
        #expect(
            throws: Failure(.invalid, "invalid filter 'role=boss'", try: "use one of: manager, worker")
        ) { try desk.read(.listNodes(list("role", "boss"))) }
    }

    @Test func `a label matches by its key, or by its key and value`() throws {
        var desk = Desk()
        try desk.run(.putSecret("db"))
        var replace = ReplaceSecret()
        replace.reference = "db"
        replace.labelsAdded["team"] = "payments"
        try desk.run(.replaceSecret(replace))
        #expect(try names(desk.read(.listSecrets(list("label", "team")))) == ["db"])
        #expect(try names(desk.read(.listSecrets(list("label", "team=payments")))) == ["db"])
        #expect(try names(desk.read(.listSecrets(list("label", "team=other")))) == [])
    }

    @Test func `nodes show who leads, who is reached and who was asked`() throws {
        let desk = Desk()
        var observed = Observations()
        observed.leader = NodeID(high: 1, low: 0)
        observed.reachable = [observed.leader]
        guard case .nodes(let answer) = try desk.read(.listNodes(ListObjects()), observed) else { return }
        #expect(answer.nodes.map { $0.node?.name } == ["m1", "w2", "w3"])
        #expect(answer.nodes.map(\.leader) == [true, false, false])
        #expect(answer.nodes.map(\.reachable) == [true, false, false])
        #expect(answer.asked == observed.leader)
        #expect(try names(desk.read(.listNodes(list("role", "manager")))) == ["m1"])
    }

    @Test func `what is listed by name must be there`() throws {
        var desk = Desk()
        try desk.run(.putSecret("db"))
        var some = ListObjects()
        some.references = ["db", "no"]
        #expect(throws: Failure(.notFound, "secret no not found")) { try desk.read(.listSecrets(some)) }
        var tasks = ListTasks()
        tasks.services = ["no"]
        #expect(throws: Failure(.notFound, "no such service: no")) { try desk.read(.listTasks(tasks)) }
    }

    @Test func `a task is shown as it was last reported, and counts as running only then`() throws {
        var desk = Desk()
        try desk.run(.putService("web"))
        let service = try desk.store.findService("web")
        var command = ChangeTasks()
        for slot in 1...2 as ClosedRange<UInt64> {
            var task = StoredTask()
            task.serviceID = service.id
            task.slot = slot
            task.serviceRevision = service.meta?.specRevision ?? .zero
            var change = TaskChange()
            change.id = TaskID(high: 1, low: slot)
            change.create = task
            change.nodeID = NodeID(high: 2, low: 0)
            command.changes.append(change)
        }
        desk.apply(.changeTasks(command))
        var observed = Observations()
        var running = TaskStatus()
        running.state = .running
        observed.tasks[TaskID(high: 1, low: 2)] = running
        guard case .tasks(let tasks) = try desk.read(.listTasks(ListTasks()), observed) else { return }
        #expect(tasks.tasks.map { $0.task?.slot } == [1, 2])
        #expect(tasks.tasks.map { $0.task?.status?.state } == [.assigned, .running])
        #expect(tasks.tasks.map(\.nodeName) == ["w2", "w2"])
        guard case .services(let services) = try desk.read(.listServices(ListObjects()), observed) else { return }
        #expect(services.services.map(\.running) == [1])
        #expect(services.services.map(\.desired) == [2])
    }
}
