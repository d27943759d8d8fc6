import Model

/// The last changes, in log order, for watchers that come back.
struct ChangeRing: Sendable {
    private var changes: [Change] = []
    /// Where the oldest stands in `changes`, once it is full.
    private var start = 0
    /// Changes up to here are forgotten.
    private(set) var forgotten = Index.zero

    init(from index: Index = .zero) { forgotten = index }

    mutating func append(_ new: [Change]) {
        for change in new {
            if changes.count < StoreLimits.watchedChanges {
                changes.append(change)
            } else {
                forgotten = changes[start].index
                changes[start] = change
                start = (start + 1) % changes.count
            }
        }
    }

    /// What changed from `time` on. `isWhole`: nothing of that is forgotten.
    func changes(since time: Timestamp) -> (changes: [Change], isWhole: Bool) {
        let all = changes(after: forgotten) ?? []
        let found = all.drop { $0.time < time }
        return (Array(found), found.count < all.count || forgotten == .zero)
    }

    /// What changed after `index`, or `nil`: too long ago.
    func changes(after index: Index) -> [Change]? {
        guard index >= forgotten else { return nil }
        // From the newest back: watchers are rarely far behind.
        var found: [Change] = []
        for offset in stride(from: changes.count - 1, through: 0, by: -1) {
            let change = changes[(start + offset) % changes.count]
            guard change.index > index else { break }
            found.append(change)
        }
        return found.reversed()
    }
}

extension ReplicatedStore {
    /// What changed after `index`, in order. `nil`: that is no longer known; list anew and watch from `self.index`.
    package func changes(after index: Index) -> [Change]? { watched.changes(after: index) }

    /// What changed from `time` on, as far as it is remembered. `isWhole`: nothing of that is forgotten.
    package func changes(since time: Timestamp) -> (changes: [Change], isWhole: Bool) { watched.changes(since: time) }
}
