import Bytes
import Wire

/// What each end says of itself inside the handshake, or in `Welcome` on a unix socket. `LinkParameters` in
/// `proto/link.proto`.
@frozen
public struct LinkParameters: Message {
    /// The highest version of the framing that it speaks.
    public var version: UInt32 = 0
    /// Bits; an unknown one is ignored.
    public var features: UInt64 = 0
    public var clusterID = ClusterID.none
    public var nodeID = NodeID.none
    public var member = MemberID.none
    /// Of its state directory.
    public var incarnation = Incarnation.none
    /// The largest frame body that it takes, in bytes.
    public var maxFrame: UInt32 = 0
    /// Credit that a stream begins with, in bytes.
    public var window: UInt32 = 0
    /// Its wall clock; a warning of skew, no more.
    public var time = Timestamp.zero
    /// The highest `min_level` that it applies.
    public var level: UInt32 = 0
    /// Name and version, for people.
    public var software = ""

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "version", &version)
        try coder.uint64(2, "features", &features)
        try coder.bytes(3, "cluster_id", &clusterID)
        try coder.bytes(4, "node_id", &nodeID)
        try coder.uint64(5, "member", &member)
        try coder.bytes(6, "incarnation", &incarnation)
        try coder.uint32(7, "max_frame", &maxFrame)
        try coder.uint32(8, "window", &window)
        try coder.uint64(9, "time", &time)
        try coder.uint32(10, "level", &level)
        try coder.string(11, "software", &software)
        coder.dropUnknown()
    }
}

/// In the second handshake message. `ResponderPayload` in `proto/link.proto`.
@frozen
public struct ResponderPayload: Message {
    public var parameters: LinkParameters?
    /// Its `Certificate`; empty towards an operator's unix socket.
    public var certificate = Bytes()
    /// The `Certificate` of the key that signed it.
    public var issuer = Bytes()
    /// The lowest epoch that its cluster accepts.
    public var certificateEpoch: UInt32 = 0
    public var rootEpoch: UInt32 = 0
    /// Ed25519 public key of the root, for a joiner, whose token has only its digest; 32 bytes.
    public var rootKey = Bytes()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "parameters", &parameters)
        try coder.bytes(2, "certificate", &certificate)
        try coder.bytes(3, "issuer", &issuer)
        try coder.uint32(4, "certificate_epoch", &certificateEpoch)
        try coder.uint32(5, "root_epoch", &rootEpoch)
        try coder.bytes(6, "root_key", &rootKey)
        coder.dropUnknown()
    }
}

/// In the third handshake message. `InitiatorPayload` in `proto/link.proto`.
@frozen
public struct InitiatorPayload: Message {
    public var parameters: LinkParameters?
    /// Empty when it joins.
    public var certificate = Bytes()
    public var issuer = Bytes()
    /// The node that it means to reach; none: any manager.
    public var expected = NodeID.none
    /// When it joins by a token.
    public var enrol: Enrol?

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "parameters", &parameters)
        try coder.bytes(2, "certificate", &certificate)
        try coder.bytes(3, "issuer", &issuer)
        try coder.bytes(4, "expected", &expected)
        try coder.message(5, "enrol", &enrol)
        coder.dropUnknown()
    }
}

/// The first frame of each end on a unix socket, in place of a handshake. Type 1. `Welcome` in
/// `proto/link.proto`.
@frozen
public struct Welcome: Message {
    public var parameters: LinkParameters?

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "parameters", &parameters)
        coder.dropUnknown()
    }
}

/// The authenticated close, and why. A channel that just ends has failed. Type 2. `Goodbye` in
/// `proto/link.proto`.
@frozen
public struct Goodbye: Message {
    /// Absent: nothing is wrong.
    public var failure: Failure?

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "failure", &failure)
        coder.dropUnknown()
    }
}

/// Type 3; answered by `Pong`. `Ping` in `proto/link.proto`.
@frozen
public struct Ping: Message {
    public var number: UInt64 = 0

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "number", &number)
        coder.dropUnknown()
    }
}

/// Type 4. `Pong` in `proto/link.proto`.
@frozen
public struct Pong: Message {
    public var number: UInt64 = 0

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "number", &number)
        coder.dropUnknown()
    }
}

/// The end that dialled a link is asked for its bulk connection. Type 10. `DialBulk` in `proto/link.proto`.
@frozen
public struct DialBulk: Message {
    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) { coder.dropUnknown() }
}

/// The receiver of a stream took so many bytes of it. Type 5. `Credit` in `proto/link.proto`.
@frozen
public struct Credit: Message {
    public var bytes: UInt32 = 0

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "bytes", &bytes)
        coder.dropUnknown()
    }
}

/// What a joiner says of itself. It proves the token by the handshake and by `token_signature`. `Enrol` in
/// `proto/link.proto`.
@frozen
public struct Enrol: Message {
    /// Its X25519 public key; the handshake proves that it has the other half; 32 bytes.
    public var key = Bytes()
    public var name = ""
    /// Where others reach it; empty for a worker that takes no links.
    public var address = ""
    public var availability = Availability.unspecified
    public var incarnation = Incarnation.none
    /// A manager's own Ed25519 public key for signing certificates; 32 bytes.
    public var issuingKey = Bytes()
    /// Ed25519, over the key, by the token's signing half; 64 bytes.
    public var tokenSignature = Bytes()
    public var description: NodeDescription?
    public var level: UInt32 = 0

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "key", &key)
        try coder.string(2, "name", &name)
        try coder.string(3, "address", &address)
        try coder.enumeration(4, "availability", &availability)
        try coder.bytes(5, "incarnation", &incarnation)
        try coder.bytes(6, "issuing_key", &issuingKey)
        try coder.bytes(7, "token_signature", &tokenSignature)
        try coder.message(8, "description", &description)
        try coder.uint32(9, "level", &level)
        coder.dropUnknown()
    }
}

/// The joiner's identity. Type 7, the only frame after a handshake that joins. `EnrolAnswer` in
/// `proto/link.proto`.
@frozen
public struct EnrolAnswer: Message {
    /// Refused.
    public var failure: Failure?
    public var nodeID = NodeID.none
    public var member = MemberID.none
    public var clusterID = ClusterID.none
    /// Its digest is in the token.
    public var rootKey = Bytes()
    public var certificate = Bytes()
    public var issuer = Bytes()
    /// Of a manager: the certificate of its own issuing key.
    public var ownIssuer = Bytes()
    public var ticket = Handle.none
    /// The pre-shared key of the ticket; 32 bytes.
    public var ticketKey: SecretBox?
    public var managers: [ManagerAddress] = []
    public var role = Role.unspecified
    /// Ask there instead: `host:port`.
    public var leader = ""
    /// Epoch of the key that the ticket derives from, for the hello.
    public var ticketEpoch: UInt32 = 0

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "failure", &failure)
        try coder.bytes(2, "node_id", &nodeID)
        try coder.uint64(3, "member", &member)
        try coder.bytes(4, "cluster_id", &clusterID)
        try coder.bytes(5, "root_key", &rootKey)
        try coder.bytes(6, "certificate", &certificate)
        try coder.bytes(7, "issuer", &issuer)
        try coder.bytes(8, "own_issuer", &ownIssuer)
        try coder.bytes(9, "ticket", &ticket)
        try coder.secret(10, "ticket_key", &ticketKey)
        try coder.messages(11, "managers", &managers)
        try coder.enumeration(12, "role", &role)
        try coder.string(13, "leader", &leader)
        try coder.uint32(14, "ticket_epoch", &ticketEpoch)
        coder.dropUnknown()
    }
}

/// The keys that every manager holds, sealed to one new member. Type 8, from the leader. `ClusterKeys` in
/// `proto/link.proto`.
@frozen
public struct ClusterKeys: Message {
    public var nodeID = NodeID.none
    public var sealed = Bytes()
    /// What the member answers once it has them on disk; 32 bytes.
    public var commitment = Bytes()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "node_id", &nodeID)
        try coder.bytes(2, "sealed", &sealed)
        try coder.bytes(3, "commitment", &commitment)
        coder.dropUnknown()
    }
}

/// The keys are on the member's disk. Type 9. `ClusterKeysStored` in `proto/link.proto`.
@frozen
public struct ClusterKeysStored: Message {
    public var nodeID = NodeID.none
    public var commitment = Bytes()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "node_id", &nodeID)
        try coder.bytes(2, "commitment", &commitment)
        coder.dropUnknown()
    }
}
