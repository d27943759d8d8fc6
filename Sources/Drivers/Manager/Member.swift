import Bytes
import Logging
import Model
import Primitives
import Raft
import Seams
import Segments
import Store
import Wire

/// What a member tells the manager that it is part of. On the loop.
protocol MemberEvents: AnyObject {
    /// Goes out to another member; may be lost.
    func send(_ message: RaftMessage)
    /// An entry was applied.
    func applied(_ applied: Applied)
    /// The store was replaced by a snapshot.
    func restored()
    func changed(_ role: Consensus.Role, _ term: Term, leader: MemberID)
    /// The newest snapshot is to be streamed to a follower.
    func sendSnapshot(to member: MemberID, _ snapshot: SnapshotSource)
    /// The member can't go on: the process ends with these words.
    func fatal(_ failure: Failure)
}

/// A snapshot on this disk, as it is sent: its mark, and a reader made anew on the thread that reads.
struct SnapshotSource: Sendable {
    let mark: SnapshotMark
    let term: Term
    let makeReader: @Sendable () throws(LogError) -> SnapshotReader
}

/// A manager's part in consensus, carried out: the core, the log on its own thread, the store.
///
/// Batches of the core are written one after the other; those that queue up while the disk is busy are joined into
/// one write and one sync. Effects are carried out in order and never inside each other: what they cause is queued.
final class Member {
    private(set) var consensus: Consensus
    var store: ReplicatedStore
    weak var events: (any MemberEvents)?

    let environment: any Environment
    let logger: Logger
    let identity: LogIdentity
    let keys: LogKeys
    let writer: LogWriter
    let writing: any SerialWorker
    let snapshots: LogFolder
    let snapshotting: any SerialWorker

    private var queue: [Consensus.Event] = []
    private var isStepping = false
    private var isTurnEnding = false
    private(set) var isStopped = false

    /// What waits for the disk, in order.
    var batches: [Consensus.Batch] = []
    var isWriting = false
    /// The disk is full: entries are refused until a write gets through again.
    var isFull = false

    private var nextContext: UInt64 = 1
    private var proposed: [UInt64: (Result<Applied, Failure>) -> Void] = [:]
    /// What this leader has in its log, by index, until it is applied.
    private var waiting: [UInt64: (Result<Applied, Failure>) -> Void] = [:]
    private var reads: [UInt64: (Result<Index, Failure>) -> Void] = [:]
    private var changes: [UInt64: (Result<Index, Failure>) -> Void] = [:]

    /// The newest one on this disk that the log names.
    var snapshot: LogMark?
    var isSnapshotting = false
    /// Bytes of the entries applied since the last snapshot began, or since the start.
    var appliedBytes = 0
    /// A snapshot that came from a leader, until consensus installs it: its mark, and the store that it holds.
    var pendingMark: LogMark?
    var receivedStore: ReplicatedStore?
    /// The one that comes.
    var receiving: SnapshotReceiver?
    /// How many followers are sent each file.
    var sendingNames: [String: Int] = [:]
    var hashes: [(index: Index, hash: UInt64)] = []
    /// What the log took on this disk after the last write: whole segments.
    var logBytes: UInt64 = 0

    /// How often consensus ticks.
    static let tick = Duration.milliseconds(50)
    /// Entries kept in memory behind a snapshot, for followers that are a little late.
    static let kept: UInt64 = 2048
    /// How many hashes of earlier states are kept to be compared with the leader's.
    static let keptHashes = 1024
    /// Writes that may wait for the disk; far above what the core's own bounds allow.
    static let writesBound = 4096
    /// Pieces of work on snapshots that may wait, and how many portions of one that comes may be among them: all that
    /// its sender has credit for, unless it cuts them into crumbs.
    static let snapshotsBound = 1024
    static let mostPortions = 512

    /// Recovers a member from its folders; synchronous, at the start of the process or of the membership.
    ///
    /// - Throws: `Failure` of code `integrity` for a log that can't be used, with the file and the way out.
    static func open(
        environment: any Environment, logger: Logger, identity: LogIdentity, keys: LogKeys, stateDirectory: String,
        founding: Configuration?
    ) throws(Failure) -> Member {
        do throws(LogError) {
            let log = LogFolder(environment.files, "\(stateDirectory)/log")
            let snapshots = LogFolder(environment.files, "\(stateDirectory)/snapshots")
            let (writer, recovered) = try LogWriter.open(
                log, snapshots: snapshots, identity: identity, keys: keys, random: environment.makeGenerator())
            return try Member(
                environment: environment, logger: logger, identity: identity, keys: keys, writer: writer,
                recovered: recovered, snapshots: snapshots, founding: founding)
        } catch {
            throw Failure(logError: error, stateDirectory: stateDirectory)
        }
    }

    private init(
        environment: any Environment, logger: Logger, identity: LogIdentity, keys: LogKeys, writer: LogWriter,
        recovered: RecoveredLog, snapshots: LogFolder, founding: Configuration?
    ) throws(LogError) {
        self.environment = environment
        self.logger = logger
        self.identity = identity
        self.keys = keys
        self.writer = writer
        self.snapshots = snapshots
        var store = ReplicatedStore()
        var mark = SnapshotMark()
        mark.configuration = recovered.configuration ?? founding ?? Configuration()
        if let taken = recovered.snapshot {
            mark = SnapshotMark(
                index: taken.index, term: taken.term, configuration: taken.configuration ?? Configuration())
            let reader = try SnapshotReader(
                snapshots, identity: identity, keys: keys, name: SnapshotFile.name(taken.index, taken.term))
            store = try Self.load(reader)
        }
        if recovered.configuration == nil, recovered.snapshot == nil, let founding {
            // The first configuration is durable before anything else is.
            try writer.append(LogBatch(hardState: HardState(), configuration: founding))
        }
        self.store = store
        snapshot = recovered.snapshot
        consensus = Consensus(
            id: identity.member, hardState: recovered.hardState(of: identity.member), snapshot: mark,
            entries: recovered.entries, seed: environment.time.random())
        writing = environment.work.makeSerial("log", bound: Self.writesBound)
        snapshotting = environment.work.makeSerial("snapshots", bound: Self.snapshotsBound)
        if let cut = recovered.cut {
            logger.warning(
                "a torn end of the log was left out; nothing of it had been acknowledged",
                ["file": cut.file, "offset": String(cut.offset)])
        }
    }

    /// Begins to tick.
    func start() {
        tick()
        step(.endTurn)
    }

    private func tick() {
        guard !isStopped else { return }
        environment.time.after(Self.tick) { [weak self] in
            self?.step(.tick)
            self?.tick()
        }
    }

    /// Stops; `done` when the log's thread has finished what was queued.
    func stop(_ done: @escaping () -> Void) {
        isStopped = true
        fail(all: Failure(.unavailable, "the manager is stopping"))
        snapshotting.finish {}
        writing.finish(done)
    }

    private func fail(all failure: Failure) {
        // In the order in which they were asked, so that a run can be repeated.
        let all = (proposed, waiting, reads, changes)
        proposed = [:]
        waiting = [:]
        reads = [:]
        changes = [:]
        for key in all.0.keys.sorted() { all.0[key]?(.failure(failure)) }
        for key in all.1.keys.sorted() { all.1[key]?(.failure(failure)) }
        for key in all.2.keys.sorted() { all.2[key]?(.failure(failure)) }
        for key in all.3.keys.sorted() { all.3[key]?(.failure(failure)) }
    }
}

// MARK: - What is asked of it

extension Member {
    var leader: MemberID { consensus.leader }

    /// Proposes a command; `done` when it is applied here, or can't be known to be.
    func propose(
        _ proposal: Proposal, sealed: Bytes = Bytes(), done: @escaping (Result<Applied, Failure>) -> Void
    ) {
        guard !isFull else {
            return done(.failure(Failure(.unavailable, "the manager's disk is full", try: "free some space on it")))
        }
        let context = nextContext
        nextContext += 1
        proposed[context] = done
        let offer = Offer(context: context, minLevel: 1, body: proposal.encoded(), sealed: sealed)
        step(.propose(offer))
    }

    /// Calls `done` once this store has applied all that was committed when it was asked.
    func read(_ done: @escaping (Result<Index, Failure>) -> Void) {
        let context = nextContext
        nextContext += 1
        reads[context] = done
        step(.read(context: context))
    }

    func change(_ wish: [MemberChange], done: @escaping (Result<Index, Failure>) -> Void) {
        let context = nextContext
        nextContext += 1
        changes[context] = done
        step(.change(wish, note: Bytes(), context: context))
    }

    func received(_ message: RaftMessage) { step(.received(message)) }
    func unreachable(_ member: MemberID) { step(.unreachable(member)) }
    func campaign() { step(.campaign) }
    func transfer(to member: MemberID?) { step(.transfer(to: member, context: 0)) }
}

// MARK: - Stepping

extension Member {
    func step(_ event: Consensus.Event) {
        guard !isStopped else { return }
        queue.append(event)
        if !isTurnEnding, event != .endTurn {
            isTurnEnding = true
            environment.time.atEndOfTurn { [weak self] in
                self?.isTurnEnding = false
                self?.step(.endTurn)
            }
        }
        guard !isStepping else { return }
        isStepping = true
        while !queue.isEmpty {
            let event = queue.removeFirst()
            var effects: [Consensus.Effect] = []
            consensus.step(event, effects: &effects)
            for effect in effects { carryOut(effect) }
        }
        isStepping = false
    }

    private func carryOut(_ effect: Consensus.Effect) {
        switch effect {
        case .send(let message): events?.send(message)
        case .persist(let batch):
            batches.append(batch)
            write()
        case .apply(let entries): apply(entries)
        case .install(let mark): install(mark)
        case .sendSnapshot(let member): sendSnapshot(to: member)
        case .accepted(let context, let index, _):
            if let done = proposed.removeValue(forKey: context) {
                waiting[index.rawValue] = done
            } else if let done = changes.removeValue(forKey: context) {
                waiting[index.rawValue] = { done($0.map(\.index)) }
            }
        case .refused(let context, let refusal):
            let failure = Failure(refusal: refusal)
            proposed.removeValue(forKey: context)?(.failure(failure))
            changes.removeValue(forKey: context)?(.failure(failure))
            reads.removeValue(forKey: context)?(.failure(failure))
        case .readable(let context, let index): reads.removeValue(forKey: context)?(.success(index))
        case .compare(let index, let hash): compare(index, hash)
        case .changed(let role, let term, let leader):
            if role != .leader { giveUpWaiting() }
            events?.changed(role, term, leader: leader)
        case .configured: break
        case .halt(let halt): events?.fatal(Failure(halt: halt))
        }
    }

    /// Whether the next leader has it is unknown: who asked asks there, under the same request ID.
    private func giveUpWaiting() {
        let all = waiting
        waiting = [:]
        for index in all.keys.sorted() { all[index]?(.failure(Failure(.notLeader, "another manager leads now"))) }
    }

    private func apply(_ entries: [Entry]) {
        for entry in entries {
            appliedBytes += entry.weight
            let applied: Applied
            do throws(StoreError) {
                applied = try store.apply(entry)
            } catch {
                events?.fatal(Failure(.integrity, "this manager can't apply entry \(entry.index)", why: "\(error)"))
                return
            }
            events?.applied(applied)
            waiting.removeValue(forKey: entry.index.rawValue)?(.success(applied))
        }
        guard let last = entries.last?.index else { return }
        hashes.append((last, store.stateHash))
        if hashes.count > Self.keptHashes { hashes.removeFirst(Self.keptHashes / 2) }
        step(.applied(last, stateHash: store.stateHash))
        snapshotIfDue()
    }

    /// Equal entries make equal stores (S1): a member that differs stops rather than answer.
    private func compare(_ index: Index, _ hash: UInt64) {
        guard hash != 0, let own = hashes.last(where: { $0.index == index })?.hash, own != hash else { return }
        events?.fatal(
            Failure(
                .integrity, "this manager's state differs from the leader's at entry \(index)",
                why: "its log or its memory is damaged",
                try: "remove its state directory and join it again as a new manager"))
    }
}
