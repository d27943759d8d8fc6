import Bytes
import Wire

/// Opens a session, or a new one in place of `previous`. Type 32. `Register` in `proto/session.proto`.
@frozen
public struct Register: Message {
    public var previous = SessionID.none
    public var description: NodeDescription?
    /// X25519 public key that values are sealed to; drawn at each start of the agent; 32 bytes.
    public var sealKey = Bytes()
    /// Every task that the agent knows.
    public var tasks: [TaskReport] = []
    /// Every value that it holds.
    public var held: [HeldVersion] = []

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "previous", &previous)
        try coder.message(2, "description", &description)
        try coder.bytes(3, "seal_key", &sealKey)
        try coder.messages(4, "tasks", &tasks)
        try coder.messages(5, "held", &held)
        coder.dropUnknown()
    }
}

/// The session and its lease, which runs from when `Register` was sent. Type 33. `Registered` in
/// `proto/session.proto`.
@frozen
public struct Registered: Message {
    public var session = SessionID.none
    public var leaseMilliseconds: UInt64 = 0
    public var managers: [ManagerAddress] = []
    public var clusterID = ClusterID.none

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "lease_ms", &leaseMilliseconds)
        try coder.messages(3, "managers", &managers)
        try coder.bytes(4, "cluster_id", &clusterID)
        coder.dropUnknown()
    }
}

/// The manager asked does not lead. Type 34. `Redirect` in `proto/session.proto`.
@frozen
public struct Redirect: Message {
    /// Absent: not known.
    public var leader: ManagerAddress?
    public var managers: [ManagerAddress] = []

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "leader", &leader)
        try coder.messages(2, "managers", &managers)
        coder.dropUnknown()
    }
}

/// A worker's sign of life, sent every third of a lease. Type 35. `Heartbeat` in `proto/session.proto`.
@frozen
public struct Heartbeat: Message {
    public var session = SessionID.none
    /// The last assignment applied.
    public var applied: UInt64 = 0

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "applied", &applied)
        coder.dropUnknown()
    }
}

/// The lease runs anew from when the heartbeat was sent. Type 36. `HeartbeatAnswer` in `proto/session.proto`.
@frozen
public struct HeartbeatAnswer: Message {
    public var session = SessionID.none
    public var leaseMilliseconds: UInt64 = 0
    /// Empty: unchanged.
    public var managers: [ManagerAddress] = []

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "lease_ms", &leaseMilliseconds)
        try coder.messages(3, "managers", &managers)
        coder.dropUnknown()
    }
}

/// The session is not known: register anew. Type 37. `Unregistered` in `proto/session.proto`.
@frozen
public struct Unregistered: Message {
    public var session = SessionID.none

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        coder.dropUnknown()
    }
}
