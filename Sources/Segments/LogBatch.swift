import Model

/// What one synchronisation makes durable, in this order: snapshot mark, truncation, entries, hard state.
package struct LogBatch: Sendable {
    /// `nil`: unchanged. Never of a lower term than before; entries are never of a greater term than it.
    package var hardState: HardState?
    /// Entries above are void. An entry at or below the last index implies it.
    package var truncateAfter: Index?
    /// Indexes without a gap, from at most the last index + 1.
    package var entries: [Entry]
    /// In force before the first entry of a new log.
    package var configuration: Configuration?
    /// A snapshot that is durable already; what it covers leaves the log.
    package var snapshot: LogMark?

    package init(
        hardState: HardState? = nil, truncateAfter: Index? = nil, entries: [Entry] = [],
        configuration: Configuration? = nil, snapshot: LogMark? = nil
    ) {
        self.hardState = hardState
        self.truncateAfter = truncateAfter
        self.entries = entries
        self.configuration = configuration
        self.snapshot = snapshot
    }

    package var isEmpty: Bool {
        hardState == nil && truncateAfter == nil && entries.isEmpty && configuration == nil && snapshot == nil
    }
}
