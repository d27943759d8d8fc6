import Bytes
import Model

@testable import Raft

/// A few members joined by an ordered bag of messages, with disks that are done at the end of each turn.
struct Cluster {
    var members: [MemberID: Consensus] = [:]
    var order: [MemberID] = []
    var bag: [RaftMessage] = []
    var cuts: [(MemberID, MemberID)] = []
    var log: [MemberID: [Consensus.Effect]] = [:]
    var applied: [MemberID: [Entry]] = [:]
    var disks: [MemberID: Disk] = [:]

    /// What a member finds when it starts again.
    struct Disk {
        var hardState = HardState()
        var mark: SnapshotMark
        var entries: [Entry] = []

        mutating func keep(_ batch: Consensus.Batch) {
            if let state = batch.hardState { hardState = state }
            if let snapshot = batch.snapshot {
                mark = snapshot
                entries = []
            }
            if let cut = batch.truncateAfter { entries.removeAll { $0.index > cut } }
            entries += batch.entries
        }
    }

    init(_ voters: UInt64..., learners: [UInt64] = [], settings: Consensus.Settings = .init()) {
        self.init(voters: voters, learners: learners, settings: settings)
    }

    init(voters: [UInt64], learners: [UInt64] = [], settings: Consensus.Settings = .init()) {
        let configuration = Configuration(voters: voters.map { MemberID($0) }, learners: learners.map { MemberID($0) })
        for id in (voters + learners).map({ MemberID($0) }) { add(id, configuration, settings) }
    }

    mutating func add(_ id: MemberID, _ configuration: Configuration, _ settings: Consensus.Settings = .init()) {
        order.append(id)
        let mark = SnapshotMark(index: .zero, term: .zero, configuration: configuration)
        disks[id] = Disk(mark: mark)
        members[id] = Consensus(
            id: id, settings: settings, hardState: HardState(), snapshot: mark, seed: id.rawValue)
    }

    /// Power is lost and comes back; what is on its way to the member is lost too.
    mutating func restart(_ id: UInt64) {
        let member = MemberID(id)
        bag.removeAll { $0.to == member }
        let disk = disks[member]!
        members[member] = Consensus(
            id: member, settings: members[member]!.settings, hardState: disk.hardState, snapshot: disk.mark,
            entries: disk.entries, seed: id)
        applied[member] = []
    }

    subscript(id: UInt64) -> Consensus { members[MemberID(id)]! }

    /// One event and the end of the turn; disk and apply are done at once.
    mutating func step(_ id: UInt64, _ event: Consensus.Event) {
        let member = MemberID(id)
        var events = [event]
        while !events.isEmpty {
            var effects: [Consensus.Effect] = []
            members[member]!.step(events.removeFirst(), effects: &effects)
            members[member]!.step(.endTurn, effects: &effects)
            members[member]!.checkInvariants()
            log[member, default: []] += effects
            for effect in effects {
                switch effect {
                case .send(let message): send(message)
                case .persist(let batch):
                    disks[member]!.keep(batch)
                    for message in batch.messages { send(message) }
                    events.append(.persisted(batch.id))
                case .apply(let entries):
                    applied[member, default: []] += entries
                    events.append(.applied(entries.last!.index, stateHash: 0))
                case .install(let mark): events.append(.applied(mark.index, stateHash: 0))
                default: break
                }
            }
        }
    }

    private mutating func send(_ message: RaftMessage) {
        if !cuts.contains(where: { $0 == (message.from, message.to) }) { bag.append(message) }
    }

    mutating func settle() {
        var bound = 10_000
        while !bag.isEmpty, bound > 0 {
            let message = bag.removeFirst()
            bound -= 1
            if members[message.to] != nil { step(message.to.rawValue, .received(message)) }
        }
        precondition(bound > 0, "messages go round for ever")
    }

    mutating func elect(_ id: UInt64) {
        step(id, .campaign)
        settle()
    }

    mutating func propose(_ id: UInt64, _ text: String, context: UInt64 = 0) {
        step(id, .propose(Offer(context: context, body: Bytes(utf8: text))))
    }

    mutating func tick(_ id: UInt64, _ count: Int) {
        for _ in 0..<count { step(id, .tick) }
    }

    mutating func tickAll(_ count: Int) {
        for _ in 0..<count {
            for id in order { step(id.rawValue, .tick) }
            settle()
        }
    }

    mutating func cut(_ id: UInt64) {
        for other in order where other != MemberID(id) { cuts += [(MemberID(id), other), (other, MemberID(id))] }
    }

    func texts(_ id: UInt64) -> [String] {
        (applied[MemberID(id)] ?? []).filter { $0.kind == .command }.map { $0.body.text ?? "" }
    }

    func effects(_ id: UInt64) -> [Consensus.Effect] { log[MemberID(id)] ?? [] }
}
