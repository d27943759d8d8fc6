/// The bounds of the store, each with its reason. Those of names and values are Docker Swarm's.
package enum StoreLimits {
    /// What this member understands: entries with a higher `min_level` are not applied.
    package static let level: UInt32 = 1
    /// Bytes of a secret's or config's name.
    package static let nameBytes = 64
    /// Bytes of a service's name: a DNS label.
    package static let serviceNameBytes = 63
    /// A secret's value before it is sealed: less than this.
    package static let secretBytes = 512_000
    /// A secret's envelope: the padded value and what seals it.
    package static let envelopeBytes = 640_000
    /// A config's data: less than this.
    package static let configBytes = 1_024_000
    /// Keys and values of an object's labels.
    package static let labelBytes = 65_536
    /// Versions kept of a secret unless its spec says otherwise, and the most that it may say.
    package static let versionsKept = 10
    package static let versionsKeptMost = 100
    /// The whole state, as `ReplicatedStore.weight` counts it: what a manager holds in memory.
    package static let stateBytes = 1 << 30
    /// Requests remembered: at 5,000 a second the last 50 s, at 100 a second 43 min.
    package static let requests = 262_144
    /// Tasks of one service: a typing error must not fill the store.
    package static let replicas: UInt64 = 100_000
    /// Service users: the width of a node's range of user IDs.
    package static let userOrdinals: UInt32 = 65_536
    /// An image's name with its tag and digest.
    package static let imageBytes = 512
    /// A text with placeholders, and what it may become: neither may cost apply a noticeable time.
    package static let templateBytes = 4096
    package static let filledBytes = 16_384
    /// What a node says of itself: all of it is kept in the log and in every manager's memory.
    package static let descriptionBytes = 16_384
    /// Each text of a task's status, such as its error.
    package static let statusBytes = 1024
    /// References to secrets and configs in one service.
    package static let references = 512
    /// A target's path below its directory, and one component of it.
    package static let targetBytes = 1024
    package static let componentBytes = 255
    /// Services, secrets and configs of one stack; deployments under way; and how long one may take.
    package static let pieces = 2048
    package static let deployments = 16
    package static let stagedNanoseconds: UInt64 = 600_000_000_000
    /// Changes that a watcher may be behind before it must list anew.
    package static let watchedChanges = 16_384
    /// One record of a saved store: the largest config or a batch of requests, and what frames it.
    package static let recordBytes = 2 << 20
    /// Small records are put together into pieces of about this size.
    package static let pieceBytes = 1 << 16
}
