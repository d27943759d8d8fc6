import Model

/// One wish about one member.
package enum MemberChange: Equatable, Sendable {
    /// Receives the log, does not count.
    case addLearner(MemberID)
    /// Counts; a learner that caught up, as a rule.
    case makeVoter(MemberID)
    case remove(MemberID)

    package var member: MemberID {
        switch self {
        case .addLearner(let member), .makeVoter(let member), .remove(let member): member
        }
    }
}

/// Why a change of the members is not possible.
package enum MemberChangeError: Error, Equatable {
    case joint
    case notJoint
    case noVoters
    case tooManyVoters
    case emptyJoint
}

extension Configuration {
    /// The configuration after `changes`, of which at most one may concern a voter.
    package func simple(_ changes: [MemberChange]) throws(MemberChangeError) -> Configuration {
        guard !isJoint else { throw .joint }
        let next = try applying(changes)
        let changed = voters.filter { !next.voters.contains($0) } + next.voters.filter { !voters.contains($0) }
        guard changed.count <= 1 else { throw .tooManyVoters }
        return next
    }

    /// The joint configuration on the way to `changes`: decisions need a majority before and after.
    package func enteringJoint(_ changes: [MemberChange], autoLeave: Bool) throws(MemberChangeError) -> Configuration {
        guard !isJoint else { throw .joint }
        guard !voters.isEmpty else { throw .emptyJoint }
        var next = self
        next.outgoing = voters
        next.autoLeave = autoLeave
        return try next.applying(changes)
    }

    /// The configuration once the old voters no longer count.
    package func leavingJoint() throws(MemberChangeError) -> Configuration {
        guard isJoint else { throw .notJoint }
        return Configuration(voters: voters, learners: learners + learnersNext)
    }

    private func applying(_ changes: [MemberChange]) throws(MemberChangeError) -> Configuration {
        var next = self
        for change in changes where change.member != .none {
            let member = change.member
            switch change {
            case .makeVoter:
                next.learners.removeAll { $0 == member }
                next.learnersNext.removeAll { $0 == member }
                if !next.voters.contains(member) { next.voters.append(member) }
            case .addLearner:
                guard !next.learners.contains(member) else { continue }
                next.voters.removeAll { $0 == member }
                next.learnersNext.removeAll { $0 == member }
                // A voter of the old half still counts there: it becomes a learner when that half is left.
                if next.outgoing.contains(member) {
                    next.learnersNext.append(member)
                } else {
                    next.learners.append(member)
                }
            case .remove:
                next.voters.removeAll { $0 == member }
                next.learners.removeAll { $0 == member }
                next.learnersNext.removeAll { $0 == member }
            }
        }
        guard !next.voters.isEmpty else { throw .noVoters }
        next.voters.sort()
        next.learners.sort()
        next.learnersNext.sort()
        return next
    }
}
