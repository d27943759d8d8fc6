import Bytes
import Wire

/// What the operator wants of a node. `NodeSpec` in `proto/model.proto`.
@frozen
public struct NodeSpec: Message {
    public var labels = StringMap()
    public var availability = Availability.unspecified
    /// The desired role.
    public var role = Role.unspecified
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.map(1, "labels", &labels)
        try coder.enumeration(2, "availability", &availability)
        try coder.enumeration(3, "role", &role)
        try coder.unknown(&unknown)
    }
}

/// What a node says of itself. `NodeDescription` in `proto/model.proto`.
@frozen
public struct NodeDescription: Message {
    public var hostname = ""
    public var os = ""
    public var architecture = ""
    /// Processors, in billionths.
    public var cpuNano: UInt64 = 0
    public var memoryBytes: UInt64 = 0
    /// Of Conclave.
    public var version = ""
    /// What its runners can do, and what they can't.
    public var attributes = StringMap()
    public var protection = Protection.unspecified
    public var runners: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "hostname", &hostname)
        try coder.string(2, "os", &os)
        try coder.string(3, "architecture", &architecture)
        try coder.uint64(4, "cpu_nano", &cpuNano)
        try coder.uint64(5, "memory_bytes", &memoryBytes)
        try coder.string(6, "version", &version)
        try coder.map(7, "attributes", &attributes)
        try coder.enumeration(8, "protection", &protection)
        try coder.strings(9, "runners", &runners)
        try coder.unknown(&unknown)
    }
}

/// What the leader observed. `NodeStatus` in `proto/model.proto`.
@frozen
public struct NodeStatus: Message {
    public var state = NodeState.unspecified
    public var message = ""
    /// Where its session comes from.
    public var address = ""
    public var since = Timestamp.zero
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "state", &state)
        try coder.string(2, "message", &message)
        try coder.string(3, "address", &address)
        try coder.uint64(4, "since", &since)
        try coder.unknown(&unknown)
    }
}

/// A process with an identity; a row of the node table, which is the list of who may come in. `Node` in
/// `proto/model.proto`.
@frozen
public struct Node: Message {
    public var id = NodeID.none
    public var meta: Meta?
    public var name = ""
    public var spec: NodeSpec?
    /// The role in force.
    public var role = Role.unspecified
    public var description: NodeDescription?
    public var status: NodeStatus?
    /// None for a worker.
    public var member = MemberID.none
    /// Of its state directory.
    public var incarnation = Incarnation.none
    /// Where other nodes reach it: `host:port`.
    public var address = ""
    /// Its X25519 public key; 32 bytes.
    public var key = Bytes()
    /// Of its certificate.
    public var serial = Serial.none
    /// Still accepted until `previous_until`.
    public var previousSerial = Serial.none
    public var previousUntil = Timestamp.zero
    public var certificateEnd = Timestamp.zero
    /// Handle of its link ticket; no other opens its links.
    public var ticket = Handle.none
    public var ticketEpoch: UInt32 = 0
    public var memberState = MemberState.unspecified
    /// What it acknowledged of the cluster keys; 32 bytes.
    public var keyringCommitment = Bytes()
    public var engineVersion = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "meta", &meta)
        try coder.string(3, "name", &name)
        try coder.message(4, "spec", &spec)
        try coder.enumeration(5, "role", &role)
        try coder.message(6, "description", &description)
        try coder.message(7, "status", &status)
        try coder.uint64(8, "member", &member)
        try coder.bytes(9, "incarnation", &incarnation)
        try coder.string(10, "address", &address)
        try coder.bytes(11, "key", &key)
        try coder.bytes(12, "serial", &serial)
        try coder.bytes(13, "previous_serial", &previousSerial)
        try coder.uint64(14, "previous_until", &previousUntil)
        try coder.uint64(15, "certificate_end", &certificateEnd)
        try coder.bytes(16, "ticket", &ticket)
        try coder.uint32(17, "ticket_epoch", &ticketEpoch)
        try coder.enumeration(18, "member_state", &memberState)
        try coder.bytes(19, "keyring_commitment", &keyringCommitment)
        try coder.string(20, "engine_version", &engineVersion)
        try coder.unknown(&unknown)
    }
}

/// Where a manager is. `ManagerAddress` in `proto/model.proto`.
@frozen
public struct ManagerAddress: Message {
    public var nodeID = NodeID.none
    public var address = ""
    /// Of its certificate.
    public var serial = Serial.none
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "node_id", &nodeID)
        try coder.string(2, "address", &address)
        try coder.bytes(3, "serial", &serial)
        try coder.unknown(&unknown)
    }
}
