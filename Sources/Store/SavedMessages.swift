import Bytes
import Model
import Wire

/// What a saved store begins with. `StoreHead` in `proto/store.proto`.
package struct StoreHead: Message {
    /// Of this layout; a reader refuses a higher one.
    var format: UInt32 = 0
    var index = Index.zero
    var term = Term.zero
    var stateHash: UInt64 = 0
    var configuration: Configuration?
    /// Highest index of a request that is remembered no more.
    var requestsForgotten = Index.zero
    var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "format", &format)
        try coder.uint64(2, "index", &index)
        try coder.uint64(3, "term", &term)
        try coder.fixed64(4, "state_hash", &stateHash)
        try coder.message(5, "configuration", &configuration)
        try coder.uint64(6, "requests_forgotten", &requestsForgotten)
        try coder.unknown(&unknown)
    }
}

/// Requests, oldest first. `RequestBatch` in `proto/store.proto`.
package struct RequestBatch: Message {
    var requests: [RequestRecord] = []
    var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "requests", &requests)
        try coder.unknown(&unknown)
    }
}

/// A piece of a deployment that is not published yet. `SavedStaged` in `proto/store.proto`.
package struct SavedStaged: Message {
    package var piece: StagePiece?
    /// When the deployment's first piece came.
    package var begun = Timestamp.zero
    /// An envelope follows.
    package var sealed = false
    var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "piece", &piece)
        try coder.uint64(2, "begun", &begun)
        try coder.bool(3, "sealed", &sealed)
        try coder.unknown(&unknown)
    }
}

/// What a saved store ends with. `StoreEnd` in `proto/store.proto`.
package struct StoreEnd: Message {
    /// Records before this one.
    var records: UInt64 = 0
    /// `RollingHash` over the records before this one, each with its header.
    var hash: UInt64 = 0
    var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "records", &records)
        try coder.fixed64(2, "hash", &hash)
        try coder.unknown(&unknown)
    }
}

/// The kinds of a saved store's records, in the order in which they come.
enum SavedKind: UInt32 {
    case head = 1
    case cluster = 2
    case node = 3
    /// A `Secret` whose versions have no `sealed`; one `sealed` record a version follows.
    case secret = 4
    case sealed = 5
    case config = 6
    case service = 7
    case task = 8
    case requests = 9
    /// A `SavedStaged`; one `sealed` record follows if it says so.
    case staged = 10
    case end = 11
}
