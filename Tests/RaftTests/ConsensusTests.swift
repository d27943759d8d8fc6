import Bytes
import Model
import Testing

@testable import Raft

@Test func `three members elect one leader`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    #expect(cluster[1].isLeader)
    #expect(cluster[2].leader == MemberID(1) && cluster[3].leader == MemberID(1))
    #expect(cluster[3].term == Term(1))
}

@Test func `a proposal reaches every member once`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.propose(1, "a")
    cluster.settle()
    for id in [1, 2, 3] as [UInt64] { #expect(cluster.texts(id) == ["a"]) }
}

@Test func `a single member commits only what is on its disk`() {
    var consensus = Consensus(
        id: MemberID(1), hardState: HardState(),
        snapshot: SnapshotMark(index: .zero, term: .zero, configuration: Configuration(voters: [MemberID(1)])), seed: 1)
    var effects: [Consensus.Effect] = []
    consensus.step(.campaign, effects: &effects)
    consensus.step(.endTurn, effects: &effects)
    #expect(consensus.role == .candidate)
    consensus.step(.persisted(1), effects: &effects)
    #expect(consensus.role == .leader)
    consensus.step(.endTurn, effects: &effects)
    #expect(consensus.commit == .zero)
    consensus.step(.persisted(2), effects: &effects)
    consensus.step(.endTurn, effects: &effects)
    #expect(consensus.commit == Index(1))
}

@Test func `a candidate asks for votes only inside its batch`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    let sent = cluster.effects(1).contains { if case .send(let m) = $0 { m.kind == .vote } else { false } }
    #expect(!sent)
}

@Test func `a follower that hears its leader listens to no candidate`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.cuts = [(MemberID(1), MemberID(3))]
    cluster.tick(3, 25)
    cluster.settle()
    #expect(cluster[1].isLeader)
    #expect(cluster[3].term == Term(1))
}

@Test func `a leader whose quorum is silent steps down in its term`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.cut(1)
    cluster.tick(1, 21)
    #expect(cluster[1].role != .leader)
    #expect(cluster[1].term == Term(1))
}

@Test func `the rest elects another, and the old leader's tail is overwritten`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.cut(1)
    cluster.propose(1, "lost")
    cluster.tick(3, 10)
    cluster.tick(2, 20)
    cluster.settle()
    #expect(cluster[2].isLeader)
    cluster.propose(2, "kept")
    cluster.settle()
    cluster.cuts = []
    cluster.tickAll(6)
    #expect(cluster.texts(1) == ["kept"])
    #expect(cluster[1].last == cluster[2].last)
}

@Test func `an older term's entry is not committed by counting`() {
    var consensus = Consensus(
        id: MemberID(1), hardState: HardState(term: Term(4), vote: MemberID(1)),
        snapshot: SnapshotMark(
            index: .zero, term: .zero, configuration: Configuration(voters: [1, 2, 3].map { MemberID($0) })),
        entries: [Entry(term: Term(2), index: Index(1), kind: .command)], seed: 1)
    var effects: [Consensus.Effect] = []
    consensus.step(.campaign, effects: &effects)
    var grant = RaftMessage(.preVoteResponse, from: MemberID(2), to: MemberID(1), term: Term(5))
    consensus.step(.received(grant), effects: &effects)
    consensus.step(.endTurn, effects: &effects)
    consensus.step(.persisted(1), effects: &effects)
    grant.kind = .voteResponse
    consensus.step(.received(grant), effects: &effects)
    consensus.step(.endTurn, effects: &effects)
    #expect(consensus.isLeader)
    var answer = RaftMessage(.appendResponse, from: MemberID(2), to: MemberID(1), term: Term(5))
    answer.index = Index(1)
    consensus.step(.received(answer), effects: &effects)
    consensus.step(.endTurn, effects: &effects)
    #expect(consensus.commit == .zero)
    consensus.step(.persisted(2), effects: &effects)
    answer.index = Index(2)
    consensus.step(.received(answer), effects: &effects)
    consensus.step(.endTurn, effects: &effects)
    #expect(consensus.commit == Index(2))
}

@Test func `a late, shorter append cuts nothing`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.propose(1, "a")
    cluster.propose(1, "b")
    let early = cluster.bag.first { $0.kind == .append && $0.to == MemberID(2) && !$0.entries.isEmpty }!
    cluster.settle()
    let last = cluster[2].last
    cluster.step(2, .received(early))
    #expect(cluster[2].last == last)
}

@Test func `a follower refuses with a hint to the leader`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.step(2, .propose(Offer(context: 9, body: Bytes(utf8: "x"))))
    #expect(cluster.effects(2).contains(.refused(context: 9, .notLeader(leader: MemberID(1)))))
}

@Test func `proposals of one turn make one append a follower and one batch`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    var effects: [Consensus.Effect] = []
    for context in 1...10 as ClosedRange<UInt64> {
        cluster.members[MemberID(1)]!.step(.propose(Offer(context: context, body: [1])), effects: &effects)
    }
    cluster.members[MemberID(1)]!.step(.endTurn, effects: &effects)
    #expect(effects.count { if case .send = $0 { true } else { false } } == 2)
    #expect(effects.count { if case .persist = $0 { true } else { false } } == 1)
}

@Test func `an entry too large is refused`() {
    var settings = Consensus.Settings()
    settings.maxEntryBytes = 100
    var cluster = Cluster(1, settings: settings)
    cluster.elect(1)
    cluster.step(1, .propose(Offer(context: 5, body: Bytes([UInt8](repeating: 0, count: 101)))))
    #expect(cluster.effects(1).contains(.refused(context: 5, .tooLarge(bytes: 125))))
}

@Test func `a leader without followers stops taking proposals at its bound, but takes one`() {
    var settings = Consensus.Settings()
    settings.maxUncommittedBytes = 10
    var cluster = Cluster(1, 2, 3, settings: settings)
    cluster.elect(1)
    cluster.cut(1)
    cluster.propose(1, "one", context: 1)
    cluster.propose(1, "two", context: 2)
    #expect(cluster.effects(1).contains(.refused(context: 2, .busy)))
    #expect(!cluster.effects(1).contains(.refused(context: 1, .busy)))
}

@Test func `a read is served after a round that began later`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.step(1, .read(context: 4))
    #expect(!cluster.effects(1).contains(.readable(context: 4, index: Index(1))))
    cluster.settle()
    #expect(cluster.effects(1).contains(.readable(context: 4, index: Index(1))))
}

@Test func `a leader that was deposed unheard serves no read`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.cut(1)
    cluster.step(1, .read(context: 4))
    cluster.tick(1, 30)
    #expect(cluster.effects(1).contains(.refused(context: 4, .notLeader(leader: .none))))
}

@Test func `a follower serves a read after asking the leader`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.step(3, .read(context: 8))
    cluster.tickAll(4)
    #expect(cluster.effects(3).contains(.readable(context: 8, index: Index(1))))
}

@Test func `leadership is handed over to the member named`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.step(1, .transfer(to: MemberID(3), context: 0))
    cluster.settle()
    #expect(cluster[3].isLeader && !cluster[1].isLeader)
}

@Test func `a learner is added, then promoted once it caught up`() {
    var cluster = Cluster(1, 2)
    cluster.elect(1)
    cluster.add(MemberID(3), Configuration())
    cluster.step(1, .change([.makeVoter(MemberID(3))], note: Bytes(), context: 1))
    #expect(cluster.effects(1).contains(.refused(context: 1, .lagging(MemberID(3)))))
    cluster.step(1, .change([.addLearner(MemberID(3))], note: Bytes(), context: 2))
    cluster.tickAll(4)
    #expect(cluster[3].configuration.learners == [MemberID(3)])
    cluster.step(1, .change([.makeVoter(MemberID(3))], note: Bytes(), context: 3))
    cluster.tickAll(4)
    #expect(cluster[3].configuration.voters.count == 3)
}

@Test func `a second change waits for the first`() {
    var cluster = Cluster(1, 2)
    cluster.elect(1)
    cluster.step(1, .change([.addLearner(MemberID(3))], note: Bytes(), context: 1))
    cluster.step(1, .change([.addLearner(MemberID(4))], note: Bytes(), context: 2))
    #expect(cluster.effects(1).contains(.refused(context: 2, .changePending)))
}

@Test func `a removed leader hands over and goes`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.step(1, .change([.remove(MemberID(1))], note: Bytes(), context: 1))
    cluster.settle()
    #expect(!cluster[1].isLeader)
    #expect(cluster[2].isLeader || cluster[3].isLeader)
}

@Test func `two voters change through a joint configuration that is left by itself`() {
    var cluster = Cluster(1, 2, 3, learners: [4])
    cluster.elect(1)
    cluster.tickAll(4)
    cluster.step(1, .change([.makeVoter(MemberID(4)), .remove(MemberID(3))], note: Bytes(), context: 1))
    #expect(cluster[1].configuration.isJoint)
    cluster.tickAll(4)
    #expect(!cluster[1].configuration.isJoint)
    #expect(cluster[1].configuration.voters == [MemberID(1), MemberID(2), MemberID(4)])
}

@Test func `a follower behind the log's start is sent a snapshot and catches up`() {
    var cluster = Cluster(1, 2, 3)
    cluster.elect(1)
    cluster.cut(3)
    for text in ["a", "b", "c"] {
        cluster.propose(1, text)
        cluster.settle()
    }
    let mark = cluster[1].mark(at: cluster[1].applied)!
    cluster.step(1, .compact(mark.index))
    cluster.cuts = []
    cluster.tickAll(6)
    #expect(cluster.effects(1).contains(.sendSnapshot(to: MemberID(3))))
    cluster.step(3, .snapshotReceived(mark, from: MemberID(1), term: cluster[1].term))
    cluster.propose(1, "d")
    cluster.tickAll(4)
    #expect(cluster.texts(3) == ["d"])
}

@Test func `an entry of a higher level stops the member before it is applied`() {
    var cluster = Cluster(1)
    cluster.elect(1)
    cluster.step(1, .propose(Offer(context: 1, minLevel: 2, body: [1])))
    #expect(cluster.effects(1).contains(.halt(.level(Index(2), needs: 2))))
    #expect(cluster[1].isHalted)
    #expect(cluster.texts(1).isEmpty)
}

@Test func `a configuration survives its encoding`() {
    var configuration = Configuration(voters: [1, 300].map { MemberID($0) }, learners: [MemberID(7)])
    configuration.outgoing = [MemberID(2)]
    configuration.autoLeave = true
    #expect(Configuration(body: configuration.body) == configuration)
    #expect(Configuration(body: [1, 2, 3]) == nil)
}
