import Model

/// Reads that wait, at a leader for a round of heartbeats, at a follower for the leader's answer.
///
/// A round is a number that every heartbeat carries and every answer repeats. A read belongs to the first round
/// that began after it came: a quorum that answers this round, or a later one, led no one else before the read.
struct Reads: Sendable {
    enum Origin: Equatable, Sendable {
        case own(UInt64)
        case member(MemberID, number: UInt64)
    }

    /// The newest round begun; counts on through all terms.
    var round: UInt64 = 0
    /// Came before the leader committed an entry of its term, and may not know yet what is committed.
    var early: [Origin] = []
    /// Wait for the next round, with the commit when they came.
    var gathered: [(origin: Origin, index: Index)] = []
    /// Wait for their round's answers; by ascending round.
    var confirming: [(origin: Origin, index: Index, round: UInt64)] = []
    /// Confirmed; wait for apply.
    var confirmed: [(context: UInt64, index: Index)] = []

    /// A follower's: to be asked for at the end of the turn, and asked for.
    var unasked: [UInt64] = []
    var asked: [(number: UInt64, contexts: [UInt64])] = []
    /// The last number used. Begins by chance, so that no answer to an earlier life fits.
    var number: UInt64
    /// Ticks since the oldest question was sent.
    var age: UInt64 = 0

    init(number: UInt64) { self.number = number }

    var count: Int {
        early.count + gathered.count + confirming.count + confirmed.count + unasked.count
            + asked.reduce(0) { $0 + $1.contexts.count }
    }
}

extension Consensus {
    mutating func read(_ context: UInt64, _ effects: inout [Effect]) {
        guard leader != .none else {
            effects.append(.refused(context: context, .notLeader(leader: .none)))
            return
        }
        guard reads.count < Settings.maxReads else {
            effects.append(.refused(context: context, .busy))
            return
        }
        if role == .leader {
            admit(.own(context))
        } else {
            reads.unasked.append(context)
        }
    }

    private mutating func admit(_ origin: Reads.Origin) {
        if commit < opening {
            reads.early.append(origin)
        } else {
            reads.gathered.append((origin, commit))
        }
    }

    // MARK: - At the leader

    mutating func receiveReadIndex(_ message: RaftMessage, _ effects: inout [Effect]) {
        // A full queue is silent: the follower asks again.
        guard role == .leader, reads.count < Settings.maxReads else { return }
        admit(.member(message.from, number: message.round))
    }

    /// Puts all that gathered into a round that begins now.
    mutating func gatherReads() {
        if commit >= opening, !reads.early.isEmpty {
            for origin in reads.early { reads.gathered.append((origin, commit)) }
            reads.early.removeAll()
        }
        if reads.gathered.isEmpty { return }
        reads.round += 1
        for read in reads.gathered { reads.confirming.append((read.origin, read.index, reads.round)) }
        reads.gathered.removeAll(keepingCapacity: true)
    }

    /// Begins a round unless one is under way, and ends those that a quorum has answered.
    mutating func startReads(_ effects: inout [Effect]) {
        confirmReads(&effects)
        guard reads.confirming.isEmpty else { return }
        gatherReads()
        guard !reads.confirming.isEmpty else { return }
        heartbeat(&effects)
        confirmReads(&effects)  // A single voter is its own quorum.
    }

    private mutating func confirmReads(_ effects: inout [Effect]) {
        guard !reads.confirming.isEmpty else { return }
        let (id, newest, progress) = (id, reads.round, progress)
        let reached = configuration.majority { member in
            member == id ? newest : progress.first { $0.id == member }?.round
        }
        var count = 0
        while count < reads.confirming.count, reads.confirming[count].round <= reached {
            let read = reads.confirming[count]
            switch read.origin {
            case .own(let context): reads.confirmed.append((context, read.index))
            case .member(let member, let number):
                var answer = RaftMessage(.readIndexResponse, from: id, to: member, term: term)
                answer.index = read.index
                answer.round = number
                effects.append(.send(answer))
            }
            count += 1
        }
        reads.confirming.removeFirst(count)
    }

    // MARK: - At a follower

    mutating func askForReads(_ effects: inout [Effect]) {
        guard leader != .none, role == .follower else { return }
        if !reads.unasked.isEmpty {
            reads.number += 1
            reads.asked.append((reads.number, reads.unasked))
            reads.unasked.removeAll()
            if reads.asked.count == 1 { reads.age = 0 }
            ask(reads.number, &effects)
        } else if !reads.asked.isEmpty, reads.age >= settings.heartbeatTicks {
            // An answer to the newest question answers all older ones.
            reads.age = 0
            ask(reads.asked[reads.asked.count - 1].number, &effects)
        }
    }

    private func ask(_ number: UInt64, _ effects: inout [Effect]) {
        var question = RaftMessage(.readIndex, from: id, to: leader, term: term)
        question.round = number
        effects.append(.send(question))
    }

    mutating func receiveReadIndexResponse(_ answer: RaftMessage) {
        guard answer.from == leader else { return }
        while let oldest = reads.asked.first, oldest.number <= answer.round, answer.round <= reads.number {
            for context in oldest.contexts { reads.confirmed.append((context, answer.index)) }
            reads.asked.removeFirst()
        }
    }

    // MARK: - At both

    mutating func serveReads(_ effects: inout [Effect]) {
        if reads.confirmed.isEmpty { return }
        reads.confirmed.removeAll { read in
            guard read.index <= applied else { return false }
            effects.append(.readable(context: read.context, index: read.index))
            return true
        }
    }

    /// A new term or leader: what is not confirmed has to be asked again, by whoever asked. What a quorum has
    /// confirmed stays true.
    mutating func refuseReads(_ effects: inout [Effect]) {
        let origins = reads.early + reads.gathered.map(\.origin) + reads.confirming.map(\.origin)
        for case .own(let context) in origins {
            effects.append(.refused(context: context, .notLeader(leader: leader)))
        }
        for context in reads.asked.flatMap(\.contexts) + reads.unasked {
            effects.append(.refused(context: context, .notLeader(leader: leader)))
        }
        reads.early.removeAll()
        reads.gathered.removeAll()
        reads.confirming.removeAll()
        reads.asked.removeAll()
        reads.unasked.removeAll()
    }
}
