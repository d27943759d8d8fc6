import Bytes
import Wire

/// Who this node is: the file `identity` of its state directory. `NodeIdentity` in `proto/storage.proto`.
///
/// Public: nothing in it opens anything. It is the last file that is written when a node comes to be, so that a
/// directory without it holds no node.
@frozen
public struct NodeIdentity: Message {
    public var version: UInt32 = 0
    public var clusterID = ClusterID.none
    public var nodeID = NodeID.none
    /// None for a worker.
    public var member = MemberID.none
    public var incarnation = Incarnation.none
    public var name = ""
    public var rootKey = Bytes()
    public var certificate = Bytes()
    public var issuer = Bytes()
    public var ownIssuer = Bytes()
    public var managers: [ManagerAddress] = []
    public var address = ""
    public var ticketEpoch: UInt32 = 0
    public var founder = false
    public var unknown = UnknownFields()

    /// The format that this version writes; a greater one is refused.
    public static let currentVersion: UInt32 = 1

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "version", &version)
        try coder.bytes(2, "cluster_id", &clusterID)
        try coder.bytes(3, "node_id", &nodeID)
        try coder.uint64(4, "member", &member)
        try coder.bytes(5, "incarnation", &incarnation)
        try coder.string(6, "name", &name)
        try coder.bytes(7, "root_key", &rootKey)
        try coder.bytes(8, "certificate", &certificate)
        try coder.bytes(9, "issuer", &issuer)
        try coder.bytes(10, "own_issuer", &ownIssuer)
        try coder.messages(11, "managers", &managers)
        try coder.string(12, "address", &address)
        try coder.uint32(13, "ticket_epoch", &ticketEpoch)
        try coder.bool(14, "founder", &founder)
        try coder.unknown(&unknown)
    }
}
