import Bytes
import Logging
import Model
import Raft
import Seams
import Segments
import Store

// MARK: - Snapshots

extension Member {
    /// Takes a snapshot when there are enough new entries, and when these are no less than half of the state.
    ///
    /// A snapshot writes all of the state. By the number of entries alone, a large state that grows would be written
    /// again and again, and cost more than the entries themselves.
    func snapshotIfDue() {
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
                {
                    logError { () throws(LogError) in
                        try writer.append(LogBatch(snapshot: mark))
                        try writer.recycle()
                    }
                },
                done: { [weak self] error in self?.snapshotNoted(mark, error) })
        }
    }

    /// The log names the snapshot, and what it covers may go.
    private func snapshotNoted(_ mark: LogMark, _ error: LogError?) {
        guard !isStopped, error != .full else { return }
        if let error {
            events?.fatal(Failure(logError: error, stateDirectory: ""))
            return
        }
        snapshot = mark
        let keep = min(mark.index.rawValue, Self.kept)
        step(.compact(Index(mark.index.rawValue - keep)))
        tidySnapshots()
        logger.info("snapshot taken", ["index": "\(mark.index)"])
    }

    private func tidySnapshots() {
        guard let snapshot else { return }
        let keeping = sendingNames.keys.sorted() + [SnapshotFile.name(snapshot.index, snapshot.term)]
        let files = snapshots
        snapshotting.submit(
            { logError { () throws(LogError) in try SnapshotFile.tidy(files, keeping: keeping) } },
            done: { [logger] error in if let error { logger.warning("old snapshots stay: \(error)") } })
    }

    func sendSnapshot(to member: MemberID) {
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

    func snapshotSent(to member: MemberID, index: Index?, name: String) {
        sendingNames[name, default: 1] -= 1
        if sendingNames[name] == 0 { sendingNames[name] = nil }
        step(.snapshotSent(to: member, index: index))
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
        guard snapshotting.pending < Self.mostPortions else {
            logger.warning("a snapshot comes in crumbs and is not taken in")
            consumed()
            return dropSnapshot()
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
        dropSnapshot()
    }

    private func dropSnapshot() {
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
            logger.warning("a snapshot could not be taken in: \(error)")
            dropSnapshot()
        }
    }

    func install(_ mark: SnapshotMark) {
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
}
