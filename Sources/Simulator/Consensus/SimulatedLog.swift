import Bytes
import Model
import Raft

/// The disk of one member: what is synchronised, and what is on its way, in order.
package struct SimulatedLog {
    package private(set) var hardState = HardState()
    package private(set) var mark: SnapshotMark
    package private(set) var entries: [Entry] = []
    /// Written, not yet synchronised.
    package private(set) var queue: [Consensus.Batch] = []

    package init(mark: SnapshotMark) { self.mark = mark }

    package mutating func write(_ batch: Consensus.Batch) { queue.append(batch) }

    /// The oldest write becomes durable.
    package mutating func synchronise() -> Consensus.Batch {
        let batch = queue.removeFirst()
        keep(batch, entries: batch.entries.count)
        return batch
    }

    /// Power is lost: some of the queue was written, in order, the last perhaps in part.
    package mutating func crash(_ random: inout SplitMix) {
        let kept = Int(random.next() % UInt64(queue.count + 1))
        for batch in queue.prefix(kept) { keep(batch, entries: batch.entries.count) }
        if kept < queue.count, random.next() % 2 == 0 {
            let batch = queue[kept]
            keep(batch, entries: Int(random.next() % UInt64(batch.entries.count + 1)))
        }
        queue.removeAll()
    }

    /// Whether the entry at the place is durable, in the log or below its start.
    package func holds(_ index: Index, term: Term) -> Bool {
        if index <= mark.index { return true }
        guard let first = entries.first, index >= first.index, index <= entries[entries.count - 1].index else {
            return false
        }
        return entries[Int(index - first.index)].term == term
    }

    /// A snapshot of the member's own is durable; what it covers may go, but a few entries for slow followers.
    package mutating func compact(to newMark: SnapshotMark) {
        mark = newMark
        entries.removeAll { $0.index <= newMark.index }
    }

    private mutating func keep(_ batch: Consensus.Batch, entries count: Int) {
        if let state = batch.hardState {
            precondition(state.term >= hardState.term, "R2: disk has term \(hardState.term), then \(state.term)")
            precondition(
                state.term > hardState.term || hardState.vote == .none || hardState.vote == state.vote,
                "R2: voted for \(hardState.vote), then \(state.vote) in \(state.term)")
            hardState = state
        }
        if let snapshot = batch.snapshot {
            mark = snapshot
            entries = []
        }
        if let cut = batch.truncateAfter { entries.removeAll { $0.index > cut } }
        for entry in batch.entries.prefix(count) where entry.index > mark.index {
            let last = entries.last?.index ?? mark.index
            precondition(entry.index == last.next, "R9: disk ends at \(last), then comes \(entry.index)")
            entries.append(entry)
        }
    }
}
