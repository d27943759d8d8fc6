import Bytes
import Wire

/// Settings of the whole cluster. `ClusterSpec` in `proto/model.proto`.
@frozen
public struct ClusterSpec: Message {
    public var name = ""
    /// How many ended tasks a slot keeps.
    public var taskHistory: UInt32 = 0
    /// How long a worker may act unheard.
    public var leaseMilliseconds: UInt64 = 0
    /// Consensus: one tick.
    public var tickMilliseconds: UInt64 = 0
    public var heartbeatTicks: UInt32 = 0
    public var electionTicks: UInt32 = 0
    /// Validity of a node's certificate.
    public var certificateSeconds: UInt64 = 0
    /// Entries between two snapshots.
    public var snapshotEntries: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.uint32(2, "task_history", &taskHistory)
        try coder.uint64(3, "lease_ms", &leaseMilliseconds)
        try coder.uint64(4, "tick_ms", &tickMilliseconds)
        try coder.uint32(5, "heartbeat_ticks", &heartbeatTicks)
        try coder.uint32(6, "election_ticks", &electionTicks)
        try coder.uint64(7, "certificate_seconds", &certificateSeconds)
        try coder.uint64(8, "snapshot_entries", &snapshotEntries)
        try coder.unknown(&unknown)
    }
}

/// A standing join token. `JoinToken` in `proto/model.proto`.
@frozen
public struct JoinToken: Message {
    /// What the one who joins by it becomes.
    public var role = Role.unspecified
    /// What the joiner says in the clear hello.
    public var handle = Handle.none
    /// Ed25519 half of the key that signs the enrolment; 32 bytes.
    public var publicKey = Bytes()
    /// The token's secret in a `ValueEnvelope`, so that managers can show it and derive its key.
    public var sealed = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "role", &role)
        try coder.bytes(2, "handle", &handle)
        try coder.bytes(3, "public_key", &publicKey)
        try coder.bytes(4, "sealed", &sealed)
        try coder.unknown(&unknown)
    }
}

/// A manager's key that signs node certificates. `IssuingKey` in `proto/model.proto`.
@frozen
public struct IssuingKey: Message {
    public var nodeID = NodeID.none
    /// Its `Certificate`, signed by the root.
    public var certificate = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "node_id", &nodeID)
        try coder.bytes(2, "certificate", &certificate)
        try coder.unknown(&unknown)
    }
}

/// A payload key that exists in the managers' keyrings. `KeyEpoch` in `proto/model.proto`.
@frozen
public struct KeyEpoch: Message {
    public var epoch: UInt32 = 0
    /// 32 bytes that only this key yields.
    public var commitment = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "epoch", &epoch)
        try coder.bytes(2, "commitment", &commitment)
        try coder.unknown(&unknown)
    }
}

/// The cluster itself; there is one. `Cluster` in `proto/model.proto`.
@frozen
public struct Cluster: Message {
    public var id = ClusterID.none
    public var meta: Meta?
    public var spec: ClusterSpec?
    /// Ed25519 public key of the root; 32 bytes.
    public var rootKey = Bytes()
    public var rootEpoch: UInt32 = 0
    /// Certificates of a lower epoch are refused by workers.
    public var certificateEpoch: UInt32 = 0
    public var issuingKeys: [IssuingKey] = []
    public var tokens: [JoinToken] = []
    public var payloadKeys: [KeyEpoch] = []
    /// The one in use for new values.
    public var payloadEpoch: UInt32 = 0
    /// Epoch of the key that link tickets derive from.
    public var linkEpoch: UInt32 = 0
    /// The highest member ID ever given.
    public var lastMember = MemberID.none
    /// The lowest level of any member.
    public var level: UInt32 = 0
    /// Commitment of the cluster keys that a new manager must acknowledge; 32 bytes.
    public var keyringCommitment = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "meta", &meta)
        try coder.message(3, "spec", &spec)
        try coder.bytes(4, "root_key", &rootKey)
        try coder.uint32(5, "root_epoch", &rootEpoch)
        try coder.uint32(6, "certificate_epoch", &certificateEpoch)
        try coder.messages(7, "issuing_keys", &issuingKeys)
        try coder.messages(8, "tokens", &tokens)
        try coder.messages(9, "payload_keys", &payloadKeys)
        try coder.uint32(10, "payload_epoch", &payloadEpoch)
        try coder.uint32(11, "link_epoch", &linkEpoch)
        try coder.uint64(12, "last_member", &lastMember)
        try coder.uint32(13, "level", &level)
        try coder.bytes(14, "keyring_commitment", &keyringCommitment)
        try coder.unknown(&unknown)
    }
}
