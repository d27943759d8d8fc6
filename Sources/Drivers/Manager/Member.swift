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
    func configured(_ configuration: Configuration)
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
    private(set) var store: ReplicatedStore
    weak var events: (any MemberEvents)?

    private let environment: any Environment
    private let logger: Logger
    private let identity: LogIdentity
    private var keys: LogKeys
    private let writer: LogWriter
    private let writing: any SerialWorker
    private let snapshots: LogFolder
    private let snapshotting: any SerialWorker

    private var queue: [Consensus.Event] = []
    private var isStepping = false
    private var isTurnEnding = false
    private var isStopped = false

    private var batches: [Consensus.Batch] = []
    private var isWriting = false
    /// The disk is full: entries are refused until a write gets through again.
    private(set) var isFull = false

    private var nextContext: UInt64 = 1
    private var proposed: [UInt64: (Result<Applied, Failure>) -> Void] = [:]
    /// What this leader has in its log, by index, until it is applied.
    private var waiting: [UInt64: (Result<Applied, Failure>) -> Void] = [:]
    private var reads: [UInt64: (Result<Index, Failure>) -> Void] = [:]
    private var changes: [UInt64: (Result<Index, Failure>) -> Void] = [:]

    private(set) var snapshot: LogMark?
    private var isSnapshotting = false
    /// Bytes of the entries applied since the last snapshot began, or since the start.
    private var appliedBytes = 0
    private var pendingMark: LogMark?
    private var receiving: SnapshotReceiver?
    private var receivedStore: ReplicatedStore?
    private var sendingNames: [String: Int] = [:]
    private var hashes: [(index: Index, hash: UInt64)] = []
    /// What the log took on this disk after the last write: whole segments.
    private(set) var logBytes: UInt64 = 0

    /// How often consensus ticks.
    static let tick = Duration.milliseconds(50)
    /// Entries kept in memory behind a snapshot, for followers that are a little late.
    static let kept: UInt64 = 2048
    /// How many hashes of earlier states are kept to be compared with the leader's.
    static let keptHashes = 1024
    /// Writes that may wait for the disk; far above what the core's own bounds allow.
    static let writesBound = 4096

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
        snapshotting = environment.work.makeSerial("snapshots", bound: 1024)
        if let cut = recovered.cut {
            logger.warning(
                "a torn end of the log was left out; nothing of it had been acknowledged",
                ["file": cut.file, "offset": String(cut.offset)])
        }
    }

    /// The store that a snapshot holds.
    static func load(_ reader: SnapshotReader) throws(LogError) -> ReplicatedStore {
        var loader = StoreLoader()
        var pieces = SnapshotPieces()
        while let portion = try reader.next() {
            pieces.add(portion)
            while let piece = try pieces.next() {
                do throws(StoreError) { try loader.take(piece.content) } catch { throw unreadable(reader) }
            }
        }
        do throws(StoreError) { return try loader.finish() } catch { throw unreadable(reader) }
    }

    /// It opened, so some version of ours wrote it; what it says is no store.
    private static func unreadable(_ reader: SnapshotReader) -> LogError {
        .corrupt(file: reader.name, offset: 0)
    }

    /// Begins to tick.
    func start() {
        events?.configured(consensus.configuration)
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
    var isLeader: Bool { consensus.isLeader }
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
    func snapshotSent(to member: MemberID, index: Index?, name: String) {
        sendingNames[name, default: 1] -= 1
        if sendingNames[name] == 0 { sendingNames[name] = nil }
        step(.snapshotSent(to: member, index: index))
    }
}

// MARK: - Stepping

extension Member {
    private func step(_ event: Consensus.Event) {
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
        case .configured(let configuration, _): events?.configured(configuration)
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

// MARK: - The log

extension Member {
    private func write() {
        guard !isWriting, !isStopped, !batches.isEmpty else { return }
        isWriting = true
        // What queued up while the disk was busy is one write and one sync, as far as one batch can say it.
        var joined = LogBatch()
        var taken = 0
        for batch in batches {
            if taken > 0, batch.truncateAfter != nil || batch.snapshot != nil { break }
            if joined.snapshot != nil { break }
            if let state = batch.hardState { joined.hardState = state }
            if let mark = batch.snapshot { joined.snapshot = logMark(for: mark) }
            joined.truncateAfter = batch.truncateAfter ?? joined.truncateAfter
            joined.entries += batch.entries
            taken += 1
        }
        let count = taken
        let batch = joined
        let writer = writer
        writing.submit(
            { () -> (error: LogError?, bytes: UInt64, wantsSpare: Bool) in
                guard !batch.isEmpty else { return (nil, 0, false) }
                do throws(LogError) {
                    try writer.append(batch)
                    if batch.snapshot != nil { try writer.recycle() }
                    return (nil, UInt64(writer.segmentCount * LogLimits.segmentBytes), writer.wantsSpare)
                } catch {
                    return (error, 0, false)
                }
            },
            done: { [weak self] result in
                guard let self else { return }
                if result.bytes > 0 { logBytes = result.bytes }
                if result.wantsSpare, !isStopped { growSpare() }
                written(count, result.error)
            })
    }

    /// After a batch is acknowledged, before the next one is written.
    private func growSpare() {
        let writer = writer
        writing.submit(
            { () -> LogError? in
                do throws(LogError) {
                    try writer.growSpare()
                    return nil
                } catch {
                    return error
                }
            },
            done: { [weak self] error in
                if let error { self?.events?.fatal(Failure(logError: error, stateDirectory: "")) }
            })
    }

    private func written(_ count: Int, _ error: LogError?) {
        isWriting = false
        switch error {
        case nil: break
        case .full?:
            // Weather: nothing was written; votes still can be. Try again when there may be space.
            if !isFull { logger.error("the disk is full; changes are refused until there is space") }
            isFull = true
            environment.time.after(.seconds(1)) { [weak self] in self?.write() }
            return
        case let error?:
            events?.fatal(Failure(logError: error, stateDirectory: ""))
            return
        }
        if isFull {
            isFull = false
            logger.info("the disk has space again")
        }
        let done = batches.prefix(count)
        batches.removeFirst(count)
        for batch in done {
            for message in batch.messages where message.to != consensus.id { events?.send(message) }
            step(.persisted(batch.id))
            for message in batch.messages where message.to == consensus.id { step(.received(message)) }
        }
        write()
    }

    private func logMark(for mark: SnapshotMark) -> LogMark? {
        guard let pendingMark, pendingMark.index == mark.index else { return nil }
        return pendingMark
    }
}

// MARK: - Snapshots

extension Member {
    /// Takes a snapshot when there are enough new entries, and when these are no less than half of the state.
    ///
    /// A snapshot writes all of the state. By the number of entries alone, a large state that grows would be written
    /// again and again, and cost more than the entries themselves.
    private func snapshotIfDue() {
        let every = store.cluster?.spec?.snapshotEntries ?? 0
        let base = snapshot?.index ?? .zero
        guard !isSnapshotting, receiving == nil, store.index - base >= (every == 0 ? 10_000 : every),
            appliedBytes >= store.weight / 2, let mark = consensus.mark(at: store.index)
        else { return }
        isSnapshotting = true
        appliedBytes = 0
        let saved = store.snapshot()
        let (files, identity, keys, random) = (snapshots, identity, keys, environment.makeGenerator())
        snapshotting.submit(
            { () -> Result<LogMark, LogError> in
                do throws(LogError) {
                    var saved = saved
                    let writer = try SnapshotWriter(
                        files, identity: identity, keys: keys, head: mark, random: random)
                    while let piece = saved.next() {
                        try writer.append(SnapshotPieces.Piece(piece.bytes, isRaw: piece.isRaw))
                    }
                    return .success(try writer.finish())
                } catch {
                    return .failure(error)
                }
            },
            done: { [weak self] result in self?.snapshotTaken(result) })
    }

    private func snapshotTaken(_ result: Result<LogMark, LogError>) {
        isSnapshotting = false
        guard !isStopped else { return }
        switch result {
        case .failure(.full): logger.warning("no space for a snapshot; the log stays longer")
        case .failure(let error): events?.fatal(Failure(logError: error, stateDirectory: ""))
        case .success(let mark):
            let writer = writer
            writing.submit(
                { () -> LogError? in
                    do throws(LogError) {
                        try writer.append(LogBatch(snapshot: mark))
                        try writer.recycle()
                        return nil
                    } catch {
                        return error
                    }
                },
                done: { [weak self] error in
                    guard let self, !isStopped else { return }
                    if let error, error != .full {
                        events?.fatal(Failure(logError: error, stateDirectory: ""))
                        return
                    }
                    guard error == nil else { return }
                    snapshot = mark
                    let keep = min(mark.index.rawValue, Self.kept)
                    step(.compact(Index(mark.index.rawValue - keep)))
                    tidySnapshots()
                    logger.info("snapshot taken", ["index": "\(mark.index)"])
                })
        }
    }

    private func tidySnapshots() {
        guard let snapshot else { return }
        let keeping = sendingNames.keys.sorted() + [SnapshotFile.name(snapshot.index, snapshot.term)]
        let files = snapshots
        snapshotting.submit(
            { () -> LogError? in
                do throws(LogError) {
                    try SnapshotFile.tidy(files, keeping: keeping)
                    return nil
                } catch {
                    return error
                }
            }, done: { [logger] error in if let error { logger.warning("old snapshots stay: \(error)") } })
    }

    private func sendSnapshot(to member: MemberID) {
        guard let snapshot, let configuration = snapshot.configuration else {
            return step(.snapshotSent(to: member, index: nil))
        }
        let name = SnapshotFile.name(snapshot.index, snapshot.term)
        sendingNames[name, default: 0] += 1
        let (files, identity, keys) = (snapshots, identity, keys)
        let mark = SnapshotMark(index: snapshot.index, term: snapshot.term, configuration: configuration)
        events?.sendSnapshot(
            to: member,
            SnapshotSource(mark: mark, term: consensus.term) { () throws(LogError) in
                try SnapshotReader(files, identity: identity, keys: keys, name: name)
            })
    }

    var snapshotWork: any SerialWorker { snapshotting }

    /// A leader's snapshot begins to arrive; an earlier one that was under way is dropped.
    func receive(_ offer: SnapshotOffer, from member: MemberID) {
        guard let mark = offer.mark, offer.term >= consensus.term, mark.index > consensus.commit else { return }
        receiving = SnapshotReceiver(
            mark: mark, term: offer.term, from: member, files: snapshots, identity: identity, keys: keys,
            random: environment.makeGenerator())
        step(.receivingSnapshot(true))
    }

    /// A portion of it; `consumed` when it may be forgotten, so that the sender goes on.
    func receive(_ chunk: SnapshotChunk, from member: MemberID, consumed: @escaping () -> Void) {
        guard let receiver = receiving, receiver.from == member, chunk.offset == receiver.received else {
            return consumed()
        }
        receiver.received += UInt64(chunk.data.count)
        receiver.isWhole = chunk.last
        snapshotting.submit(
            { () -> Result<LogMark?, LogError> in
                do throws(LogError) {
                    try receiver.append(chunk.data)
                    return .success(chunk.last ? try receiver.finish() : nil)
                } catch {
                    return .failure(error)
                }
            },
            done: { [weak self] result in
                consumed()
                self?.received(result, receiver)
            })
    }

    /// What `member` was sending will not go on: this member may campaign again.
    func lostSnapshot(from member: MemberID) {
        guard let receiver = receiving, receiver.from == member, !receiver.isWhole else { return }
        receiving = nil
        step(.receivingSnapshot(false))
    }

    private func received(_ result: Result<LogMark?, LogError>, _ receiver: SnapshotReceiver) {
        guard receiving === receiver, !isStopped else { return }
        switch result {
        case .success(nil): break
        case .success(let mark?):
            receiving = nil
            pendingMark = mark
            receivedStore = receiver.store
            step(.receivingSnapshot(false))
            step(.snapshotReceived(receiver.mark, from: receiver.from, term: receiver.term))
        case .failure(let error):
            receiving = nil
            logger.warning("a snapshot could not be taken in: \(error)")
            step(.receivingSnapshot(false))
        }
    }

    private func install(_ mark: SnapshotMark) {
        guard let loaded = receivedStore, let taken = pendingMark, loaded.index == mark.index else {
            events?.fatal(Failure(.integrity, "a snapshot of entry \(mark.index) is to be installed and is not here"))
            return
        }
        receivedStore = nil
        store = loaded
        appliedBytes = 0
        snapshot = taken
        hashes = []
        logger.info("snapshot installed", ["index": "\(mark.index)"])
        events?.restored()
        step(.applied(mark.index, stateHash: store.stateHash))
        tidySnapshots()
    }
}

/// A snapshot that is arriving: written as it comes, then loaded. Used on the snapshots' thread but for what says so.
private final class SnapshotReceiver: @unchecked Sendable {
    let mark: SnapshotMark
    let term: Term
    let from: MemberID
    private let files: LogFolder
    private let identity: LogIdentity
    private let keys: LogKeys
    private let random: SecureGenerator
    private var writer: SnapshotWriter?
    private(set) var store: ReplicatedStore?
    /// Bytes of the stream taken so far, and whether they were the last; the loop's alone.
    var received: UInt64 = 0
    var isWhole = false

    init(
        mark: SnapshotMark, term: Term, from: MemberID, files: LogFolder, identity: LogIdentity, keys: LogKeys,
        random: SecureGenerator
    ) {
        self.mark = mark
        self.term = term
        self.from = from
        self.files = files
        self.identity = identity
        self.keys = keys
        self.random = random
    }

    func append(_ portion: Bytes) throws(LogError) {
        if writer == nil {
            writer = try SnapshotWriter(files, identity: identity, keys: keys, head: mark, random: random)
        }
        try writer?.append(stream: portion)
    }

    func finish() throws(LogError) -> LogMark {
        guard let writer else { throw .missing(file: "snapshot") }
        let finished = try writer.finish(reset: true)
        let reader = try SnapshotReader(
            files, identity: identity, keys: keys, name: SnapshotFile.name(mark.index, mark.term))
        store = try Member.load(reader)
        return finished
    }
}
