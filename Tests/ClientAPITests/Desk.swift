import Bytes
import Model
import Store
import Wire

@testable import ClientAPI

/// A store with what requests made of it, as the gateway sees it; commands are applied as the leader would.
struct Desk {
    var store = ReplicatedStore()
    var generator = SplitMix(seed: 1)

    init() {
        var cluster = Cluster()
        cluster.id = ClusterID(high: 1, low: 1)
        var bootstrap = Bootstrap()
        bootstrap.cluster = cluster
        bootstrap.node = Self.node(1, "m1", .manager)
        apply(.bootstrap(bootstrap))
        for number in 2...3 as ClosedRange<UInt64> {
            var add = AddNode()
            add.node = Self.node(number, "w\(number)", .worker)
            apply(.addNode(add))
        }
    }

    static func node(_ number: UInt64, _ name: String, _ role: Role) -> Node {
        var node = Node()
        node.id = NodeID(high: number, low: 0)
        node.name = name
        node.role = role
        node.member = role == .manager ? MemberID(number) : .none
        node.key = Bytes([UInt8](repeating: UInt8(number), count: 32))
        return node
    }

    @discardableResult
    mutating func apply(_ command: Command, sealed: Bytes = Bytes()) -> Outcome {
        var proposal = Proposal()
        proposal.time = Timestamp(seconds: 1000 + store.index.rawValue)
        proposal.command = command
        let entry = Entry(term: Term(1), index: store.index.next, body: proposal.encoded(), sealed: sealed)
        do { return try store.apply(entry).outcome } catch { fatalError("\(error)") }
    }

    /// What the request is planned as.
    mutating func plan(_ operation: Operation) throws(Failure) -> Gateway.Planned {
        var request = Request()
        request.operation = operation
        return try Gateway(store).plan(request, generator: &generator)
    }

    /// Plans and applies; the value's envelope is made up.
    @discardableResult
    mutating func run(_ operation: Operation) throws(Failure) -> Outcome {
        let plan = try plan(operation)
        let outcome = apply(plan.command, sealed: plan.value == nil ? Bytes() : [1, 2, 3])
        if let failure = outcome.failure { throw failure }
        return outcome
    }

    /// How the request is refused; `nil`: it is not.
    mutating func refusal(_ operation: Operation) -> Failure? {
        do throws(Failure) {
            _ = try plan(operation)
            return nil
        } catch {
            return error
        }
    }

    func read(_ operation: Operation, _ observed: Observations = Observations()) throws(Failure) -> Answer {
        var request = Request()
        request.operation = operation
        return try Gateway(store).read(request, observed, asked: NodeID(high: 1, low: 0))
    }
}

// MARK: - Requests

extension Operation {
    static func putSecret(_ name: String, bytes: Int = 5) -> Operation {
        var spec = SecretSpec()
        spec.name = name
        var put = PutSecret()
        put.spec = spec
        put.value = bytes == 0 ? nil : SecretBox(unsafe SecretBytes(count: bytes) { _ in })
        return .putSecret(put)
    }

    static func putConfig(_ name: String, bytes: Int = 5) -> Operation {
        var spec = ConfigSpec()
        spec.name = name
        var put = PutConfig()
        put.spec = spec
        put.data = Bytes([UInt8](repeating: 65, count: bytes))
        return .putConfig(put)
    }

    static func putService(_ name: String, secrets: [String] = [], configs: [String] = []) -> Operation {
        var put = PutService()
        put.spec = ServiceSpec.running(name, secrets: secrets, configs: configs)
        return .putService(put)
    }
}

extension DeleteObject {
    static func named(_ reference: String) -> DeleteObject {
        var delete = DeleteObject()
        delete.reference = reference
        return delete
    }
}

extension ServiceSpec {
    /// A service whose references give names alone, as a client sends them.
    static func running(_ name: String, secrets: [String] = [], configs: [String] = []) -> ServiceSpec {
        var program = ProgramSpec()
        program.command = ["/bin/sleep", "1"]
        program.secrets = secrets.map { name in
            var reference = SecretReference()
            reference.secretName = name
            var file = FileTarget()
            file.name = name
            reference.target = file
            return reference
        }
        program.configs = configs.map { name in
            var reference = ConfigReference()
            reference.configName = name
            var file = FileTarget()
            file.name = name
            reference.target = file
            return reference
        }
        var task = TaskSpec()
        task.program = program
        var mode = ReplicatedMode()
        mode.replicas = 2
        var spec = ServiceSpec()
        spec.name = name
        spec.task = task
        spec.replicated = mode
        return spec
    }
}
