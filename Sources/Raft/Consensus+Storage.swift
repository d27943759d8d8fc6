import Model

extension Consensus {
    /// Sends `message` when all that has happened here is on disk.
    mutating func sendOnceDurable(_ message: RaftMessage) {
        pending.messages.append(message)
    }

    /// Issues what gathered as one batch; messages that wait for nothing go at once.
    mutating func store(_ effects: inout [Effect]) {
        if !pending.writesNothing || isHardStateDirty || (!pending.messages.isEmpty && !tickets.isEmpty) {
            issue(&effects)
            return
        }
        for message in pending.messages { effects.append(.send(message)) }
        pending.messages.removeAll(keepingCapacity: true)
    }

    mutating func issue(_ effects: inout [Effect]) {
        let carriesMore = !pending.entries.isEmpty || pending.snapshot != nil
        if isHardStateDirty || (carriesMore && commit > storedCommit) {
            // The commit alone is never worth a sync: it comes along.
            storedCommit = min(commit, log.last)
            pending.hardState = HardState(term: term, vote: vote, commit: storedCommit)
            isHardStateDirty = false
        }
        tickets.append(Ticket(id: pending.id, term: term, last: log.last))
        issued = log.last
        let number = pending.id
        effects.append(.persist(pending))
        pending = Batch(
            id: number + 1, hardState: nil, snapshot: nil, truncateAfter: nil, entries: [], messages: [])
    }

    mutating func persisted(_ batch: UInt64, _ effects: inout [Effect]) {
        guard let ticket = tickets.first else { preconditionFailure("R10: batch \(batch) was not issued") }
        precondition(ticket.id == batch, "R10: batch \(batch) before \(ticket.id)")
        tickets.removeFirst()
        durable = max(durable, ticket.last)
        durableTerm = max(durableTerm, ticket.term)
        if role == .candidate, ticket.term == term, !votes.contains(where: { $0.member == id }) {
            votes.append((id, true))
            tally(&effects)
        }
    }

    mutating func truncate(after index: Index) {
        precondition(index >= commit, "R4: log cut to \(index), commit is \(commit)")
        log.truncate(after: index)
        // A write under way of what is now gone proves nothing about what will take its place.
        durable = min(durable, index)
        for place in tickets.indices { tickets[place].last = min(tickets[place].last, index) }
        pending.entries.removeAll { $0.index > index }
        if index < issued {
            pending.truncateAfter = min(pending.truncateAfter ?? index, index)
            issued = index
        }
        while configurations.count > 1, configurations[configurations.count - 1].index > index {
            configurations.removeLast()
        }
    }

    // MARK: - Apply

    /// Hands out committed entries, within a bound on what is out.
    mutating func handOut(_ effects: inout [Effect]) {
        // Named, or the closure below would hold a copy of everything.
        let level = settings.level
        while handed < commit, handedBytes < settings.maxApplyBytes {
            var (entries, bytes) = log.slice(
                from: handed.next, through: commit, bytes: settings.maxApplyBytes - handedBytes)
            let blocked = entries.firstIndex { $0.minLevel > level }
            if let blocked {
                let entry = entries[blocked]
                entries.removeSubrange(blocked...)
                if !entries.isEmpty { effects.append(.apply(entries)) }
                halt(.level(entry.index, needs: entry.minLevel), &effects)
                return
            }
            handed = entries[entries.count - 1].index
            handedBytes += bytes
            handedOut.append((handed, bytes))
            effects.append(.apply(entries))
        }
    }

    mutating func applied(_ index: Index, _ hash: UInt64, _ effects: inout [Effect]) {
        precondition(index <= handed, "R4: applied \(index), handed out \(handed)")
        precondition(index >= applied, "R4: applied \(index) after \(applied)")
        applied = index
        stateHash = (index, hash)
        while let oldest = handedOut.first, oldest.last <= index {
            handedBytes -= oldest.bytes
            handedOut.removeFirst()
        }
    }

    mutating func compact(through index: Index) {
        precondition(index <= applied, "R4: compacted \(index), applied \(applied)")
        guard index > log.base else { return }
        let current = configuration(at: index)
        log.compact(through: index)
        configurations.removeAll { $0.index <= index }
        configurations.insert((index, current), at: 0)
        if configurations.count == 1, reportedConfiguration != nil { reportedConfiguration = index }
    }

    // MARK: - Snapshots

    mutating func install(_ mark: SnapshotMark, from: MemberID, term markTerm: Term, _ effects: inout [Effect]) {
        isReceivingSnapshot = false
        guard markTerm >= term, let configuration = mark.configuration else { return }
        if markTerm > term { becomeFollower(markTerm, leader: from, &effects) }
        follow(from, &effects)
        if mark.index <= commit {
            acknowledge(commit, to: from)
            return
        }
        if log.term(at: mark.index) == mark.term {
            // The log has it all: nothing is replaced.
            setCommit(mark.index)
            acknowledge(mark.index, to: from)
            return
        }
        // What came before goes to disk before; a snapshot never shares a batch with entries.
        if !pending.writesNothing || isHardStateDirty { issue(&effects) }
        log.reset(base: mark.index, term: mark.term)
        configurations = [(mark.index, configuration)]
        durable = .zero
        for place in tickets.indices { tickets[place].last = .zero }
        commit = mark.index
        handed = mark.index
        handedOut.removeAll()
        handedBytes = 0
        pending.snapshot = mark
        acknowledge(mark.index, to: from)
        issue(&effects)
        effects.append(.install(mark))
    }

    mutating func snapshotSent(to member: MemberID, index: Index?) {
        guard role == .leader, let place = find(member), progress[place].flow == .snapshot else { return }
        // Only the follower's own acknowledgement leads to replication; until then one append asks.
        progress[place].probe(from: index.map { min($0, log.last).next } ?? progress[place].match.next)
        progress[place].isPaused = true
    }
}
