import Bytes
import Wire

/// What changes in the cluster, in several replies until `until`, or as long as the stream is open. `WatchEvents` in
/// `proto/control.proto`.
@frozen
public struct WatchEvents: Message {
    /// Events that are remembered from then on come first; zero: only what comes.
    public var since = Timestamp.zero
    /// Zero: without end.
    public var until = Timestamp.zero
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "since", &since)
        try coder.uint64(2, "until", &until)
        try coder.unknown(&unknown)
    }
}

/// One change of one object, as one entry of the log made it. `ClusterEvent` in `proto/control.proto`.
@frozen
public struct ClusterEvent: Message {
    public var index = Index.zero
    /// When the leader proposed it.
    public var time = Timestamp.zero
    /// `cluster`, `config`, `node`, `secret`, `service` or `task`.
    public var type = ""
    /// `create`, `update` or `remove`.
    public var event = ""
    /// 16 bytes.
    public var id = Bytes()
    /// When it happened, also of what is gone.
    public var name = ""
    public var actor: Actor?
    /// Of a node or task, in words: what it came to be.
    public var state = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "index", &index)
        try coder.uint64(2, "time", &time)
        try coder.string(3, "type", &type)
        try coder.string(4, "event", &event)
        try coder.bytes(5, "id", &id)
        try coder.string(6, "name", &name)
        try coder.message(7, "actor", &actor)
        try coder.string(8, "state", &state)
        try coder.unknown(&unknown)
    }
}

/// Events in the order of the log. `EventList` in `proto/control.proto`.
@frozen
public struct EventList: Message {
    public var events: [ClusterEvent] = []
    /// Some before these are no longer remembered, or the reader was too slow for them.
    public var missed = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "events", &events)
        try coder.bool(2, "missed", &missed)
        try coder.unknown(&unknown)
    }
}
