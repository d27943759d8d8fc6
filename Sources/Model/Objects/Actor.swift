import Wire

/// Who asked.
@frozen
public struct ActorKind: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static var unspecified: ActorKind { ActorKind(rawValue: 0) }
    /// A process of a manager's host, on the control socket.
    public static let local = ActorKind(rawValue: 1)
    /// A certified operator over TCP.
    public static let remote = ActorKind(rawValue: 2)
    /// The cluster itself: its planner, dispatcher or membership.
    public static let cluster = ActorKind(rawValue: 3)
    public static let names: [(Int32, String)] = [
        (0, "ACTOR_KIND_UNSPECIFIED"),
        (1, "ACTOR_KIND_LOCAL"),
        (2, "ACTOR_KIND_REMOTE"),
        (3, "ACTOR_KIND_CLUSTER"),
    ]
}

/// Who asked for a change; recorded in the entry. `Actor` in `proto/model.proto`.
@frozen
public struct Actor: Message {
    public var kind = ActorKind.unspecified
    public var uid: UInt32 = 0
    public var gid: UInt32 = 0
    /// The node whose socket was asked.
    public var host = ""
    /// Of an operator, or of the part of the cluster.
    public var name = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "kind", &kind)
        try coder.uint32(2, "uid", &uid)
        try coder.uint32(3, "gid", &gid)
        try coder.string(4, "host", &host)
        try coder.string(5, "name", &name)
        try coder.unknown(&unknown)
    }
}
