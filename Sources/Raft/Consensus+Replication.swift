import Bytes
import Model

extension Consensus {
    func find(_ member: MemberID) -> Int? { Self.find(member, in: progress) }

    /// By place, so that no element is copied.
    private static func find(_ member: MemberID, in progress: [Progress]) -> Int? {
        for place in progress.indices where progress[place].id.rawValue == member.rawValue { return place }
        return nil
    }

    /// Makes the table follow the configuration; who stays keeps what is known.
    mutating func refreshProgress(next: Index) {
        let old = progress
        progress = configuration.members.map { member in
            old.first { $0.id == member } ?? Progress(id: member, next: next)
        }
        if let target = successor?.member, !configuration.isVoter(target) { successor = nil }
    }

    mutating func heartbeat(_ effects: inout [Effect]) {
        for member in progress where member.id != id {
            var message = RaftMessage(.heartbeat, from: id, to: member.id, term: term)
            // Never past what is known to match: the rest of the follower's log may not be ours.
            message.commit = min(member.match, commit)
            message.round = reads.round
            if stateHash.hash != 0 {
                message.stateIndex = stateHash.index
                message.stateHash = stateHash.hash
            }
            effects.append(.send(message))
        }
    }

    // MARK: - Appends

    /// Entries that several followers are to be sent: cut from the log once.
    private struct Slice {
        var from = Index.zero
        var entries: [Entry] = []
        var bytes = 0
    }

    /// Sends each follower what it may have.
    mutating func replicate(_ effects: inout [Effect]) {
        var slice = Slice()
        for place in progress.indices where progress[place].id != id { replicate(to: place, &slice, &effects) }
    }

    private mutating func replicate(to place: Int, _ slice: inout Slice, _ effects: inout [Effect]) {
        while progress[place].takesAppends(settings) {
            let previous = progress[place].next - 1
            guard let previousTerm = log.term(at: previous) else { return replicateSnapshot(to: place, &effects) }
            let hasEntries = previous < log.last && !progress[place].isFull(settings)
            let tellsCommit = min(commit, previous) > progress[place].toldCommit
            guard hasEntries || progress[place].isDue || tellsCommit else { return }
            var message = RaftMessage(.append, from: id, to: progress[place].id, term: term)
            message.index = previous
            message.logTerm = previousTerm
            message.commit = commit
            if hasEntries {
                if slice.from != previous.next {
                    let cut = log.slice(from: previous.next, through: log.last, bytes: settings.maxMessageBytes)
                    slice = Slice(from: previous.next, entries: cut.entries, bytes: cut.bytes)
                }
                message.entries = slice.entries
            }
            effects.append(.send(message))
            let through = previous + UInt64(message.entries.count)
            progress[place].sent(through: through, bytes: slice.bytes, commit: commit)
        }
    }

    /// What the follower would need next is compacted away. A silent one gets no snapshot until it is heard.
    private mutating func replicateSnapshot(to place: Int, _ effects: inout [Effect]) {
        guard progress[place].silence < settings.electionTicks else { return }
        progress[place].awaitSnapshot()
        effects.append(.sendSnapshot(to: progress[place].id))
    }

    mutating func receiveAppendResponse(_ answer: RaftMessage, _ effects: inout [Effect]) {
        guard role == .leader, let place = find(answer.from) else { return }
        progress[place].silence = 0
        if answer.refused {
            refused(answer, at: place)
            return
        }
        guard answer.index <= log.last else { return }
        let isNews = progress[place].acknowledge(answer.index)
        guard isNews || progress[place].match == answer.index else { return }
        switch progress[place].flow {
        case .probe: progress[place].replicate()
        case .snapshot:
            // Whatever connects to this log will do, not just the snapshot's own index.
            if progress[place].match >= log.base { progress[place].replicate() }
        case .replicate: break
        }
        if isNews, successor?.member == answer.from { handOver(&effects) }
    }

    private mutating func refused(_ answer: RaftMessage, at place: Int) {
        switch progress[place].flow {
        case .snapshot: return
        case .replicate: if answer.index <= progress[place].match { return }
        case .probe: if answer.index.next != progress[place].next { return }
        }
        // One probe a term instead of one an entry: the follower named its last index of a term not past ours,
        // and here is our last of a term not past that.
        let (hint, _) = log.hint(index: answer.hint, term: answer.hintTerm)
        progress[place].probe(from: min(answer.index, hint.next))
        progress[place].isDue = true
    }

    mutating func receiveHeartbeatResponse(_ answer: RaftMessage) {
        guard role == .leader, let place = find(answer.from) else { return }
        progress[place].silence = 0
        progress[place].isPaused = false
        progress[place].round = max(progress[place].round, min(answer.round, reads.round))
        // All that was in flight may be lost: an empty append finds out.
        if progress[place].match < log.last || progress[place].flow == .probe { progress[place].isDue = true }
    }

    mutating func lost(_ member: MemberID) {
        guard role == .leader, let place = find(member), progress[place].flow == .replicate else { return }
        progress[place].probe(from: progress[place].match.next)
    }

    // MARK: - Commit

    mutating func advanceCommit(_ effects: inout [Effect]) {
        // Nothing to gain, and this runs in every turn.
        guard log.last > commit else { return }
        // Named, or the closure would hold a copy of everything.
        let (id, durable, progress) = (id, durable, progress)
        let reached = Index(
            configuration.majority { member in
                if member.rawValue == id.rawValue { return durable.rawValue }
                return Self.find(member, in: progress).map { progress[$0].match.rawValue }
            })
        // An older term's entry that a majority has can still be overwritten (R7).
        guard reached > commit, log.term(at: reached) == term else { return }
        setCommit(reached)
    }

    mutating func setCommit(_ index: Index) {
        precondition(index >= commit, "R4: commit \(index) after \(commit)")
        precondition(index <= log.last, "R4: commit \(index) passed the last entry \(log.last)")
        if role == .leader {
            var place = commit.next
            while place <= index {
                if place > opening { uncommittedBytes -= log.commandBytes(at: place) }
                place = place.next
            }
        }
        commit = index
    }

    // MARK: - Proposals

    mutating func propose(_ offer: Offer, _ effects: inout [Effect]) {
        var entry = Entry(term: term, index: log.last.next, kind: .command)
        entry.minLevel = offer.minLevel
        entry.body = offer.body
        entry.sealed = offer.sealed
        if let refusal = refusal(weight: entry.weight) {
            effects.append(.refused(context: offer.context, refusal))
            return
        }
        uncommittedBytes += entry.weight
        appendOwn(entry)
        effects.append(.accepted(context: offer.context, index: entry.index, term: term))
    }

    private func refusal(weight: Int) -> Refusal? {
        guard role == .leader else { return .notLeader(leader: leader) }
        guard successor == nil, configuration.isVoter(id) else { return .transferring }
        guard weight <= settings.maxEntryBytes else { return .tooLarge(bytes: weight) }
        // One is always taken, or an entry over the limit could never be.
        if uncommittedBytes > 0, uncommittedBytes + weight > settings.maxUncommittedBytes { return .busy }
        return nil
    }

    mutating func appendOwn(_ entry: Entry) {
        log.append(entry)
        pending.entries.append(entry)
    }
}
