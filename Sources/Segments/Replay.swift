import Bytes
import Model
import Wire

/// What the records say when they are read in order.
struct Replay {
    var hardState = HardState()
    var configuration: Configuration?
    var mark: LogMark?
    /// Without a gap; those that no mark covers and no truncation took.
    var entries: [Entry] = []

    /// Takes one record's plaintext; `false`: no writer of ours can have written it here.
    mutating func take(_ plaintext: Bytes) -> Bool {
        guard let record = try? LogRecord.decode(plaintext) else { return false }
        if let configuration = record.configuration { self.configuration = configuration }
        if let mark = record.snapshot { take(mark) }
        if let index = record.truncateAfter { truncate(after: Index(index)) }
        for stored in record.entries {
            guard let entry = stored.entry else { return false }
            if let last = entries.last, entry.index - 1 != last.index || entry.term < last.term { return false }
            entries.append(entry)
        }
        if let state = record.hardState {
            guard state.term >= hardState.term else { return false }
            hardState = state
        }
        return true
    }

    private mutating func take(_ mark: LogMark) {
        self.mark = mark
        if mark.reset {
            entries.removeAll()
        } else {
            entries.removeFirst(entries.prefix { $0.index <= mark.index }.count)
        }
    }

    private mutating func truncate(after index: Index) {
        while let last = entries.last, last.index > index { entries.removeLast() }
    }
}

/// What a member finds on its disk when it starts.
package struct RecoveredLog: Sendable {
    /// The log's: last one written. `commit` is never above the last entry and never below the snapshot.
    package var hardState = HardState()
    /// In force at the snapshot, or before the first entry; entries may carry newer ones.
    package var configuration: Configuration?
    /// The snapshot to load first; `nil`: none was taken.
    package var snapshot: LogMark?
    /// From the snapshot's index + 1 on, without a gap.
    package var entries: [Entry] = []
    /// Upper bound of the terms that this member can have voted in.
    package var termBound = Term.zero
    /// A torn tail that was left out: nothing of it was acknowledged by this member.
    package var cut: Cut?

    package struct Cut: Equatable, Sendable {
        package var file: String
        /// Where the part that does not count begins.
        package var offset: Int
    }

    package var lastIndex: Index { entries.last?.index ?? snapshot?.index ?? .zero }

    /// What consensus starts with: the log's hard state, or, when a vote of a greater term may have been lost with
    /// the tail, that term with the vote spent on the member itself, so that nobody else gets it twice.
    package func hardState(of member: MemberID) -> HardState {
        guard termBound > hardState.term else { return hardState }
        return HardState(term: termBound, vote: member, commit: hardState.commit)
    }
}
