import Model

extension Consensus {
    mutating func receive(_ message: RaftMessage, _ effects: inout [Effect]) {
        guard message.to == id, message.from != id else { return }
        if message.term < term {
            receiveOld(message, &effects)
            return
        }
        if message.term > term {
            let asksVote = message.kind == .preVote || (message.kind == .vote && !message.transfer)
            if asksVote, hearsLeader { return }
            let isFromLeader = message.kind == .append || message.kind == .heartbeat
            let keepsTerm =
                message.kind == .preVote || (message.kind == .preVoteResponse && !message.refused)
            if !keepsTerm {
                becomeFollower(message.term, leader: isFromLeader ? message.from : .none, &effects)
            }
        }
        switch message.kind {
        case .append:
            follow(message.from, &effects)
            receiveAppend(message, &effects)
        case .heartbeat:
            follow(message.from, &effects)
            receiveHeartbeat(message, &effects)
        case .appendResponse: receiveAppendResponse(message, &effects)
        case .heartbeatResponse: receiveHeartbeatResponse(message)
        case .vote: receiveVote(message, &effects)
        case .preVote: receivePreVote(message, &effects)
        case .voteResponse: receiveVoteResponse(message, asked: .candidate, &effects)
        case .preVoteResponse: receiveVoteResponse(message, asked: .preCandidate, &effects)
        case .timeoutNow: receiveTimeoutNow(&effects)
        case .readIndex: receiveReadIndex(message, &effects)
        case .readIndexResponse: receiveReadIndexResponse(message)
        default: break  // A newer member says more.
        }
    }

    /// A message of a past term is answered only where silence would last for ever.
    private mutating func receiveOld(_ message: RaftMessage, _ effects: inout [Effect]) {
        switch message.kind {
        case .append, .heartbeat:
            // A member whose term ran ahead could otherwise never be led again.
            effects.append(.send(RaftMessage(.heartbeatResponse, from: id, to: message.from, term: term)))
        case .preVote:
            // Dropped, a candidate with the longer log and one with the higher term would wait for each other.
            receivePreVote(message, &effects)
        default: break
        }
    }

    mutating func follow(_ newLeader: MemberID, _ effects: inout [Effect]) {
        precondition(role != .leader, "R1: \(newLeader) and \(id) lead term \(term)")
        if role != .follower || leader != newLeader {
            precondition(
                leader == .none || leader == newLeader, "R1: \(newLeader) and \(leader) lead term \(term)")
            becomeFollower(term, leader: newLeader, &effects)
        }
        elapsed = 0
    }

    private mutating func receiveHeartbeat(_ message: RaftMessage, _ effects: inout [Effect]) {
        // What the leader knows to match is in this log, or the disk lost what it had acknowledged.
        guard message.commit <= log.last else {
            halt(.conflict(message.commit), &effects)
            return
        }
        if message.commit > commit { setCommit(message.commit) }
        if message.stateIndex > .zero {
            effects.append(.compare(message.stateIndex, stateHash: message.stateHash))
        }
        var answer = RaftMessage(.heartbeatResponse, from: id, to: message.from, term: term)
        answer.round = message.round
        effects.append(.send(answer))
    }

    private mutating func receiveAppend(_ message: RaftMessage, _ effects: inout [Effect]) {
        if message.index < commit {
            acknowledge(commit, to: message.from)
            return
        }
        guard log.term(at: message.index) == message.logTerm else {
            refuseAppend(message)
            return
        }
        let entries = message.entries
        // Only a difference cuts: a late, shorter append must not shorten a log that matches.
        var place = 0
        while place < entries.count, entries[place].index <= log.last,
            log.term(at: entries[place].index) == entries[place].term
        {
            place += 1
        }
        if place < entries.count {
            let start = entries[place].index
            guard start > commit else {
                halt(.conflict(start), &effects)
                return
            }
            if start <= log.last { truncate(after: start - 1) }
            take(entries, from: place)
        }
        let covered = message.index + UInt64(entries.count)
        // Not past what this append covers: the rest of our log may differ from the leader's.
        if min(message.commit, covered) > commit { setCommit(min(message.commit, covered)) }
        acknowledge(covered, to: message.from)
    }

    /// Tells where this log can differ, so that the leader need not probe entry by entry.
    private mutating func refuseAppend(_ message: RaftMessage) {
        var answer = RaftMessage(.appendResponse, from: id, to: message.from, term: term)
        answer.refused = true
        answer.index = message.index
        (answer.hint, answer.hintTerm) = log.hint(index: message.index, term: message.logTerm)
        sendOnceDurable(answer)
    }

    private mutating func take(_ entries: [Entry], from place: Int) {
        if place == 0, pending.entries.isEmpty {
            pending.entries = entries
        } else {
            pending.entries.append(contentsOf: entries[place...])
        }
        for entry in entries[place...] {
            log.append(entry)
            if let configuration = entry.configuration { configurations.append((entry.index, configuration)) }
        }
    }

    mutating func acknowledge(_ index: Index, to member: MemberID) {
        let end = pending.messages.count - 1
        // Acknowledgements of one turn become one: they only ever grow within a term.
        if end >= 0, pending.messages[end].kind == .appendResponse, !pending.messages[end].refused,
            pending.messages[end].to == member, pending.messages[end].term == term
        {
            pending.messages[end].index = max(pending.messages[end].index, index)
            return
        }
        var answer = RaftMessage(.appendResponse, from: id, to: member, term: term)
        answer.index = index
        sendOnceDurable(answer)
    }
}
