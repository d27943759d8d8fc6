import Model

/// How a member behaves. Times are ticks, of 50 ms unless the driver says otherwise.
extension Consensus {
    package struct Settings: Equatable, Sendable {
        /// Members in one list of a configuration, so that a hostile entry cannot make it grow.
        package static let maxMembers = 64
        /// Reads and changes that wait at once; beyond it they are refused as busy.
        package static let maxReads = 4096

        /// A follower waits this long, up to twice as long by chance, for its leader.
        package var electionTicks: UInt64 = 10
        package var heartbeatTicks: UInt64 = 2
        /// Appends sent to one follower and not acknowledged.
        package var maxInflightMessages = 64
        /// The same in bytes: what a link of 100 MB/s carries in 40 ms.
        package var maxInflightBytes = 4 << 20
        /// Entries of one append; a single entry may be larger.
        package var maxMessageBytes = 1 << 20
        package var maxEntryBytes = 3 << 19
        /// Entries appended and not committed: without it, a leader without followers grows without bound.
        package var maxUncommittedBytes = 64 << 20
        /// Entries handed out and not reported as applied.
        package var maxApplyBytes = 8 << 20
        /// The highest `minLevel` that this member applies.
        package var level: UInt32 = 1
        /// How far a learner may be behind when it is made a voter, in entries.
        package var promotionLag: UInt64 = 4096

        package init() {}
    }
}
