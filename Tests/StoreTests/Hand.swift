import Bytes
import Model
import TestSupport
import Wire

@testable import Store

/// Writes entries by hand: a store, a counter and a clock.
struct Hand {
    var store = ReplicatedStore()
    var log: [Entry] = []
    var number: UInt64 = 0

    init(clustered: Bool = true) {
        if clustered { run(.bootstrap(.founder)) }
    }

    @discardableResult
    mutating func run(
        _ command: Command, sealed: Bytes = Bytes(), request: RequestID = .none, digest: Bytes = Bytes(),
        known: Index = .zero
    ) -> Outcome {
        var proposal = Proposal()
        proposal.time = Timestamp(seconds: 1000 + store.index.rawValue)
        proposal.request = request
        proposal.digest = digest
        proposal.known = known
        proposal.command = command
        let entry = Entry(term: Term(1), index: store.index.next, body: proposal.encoded(), sealed: sealed)
        return apply(entry).outcome
    }

    @discardableResult
    mutating func apply(_ entry: Entry) -> Applied {
        do {
            let applied = try store.apply(entry)
            log.append(entry)
            store.checkInvariants()
            return applied
        } catch { fatalError("\(error)") }
    }

    mutating func secret(_ name: String, sealed: Bytes = [1, 2, 3]) -> Outcome {
        number += 1
        var command = CreateSecret()
        command.id = SecretID(high: 9, low: number)
        var spec = SecretSpec()
        spec.name = name
        command.spec = spec
        return run(.createSecret(command), sealed: sealed)
    }

    mutating func config(_ name: String, bytes: Int = 5) -> Outcome {
        number += 1
        var command = CreateConfig()
        command.id = ConfigID(high: 8, low: number)
        var spec = ConfigSpec()
        spec.name = name
        command.spec = spec
        command.data = Bytes([UInt8](repeating: 65, count: bytes))
        return run(.createConfig(command))
    }

    func reference(_ name: String, target: String? = nil, version: UInt64 = 0) -> SecretReference {
        var reference = SecretReference()
        reference.secretID = (try? store.findSecret(name))?.id ?? SecretID(high: 5, low: 5)
        reference.secretName = name
        var file = FileTarget()
        file.name = target ?? name
        reference.target = file
        reference.version = version
        return reference
    }

    func spec(_ name: String, _ secrets: [SecretReference] = [], replicas: UInt64 = 1) -> ServiceSpec {
        var program = ProgramSpec()
        program.command = ["/bin/sleep", "1"]
        program.secrets = secrets
        var task = TaskSpec()
        task.program = program
        var mode = ReplicatedMode()
        mode.replicas = replicas
        var spec = ServiceSpec()
        spec.name = name
        spec.task = task
        spec.replicated = mode
        return spec
    }

    mutating func service(_ spec: ServiceSpec) -> Outcome {
        number += 1
        var command = CreateService()
        command.id = ServiceID(high: 7, low: number)
        command.spec = spec
        return run(.createService(command))
    }

    mutating func update(_ name: String, _ spec: ServiceSpec, expected: Index = .zero) -> Outcome {
        var command = UpdateService()
        command.id = (try? store.findService(name))?.id ?? .none
        command.spec = spec
        command.expected = expected
        return run(.updateService(command))
    }

    mutating func rollBack(_ name: String) -> Outcome {
        var command = UpdateService()
        command.id = (try? store.findService(name))?.id ?? .none
        command.rollback = true
        return run(.updateService(command))
    }

    /// What the planner would say of the service's update.
    mutating func progress(
        _ name: String, _ state: UpdateState, rollback: Bool = false, revision: Index? = nil
    ) throws {
        let service = try store.findService(name)
        var progress = UpdateProgress()
        progress.serviceID = service.id
        progress.specRevision = revision ?? service.meta?.specRevision ?? .zero
        progress.status = UpdateStatus()
        progress.status?.state = state
        progress.rollback = rollback
        var command = ChangeTasks()
        command.updates = [progress]
        run(.changeTasks(command))
    }

    mutating func removeSecret(_ name: String) -> Outcome {
        var command = RemoveSecret()
        command.id = (try? store.findSecret(name))?.id ?? .none
        return run(.removeSecret(command))
    }

    mutating func removeService(_ name: String) -> Outcome {
        var command = RemoveService()
        command.id = (try? store.findService(name))?.id ?? .none
        return run(.removeService(command))
    }

    /// A task in a service's first slot, assigned to the first node.
    mutating func task(of name: String) throws -> TaskID {
        let service = try store.findService(name)
        let id = TaskID(high: 3, low: 3)
        change { change in
            var task = StoredTask()
            task.serviceID = service.id
            task.slot = 1
            task.serviceRevision = service.meta?.specRevision ?? .zero
            change.id = id
            change.create = task
            change.nodeID = NodeID(high: 1, low: 0)
        }
        return id
    }

    @discardableResult
    mutating func change(_ edit: (inout TaskChange) -> Void) -> Outcome {
        var change = TaskChange()
        edit(&change)
        var command = ChangeTasks()
        command.changes = [change]
        return run(.changeTasks(command))
    }
}

func pieces(_ store: ReplicatedStore) -> [SavedPiece] {
    var snapshot = store.snapshot()
    var pieces: [SavedPiece] = []
    while let piece = snapshot.next() { pieces.append(piece) }
    return pieces
}

func stream(_ pieces: [SavedPiece]) -> [UInt8] { pieces.flatMap { $0.bytes.array } }
