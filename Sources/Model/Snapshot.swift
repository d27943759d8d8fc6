import Bytes
import Wire

/// A snapshot begins to arrive on this stream. `SnapshotOffer` in `proto/raft.proto`. Type 17.
package struct SnapshotOffer: Message {
    package var mark: SnapshotMark?
    /// The leader's term.
    package var term = Term.zero

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "mark", &mark)
        try coder.uint64(2, "term", &term)
    }
}

/// A portion of a snapshot's canonical stream. `SnapshotChunk` in `proto/raft.proto`. Type 18.
package struct SnapshotChunk: Message {
    package var offset: UInt64 = 0
    package var data = Bytes()
    package var last = false

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "offset", &offset)
        try coder.bytes(2, "data", &data)
        try coder.bool(3, "last", &last)
    }
}
