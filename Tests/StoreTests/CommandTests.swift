import Bytes
import Model
import Testing
import Wire

@testable import Store

@Suite struct CommandTests {
    @Test(arguments: [
        ".", "-", "_", ".name", "name.", "-name", "name-", "_name", "name_", "/a", "a/", "a/b", "..", "../a", "a/..",
        "withexclamation!", "with space", "with\nnewline", "with@splat", "with:colon", "with;semicolon", "snowman☃",
        String(repeating: "a", count: 65),
    ])
    func `a secret's name has only what Swarm allows`(name: String) {
        var hand = Hand()
        #expect(hand.secret(name).failure?.message.hasPrefix("invalid name, only 64") == true)
    }

    @Test(arguments: [
        "0", "a", "A", "name-with--dashes", "name.with..dots", "name_with__underscores", "name.with-all_special",
        String(repeating: "a", count: 64),
    ])
    func `a good name is taken`(name: String) {
        var hand = Hand()
        #expect(hand.secret(name).failure == nil)
    }

    @Test func `names are unique without regard to case`() {
        var hand = Hand()
        #expect(hand.secret("db").version == 1)
        let outcome = hand.secret("DB")
        #expect(outcome.failure == Failure(.conflict, "secret DB already exists"))
        #expect(hand.config("db").failure == nil)
        #expect(hand.service(hand.spec("web")).failure == nil)
        #expect(
            hand.service(hand.spec("WEB")).failure?.message
                == "name conflicts with an existing object: service web already exists")
    }

    @Test func `sizes are bounded from both sides`() {
        var hand = Hand()
        #expect(hand.secret("a", sealed: Bytes()).failure?.code == .invalid)
        #expect(hand.config("none", bytes: 0).failure?.code == .invalid)
        #expect(hand.config("most", bytes: 1_023_999).failure == nil)
        #expect(
            hand.config("more", bytes: 1_024_000).failure?.message
                == "config data must be larger than 0 and less than 1024000 bytes")
    }

    @Test func `versions count up and ten are kept, and those that are pinned`() throws {
        var hand = Hand()
        _ = hand.secret("db")
        _ = hand.service(hand.spec("web", [hand.reference("db", version: 1)]))
        var update = UpdateSecret()
        update.id = try hand.store.findSecret("db").id
        for _ in 0..<12 { hand.run(.updateSecret(update), sealed: [9]) }
        #expect(try hand.store.findSecret("db").versions.map(\.number) == [1] + Array(4...13))
        #expect(hand.run(.updateSecret(update)).failure?.code == .invalid)
    }

    @Test func `a stale revision is a conflict that says why`() throws {
        var hand = Hand()
        _ = hand.secret("db")
        let secret = try hand.store.findSecret("db")
        var update = UpdateSecret()
        update.id = secret.id
        update.expected = secret.meta?.specRevision ?? .zero
        #expect(hand.run(.updateSecret(update), sealed: [2]).version == 2)
        let failure = hand.run(.updateSecret(update), sealed: [3]).failure
        #expect(failure?.code == .conflict)
        #expect(failure?.message == "secret \"db\" was not changed")
        #expect(failure?.why == "it is at revision 3; you read revision 2")
    }

    @Test func `a secret in use can't be removed, and the users are named in order`() {
        var hand = Hand()
        _ = hand.secret("db")
        _ = hand.service(hand.spec("web", [hand.reference("db")]))
        #expect(
            hand.removeSecret("db").failure
                == Failure(.conflict, "secret 'db' is in use by the following service: web"))
        _ = hand.service(hand.spec("app", [hand.reference("db")]))
        #expect(
            hand.removeSecret("db").failure?.message == "secret 'db' is in use by the following services: app, web")
    }

    @Test func `a task of a removed service uses its secret until it has ended`() throws {
        var hand = Hand()
        _ = hand.secret("db")
        _ = hand.service(hand.spec("web", [hand.reference("db")]))
        let id = try hand.task(of: "web")
        #expect(hand.store.tasks(on: NodeID(high: 1, low: 0)).map(\.id) == [id])
        #expect(hand.removeService("web").failure == nil)
        #expect(hand.removeSecret("db").failure?.message == "secret 'db' is in use by the following service: web")
        hand.change { change in
            change.id = id
            var status = TaskStatus()
            status.state = .shutdown
            change.status = status
        }
        #expect(hand.store.task(id) == nil)
        #expect(hand.removeSecret("db").failure == nil)
    }

    @Test(arguments: [TaskState.complete, .failed, .rejected, .shutdown])
    func `a task that ended is meant to run no more`(state: TaskState) throws {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        let id = try hand.task(of: "web")
        #expect(hand.store.task(id)?.desired == .running)
        hand.change { change in
            change.id = id
            var status = TaskStatus()
            status.state = state
            change.status = status
        }
        #expect(hand.store.task(id)?.desired == .shutdown)
    }

    @Test func `what only a previous spec names may go, and the rollback is then refused`() throws {
        var hand = Hand()
        _ = hand.secret("db")
        let old = hand.spec("web", [hand.reference("db")])
        _ = hand.service(old)
        #expect(hand.update("web", hand.spec("web")).failure == nil)
        #expect(hand.removeSecret("db").failure == nil)
        #expect(try hand.store.findService("web").previousUnusable)
        #expect(hand.update("web", old).failure == Failure(.notFound, "secret not found: db"))
    }

    @Test(arguments: [
        "/", "../../etc/x", "/etc/x", "a/../b", "..data/x", "/run/secrets", "/run/secrets/", "", "/run/configs/x", "x/",
        "a\u{0}b",
    ])
    func `a target outside of its directory is refused`(target: String) {
        var hand = Hand()
        _ = hand.secret("db")
        #expect(hand.service(hand.spec("web", [hand.reference("db", target: target)])).failure?.code == .invalid)
    }

    @Test func `targets are normalised before they are compared`() throws {
        var hand = Hand()
        _ = hand.secret("a")
        _ = hand.secret("b")
        #expect(
            hand.service(
                hand.spec("web", [hand.reference("a", target: "x"), hand.reference("b", target: "/run/secrets/./x")])
            ).failure?.message == "secret references 'a' and 'b' have a conflicting target: 'x'")
        #expect(
            hand.service(
                hand.spec("web", [hand.reference("a", target: "x/y"), hand.reference("b", target: "x")])
            ).failure?.code == .invalid)
        #expect(hand.service(hand.spec("web", [hand.reference("a", target: ".//sub/./f")])).failure == nil)
        let service = try hand.store.findService("web")
        #expect(service.spec?.task?.program?.secrets.first?.target?.name == "sub/f")
    }

    @Test func `references to what is not there are all named`() {
        var hand = Hand()
        #expect(
            hand.service(hand.spec("web", [hand.reference("x"), hand.reference("y")])).failure?.message
                == "secrets not found: x, y")
    }

    @Test func `a service is neither renamed nor updated from a stale revision`() throws {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        #expect(hand.update("web", hand.spec("app")).failure?.message == "renaming services is not supported")
        #expect(hand.update("web", hand.spec("web", replicas: 2), expected: Index(1)).failure?.code == .conflict)
        #expect(hand.update("web", hand.spec("web", replicas: 2), expected: Index(2)).failure == nil)
    }

    @Test func `member IDs are never given twice, and only who holds the keys may vote`() {
        var hand = Hand()
        var add = AddNode()
        for number in 2...3 as ClosedRange<UInt64> {
            var node = Node()
            node.id = NodeID(high: number, low: 0)
            node.role = .manager
            node.key = Bytes([UInt8](repeating: UInt8(number), count: 32))
            add.node = node
            #expect(hand.run(.addNode(add)).member == MemberID(number))
        }
        var remove = RemoveNode()
        remove.id = NodeID(high: 3, low: 0)
        #expect(hand.run(.removeNode(remove)).failure == nil)
        add.node?.id = NodeID(high: 4, low: 0)
        #expect(hand.run(.addNode(add)).member == MemberID(4))
        var approve = ApproveMember()
        approve.id = NodeID(high: 4, low: 0)
        approve.commitment = Bytes([UInt8](repeating: 8, count: 32))
        #expect(hand.run(.approveMember(approve)).failure?.code == .denied)
        approve.commitment = Bytes([UInt8](repeating: 7, count: 32))
        #expect(hand.run(.approveMember(approve)).failure == nil)
    }

    @Test func `a member of consensus is not removed`() {
        var hand = Hand()
        hand.apply(
            Entry(
                term: Term(1), index: hand.store.index.next, kind: .configuration,
                body: Configuration(voters: [MemberID(1)]).encoded()))
        var remove = RemoveNode()
        remove.id = NodeID(high: 1, low: 0)
        remove.force = true
        #expect(hand.run(.removeNode(remove)).failure?.code == .conflict)
    }

    @Test func `a prefix finds one, and of several none`() throws {
        var hand = Hand()
        _ = hand.secret("a")
        let id = try hand.store.findSecret("A").id
        #expect(try hand.store.findSecret(id.short).id == id)
        _ = hand.secret("b")
        #expect(throws: Failure(.invalid, "secret \(id.short) is ambiguous (2 matches found)")) {
            try hand.store.findSecret(id.short)
        }
        #expect(throws: Failure(.notFound, "secret nope not found")) { try hand.store.findSecret("nope") }
    }
}
