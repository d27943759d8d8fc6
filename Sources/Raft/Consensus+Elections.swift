import Model

extension Consensus {
    // MARK: - Time

    mutating func tick(_ effects: inout [Effect]) {
        elapsed += 1
        if role == .leader {
            tickAsLeader(&effects)
            return
        }
        reads.age += 1
        if elapsed >= timeout, mayCampaign { preCampaign(&effects) }
    }

    private mutating func tickAsLeader(_ effects: inout [Effect]) {
        for place in progress.indices { progress[place].silence += 1 }
        if let old = successor {
            // A handover that takes longer than an election has failed; proposals are taken again.
            successor = old.elapsed + 1 >= settings.electionTicks ? nil : (old.member, old.elapsed + 1)
        }
        if elapsed >= settings.electionTicks {
            elapsed = 0
            guard hearsQuorum(of: configuration) else {
                // Whoever asked gets an answer elsewhere; the term stays, or each silence would cost one.
                becomeFollower(term, leader: .none, &effects)
                return
            }
        }
        heartbeatElapsed += 1
        if heartbeatElapsed >= settings.heartbeatTicks {
            heartbeatElapsed = 0
            gatherReads()
            heartbeat(&effects)
        }
    }

    func hearsQuorum(of configuration: Configuration) -> Bool {
        configuration.result { member in
            member == id || (find(member).map { progress[$0].silence < settings.electionTicks } ?? false)
        } == .won
    }

    mutating func drawTimeout() {
        elapsed = 0
        timeout = settings.electionTicks + random.next() % settings.electionTicks
    }

    /// A learner, and a member whose store is being replaced, wait to be led.
    var mayCampaign: Bool { configuration.isVoter(id) && !isReceivingSnapshot && applied >= log.base }

    /// Whether candidates are not listened to, since a leader is near.
    var hearsLeader: Bool { role == .leader || (leader != .none && elapsed < settings.electionTicks) }

    // MARK: - Roles

    mutating func becomeFollower(_ newTerm: Term, leader newLeader: MemberID, _ effects: inout [Effect]) {
        enter(newTerm, .follower, leader: newLeader, &effects)
    }

    /// Every change of role, term or leader passes here.
    private mutating func enter(_ newTerm: Term, _ newRole: Role, leader newLeader: MemberID, _ effects: inout [Effect])
    {
        precondition(newTerm >= term, "R2: term \(newTerm) after \(term)")
        if newTerm > term {
            term = newTerm
            vote = .none
            isHardStateDirty = true
        }
        role = newRole
        leader = newLeader
        drawTimeout()
        votes.removeAll(keepingCapacity: true)
        progress.removeAll(keepingCapacity: true)
        successor = nil
        uncommittedBytes = 0
        refuseReads(&effects)
    }

    mutating func preCampaign(_ effects: inout [Effect]) {
        enter(term, .preCandidate, leader: .none, &effects)
        votes.append((id, true))
        for voter in configuration.members where configuration.isVoter(voter) && voter != id {
            var request = RaftMessage(.preVote, from: id, to: voter, term: term.next)
            request.index = log.last
            request.logTerm = log.lastTerm
            effects.append(.send(request))
        }
        tally(&effects)
    }

    mutating func campaign(transfer: Bool, _ effects: inout [Effect]) {
        enter(term.next, .candidate, leader: .none, &effects)
        vote = id
        isHardStateDirty = true
        for voter in configuration.members where configuration.isVoter(voter) && voter != id {
            var request = RaftMessage(.vote, from: id, to: voter, term: term)
            request.index = log.last
            request.logTerm = log.lastTerm
            request.transfer = transfer
            // The own vote is on disk before anyone hears of it, or a restart could vote twice (R2). It counts
            // here when the batch is reported.
            sendOnceDurable(request)
        }
    }

    mutating func tally(_ effects: inout [Effect]) {
        let result = configuration.result { member in votes.first { $0.member == member }?.yes }
        switch (role, result) {
        case (.preCandidate, .won): campaign(transfer: false, &effects)
        case (.candidate, .won): becomeLeader(&effects)
        case (.preCandidate, .lost), (.candidate, .lost): becomeFollower(term, leader: .none, &effects)
        case (_, .pending), (.follower, _), (.leader, _): break
        }
    }

    private mutating func becomeLeader(_ effects: inout [Effect]) {
        precondition(vote == id, "R2: leader of \(term) voted for \(vote)")
        enter(term, .leader, leader: id, &effects)
        heartbeatElapsed = 0
        refreshProgress(next: log.last.next)
        for place in progress.indices { progress[place].isDue = true }
        opening = log.last.next
        // The first entry lets older ones be committed (R7); it is under no limit.
        appendOwn(Entry(term: term, index: opening, kind: .opening))
    }

    // MARK: - Votes

    mutating func receiveVote(_ request: RaftMessage, _ effects: inout [Effect]) {
        precondition(request.term == term, "vote of term \(request.term) in \(term)")
        let free = vote == request.from || (vote == .none && leader == .none)
        let granted = free && isUpToDate(request)
        if granted {
            if vote != request.from {
                vote = request.from
                isHardStateDirty = true
            }
            elapsed = 0
        }
        var answer = RaftMessage(.voteResponse, from: id, to: request.from, term: term)
        answer.refused = !granted
        sendOnceDurable(answer)
    }

    /// Answers without changing anything: not the term, not the vote, not the clock.
    mutating func receivePreVote(_ request: RaftMessage, _ effects: inout [Effect]) {
        let granted = request.term > term && isUpToDate(request)
        // A grant repeats the asked term; a refusal tells ours, which a candidate that fell behind must follow.
        var answer = RaftMessage(
            .preVoteResponse, from: id, to: request.from, term: granted ? request.term : max(term, Term(1)))
        answer.refused = !granted
        effects.append(.send(answer))
    }

    mutating func receiveVoteResponse(_ answer: RaftMessage, asked: Role, _ effects: inout [Effect]) {
        // A late answer to the pre-vote says nothing about the vote.
        guard role == asked else { return }
        if asked == .preCandidate, !answer.refused, answer.term != term.next { return }
        guard !votes.contains(where: { $0.member == answer.from }) else { return }
        votes.append((answer.from, !answer.refused))
        tally(&effects)
    }

    private func isUpToDate(_ request: RaftMessage) -> Bool {
        (request.logTerm, request.index) >= (log.lastTerm, log.last)
    }

    // MARK: - Handing over

    mutating func transfer(to target: MemberID?, context: UInt64, _ effects: inout [Effect]) {
        guard role == .leader else {
            effects.append(.refused(context: context, .notLeader(leader: leader)))
            return
        }
        guard let target = target ?? bestVoter, target != id, configuration.isVoter(target), find(target) != nil else {
            effects.append(.refused(context: context, .notVoter))
            return
        }
        successor = (target, 0)
        handOver(&effects)
    }

    /// The voter, other than this member, that has most of the log; of those that are heard.
    var bestVoter: MemberID? {
        var best: (MemberID, Index)?
        for member in progress where member.id != id && configuration.isVoter(member.id) {
            guard member.silence < settings.electionTicks else { continue }
            if best.map({ member.match > $0.1 }) ?? true { best = (member.id, member.match) }
        }
        return best?.0
    }

    /// Tells the successor to stand once it has the whole log.
    mutating func handOver(_ effects: inout [Effect]) {
        guard let successor, let place = find(successor.member) else { return }
        if progress[place].match == log.last {
            effects.append(.send(RaftMessage(.timeoutNow, from: id, to: successor.member, term: term)))
        }
    }

    mutating func receiveTimeoutNow(_ effects: inout [Effect]) {
        guard role == .follower, mayCampaign else { return }
        campaign(transfer: true, &effects)
    }
}
