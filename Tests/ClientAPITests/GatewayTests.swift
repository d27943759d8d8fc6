import Bytes
import Model
import Store
import Testing
import Wire

@testable import ClientAPI

@Suite struct GatewayTests {
    // MARK: Who answers

    @Test func `what changes something, or only the leader observes, is the leader's to answer`() {
        func place(_ operation: Operation?, stale: Bool = false) -> Gateway.Place {
            var request = Request()
            request.operation = operation
            request.stale = stale
            return Gateway.place(of: request)
        }
        var local = GetStatus()
        local.local = true
        var rotate = GetJoinToken()
        rotate.rotate = true
        let here: [Operation?] = [
            nil, .getStatus(local), .initCluster(InitCluster()), .joinCluster(JoinCluster()),
            .leaveCluster(LeaveCluster()),
        ]
        #expect(here.map { place($0) } == here.map { _ in .here })
        let leader: [Operation] = [
            .getStatus(GetStatus()), .getJoinToken(rotate), .changeNode(ChangeNode()), .deleteNode(DeleteNode()),
            .putSecret(PutSecret()), .replaceSecret(ReplaceSecret()), .deleteSecret(DeleteObject()),
            .putConfig(PutConfig()), .deleteConfig(DeleteObject()), .putService(PutService()),
            .replaceService(ReplaceService()), .deleteService(DeleteObject()),
        ]
        #expect(leader.map { place($0, stale: true) } == leader.map { _ in .leader })
        let observed: [Operation] = [
            .listNodes(ListObjects()), .listSecrets(ListObjects()), .listServices(ListObjects()),
            .listTasks(ListTasks()),
        ]
        #expect(observed.map { place($0) } == observed.map { _ in .leader })
        #expect(observed.map { place($0, stale: true) } == observed.map { _ in .anyManager })
        let any: [Operation] = [.listConfigs(ListObjects()), .getJoinToken(GetJoinToken())]
        #expect(any.map { place($0) } == any.map { _ in .anyManager })
    }

    // MARK: Secrets and configs

    @Test func `a new secret gets an ID of chance, and its value stays beside the command`() throws {
        var desk = Desk()
        let plan = try desk.plan(.putSecret("db"))
        guard case .createSecret(let command) = plan.command else { throw Failure(.unspecified, "no secret") }
        #expect(command.id != .none)
        #expect(plan.secret == command.id)
        #expect(plan.value?.count == 5)
        let again = try desk.plan(.putSecret("db"))
        #expect(again.secret != plan.secret)
    }

    @Test(arguments: [(0, false), (1, true), (511_999, true), (512_000, false)])
    func `a value's size is bounded from both sides`(bytes: Int, isTaken: Bool) throws {
        var desk = Desk()
        let refusal = desk.refusal(.putSecret("db", bytes: bytes))
        let expected = Failure(.invalid, "secret data must be larger than 0 and less than 512000 bytes")
        #expect(refusal == (isTaken ? nil : expected))
        try desk.run(.putSecret("old"))
        var replace = ReplaceSecret()
        replace.reference = "old"
        replace.value = SecretBox(unsafe SecretBytes(count: max(bytes, 1)) { _ in })
        #expect(desk.refusal(.replaceSecret(replace)) == (isTaken || bytes == 0 ? nil : expected))
    }

    @Test(arguments: [(0, false), (1, true), (1_023_999, true), (1_024_000, false)])
    func `a config's size is bounded from both sides`(bytes: Int, isTaken: Bool) {
        var desk = Desk()
        let refusal = desk.refusal(.putConfig("settings", bytes: bytes))
        #expect(
            refusal
                == (isTaken
                    ? nil : Failure(.invalid, "config data must be larger than 0 and less than 1024000 bytes")))
    }

    @Test func `an update without a value or labels changes nothing, and says so`() throws {
        var desk = Desk()
        try desk.run(.putSecret("db"))
        var replace = ReplaceSecret()
        replace.reference = "db"
        let refusal = desk.refusal(.replaceSecret(replace))
        #expect(refusal?.code == .invalid)
        #expect(refusal?.message == "nothing to change")
        #expect(refusal?.advice == "give a new value, or labels to add or remove")
    }

    @Test func `labels are added to those that are there, bound to the revision that was read`() throws {
        var desk = Desk()
        try desk.run(.putSecret("db"))
        var replace = ReplaceSecret()
        replace.reference = "db"
        replace.labelsAdded["team"] = "payments"
        try desk.run(.replaceSecret(replace))
        let first = try desk.store.findSecret("db")
        replace.labelsAdded = StringMap()
        replace.labelsAdded["tier"] = "1"
        guard case .updateSecret(let command) = try desk.plan(.replaceSecret(replace)).command else {
            throw Failure(.unspecified, "no update")
        }
        #expect(command.expected == first.meta?.specRevision)
        #expect(command.spec?.labels.pairs.map(\.key) == ["team", "tier"])
        replace.labelsAdded = StringMap()
        replace.labelsRemoved = ["absent"]
        #expect(
            desk.refusal(.replaceSecret(replace)) == Failure(.invalid, "key absent doesn't exist in secret's labels"))
    }

    @Test func `what is named and is not there is not found, in Swarm's words`() {
        var desk = Desk()
        var secret = ReplaceSecret()
        secret.reference = "no"
        var service = ReplaceService()
        service.reference = "no"
        var node = ChangeNode()
        node.reference = "no"
        var gone = DeleteNode()
        gone.reference = "no"
        let requests: [(Operation, String)] = [
            (.replaceSecret(secret), "secret no not found"), (.deleteSecret(.named("no")), "secret no not found"),
            (.deleteConfig(.named("no")), "config no not found"), (.replaceService(service), "service no not found"),
            (.deleteService(.named("no")), "service no not found"), (.changeNode(node), "node no not found"),
            (.deleteNode(gone), "node no not found"),
        ]
        for (operation, message) in requests {
            #expect(desk.refusal(operation) == Failure(.notFound, message))
        }
    }

    // MARK: Services

    @Test func `names in a service become IDs, and the names are written as they are stored`() throws {
        var desk = Desk()
        try desk.run(.putSecret("db-password"))
        try desk.run(.putConfig("settings"))
        guard
            case .createService(let command) = try desk.plan(
                .putService("web", secrets: ["DB-Password"], configs: ["settings"])
            ).command
        else { throw Failure(.unspecified, "no service") }
        let secret = command.spec?.task?.program?.secrets.first
        #expect(secret?.secretID == (try desk.store.findSecret("db-password").id))
        #expect(secret?.secretName == "db-password")
        #expect(
            command.spec?.task?.program?.configs.first?.configID == (try desk.store.findConfig("settings").id))
    }

    @Test func `all that is missing is named at once`() {
        var desk = Desk()
        #expect(
            desk.refusal(.putService("web", secrets: ["a"]))
                == Failure(.notFound, "secret not found: a", try: "conclave secret ls"))
        #expect(
            desk.refusal(.putService("web", secrets: ["a", "b"]))?.message == "secrets not found: a, b")
        #expect(desk.refusal(.putService("web", configs: ["c"]))?.message == "config not found: c")
    }

    @Test func `a service without a program is refused with the way to give one`() {
        var desk = Desk()
        let refusal = desk.refusal(.putService(PutService()))
        #expect(refusal?.code == .invalid)
        #expect(refusal?.advice.contains("--process") == true)
    }

    @Test func `a scaling changes the number alone, bound to the spec that was read`() throws {
        var desk = Desk()
        try desk.run(.putService("web"))
        var scale = ReplaceService()
        scale.reference = "web"
        scale.replicas = 7
        guard case .updateService(let command) = try desk.plan(.replaceService(scale)).command else {
            throw Failure(.unspecified, "no update")
        }
        let service = try desk.store.findService("web")
        #expect(command.expected == service.meta?.specRevision)
        #expect(command.spec?.replicated?.replicas == 7)
        #expect(command.spec?.task == service.spec?.task)
    }

    // MARK: Nodes

    @Test func `a node's availability and labels change, its role does not`() throws {
        var desk = Desk()
        var change = ChangeNode()
        change.reference = "w2"
        change.availability = .drain
        change.labelsAdded["zone"] = "a"
        try desk.run(.changeNode(change))
        let node = try desk.store.findNode("w2")
        #expect(node.spec?.availability == .drain)
        #expect(node.spec?.labels["zone"] == "a")
        change.role = .manager
        #expect(desk.refusal(.changeNode(change))?.code == .unimplemented)
        change.role = .worker
        #expect(desk.refusal(.changeNode(change)) == nil)
        change.labelsRemoved = ["rack"]
        #expect(desk.refusal(.changeNode(change))?.message == "key rack doesn't exist in node's labels")
    }

    // MARK: Not its own

    @Test func `what is no change is no command, and what is no list is no answer`() {
        var desk = Desk()
        #expect(desk.refusal(.getStatus(GetStatus()))?.code == .unimplemented)
        #expect(desk.refusal(.listSecrets(ListObjects()))?.code == .unimplemented)
        #expect(throws: Failure.self) { try desk.read(.putSecret("db")) }
    }
}
