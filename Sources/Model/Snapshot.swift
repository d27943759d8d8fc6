import Bytes
import Wire

/// A snapshot begins to arrive on this stream. `SnapshotOffer` in `proto/raft.proto`. Type 17.
@frozen
public struct SnapshotOffer: Message {
    public var mark: SnapshotMark?
    /// The leader's term.
    public var term = Term.zero

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "mark", &mark)
        try coder.uint64(2, "term", &term)
        coder.dropUnknown()
    }
}

/// A portion of a snapshot's canonical stream. `SnapshotChunk` in `proto/raft.proto`. Type 18.
@frozen
public struct SnapshotChunk: Message {
    public var offset: UInt64 = 0
    public var data = Bytes()
    public var last = false

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "offset", &offset)
        try coder.bytes(2, "data", &data)
        try coder.bool(3, "last", &last)
        coder.dropUnknown()
    }
}
