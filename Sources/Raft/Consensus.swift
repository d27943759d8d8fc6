import Bytes
import Model

/// One member's part in agreeing on the log: elections, replication, membership, reads. Entries are opaque.
///
///     follower ──timeout──▶ preCandidate ──quorum──▶ candidate ──quorum──▶ leader
///        ▲                       │                        │                  │
///        └───────────────────────┴── higher term, lost ───┴── silent quorum ─┘
///
/// The rules are Raft's with pre-votes, a leader that steps down when its quorum is silent, and followers that
/// listen to no candidate while they hear a leader, all of them always. Configurations are in force from when
/// they are appended; a truncation rolls them back. Storage is asynchronous: what must be durable before it is
/// said travels inside the batch that makes it so.
///
/// The driver delivers events in any number and ends the turn with `endTurn`; effects are carried out in order.
/// Invariants, by the names of the architecture page: R1 one leader a term · R2 votes durable before said ·
/// R3 log matching · R4 applied ≤ commit ≤ last, never back · R5 committed entries in every later leader ·
/// R6 a leader counts itself only once durable · R7 only its own term by counting · R8 one change at a time ·
/// R9 the log has no gaps and its terms never fall · R10 batches complete in order · R11 the window's bytes are
/// those in flight · R12 match < next, match ≤ last · R13 the configuration in force is the newest in the log.
package struct Consensus: Sendable {
    package let id: MemberID
    package let settings: Settings
    package internal(set) var role = Role.follower
    package internal(set) var term: Term
    package internal(set) var vote: MemberID
    package internal(set) var leader = MemberID.none
    package internal(set) var commit: Index
    package internal(set) var applied: Index
    var log: EntryLog
    /// Those in force from an index on; the first is the snapshot's. Never empty.
    var configurations: [(index: Index, value: Configuration)]
    package internal(set) var isHalted = false

    // Time and chance.
    var random: SplitMix
    /// Ticks since the leader was heard, the candidacy began, or, at the leader, the quorum was checked.
    var elapsed: UInt64 = 0
    var timeout: UInt64 = 0
    var heartbeatElapsed: UInt64 = 0
    var votes: [(member: MemberID, yes: Bool)] = []
    var isReceivingSnapshot = false

    // A leader's own.
    var progress: [Progress] = []
    /// Where this reign's first entry is.
    var opening = Index.zero
    var uncommittedBytes = 0
    var successor: (member: MemberID, elapsed: UInt64)?

    // Storage.
    var pending = Batch(id: 1, hardState: nil, snapshot: nil, truncateAfter: nil, entries: [], messages: [])
    var isHardStateDirty = false
    var storedCommit: Index
    var tickets: [Ticket] = []
    /// The end of what was handed to storage.
    var issued: Index
    /// Entries up to it are on disk, as memory has them.
    package internal(set) var durable: Index
    /// The term that is on disk.
    package internal(set) var durableTerm: Term

    // Apply.
    var handed: Index
    var handedOut: [(last: Index, bytes: Int)] = []
    var handedBytes = 0
    var stateHash: (index: Index, hash: UInt64) = (.zero, 0)

    var reads: Reads
    var reported: (role: Role, term: Term, leader: MemberID)
    var reportedConfiguration: Index?

    /// A batch on its way to the disk.
    struct Ticket: Sendable {
        let id: UInt64
        let term: Term
        var last: Index
    }

    /// A member from what its disk holds; a new cluster's first member from an empty log.
    ///
    /// - Parameters:
    ///   - snapshot: the place and configuration of the snapshot that the store was loaded from; index 0 if none.
    ///   - entries: the log, without gaps; may begin before the snapshot's end.
    package init(
        id: MemberID, settings: Settings = Settings(), hardState: HardState, snapshot: SnapshotMark,
        entries: [Entry] = [], seed: UInt64
    ) {
        self.id = id
        self.settings = settings
        term = hardState.term
        durableTerm = hardState.term
        vote = hardState.vote
        log = EntryLog(base: snapshot.index, term: snapshot.term)
        configurations = [(snapshot.index, snapshot.configuration ?? Configuration())]
        commit = .zero
        storedCommit = .zero
        applied = snapshot.index
        handed = snapshot.index
        issued = snapshot.index
        durable = snapshot.index
        random = SplitMix(seed: seed)
        reads = Reads(number: random.next() >> 2)
        reported = (.follower, hardState.term, .none)

        // A crash between a snapshot and its mark leaves an older log behind: what contradicts it goes.
        let known = entries.first { $0.index == snapshot.index }
        let joins = entries.first.map { $0.index <= snapshot.index.next } ?? true
        let reaches = entries.last.map { $0.index >= snapshot.index } ?? true
        if joins, reaches, known.map({ $0.term == snapshot.term }) ?? true {
            for entry in entries where entry.index > snapshot.index {
                log.append(entry)
                if let configuration = entry.configuration { configurations.append((entry.index, configuration)) }
            }
        } else {
            pending.snapshot = snapshot
        }
        // An empty log may begin at an older place: a snapshot was kept and the power lost before its mark was.
        if entries.isEmpty, snapshot.index > .zero { pending.snapshot = snapshot }
        issued = log.last
        durable = log.last
        // Entries behind the hard state in a torn batch are gone: what it says of commit was only a lower bound.
        commit = max(snapshot.index, min(hardState.commit, log.last))
        storedCommit = commit
        precondition(term >= log.lastTerm, "R2: term \(term) before the log's \(log.lastTerm)")
        drawTimeout()
    }

    /// Takes one event and adds to `effects` what follows from it.
    package mutating func step(_ event: consuming Event, effects: inout [Effect]) {
        if isHalted { return }
        // The start's: on its own, before anything joins the batch.
        if pending.snapshot != nil { issue(&effects) }
        switch consume event {
        case .tick: tick(&effects)
        case .received(let message): receive(message, &effects)
        case .propose(let offer): propose(offer, &effects)
        case .change(let changes, let note, let context): change(changes, note: note, context: context, &effects)
        case .read(let context): read(context, &effects)
        case .transfer(let target, let context): transfer(to: target, context: context, &effects)
        case .campaign: if role == .follower, mayCampaign { preCampaign(&effects) }
        case .persisted(let batch): persisted(batch, &effects)
        case .applied(let index, let hash): applied(index, hash, &effects)
        case .compact(let index): compact(through: index)
        case .snapshotReceived(let mark, let from, let term): install(mark, from: from, term: term, &effects)
        case .snapshotSent(let member, let index): snapshotSent(to: member, index: index)
        case .receivingSnapshot(let isReceiving): isReceivingSnapshot = isReceiving
        case .unreachable(let member): lost(member)
        case .endTurn: endTurn(&effects)
        }
    }

    private mutating func endTurn(_ effects: inout [Effect]) {
        if role == .leader {
            advanceCommit(&effects)
            if isHalted { return }
            leaveJoint()
            startReads(&effects)
            // Sent before they are written here: the disks of all members work at once.
            replicate(&effects)
            stepDownIfRemoved(&effects)
        } else {
            askForReads(&effects)
        }
        store(&effects)
        handOut(&effects)
        serveReads(&effects)
        report(&effects)
    }

    private mutating func report(_ effects: inout [Effect]) {
        if reported != (role, term, leader) {
            reported = (role, term, leader)
            effects.append(.changed(role, term, leader: leader))
        }
        if reportedConfiguration != configurationIndex {
            reportedConfiguration = configurationIndex
            effects.append(.configured(configuration, index: configurationIndex))
        }
    }

    mutating func halt(_ reason: Halt, _ effects: inout [Effect]) {
        isHalted = true
        effects.append(.halt(reason))
    }

    // MARK: - What can be seen from outside

    /// Lent, not copied: every turn looks at it several times.
    package var configuration: Configuration {
        _read { yield configurations[configurations.count - 1].value }
    }
    package var configurationIndex: Index { configurations[configurations.count - 1].index }
    package var last: Index { log.last }
    /// The first index still in memory.
    package var first: Index { log.first }
    package var isLeader: Bool { role == .leader }
    /// Whether the leader may change the members and answer reads.
    package var hasCommittedOwnTerm: Bool { role == .leader && commit >= opening }

    package func term(at index: Index) -> Term? { log.term(at: index) }
    package func entry(at index: Index) -> Entry? {
        index >= log.first && index <= log.last ? log[index] : nil
    }

    /// The configuration that was in force at `index`, for a snapshot of it; `index` at or after the log's start.
    package func configuration(at index: Index) -> Configuration {
        precondition(index >= log.base, "configuration at \(index), log starts after \(log.base)")
        return configurations.last { $0.index <= index }!.value
    }

    /// A snapshot's place: what a snapshot of the store at `index` is marked with.
    package func mark(at index: Index) -> SnapshotMark? {
        guard let term = log.term(at: index) else { return nil }
        return SnapshotMark(index: index, term: term, configuration: configuration(at: index))
    }
}

/// What a leader knows of a member, for operators.
package struct MemberStanding: Equatable, Sendable {
    package let id: MemberID
    package let match: Index
    package let next: Index
    package let silence: UInt64
    package let isVoter: Bool
    package let isReplicating: Bool
}

extension Consensus {
    /// By ascending ID; empty but at a leader. The leader's own `match` is what its disk has.
    package var members: [MemberStanding] {
        progress.map {
            MemberStanding(
                id: $0.id, match: $0.id == id ? durable : $0.match, next: $0.next, silence: $0.silence,
                isVoter: configuration.isVoter($0.id), isReplicating: $0.id == id || $0.flow == .replicate)
        }
    }
}

extension Entry {
    /// The configuration that the entry brings into force.
    var configuration: Configuration? { kind == .configuration ? Configuration(body: body) : nil }
}
