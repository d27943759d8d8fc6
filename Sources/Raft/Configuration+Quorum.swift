import Model

/// What a vote has come to.
package enum VoteResult: Equatable, Sendable {
    case won, pending, lost
}

extension Configuration {
    package var isJoint: Bool { !outgoing.isEmpty }

    /// Whether `member` votes, in either half.
    package func isVoter(_ member: MemberID) -> Bool { voters.contains(member) || outgoing.contains(member) }

    package func contains(_ member: MemberID) -> Bool { isVoter(member) || learners.contains(member) }

    /// Everyone that the log is sent to, ascending.
    package var members: [MemberID] {
        var all = voters
        for member in outgoing where !all.contains(member) { all.append(member) }
        for member in learners where !all.contains(member) { all.append(member) }
        return all.sorted()
    }

    /// The largest number that a majority, when joint of both halves, has reached; `nil` means not heard from.
    ///
    /// Without any voter it is the largest number there is: nothing is left to wait for.
    package func majority(of reached: (MemberID) -> UInt64?) -> UInt64 {
        min(Self.majority(in: voters, of: reached), Self.majority(in: outgoing, of: reached))
    }

    /// Whether a majority, when joint of both halves, has voted yes, or no longer can.
    package func result(of vote: (MemberID) -> Bool?) -> VoteResult {
        let halves = (Self.result(in: voters, of: vote), Self.result(in: outgoing, of: vote))
        switch halves {
        case (.won, .won): return .won
        case (.lost, _), (_, .lost): return .lost
        case (.pending, _), (_, .pending): return .pending
        }
    }

    private static func majority(in voters: [MemberID], of reached: (MemberID) -> UInt64?) -> UInt64 {
        guard !voters.isEmpty else { return .max }
        // No list is made for the counts: voters are few, and this runs for each acknowledgement.
        let needed = voters.count / 2 + 1
        var best: UInt64 = 0
        for candidate in voters {
            guard let value = reached(candidate), value > best else { continue }
            var count = 0
            for voter in voters where (reached(voter) ?? 0) >= value { count += 1 }
            if count >= needed { best = value }
        }
        return best
    }

    private static func result(in voters: [MemberID], of vote: (MemberID) -> Bool?) -> VoteResult {
        guard !voters.isEmpty else { return .won }
        let needed = voters.count / 2 + 1
        var yes = 0
        var missing = 0
        for voter in voters {
            switch vote(voter) {
            case true?: yes += 1
            case nil: missing += 1
            case false?: break
            }
        }
        if yes >= needed { return .won }
        return yes + missing >= needed ? .pending : .lost
    }
}
