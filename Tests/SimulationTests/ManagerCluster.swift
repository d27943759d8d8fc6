import Bytes
import Disks
import Model
import Primitives
import Raft
import Segments
import Simulator
import Store
import TestSupport
import Wire

/// Managers as they are on a disk and in a store, without their links: consensus, the sealed log over a disk that
/// loses what was not synchronised, and the replicated store with its snapshots. All from one seed.
struct ManagerCluster {
    struct Fault: Error, CustomStringConvertible {
        let seed: UInt64
        let what: String
        var description: String { "seed \(seed): \(what)" }
    }

    private enum Event {
        case tick(Int, life: Int)
        case deliver(RaftMessage)
        case write(Int, life: Int)
        case restart(Int)
        case act
    }

    private struct Host {
        var core: Consensus?
        var life = 0
        var writer: LogWriter?
        var store = ReplicatedStore()
        let disk = SimulatedDisk()
        let snapshots = SimulatedDisk()
        var queue: [Consensus.Batch] = []
        /// The newest snapshot that the log's mark names, and one that came from the leader.
        var kept: LogMark?
        var received: LogMark?
        /// Proposals of this life, by index.
        var waiting: [Index: (term: Term, secret: SecretID)] = [:]
    }

    private let seed: UInt64
    private var random: SplitMix
    private var schedule = Schedule<Event>()
    private var hosts: [Host] = []
    private var cut: Int?
    private var isCalm = false
    private var offers: [UInt64: SecretID] = [:]
    private var nextOffer: UInt64 = 1
    /// The state at each index that any store has reached.
    private var truth: [Index: UInt64] = [:]
    /// Versions that some client was told of, by secret.
    private(set) var acknowledged: [SecretID: UInt64] = [:]
    private(set) var crashes = 0
    private(set) var restored = 0
    private let founding: Configuration

    init(seed: UInt64, managers: Int = 3) throws {
        self.seed = seed
        random = SplitMix(seed: seed)
        founding = Configuration(voters: (1...managers).map { MemberID(UInt64($0)) })
        for at in 0..<managers {
            hosts.append(Host())
            try restart(at)
        }
        schedule.plan(at: 100, .act)
    }

    /// Faults for `steps` events, then a crash of all, then agreement; nothing that was acknowledged is missing.
    mutating func run(steps: Int) throws {
        for _ in 0..<steps { try advance() }
        isCalm = true
        cut = nil
        for at in hosts.indices { crash(at) }
        for at in hosts.indices { try restart(at) }
        let end = schedule.now + 60_000
        repeat {
            guard schedule.now < end else { throw fault("no agreement 60 s after all came back") }
            try advance()
        } while !agrees
        for host in hosts {
            for (id, version) in acknowledged {
                guard let held = host.store.secrets[id]?.current?.number, held >= version else {
                    throw fault("version \(version) of secret \(id) was acknowledged and is gone")
                }
            }
        }
    }

    private var agrees: Bool {
        guard let leader = hosts.first(where: { $0.core?.hasCommittedOwnTerm == true })?.core else { return false }
        return hosts.allSatisfy { $0.store.index == leader.last }
    }

    private func fault(_ what: String) -> Fault { Fault(seed: seed, what: "at \(schedule.now) ms: \(what)") }

    // MARK: - Events

    private mutating func advance() throws {
        guard let event = schedule.next() else { throw fault("nothing is planned") }
        switch event {
        case .tick(let at, let life):
            guard hosts[at].core != nil, hosts[at].life == life else { return }
            schedule.plan(at: schedule.now + 45 + random.next() % 11, .tick(at, life: life))
            try step(at, .tick)
        case .deliver(let message):
            let at = Int(message.to.rawValue) - 1
            let isCut = cut == at || cut == Int(message.from.rawValue) - 1
            if hosts[at].core != nil, !isCut { try step(at, .received(message)) }
        case .write(let at, let life):
            guard hosts[at].core != nil, hosts[at].life == life else { return }
            try write(at)
        case .restart(let at): if hosts[at].core == nil { try restart(at) }
        case .act:
            schedule.plan(at: schedule.now + 10 + random.next() % 60, .act)
            if !isCalm { try act() }
        }
    }

    private mutating func act() throws {
        let at = Int(random.next() % UInt64(hosts.count))
        switch random.next() % 32 {
        case 0: crash(at)
        case 1: cut = at
        case 2, 3: cut = nil
        // The power goes in the middle of what is written next.
        case 4:
            if hosts[at].core != nil { hosts[at].disk.failsAt = hosts[at].disk.operations + Int(random.next() % 4) }
        case 5, 6: try snapshot(at)
        default: if let leader = hosts.indices.first(where: { hosts[$0].core?.isLeader == true }) { try offer(leader) }
        }
    }

    private mutating func offer(_ leader: Int) throws {
        var proposal = Proposal()
        proposal.time = Timestamp(seconds: 1_700_000_000 + schedule.now / 1000)
        let number = random.next() % 12 + 1
        let id = SecretID(high: 1, low: number)
        var sealed = Bytes((0..<(16 + random.next() % 900)).map { UInt8(truncatingIfNeeded: $0 &* number) })
        if hosts[leader].store.cluster == nil {
            sealed = Bytes()
            proposal.command = .bootstrap(.founder)
        } else if hosts[leader].store.secrets[id] == nil {
            var command = CreateSecret()
            command.id = id
            var spec = SecretSpec()
            spec.name = "secret-\(number)"
            command.spec = spec
            proposal.command = .createSecret(command)
        } else {
            var command = UpdateSecret()
            command.id = id
            proposal.command = .updateSecret(command)
        }
        nextOffer += 1
        offers[nextOffer] = id
        try step(leader, .propose(Offer(context: nextOffer, body: proposal.encoded(), sealed: sealed)))
    }

    // MARK: - A manager

    private func identity(_ at: Int) -> LogIdentity {
        LogIdentity(
            cluster: ClusterID(high: 1, low: 1), member: MemberID(UInt64(at + 1)),
            incarnation: Incarnation(high: 3, low: UInt64(at)))
    }

    private static let keys: LogKeys = {
        let secret = unsafe SecretBytes(count: 32) { buffer in
            for place in 0..<32 { unsafe buffer[place] = UInt8(place) }
        }
        return LogKeys([LogKey(id: 1, secret: SecretBox(secret))])
    }()

    private mutating func crash(_ at: Int) {
        guard hosts[at].core != nil else { return }
        crashes += 1
        hosts[at].core = nil
        hosts[at].writer = nil
        hosts[at].queue = []
        hosts[at].waiting = [:]
        hosts[at].received = nil
        hosts[at].disk.crash(&random)
        hosts[at].snapshots.crash(&random)
        schedule.plan(at: schedule.now + random.next() % 2000, .restart(at))
    }

    private mutating func restart(_ at: Int) throws {
        hosts[at].life += 1
        let (writer, log) = try LogWriter.open(
            hosts[at].disk, snapshots: hosts[at].snapshots, identity: identity(at), keys: Self.keys,
            segmentBytes: 65_536, random: SplitMix(seed: random.next()))
        var mark = SnapshotMark(index: .zero, term: .zero, configuration: log.configuration ?? founding)
        hosts[at].store = ReplicatedStore()
        if let taken = log.snapshot {
            mark = SnapshotMark(
                index: taken.index, term: taken.term, configuration: taken.configuration ?? Configuration())
            hosts[at].store = try load(at, taken)
        } else if log.configuration == nil {
            try writer.append(LogBatch(hardState: HardState(), configuration: founding))
        }
        hosts[at].kept = log.snapshot
        hosts[at].writer = writer
        hosts[at].core = Consensus(
            id: MemberID(UInt64(at + 1)), hardState: log.hardState(of: MemberID(UInt64(at + 1))), snapshot: mark,
            entries: log.entries, seed: random.next())
        schedule.plan(at: schedule.now + random.next() % 50, .tick(at, life: hosts[at].life))
    }

    private func load(_ at: Int, _ mark: LogMark) throws -> ReplicatedStore {
        let reader = try SnapshotReader(
            hosts[at].snapshots, identity: identity(at), keys: Self.keys,
            name: SnapshotFile.name(mark.index, mark.term))
        var loader = StoreLoader()
        var pieces = SnapshotPieces()
        while let portion = try reader.next() {
            pieces.add(portion)
            while let piece = try pieces.next() { try loader.take(piece.content) }
        }
        let store = try loader.finish()
        guard truth[mark.index] == store.stateHash else { throw fault("S1: a snapshot of \(mark.index) differs") }
        return store
    }

    private mutating func snapshot(_ at: Int) throws {
        let host = hosts[at]
        // Behind what the log still has to write, as on the log's own thread.
        guard let core = host.core, let writer = host.writer, host.queue.isEmpty, host.disk.failsAt == nil,
            core.applied == host.store.index, host.store.index > host.kept?.index ?? .zero,
            let mark = core.mark(at: host.store.index)
        else { return }
        let file = try SnapshotWriter(
            host.snapshots, identity: identity(at), keys: Self.keys, head: mark,
            random: SplitMix(seed: random.next()))
        var saved = host.store.snapshot()
        while let piece = saved.next() { try file.append(SnapshotPieces.Piece(piece.bytes, isRaw: piece.isRaw)) }
        let kept = try file.finish()
        // Here and there the power goes before the mark is written.
        if random.next() % 8 == 0 { return crash(at) }
        try writer.append(LogBatch(snapshot: kept))
        try writer.recycle()
        hosts[at].kept = kept
        try step(at, .compact(mark.index))
    }

    /// The oldest batch becomes durable, or the power goes while it is written.
    private mutating func write(_ at: Int) throws {
        let batch = hosts[at].queue.removeFirst()
        var record = LogBatch(
            hardState: batch.hardState, truncateAfter: batch.truncateAfter, entries: batch.entries)
        if let mark = batch.snapshot {
            if let received = hosts[at].received, received.index == mark.index {
                record.snapshot = received
                hosts[at].kept = received
            } else if hosts[at].kept?.index != mark.index {
                throw fault("a batch marks a snapshot at \(mark.index) that is not there")
            }
        }
        do throws(LogError) {
            try hosts[at].writer!.append(record)
        } catch {
            guard hosts[at].disk.failsAt != nil else { throw error }
            crash(at)
            return
        }
        for message in batch.messages { send(message) }
        try step(at, .persisted(batch.id))
    }

    private mutating func step(_ at: Int, _ event: Consensus.Event) throws {
        var events = [event, .endTurn]
        while !events.isEmpty, hosts[at].core != nil {
            var effects: [Consensus.Effect] = []
            hosts[at].core!.step(events.removeFirst(), effects: &effects)
            hosts[at].core!.checkInvariants()
            for effect in effects {
                switch effect {
                case .send(let message): send(message)
                case .persist(let batch):
                    hosts[at].queue.append(batch)
                    schedule.plan(at: schedule.now + 1 + random.next() % 6, .write(at, life: hosts[at].life))
                case .apply(let entries):
                    for entry in entries { try apply(entry, at) }
                    events += [.applied(hosts[at].store.index, stateHash: hosts[at].store.stateHash), .endTurn]
                case .install(let mark):
                    restored += 1
                    hosts[at].store = try load(at, hosts[at].received!)
                    events += [.applied(mark.index, stateHash: hosts[at].store.stateHash), .endTurn]
                case .sendSnapshot(let target): try sendSnapshot(from: at, to: target)
                case .accepted(let context, let index, let term):
                    hosts[at].waiting[index] = (term, offers[context]!)
                case .compare(let index, let hash):
                    guard truth[index] == hash else { throw fault("S1: a leader's state at \(index) differs") }
                case .halt(let reason): throw fault("\(at + 1) halts: \(reason)")
                case .refused, .readable, .changed, .configured: break
                }
            }
        }
    }

    private mutating func apply(_ entry: Entry, _ at: Int) throws {
        let applied = try hosts[at].store.apply(entry)
        let hash = hosts[at].store.stateHash
        guard truth[entry.index, default: hash] == hash else {
            throw fault("S1: \(at + 1) has another state at \(entry.index)")
        }
        truth[entry.index] = hash
        guard let (term, secret) = hosts[at].waiting.removeValue(forKey: entry.index), term == entry.term,
            applied.outcome.failure == nil, applied.outcome.version > 0
        else { return }
        acknowledged[secret] = max(acknowledged[secret] ?? 0, applied.outcome.version)
    }

    private mutating func send(_ message: RaftMessage) {
        if !isCalm, random.next() % 20 == 0 { return }
        schedule.plan(at: schedule.now + 1 + random.next() % 10, .deliver(message))
    }

    /// A whole transfer at once: the leader's newest snapshot, opened there, sealed here.
    private mutating func sendSnapshot(from: Int, to target: MemberID) throws {
        let at = Int(target.rawValue) - 1
        guard let kept = hosts[from].kept, hosts[at].core != nil, cut != at, cut != from else {
            schedule.plan(at: schedule.now, .act)
            var effects: [Consensus.Effect] = []
            hosts[from].core!.step(.snapshotSent(to: target, index: nil), effects: &effects)
            return
        }
        let mark = SnapshotMark(index: kept.index, term: kept.term, configuration: kept.configuration!)
        let reader = try SnapshotReader(
            hosts[from].snapshots, identity: identity(from), keys: Self.keys,
            name: SnapshotFile.name(kept.index, kept.term))
        let term = hosts[from].core!.term
        if hosts[at].kept?.index != kept.index {
            let file = try SnapshotWriter(
                hosts[at].snapshots, identity: identity(at), keys: Self.keys, head: mark,
                random: SplitMix(seed: random.next()))
            while let portion = try reader.next() { try file.append(stream: portion) }
            hosts[at].received = try file.finish(reset: true)
            try step(at, .snapshotReceived(mark, from: MemberID(UInt64(from + 1)), term: term))
        }
        var effects: [Consensus.Effect] = []
        hosts[from].core!.step(.snapshotSent(to: target, index: mark.index), effects: &effects)
    }
}
