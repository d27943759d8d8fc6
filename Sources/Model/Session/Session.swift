import Bytes
import Wire

/// Where a manager is. `ManagerAddress` in `proto/session.proto`.
package struct ManagerAddress: Message {
    package var nodeID = NodeID.none
    package var address = ""
    /// Of its certificate.
    package var serial = Serial.none

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "node_id", &nodeID)
        try coder.string(2, "address", &address)
        try coder.bytes(3, "serial", &serial)
    }
}

/// Opens a session, or a new one in place of `previous`. Type 32. `Register` in `proto/session.proto`.
package struct Register: Message {
    package var previous = SessionID.none
    package var description: NodeDescription?
    /// X25519 public key that values are sealed to; drawn at each start of the agent; 32 bytes.
    package var sealKey = Bytes()
    /// Every task that the agent knows.
    package var tasks: [TaskReport] = []
    /// Every value that it holds.
    package var held: [HeldVersion] = []

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "previous", &previous)
        try coder.message(2, "description", &description)
        try coder.bytes(3, "seal_key", &sealKey)
        try coder.messages(4, "tasks", &tasks)
        try coder.messages(5, "held", &held)
    }
}

/// The session and its lease, which runs from when `Register` was sent. Type 33. `Registered` in
/// `proto/session.proto`.
package struct Registered: Message {
    package var session = SessionID.none
    package var leaseMilliseconds: UInt64 = 0
    package var managers: [ManagerAddress] = []
    package var clusterID = ClusterID.none

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "lease_ms", &leaseMilliseconds)
        try coder.messages(3, "managers", &managers)
        try coder.bytes(4, "cluster_id", &clusterID)
    }
}

/// The manager asked does not lead. Type 34. `Redirect` in `proto/session.proto`.
package struct Redirect: Message {
    /// Absent: not known.
    package var leader: ManagerAddress?
    package var managers: [ManagerAddress] = []

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "leader", &leader)
        try coder.messages(2, "managers", &managers)
    }
}

/// A worker's sign of life, sent every third of a lease. Type 35. `Heartbeat` in `proto/session.proto`.
package struct Heartbeat: Message {
    package var session = SessionID.none
    /// The last assignment applied.
    package var applied: UInt64 = 0

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "applied", &applied)
    }
}

/// The lease runs anew from when the heartbeat was sent. Type 36. `HeartbeatAnswer` in `proto/session.proto`.
package struct HeartbeatAnswer: Message {
    package var session = SessionID.none
    package var leaseMilliseconds: UInt64 = 0
    /// Empty: unchanged.
    package var managers: [ManagerAddress] = []

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "lease_ms", &leaseMilliseconds)
        try coder.messages(3, "managers", &managers)
    }
}

/// The session is not known: register anew. Type 37. `Unregistered` in `proto/session.proto`.
package struct Unregistered: Message {
    package var session = SessionID.none

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
    }
}
