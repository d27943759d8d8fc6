import Bytes
import Wire

/// What the operator wants of a node. `NodeSpec` in `proto/model.proto`.
package struct NodeSpec: Message {
    package var labels = StringMap()
    package var availability = Availability.unspecified
    /// The desired role.
    package var role = Role.unspecified
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.map(1, "labels", &labels)
        try coder.enumeration(2, "availability", &availability)
        try coder.enumeration(3, "role", &role)
        try coder.unknown(&unknown)
    }
}

/// What a node says of itself. `NodeDescription` in `proto/model.proto`.
package struct NodeDescription: Message {
    package var hostname = ""
    package var os = ""
    package var architecture = ""
    /// Processors, in billionths.
    package var cpuNano: UInt64 = 0
    package var memoryBytes: UInt64 = 0
    /// Of Conclave.
    package var version = ""
    /// What its runners can do, and what they can't.
    package var attributes = StringMap()
    package var protection = Protection.unspecified
    package var runners: [String] = []
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
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
package struct NodeStatus: Message {
    package var state = NodeState.unspecified
    package var message = ""
    /// Where its session comes from.
    package var address = ""
    package var since = Timestamp.zero
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "state", &state)
        try coder.string(2, "message", &message)
        try coder.string(3, "address", &address)
        try coder.uint64(4, "since", &since)
        try coder.unknown(&unknown)
    }
}

/// A process with an identity; a row of the node table, which is the list of who may come in. `Node` in
/// `proto/model.proto`.
package struct Node: Message {
    package var id = NodeID.none
    package var meta: Meta?
    package var name = ""
    package var spec: NodeSpec?
    /// The role in force.
    package var role = Role.unspecified
    package var description: NodeDescription?
    package var status: NodeStatus?
    /// None for a worker.
    package var member = MemberID.none
    /// Of its state directory.
    package var incarnation = Incarnation.none
    /// Where other nodes reach it: `host:port`.
    package var address = ""
    /// Its X25519 public key; 32 bytes.
    package var key = Bytes()
    /// Of its certificate.
    package var serial = Serial.none
    /// Still accepted until `previous_until`.
    package var previousSerial = Serial.none
    package var previousUntil = Timestamp.zero
    package var certificateEnd = Timestamp.zero
    /// Handle of its link ticket; no other opens its links.
    package var ticket = Handle.none
    package var ticketEpoch: UInt32 = 0
    package var memberState = MemberState.unspecified
    /// What it acknowledged of the cluster keys; 32 bytes.
    package var keyringCommitment = Bytes()
    package var engineVersion = ""
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
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
