import Bytes
import Model
import Raft

extension ConsensusSimulation {
    func place(_ member: MemberID) -> Int { Int(member.rawValue) - 1 }

    func isAlive(_ member: MemberID, _ life: Int) -> Bool {
        hosts[place(member)].core != nil && hosts[place(member)].life == life
    }

    func isCut(_ from: MemberID, _ to: MemberID) -> Bool {
        cuts.contains { $0.from == from && $0.to == to }
    }

    // MARK: - Network

    mutating func send(_ message: RaftMessage) throws(Failure) {
        try noteVote(message)
        let from = place(message.from)
        // What leaves after a write may not be forgotten by a restart.
        if message.kind == .vote || message.kind == .voteResponse || message.kind == .appendResponse {
            hosts[from].termSaid = max(hosts[from].termSaid, message.term)
        }
        guard place(message.to) < hosts.count else { return }
        if random.next() % 100 < loss { return }
        let copies = !isHealed && random.next() % 50 == 0 ? 2 : 1
        for _ in 0..<copies {
            // A long tail, so that messages overtake each other.
            let tail = random.next() % 16 == 0 && !isHealed ? random.next() % 600 : 0
            schedule.plan(at: schedule.now + 1 + random.next() % 10 + tail, .deliver(message))
        }
    }

    // MARK: - Hosts

    mutating func boot(_ member: MemberID, mark: SnapshotMark) {
        precondition(place(member) == hosts.count, "members are numbered from 1")
        hosts.append(Host(core: nil, disk: SimulatedLog(mark: mark), savedMark: mark))
        restart(member)
    }

    mutating func restart(_ member: MemberID) {
        let at = place(member)
        let host = hosts[at]
        hosts[at].life += 1
        hosts[at].applied = host.savedMark.index
        hosts[at].hash = host.savedHash
        hosts[at].commitSeen = .zero
        hosts[at].heard = [:]
        hosts[at].core = Consensus(
            id: member, settings: settings, hardState: host.disk.hardState, snapshot: host.savedMark,
            entries: host.disk.entries, seed: random.next())
        schedule.plan(at: schedule.now + random.next() % 50, .tick(member, life: hosts[at].life))
    }

    private mutating func crash(_ member: MemberID) {
        crashes += 1
        hosts[place(member)].core = nil
        hosts[place(member)].disk.crash(&random)
        schedule.plan(at: schedule.now + random.next() % 3000, .restart(member))
    }

    mutating func heal() {
        isHealed = true
        cuts.removeAll()
        loss = 0
        for host in hosts.indices {
            hosts[host].isSlow = false
            if hosts[host].core == nil { restart(MemberID(UInt64(host + 1))) }
        }
        guard random.next() % 2 == 0 else { return }
        let candidate = MemberID(random.next() % UInt64(hosts.count) + 1)
        if canMiss(candidate) {
            missing = candidate
            hosts[place(candidate)].core = nil
            hosts[place(candidate)].disk.crash(&random)
        }
    }

    /// Whether the others are a quorum in every configuration that may still be in force.
    private func canMiss(_ member: MemberID) -> Bool {
        hosts.compactMap(\.core).allSatisfy { core in
            var index = core.first - 1
            while index <= core.last {
                guard core.configuration(at: index).result(of: { $0 != member }) == .won else { return false }
                index = index.next
            }
            return true
        }
    }

    // MARK: - What people and fate do

    mutating func act() throws(Failure) {
        let member = MemberID(random.next() % UInt64(hosts.count) + 1)
        // Sometimes one that has been deposed and does not know.
        let leaders = hosts.compactMap(\.core).filter(\.isLeader).map(\.id)
        let leader = leaders.isEmpty ? nil : leaders[Int(random.next() % UInt64(leaders.count))]
        let isUp = hosts[place(member)].core != nil
        if isHealed {
            if let leader { try propose(at: leader) }
            return
        }
        switch random.next() % 26 {
        case 24: if isUp { try deliver(.campaign, to: member) }
        case 25: if let leader { crash(leader) }
        case 0: if isUp { crash(member) }
        case 1:
            let other = MemberID(random.next() % UInt64(hosts.count) + 1)
            cuts.append((member, other))
            if random.next() % 2 == 0 { cuts.append((other, member)) }
        case 2:
            for other in hosts.indices.map({ MemberID(UInt64($0 + 1)) }) where other != member {
                cuts += [(member, other), (other, member)]
            }
        case 3, 4, 5: cuts.removeAll()
        case 6: hosts[place(member)].isSlow.toggle()
        case 7, 8: if isUp { compact(member) }
        case 9, 10: if let leader { try changeMembers(at: leader) }
        case 11: if let leader { try deliver(.transfer(to: nil, context: 0), to: leader) }
        case 12, 13, 14: if isUp { try read(at: member) }
        case 15: if let leader { try deliver(.unreachable(member), to: leader) }
        default:
            let burst = random.next() % 8 == 0 ? 40 : 1 + random.next() % 6
            for _ in 0..<burst {
                if let leader { try propose(at: leader) }
            }
        }
    }

    private mutating func propose(at member: MemberID) throws(Failure) {
        nextOffer += 1
        let body = Bytes(utf8: "offer \(nextOffer)")
        try deliver(.propose(Offer(context: nextOffer, body: body)), to: member)
    }

    private mutating func read(at member: MemberID) throws(Failure) {
        nextOffer += 1
        reads[nextOffer] = Index(UInt64(settled.count - 1))
        try deliver(.read(context: nextOffer), to: member)
    }

    private mutating func changeMembers(at leader: MemberID) throws(Failure) {
        guard let core = hosts[place(leader)].core, hosts.count < 12 || random.next() % 2 == 0 else { return }
        let configuration = core.configuration
        var wishes: [MemberChange] = []
        switch random.next() % 4 {
        case 0 where configuration.members.count < 6 && hosts.count < 16:
            let newcomer = MemberID(UInt64(hosts.count + 1))
            boot(newcomer, mark: SnapshotMark(index: .zero, term: .zero, configuration: Configuration()))
            wishes = [.addLearner(newcomer)]
        case 1 where configuration.voters.count > 2:
            wishes = [.remove(configuration.voters[Int(random.next() % UInt64(configuration.voters.count))])]
        case 2 where configuration.voters.count > 2 && !configuration.learners.isEmpty:
            wishes = [.makeVoter(configuration.learners[0]), .remove(configuration.voters[0])]
        default: if let learner = configuration.learners.first { wishes = [.makeVoter(learner)] }
        }
        guard !wishes.isEmpty else { return }
        changesAsked()
        try deliver(.change(wishes, note: Bytes(), context: 0), to: leader)
    }

    private mutating func compact(_ member: MemberID) {
        let at = place(member)
        guard let core = hosts[at].core, core.applied > hosts[at].savedMark.index, core.applied >= core.first,
            let mark = core.mark(at: core.applied), hosts[at].applied == core.applied
        else { return }
        hosts[at].savedMark = mark
        hosts[at].savedHash = hosts[at].hash
        effects.removeAll(keepingCapacity: true)
        hosts[at].core!.step(.compact(mark.index), effects: &effects)
        // The mark on disk goes through the same queue as the entries that it covers.
        if hosts[at].disk.queue.isEmpty { hosts[at].disk.compact(to: mark) }
    }
}
