import Bytes
import Dispatching
import Model
import Raft
import Store
import TestSupport
import Testing
import Wire

/// A leader's store and dispatcher under commands in random order, with workers that come, go and come back, and
/// values whose sealing takes a while, during which anything may change.
private struct Deliveries {
    private static let nodes = (1...4).map { NodeID(high: 2, low: $0) }
    private static let secrets = (1...5).map { SecretID(high: 3, low: $0) }
    private var random: SplitMix
    private var store = ReplicatedStore()
    private var dispatcher: Dispatcher
    private var now = Moment(milliseconds: 0)
    private var channels: UInt64 = 0
    private var sealing: [(NodeID, SessionID, [Dispatcher.SealRequest])] = []
    private var count: UInt64 = 0
    private var checked = 0
    private(set) var sent = 0
    private(set) var wrong: [String] = []

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        dispatcher = Dispatcher(
            lease: .seconds(3), store: store, at: now, generator: SplitMix(seed: seed))
        apply(.bootstrap(.founder))
        for (place, id) in Self.nodes.enumerated() {
            var node = Node()
            node.id = id
            node.name = "w\(place)"
            node.role = .worker
            node.key = Bytes([UInt8](repeating: UInt8(place + 1), count: 32))
            var command = AddNode()
            command.node = node
            apply(.addNode(command))
        }
    }

    private mutating func pick<T>(_ list: [T]) -> T { list[Int(random.next() % UInt64(list.count))] }

    private mutating func apply(_ command: Command, sealed: Bytes = Bytes()) {
        var proposal = Proposal()
        proposal.time = Timestamp(seconds: 1000 + store.index.rawValue)
        proposal.command = command
        let entry = Entry(term: Term(1), index: store.index.next, body: proposal.encoded(), sealed: sealed)
        guard (try? store.apply(entry)) != nil else { return wrong.append("entry \(entry.index) can't be applied") }
        // More often than a driver would: whoever might be concerned is looked at.
        step(.changed(Self.nodes))
    }

    private mutating func step(_ event: Dispatcher.Event) {
        let effects = dispatcher.step(event, store: store, at: now, time: Timestamp(seconds: 1))
        for case .seal(let node, let session, let requests) in effects { sealing.append((node, session, requests)) }
        for delivery in dispatcher.trace.deliveries[checked...] {
            sent += 1
            let task = store.task(delivery.task)
            let needed = task?.spec?.program?.secrets.map(\.secretID) ?? []
            if task?.nodeID != delivery.node || !needed.contains(delivery.secret) {
                wrong.append("\(delivery.node) was sent \(delivery.secret) for \(delivery.task)")
            }
        }
        checked = dispatcher.trace.deliveries.count
    }

    mutating func advance() {
        now = now + .milliseconds(Int64(random.next() % 40))
        switch random.next() % 16 {
        case 0: createSecret()
        case 1, 2:
            var command = UpdateSecret()
            command.id = pick(Self.secrets)
            apply(.updateSecret(command), sealed: [1, 2, 3])
            step(.secretChanged(command.id))
        case 3:
            var command = RemoveSecret()
            command.id = pick(Self.secrets)
            apply(.removeSecret(command))
        case 4, 5: createService()
        case 6:
            guard let service = pickService() else { return }
            var command = RemoveService()
            command.id = service.id
            apply(.removeService(command))
        case 7, 8, 9: createTask()
        case 10: endTask()
        case 11:
            channels += 1
            var register = Register()
            register.sealKey = Bytes([UInt8](repeating: 1, count: 32))
            step(.registered(pick(Self.nodes), channels, from: "127.0.0.1:1", register))
        case 12: step(.wake)
        case 13 where random.next() % 16 == 0:
            // Another leader: nothing is known but the store.
            dispatcher = Dispatcher(
                lease: .seconds(3), store: store, at: now,
                generator: SplitMix(seed: random.next()))
            checked = 0
        default: seal()
        }
    }

    private mutating func seal() {
        guard !sealing.isEmpty else { return }
        let (node, session, requests) = sealing.remove(at: Int(random.next() % UInt64(sealing.count)))
        let values = requests.map { request in
            var value = AssignedValue()
            value.taskID = request.task
            value.secretID = request.secret
            value.version = request.version
            value.sealed = [1]
            return value
        }
        step(.sealed(node, session, values))
    }

    private mutating func createSecret() {
        let id = pick(Self.secrets)
        var command = CreateSecret()
        command.id = id
        var spec = SecretSpec()
        spec.name = "s\(id)"
        command.spec = spec
        apply(.createSecret(command), sealed: [1])
    }

    private mutating func createService() {
        count += 1
        var program = ProgramSpec()
        program.command = ["/bin/true"]
        for id in Self.secrets where random.next() % 3 == 0 && store.secret(id) != nil {
            var reference = SecretReference()
            reference.secretID = id
            reference.secretName = "s\(id)"
            var file = FileTarget()
            file.name = "s\(id)"
            reference.target = file
            program.secrets.append(reference)
        }
        var task = TaskSpec()
        task.program = program
        var mode = ReplicatedMode()
        mode.replicas = 2
        var spec = ServiceSpec()
        spec.name = "service\(count)"
        spec.task = task
        spec.replicated = mode
        var command = CreateService()
        command.id = ServiceID(high: 4, low: count)
        command.spec = spec
        apply(.createService(command))
    }

    private mutating func pickService() -> Service? {
        let all = (1...max(1, count)).compactMap { store.services[ServiceID(high: 4, low: $0)] }
        return all.isEmpty ? nil : pick(all)
    }

    private mutating func createTask() {
        guard let service = pickService() else { return }
        count += 1
        var task = StoredTask()
        task.serviceID = service.id
        task.slot = 1
        task.serviceRevision = service.meta?.specRevision ?? .zero
        var change = TaskChange()
        change.id = TaskID(high: 5, low: count)
        change.create = task
        change.nodeID = pick(Self.nodes)
        var command = ChangeTasks()
        command.changes = [change]
        apply(.changeTasks(command))
    }

    private mutating func endTask() {
        let tasks = Self.nodes.flatMap { store.tasks(on: $0) }
        guard !tasks.isEmpty else { return }
        var change = TaskChange()
        change.id = pick(tasks).id
        var status = TaskStatus()
        status.state = .failed
        change.status = status
        change.remove = random.next() % 2 == 0
        var command = ChangeTasks()
        command.changes = [change]
        apply(.changeTasks(command))
    }
}

@Test(arguments: 1...12)
func `a worker is sent no value but those that a task assigned to it needs`(seed: Int) {
    var deliveries = Deliveries(seed: UInt64(seed))
    for _ in 0..<700 { deliveries.advance() }
    #expect(deliveries.wrong.isEmpty)
    #expect(deliveries.sent > 0)
}
