import Bytes
import Glibc
import Model
import Raft

/// What consensus itself costs: three members by call, disks that are done at the end of each turn, no network.
struct CoreRate {
    private var members: [Consensus] = []
    private var inbox: [[Consensus.Event]] = [[], [], []]
    private var effects: [Consensus.Effect] = []
    private var compacted = [Index](repeating: .zero, count: 3)

    init() {
        let configuration = Configuration(voters: (1...3).map { MemberID($0) })
        let mark = SnapshotMark(index: .zero, term: .zero, configuration: configuration)
        for id in 1...3 as ClosedRange<UInt64> {
            members.append(Consensus(id: MemberID(id), hardState: HardState(), snapshot: mark, seed: id))
        }
        inbox[0].append(.campaign)
        settle()
        precondition(members[0].isLeader, "no leader without faults")
    }

    /// Prints a row for each size of batch.
    static func run(entries: Int) {
        Show.print("")
        Show.print("consensus alone: \(entries) entries of 200 bytes, committed and applied by three members in one")
        Show.print("thread; no disk, no network; CPU time an entry, in us")
        Show.print("")
        let widths = [10, 10, 10]
        Show.row(["batch", "mean", "least"], widths)
        for batch in [1, 16, 256] {
            var (sum, least) = (0, Int.max)
            for _ in 0..<rounds {
                var rate = CoreRate()
                let nanoseconds = rate.nanoseconds(entries: entries / rounds, batch: batch)
                sum += nanoseconds
                least = min(least, nanoseconds)
            }
            Show.row(
                ["\(batch)"] + [sum / rounds, least].map { Show.fixed(Double($0) / 1000, 2) }, widths)
        }
    }

    private static let rounds = 5

    /// CPU nanoseconds for each of `entries` of 200 bytes, proposed `batch` a turn, applied by all three.
    mutating func nanoseconds(entries: Int, batch: Int) -> Int {
        let body = Bytes([UInt8](repeating: 7, count: 200))
        let begin = clock()
        var left = entries
        while left > 0 {
            let count = min(batch, left)
            for _ in 0..<count { inbox[0].append(.propose(Offer(context: 0, body: body))) }
            left -= count
            settle()
        }
        for at in members.indices {
            precondition(members[at].applied == members[0].last, "applied \(members[at].applied)")
        }
        return (clock() - begin) * 1000 / entries
    }

    private mutating func settle() {
        while inbox.contains(where: { !$0.isEmpty }) {
            for at in members.indices where !inbox[at].isEmpty { turn(at) }
        }
    }

    private mutating func turn(_ at: Int) {
        var events: [Consensus.Event] = []
        swap(&events, &inbox[at])
        // Taken off the end, in order, so that the driver's own copies are not measured.
        events.reverse()
        while let event = events.popLast() { members[at].step(event, effects: &effects) }
        members[at].step(.endTurn, effects: &effects)
        effects.reverse()
        while let effect = effects.popLast() {
            switch consume effect {
            case .send(let message): send(message)
            case .persist(let batch):
                for message in batch.messages { send(message) }
                inbox[at].append(.persisted(batch.id))
            case .apply(let entries):
                let last = entries[entries.count - 1].index
                inbox[at].append(.applied(last, stateHash: 0))
                // The log in memory stays short, as behind snapshots.
                if last > compacted[at] + 8192 {
                    compacted[at] = last - 4096
                    inbox[at].append(.compact(compacted[at]))
                }
            default: break
            }
        }
    }

    private mutating func send(_ message: RaftMessage) {
        inbox[Int(message.to.rawValue) - 1].append(.received(message))
    }
}
