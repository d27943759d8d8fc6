import Model

extension Consensus {
    /// Checks what must be true between two steps; R1, R3 and R5 need all members, and are the simulator's.
    package func checkInvariants() {
        precondition(applied <= handed, "R4: applied \(applied) passed \(handed) handed out")
        precondition(handed <= commit, "R4: handed out \(handed) passed commit \(commit)")
        precondition(commit <= log.last, "R4: commit \(commit) passed the last entry \(log.last)")
        precondition(log.base <= commit, "R4: compacted \(log.base) passed commit \(commit)")
        precondition(durable <= log.last, "R6: durable \(durable) passed the last entry \(log.last)")
        precondition(log.lastTerm <= term, "R9: last entry of \(log.lastTerm) in term \(term)")
        for (left, right) in zip(tickets, tickets.dropFirst()) {
            precondition(left.id + 1 == right.id, "R10: batch \(right.id) after \(left.id)")
        }
        if let newest = tickets.last { precondition(newest.id + 1 == pending.id, "R10: next is \(pending.id)") }
        precondition(!(pending.snapshot != nil && !pending.entries.isEmpty), "R10: snapshot and entries in a batch")
        checkConfigurations()
        switch role {
        case .follower: precondition(progress.isEmpty && votes.isEmpty, "a follower keeps no counts")
        case .preCandidate: precondition(leader == .none, "R1: candidate under \(leader)")
        case .candidate: precondition(leader == .none && vote == id, "R2: candidate voted for \(vote)")
        case .leader: checkLeader()
        }
    }

    private func checkConfigurations() {
        var place = log.base
        var count = 0
        for (index, value) in configurations {
            precondition(index >= place && index <= log.last, "R13: configuration at \(index)")
            precondition(value.learners.allSatisfy { !value.isVoter($0) }, "R13: a learner votes")
            place = index.next
            count += 1
        }
        precondition(count > 0, "R13: no configuration")
    }

    private func checkLeader() {
        precondition(leader == id && vote == id, "R2: leader \(id) voted for \(vote)")
        precondition(log.lastTerm == term, "R7: leader of \(term) ends with \(log.lastTerm)")
        precondition(uncommittedBytes >= 0, "uncommitted bytes \(uncommittedBytes)")
        let uncommitted = configurations.count { $0.index > commit }
        precondition(uncommitted <= 1 || commit < opening, "R8: \(uncommitted) changes uncommitted")
        for member in progress where member.id != id {
            precondition(member.match < member.next, "R12: match \(member.match), next \(member.next)")
            precondition(member.match <= log.last, "R12: match \(member.match), last \(log.last)")
            precondition(member.window.isSound, "R11: window of \(member.id)")
        }
    }
}
