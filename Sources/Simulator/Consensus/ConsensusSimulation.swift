import Bytes
import Model
import Raft

/// A cluster of consensus cores in one thread, with network, disks, clocks and faults from one seed.
///
/// Safety is checked while everything goes wrong; then all is healed, and everyone must agree within a bound.
package struct ConsensusSimulation {
    package struct Failure: Error, CustomStringConvertible {
        package let seed: UInt64
        package let what: String
        package var description: String { "\(what)\nrepeat: Tools/simulate --seed \(seed)" }
    }

    enum Event {
        case tick(MemberID, life: Int)
        case deliver(RaftMessage)
        case synchronised(MemberID, life: Int)
        case applied(MemberID, life: Int, Index)
        case snapshot(SnapshotMark, hash: UInt64, from: MemberID, to: MemberID, term: Term)
        case restart(MemberID)
        case act
    }

    struct Host {
        var core: Consensus?
        /// Counts restarts: what was planned for an earlier life is void.
        var life = 0
        var disk: SimulatedLog
        /// The store: how far, and a running hash of all that was applied.
        var applied = Index.zero
        var hash: UInt64 = 0
        /// The state that the snapshot on disk holds.
        var savedHash: UInt64 = 0
        var savedMark: SnapshotMark
        var isSlow = false
        var commitSeen = Index.zero
        var termSaid = Term.zero
        /// When each member was last heard, and since when a leader may expect it.
        var heard: [MemberID: UInt64] = [:]
        var expects: UInt64 = 0
    }

    let seed: UInt64
    package internal(set) var steps = 0
    package internal(set) var committed: [(term: Term, hash: UInt64)] = [(.zero, 0)]
    /// Terms of what some leader has committed, from index 0; applied a little later, and then in `committed`.
    var settled: [Term] = [.zero]
    package internal(set) var elections = 0
    package internal(set) var changes = 0
    package internal(set) var installs = 0
    package internal(set) var crashes = 0
    package internal(set) var readsServed = 0
    var random: SplitMix
    var schedule = Schedule<Event>()
    var hosts: [Host] = []
    var leaders: [Term: MemberID] = [:]
    var votes: [String: MemberID] = [:]
    /// One-way cuts, from and to.
    var cuts: [(from: MemberID, to: MemberID)] = []
    var loss: UInt64 = 0
    var isHealed = false
    /// Stays away even when all is healed: nobody may need it.
    var missing = MemberID.none
    var nextOffer: UInt64 = 1
    /// What was committed when a read was asked for.
    var reads: [UInt64: Index] = [:]
    /// The states of snapshots that arrived.
    var received: [Index: UInt64] = [:]
    var effects: [Consensus.Effect] = []
    var settings = Consensus.Settings()

    /// Simulated time since the start.
    package var milliseconds: UInt64 { schedule.now }

    package init(seed: UInt64) {
        self.seed = seed
        random = SplitMix(seed: seed)
        let count = [1, 2, 3, 3, 3, 4, 5, 5][Int(random.next() % 8)] as UInt64
        settings.maxInflightMessages = 2 + Int(random.next() % 8)
        settings.maxMessageBytes = 64 + Int(random.next() % 512)
        settings.maxApplyBytes = 64 + Int(random.next() % 512)
        settings.maxInflightBytes = 256 + Int(random.next() % 1024)
        loss = random.next() % 12
        let voters = (1...count).map { MemberID($0) }
        let mark = SnapshotMark(index: .zero, term: .zero, configuration: Configuration(voters: voters))
        for voter in voters { boot(voter, mark: mark) }
        schedule.plan(at: 100, .act)
    }

    /// Runs `steps` events with faults, then heals and waits until all agree.
    package mutating func run(steps limit: Int) throws(Failure) {
        while steps < limit { try advance() }
        heal()
        let goal = UInt64(committed.count)
        let end = schedule.now + 60_000
        while schedule.now < end {
            try advance()
            if steps % 64 == 0, agrees(beyond: goal) { return }
        }
        throw fail("no agreement 60 s after everything was healed: \(picture)")
    }

    // MARK: - One event

    private mutating func advance() throws(Failure) {
        guard let event = schedule.next() else { throw fail("nothing is planned") }
        steps += 1
        switch event {
        case .tick(let member, let life):
            guard isAlive(member, life) else { return }
            // Clocks drift, each its own way.
            schedule.plan(at: schedule.now + 45 + random.next() % 11, .tick(member, life: life))
            try step(member, .tick)
            try checkQuorum(of: member)
        case .deliver(let message):
            guard hosts[place(message.to)].core != nil, !isCut(message.from, message.to) else { return }
            hosts[place(message.to)].heard[message.from] = schedule.now
            try step(message.to, .received(message))
        case .synchronised(let member, let life):
            guard isAlive(member, life) else { return }
            let batch = hosts[place(member)].disk.synchronise()
            for message in batch.messages { try send(message) }
            try step(member, .persisted(batch.id))
        case .applied(let member, let life, let index):
            guard isAlive(member, life) else { return }
            // A later report overtook this one.
            guard index > hosts[place(member)].core!.applied else { return }
            let hash = committed[Int(index.rawValue)].hash
            try step(member, .applied(index, stateHash: hash))
        case .snapshot(let mark, let hash, let from, let to, let term):
            let failed = isCut(from, to) || hosts[place(to)].core == nil || random.next() % 4 == 0
            if !failed { try receive(mark, hash, from: from, to: to, term) }
            if hosts[place(from)].core != nil {
                try step(from, .snapshotSent(to: to, index: failed ? nil : mark.index))
            }
        case .restart(let member):
            if hosts[place(member)].core == nil, member != missing { restart(member) }
        case .act:
            schedule.plan(at: schedule.now + 20 + random.next() % 200, .act)
            try act()
        }
        if steps % 256 == 0 { try checkLogs() }
    }

    private mutating func receive(
        _ mark: SnapshotMark, _ hash: UInt64, from: MemberID, to: MemberID, _ term: Term
    ) throws(Failure) {
        received[mark.index] = hash
        // Durable beside the old state before the core hears of it.
        if mark.index > hosts[place(to)].savedMark.index {
            hosts[place(to)].savedMark = mark
            hosts[place(to)].savedHash = hash
        }
        try step(to, .snapshotReceived(mark, from: from, term: term))
    }

    mutating func deliver(_ event: Consensus.Event, to member: MemberID) throws(Failure) { try step(member, event) }
    mutating func changesAsked() { changes += 1 }

    private mutating func step(_ member: MemberID, _ event: Consensus.Event) throws(Failure) {
        let at = place(member)
        // The array is used again, so that a step allocates none.
        var todo: [Consensus.Effect] = []
        swap(&todo, &effects)
        let before = (commit: hosts[at].core!.commit, led: hosts[at].core!.isLeader)
        hosts[at].core!.step(event, effects: &todo)
        // Turns end now and then, so that events gather.
        if random.next() % 4 != 0 { hosts[at].core!.step(.endTurn, effects: &todo) }
        // Before anything is said or applied: the disks are as the commit found them.
        for effect in todo { try carryOut(effect, of: member) }
        todo.removeAll(keepingCapacity: true)
        swap(&todo, &effects)
        // Asked in place: a core is copied only when it is looked at closely.
        guard hosts[at].core != nil else { return }
        hosts[at].core!.checkInvariants()
        let (commit, term) = (hosts[at].core!.commit, hosts[at].core!.term)
        guard commit >= hosts[at].commitSeen else { throw fail("R4: commit of \(member) went back") }
        hosts[at].commitSeen = commit
        if commit > before.commit { try checkCommit(of: hosts[at].core!, led: before.led) }
        guard term >= hosts[at].termSaid else { throw fail("R2: term of \(member) went back") }
    }

    private mutating func carryOut(_ effect: Consensus.Effect, of member: MemberID) throws(Failure) {
        let at = place(member)
        switch effect {
        case .send(let message): try send(message)
        case .persist(let batch):
            hosts[at].disk.write(batch)
            let delay = hosts[at].isSlow ? 20 + random.next() % 400 : 1 + random.next() % 5
            // First in, first out: each completion takes the oldest.
            schedule.plan(at: schedule.now + delay, .synchronised(member, life: hosts[at].life))
        case .apply(let entries): try apply(entries, at: member)
        case .install(let mark):
            installs += 1
            hosts[at].applied = mark.index
            // The one that came may not be the newest kept: a newer one may have been of a leader that is gone.
            hosts[at].hash = received[mark.index] ?? 0
            guard hosts[at].hash == committed[Int(mark.index.rawValue)].hash else {
                throw fail("R5: \(member) installed another state at \(mark.index)")
            }
            schedule.plan(at: schedule.now + 5, .applied(member, life: hosts[at].life, mark.index))
        case .sendSnapshot(let target):
            let host = hosts[at]
            schedule.plan(
                at: schedule.now + 20 + random.next() % 200,
                .snapshot(host.savedMark, hash: host.savedHash, from: member, to: target, term: host.core!.term))
        case .configured: hosts[at].expects = schedule.now
        case .accepted(0, let index, let term):
            guard hosts[at].core!.hasCommittedOwnTerm else {
                throw fail("R8: \(member) changes the members at \(index) before it committed in \(term)")
            }
        case .changed(.leader, let term, _): try elected(member, term)
        case .compare(let index, let hash):
            guard committed[Int(index.rawValue)].hash == hash else { throw fail("state differs at \(index)") }
        case .readable(let context, let index):
            readsServed += 1
            guard let known = reads[context], index >= known, hosts[at].applied >= index else {
                throw fail("stale read at \(member): \(index)")
            }
        case .halt(let reason): throw fail("\(member) halted: \(reason)")
        case .accepted, .refused, .changed: break
        }
    }

    private mutating func apply(_ entries: [Entry], at member: MemberID) throws(Failure) {
        let at = place(member)
        for entry in entries {
            guard entry.index == hosts[at].applied.next else {
                throw fail("R4: \(member) applies \(entry.index) after \(hosts[at].applied)")
            }
            var hash = hosts[at].hash ^ entry.term.rawValue ^ UInt64(bitPattern: Int64(entry.kind.rawValue)) << 40
            for byte in entry.body { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = SplitMixOnce(hash &+ 1)
            hosts[at].applied = entry.index
            hosts[at].hash = hash
            if Int(entry.index.rawValue) < committed.count {
                let truth = committed[Int(entry.index.rawValue)]
                guard truth.term == entry.term, truth.hash == hash else {
                    throw fail("R5: \(member) applies another entry \(entry.index), term \(entry.term)")
                }
            } else {
                committed.append((entry.term, hash))
            }
        }
        let last = hosts[at].applied
        schedule.plan(at: schedule.now + random.next() % 20, .applied(member, life: hosts[at].life, last))
    }

    // MARK: - Checks

    private mutating func elected(_ member: MemberID, _ term: Term) throws(Failure) {
        elections += 1
        if let other = leaders[term], other != member { throw fail("R1: \(other) and \(member) lead \(term)") }
        leaders[term] = member
        let core = hosts[place(member)].core!
        hosts[place(member)].expects = schedule.now
        guard isMajority(of: core.configuration, where: { $0 == member || votes["\($0)/\(term)"] == member }) else {
            throw fail("R1: \(member) leads \(term) without a majority's votes")
        }
        guard hosts[place(member)].disk.hardState.term >= term else {
            throw fail("R2: \(member) leads \(term) before its own vote is stored")
        }
        guard core.last.rawValue >= UInt64(settled.count - 1) else {
            throw fail("R5: leader \(member) of \(term) ends at \(core.last), committed \(settled.count - 1)")
        }
        var index = core.first
        while index.rawValue < UInt64(settled.count) {
            guard core.term(at: index) == settled[Int(index.rawValue)] else {
                throw fail("R5: leader \(member) of \(term) lacks committed entry \(index)")
            }
            index = index.next
        }
    }

    /// Counted here, so that a mistake in the core's own counting shows.
    private func isMajority(of configuration: Configuration, where holds: (MemberID) -> Bool) -> Bool {
        [configuration.voters, configuration.outgoing].allSatisfy { half in
            half.isEmpty || half.count(where: holds) * 2 > half.count
        }
    }

    /// A leader's commit is on the disks of a majority and of its own term; everyone else's is some leader's.
    private mutating func checkCommit(of core: Consensus, led: Bool) throws(Failure) {
        // A leader that is removed commits that and goes, in one step.
        if led {
            guard core.term(at: core.commit) == core.term else {
                throw fail("R7: leader \(core.id) of \(core.term) commits \(core.commit) of an older term")
            }
            let isStored = isMajority(of: core.configuration) { voter in
                hosts[place(voter)].disk.holds(core.commit, term: core.term)
            }
            guard isStored else { throw fail("R6: \(core.id) commits \(core.commit), which no majority stored") }
            while settled.count <= Int(core.commit.rawValue) {
                settled.append(core.term(at: Index(UInt64(settled.count)))!)
            }
        }
        guard Int(core.commit.rawValue) < settled.count else {
            throw fail("R4: \(core.id) commits \(core.commit), and no leader has")
        }
        guard core.term(at: core.commit) == settled[Int(core.commit.rawValue)] else {
            throw fail("R5: \(core.id) commits another entry \(core.commit)")
        }
    }

    /// A leader that a quorum has not reached for long has stepped down.
    private func checkQuorum(of member: MemberID) throws(Failure) {
        let at = place(member)
        guard schedule.now > hosts[at].expects + 3000, hosts[at].core?.isLeader == true else { return }
        let host = hosts[at]
        guard let core = host.core else { return }
        let isHeard = isMajority(of: core.configuration) { voter in
            voter == member || host.heard[voter, default: 0] + 3000 > schedule.now
        }
        guard isHeard else { throw fail("leader \(member) of \(core.term) leads a silent quorum") }
    }

    private func checkLogs() throws(Failure) {
        let cores = hosts.compactMap(\.core)
        for (number, left) in cores.enumerated() {
            for right in cores[(number + 1)...] {
                var index = min(left.last, right.last)
                let first = max(left.first, right.first)
                var isEqual = false
                while index >= first, index > .zero {
                    if left.term(at: index) == right.term(at: index) {
                        guard left.entry(at: index) == right.entry(at: index) else {
                            throw fail("R3: \(left.id), \(right.id) differ at \(index)")
                        }
                        isEqual = true
                    } else if isEqual {
                        throw fail("R3: \(left.id) and \(right.id) differ below an equal entry, at \(index)")
                    }
                    index = index - 1
                }
            }
        }
    }

    mutating func noteVote(_ message: RaftMessage) throws(Failure) {
        let choice: MemberID
        switch message.kind {
        case .vote: choice = message.from
        case .voteResponse where !message.refused: choice = message.to
        default: return
        }
        let key = "\(message.from)/\(message.term)"
        if let earlier = votes[key], earlier != choice {
            throw fail("R2: \(message.from) votes for \(earlier) and \(choice) in \(message.term)")
        }
        votes[key] = choice
    }

    private func agrees(beyond goal: UInt64) -> Bool {
        guard let leader = hosts.compactMap(\.core).first(where: { $0.isLeader && $0.hasCommittedOwnTerm }) else {
            return false
        }
        guard leader.last == leader.commit, leader.commit.rawValue >= goal else { return false }
        return leader.configuration.members.allSatisfy { hosts[place($0)].applied == leader.commit || $0 == missing }
    }

    func fail(_ what: String) -> Failure { Failure(seed: seed, what: "at \(schedule.now) ms: \(what)") }

    var picture: String {
        hosts.compactMap(\.core).map {
            "\($0.id) \($0.role) term \($0.term) commit \($0.commit) last \($0.last) voters \($0.configuration.voters)"
        }.joined(separator: "; ")
    }
}

/// One round of a mixing function.
private func SplitMixOnce(_ value: UInt64) -> UInt64 {
    var generator = SplitMix(seed: value)
    return generator.next()
}
