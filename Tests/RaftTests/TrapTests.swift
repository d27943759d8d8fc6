import Bytes
import Model
import Testing

@testable import Raft

/// One member among strangers: it is given messages, and shows what it answers.
private struct Lone {
    var core: Consensus

    init(
        _ voters: [UInt64] = [1, 2, 3], learners: [UInt64] = [], id: UInt64 = 1, term: UInt64 = 1, terms: [UInt64] = [],
        settings: Consensus.Settings = .init()
    ) {
        let configuration = Configuration(voters: voters.map { MemberID($0) }, learners: learners.map { MemberID($0) })
        let entries = terms.enumerated().map { Entry(term: Term($1), index: Index(UInt64($0 + 1)), kind: .command) }
        core = Consensus(
            id: MemberID(id), settings: settings, hardState: HardState(term: Term(term)),
            snapshot: SnapshotMark(index: .zero, term: .zero, configuration: configuration), entries: entries, seed: 1)
    }

    /// One event and the end of the turn, with a disk that is done at once; what the member says.
    @discardableResult
    mutating func step(_ event: Consensus.Event) -> [RaftMessage] {
        var said: [RaftMessage] = []
        var events = [event]
        while !events.isEmpty {
            var effects: [Consensus.Effect] = []
            core.step(events.removeFirst(), effects: &effects)
            core.step(.endTurn, effects: &effects)
            core.checkInvariants()
            for case .send(let message) in effects { said.append(message) }
            for case .persist(let batch) in effects {
                said += batch.messages
                events.append(.persisted(batch.id))
            }
        }
        return said
    }

    @discardableResult
    mutating func hear(
        _ kind: RaftMessageKind, from: UInt64, term: UInt64, _ fill: (inout RaftMessage) -> Void = { _ in }
    ) -> [RaftMessage] {
        var message = RaftMessage(kind, from: MemberID(from), to: core.id, term: Term(term))
        fill(&message)
        return step(.received(message))
    }

    /// Becomes leader of the next term, by the votes of 2.
    mutating func lead() {
        step(.campaign)
        hear(.preVoteResponse, from: 2, term: core.term.next.rawValue)
        hear(.voteResponse, from: 2, term: core.term.rawValue)
        precondition(core.isLeader, "not elected: \(core.role)")
    }

    @discardableResult
    mutating func acknowledge(_ index: UInt64, from: UInt64) -> [RaftMessage] {
        hear(.appendResponse, from: from, term: core.term.rawValue) { $0.index = Index(index) }
    }

    mutating func propose(_ count: Int) -> [RaftMessage] {
        (0..<count).flatMap { _ in step(.propose(Offer(context: 0, body: [1, 2, 3]))) }
    }
}

@Test func `the window's bytes are those in flight, whatever is freed or reset`() {
    var random = SplitMix(seed: 9)
    var window = Window()
    var model: [(last: Index, bytes: Int)] = []
    var last = Index.zero
    for _ in 0..<5000 {
        switch random.next() % 8 {
        case 0:
            window.reset()
            model = []
        case 1, 2:
            let freed = Index(random.next() % (last.rawValue + 2))
            window.free(through: freed)
            model.removeAll { $0.last <= freed }
        default:
            last = last + 1 + random.next() % 3
            let bytes = Int(random.next() % 100)
            window.add(last: last, bytes: bytes)
            model.append((last, bytes))
        }
        #expect(window.isSound && window.count == model.count)
        #expect(window.bytes == model.reduce(0) { $0 + $1.bytes })
    }
}

@Test func `a follower names its last entry of a term not past the leader's`() {
    var lone = Lone(term: 9, terms: [1, 1, 4, 4, 4, 6, 6])
    let answers = lone.hear(.append, from: 2, term: 9) {
        $0.index = Index(7)
        $0.logTerm = Term(5)
    }
    #expect(answers.count == 1 && answers[0].refused)
    #expect(answers[0].hint == Index(5) && answers[0].hintTerm == Term(4))
}

@Test func `a leader skips a whole term at a refusal`() {
    var lone = Lone(term: 6, terms: [1, 2, 2, 2, 5, 5, 5, 5])
    lone.lead()
    // The follower has 1, 3, 3, 3, 3: nothing of the leader's terms but the first.
    let answers = lone.hear(.appendResponse, from: 3, term: 7) {
        $0.refused = true
        $0.index = Index(8)
        $0.hint = Index(5)
        $0.hintTerm = Term(3)
    }
    #expect(answers.first { $0.to == MemberID(3) && $0.kind == .append }?.index == Index(4))
}

@Test func `a refusal of what is known to match changes nothing`() {
    var lone = Lone(term: 1)
    lone.lead()
    lone.acknowledge(1, from: 2)
    let before = lone.core.members
    lone.hear(.appendResponse, from: 2, term: 2) {
        $0.refused = true
        $0.index = Index(1)
    }
    #expect(lone.core.members == before)
}

@Test func `a pre-vote of an older term is refused with the own term, not dropped`() {
    var lone = Lone(term: 5, terms: [1])
    let answers = lone.hear(.preVote, from: 2, term: 3) {
        $0.index = Index(7)
        $0.logTerm = Term(2)
    }
    #expect(answers.count == 1 && answers[0].refused && answers[0].term == Term(5))
}

@Test func `a granted pre-vote changes neither term nor vote, and is granted to two`() {
    var lone = Lone(term: 1)
    for candidate in [2, 3] as [UInt64] {
        let answers = lone.hear(.preVote, from: candidate, term: 2)
        #expect(answers.count == 1 && !answers[0].refused && answers[0].term == Term(2))
    }
    #expect(lone.core.term == Term(1) && lone.core.vote == .none)
}

@Test func `a late pre-vote answer is no vote`() {
    var lone = Lone([1, 2, 3, 4, 5])
    lone.step(.campaign)
    lone.hear(.preVoteResponse, from: 2, term: 2)
    lone.hear(.preVoteResponse, from: 3, term: 2)
    #expect(lone.core.role == .candidate)
    lone.hear(.preVoteResponse, from: 4, term: 2)
    lone.hear(.preVoteResponse, from: 5, term: 2)
    #expect(lone.core.role == .candidate)
}

@Test func `a second candidate of a term gets no vote, the first gets it again`() {
    var lone = Lone()
    #expect(lone.hear(.vote, from: 2, term: 2).map(\.refused) == [false])
    #expect(lone.hear(.vote, from: 3, term: 2).map(\.refused) == [true])
    #expect(lone.hear(.vote, from: 2, term: 2).map(\.refused) == [false])
}

@Test func `a learner votes if it is asked`() {
    var lone = Lone([2, 3], learners: [1])
    #expect(lone.hear(.vote, from: 2, term: 2).map(\.refused) == [false])
    lone.step(.campaign)
    #expect(lone.core.role == .follower)
}

@Test func `an append of an older term is answered with the own term`() {
    var lone = Lone(term: 5)
    let answers = lone.hear(.append, from: 2, term: 3)
    #expect(answers.map(\.term) == [Term(5)])
    #expect(lone.core.leader == .none)
}

@Test func `a full window whose messages were lost recovers by a heartbeat's answer`() {
    var settings = Consensus.Settings()
    settings.maxInflightMessages = 2
    var lone = Lone(settings: settings)
    lone.lead()
    lone.acknowledge(1, from: 3)
    let sent = lone.propose(5).filter { $0.kind == .append && $0.to == MemberID(3) && !$0.entries.isEmpty }
    #expect(sent.count == 2)
    let more = lone.hear(.heartbeatResponse, from: 3, term: 2).filter { $0.kind == .append }
    #expect(more.count == 1 && more[0].entries.isEmpty)
    // The answer tells that nothing came: everything is sent anew.
    let again = lone.hear(.appendResponse, from: 3, term: 2) {
        $0.refused = true
        $0.index = more[0].index
        $0.hint = Index(1)
        $0.hintTerm = Term(2)
    }
    #expect(again.first { $0.kind == .append }?.entries.first?.index == Index(2))
}

@Test func `a probe waits for an answer, or a heartbeat's`() {
    var lone = Lone()
    lone.lead()
    #expect(lone.propose(3).allSatisfy { $0.kind != .append })
    let probes = lone.hear(.heartbeatResponse, from: 3, term: 2).filter { $0.kind == .append }
    #expect(probes.map(\.to) == [MemberID(3)])
}

@Test func `any acknowledgement that connects ends the wait for a snapshot`() {
    var lone = Lone()
    lone.lead()
    lone.acknowledge(1, from: 2)
    _ = lone.propose(5)
    lone.acknowledge(6, from: 2)
    lone.step(.applied(Index(6), stateHash: 0))
    lone.step(.compact(Index(4)))
    var effects: [Consensus.Effect] = []
    lone.core.step(.unreachable(MemberID(3)), effects: &effects)
    lone.hear(.appendResponse, from: 3, term: 2) {
        $0.refused = true
        $0.index = Index.zero
    }
    lone.hear(.heartbeatResponse, from: 3, term: 2)
    #expect(lone.core.members[2].isReplicating == false)
    // Not the snapshot's own index, but one that the log goes on from.
    lone.acknowledge(5, from: 3)
    #expect(lone.core.members[2].isReplicating)
    #expect(lone.core.members[2].next == Index(7))
}

@Test func `a heartbeat tells a commit no further than what matches`() {
    var lone = Lone()
    lone.lead()
    _ = lone.propose(3)
    lone.acknowledge(4, from: 2)
    #expect(lone.core.commit == Index(4))
    let beats = (0..<2).flatMap { _ in lone.step(.tick) }.filter { $0.kind == .heartbeat }
    #expect(beats.map(\.commit) == [Index(4), Index(0)])
}

@Test func `a read waits until the leader has committed in its term`() {
    var lone = Lone(term: 3, terms: [1, 2])
    lone.lead()
    let rounds = lone.step(.read(context: 7)).filter { $0.kind == .heartbeat && $0.round > 0 }
    #expect(rounds.isEmpty)
    let after = lone.acknowledge(3, from: 2).filter { $0.kind == .heartbeat && $0.round > 0 }
    #expect(after.count == 2)
}

@Test func `a change of members waits until the leader has committed in its term`() {
    var lone = Lone()
    lone.lead()
    var effects: [Consensus.Effect] = []
    lone.core.step(.change([.addLearner(MemberID(4))], note: [], context: 5), effects: &effects)
    #expect(effects == [.refused(context: 5, .changePending)])
}

@Test func `a handover that takes an election's time is given up`() {
    var lone = Lone()
    lone.lead()
    lone.acknowledge(1, from: 2)
    lone.step(.transfer(to: MemberID(3), context: 0))
    var effects: [Consensus.Effect] = []
    lone.core.step(.propose(Offer(context: 1, body: [1])), effects: &effects)
    #expect(effects == [.refused(context: 1, .transferring)])
    for _ in 0..<lone.core.settings.electionTicks {
        lone.step(.tick)
        lone.hear(.heartbeatResponse, from: 2, term: 2)
    }
    effects = []
    lone.core.step(.propose(Offer(context: 2, body: [1])), effects: &effects)
    #expect(effects == [.accepted(context: 2, index: Index(2), term: Term(2))])
}

@Test func `a follower commits no further than an append covers`() {
    // 3 and 4 are of a leader that is gone.
    var lone = Lone(term: 1, terms: [1, 1, 1, 1])
    lone.hear(.append, from: 2, term: 2) {
        $0.index = Index(2)
        $0.logTerm = Term(1)
        $0.commit = Index(4)
    }
    #expect(lone.core.commit == Index(2))
}

@Test func `an empty log is marked anew when it begins at a snapshot, apart from what comes next`() {
    // The power was lost when the snapshot was kept and its mark was not.
    let mark = SnapshotMark(
        index: Index(40), term: Term(2), configuration: Configuration(voters: [MemberID(1), MemberID(2)]))
    var core = Consensus(id: MemberID(1), hardState: HardState(term: Term(3)), snapshot: mark, seed: 1)
    var append = RaftMessage(.append, from: MemberID(2), to: MemberID(1), term: Term(3))
    append.index = mark.index
    append.logTerm = mark.term
    append.entries = [Entry(term: Term(3), index: Index(41), kind: .command)]
    var effects: [Consensus.Effect] = []
    core.step(.received(append), effects: &effects)
    core.step(.endTurn, effects: &effects)
    let batches = effects.compactMap { if case .persist(let batch) = $0 { batch } else { nil } }
    #expect(batches.map(\.snapshot?.index) == [Index(40), nil])
    #expect(batches.map(\.entries.count) == [0, 1])
}

@Test func `a batch of an older term that is done is no vote in a later one`() {
    var consensus = Consensus(
        id: MemberID(1), hardState: HardState(),
        snapshot: SnapshotMark(index: .zero, term: .zero, configuration: Configuration(voters: [MemberID(1)])), seed: 1)
    var effects: [Consensus.Effect] = []
    consensus.step(.campaign, effects: &effects)
    consensus.step(.endTurn, effects: &effects)
    // The disk is slow: the next term's vote is on its way behind the first one's.
    while consensus.term == Term(1) { consensus.step(.tick, effects: &effects) }
    consensus.step(.endTurn, effects: &effects)
    consensus.step(.persisted(1), effects: &effects)
    #expect(consensus.role == .candidate && consensus.term == Term(2))
    consensus.step(.persisted(2), effects: &effects)
    #expect(consensus.isLeader)
}
