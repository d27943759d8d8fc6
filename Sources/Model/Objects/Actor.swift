import Wire

/// Who asked.
@frozen
package struct ActorKind: WireEnum {
    package var rawValue: Int32
    @inlinable package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let unspecified = ActorKind(rawValue: 0)
    /// A process of a manager's host, on the control socket.
    package static let local = ActorKind(rawValue: 1)
    /// A certified operator over TCP.
    package static let remote = ActorKind(rawValue: 2)
    /// The cluster itself: its planner, dispatcher or membership.
    package static let cluster = ActorKind(rawValue: 3)
    package static let names: [(Int32, String)] = [
        (0, "ACTOR_KIND_UNSPECIFIED"),
        (1, "ACTOR_KIND_LOCAL"),
        (2, "ACTOR_KIND_REMOTE"),
        (3, "ACTOR_KIND_CLUSTER"),
    ]
}

/// Who asked for a change; recorded in the entry. `Actor` in `proto/model.proto`.
package struct Actor: Message {
    package var kind = ActorKind.unspecified
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    /// The node whose socket was asked.
    package var host = ""
    /// Of an operator, or of the part of the cluster.
    package var name = ""
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "kind", &kind)
        try coder.uint32(2, "uid", &uid)
        try coder.uint32(3, "gid", &gid)
        try coder.string(4, "host", &host)
        try coder.string(5, "name", &name)
        try coder.unknown(&unknown)
    }
}
