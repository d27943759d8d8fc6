import Bytes
import Model
import Wire

/// How an entry's body rests. `Codec` in `proto/storage.proto`.
struct Codec: WireEnum {
    var rawValue: Int32
    static let none = Codec(rawValue: 0)
    static let lz4 = Codec(rawValue: 1)
    static let names: [(Int32, String)] = [(0, "CODEC_UNSPECIFIED"), (1, "CODEC_LZ4")]
}

/// An entry as it rests in a record. `LogEntry` in `proto/storage.proto`.
package struct LogEntry: Message {
    var term = Term.zero
    var index = Index.zero
    var kind = EntryKind(rawValue: 0)
    var minLevel: UInt32 = 0
    var codec = Codec.none
    /// Bytes of the body before compression; 0 with no codec.
    var rawLength: UInt32 = 0
    /// The entry's body, as `codec` says.
    var body = Bytes()
    /// The entry's `sealed`, never compressed.
    var sealed = Bytes()
    /// Fields of the `Entry` that this version does not know, as they came.
    var entryUnknown = Bytes()
    var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "term", &term)
        try coder.uint64(2, "index", &index)
        try coder.enumeration(3, "kind", &kind)
        try coder.uint32(4, "min_level", &minLevel)
        try coder.enumeration(5, "codec", &codec)
        try coder.uint32(6, "raw_length", &rawLength)
        try coder.bytes(7, "body", &body)
        try coder.bytes(8, "sealed", &sealed)
        try coder.bytes(9, "entry_unknown", &entryUnknown)
        try coder.unknown(&unknown)
    }

    /// At least what the entry takes in a record.
    var weight: Int { body.count + sealed.count + entryUnknown.count + 64 }
}

/// A snapshot that the log begins behind. `LogMark` in `proto/storage.proto`.
package struct LogMark: Message {
    package var index = Index.zero
    package var term = Term.zero
    /// The snapshot's file ID; 16 bytes.
    package var file = Bytes()
    /// Whether what the log held before is void: the snapshot came from the leader.
    package var reset = false
    /// In force at `index`.
    package var configuration: Configuration?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "index", &index)
        try coder.uint64(2, "term", &term)
        try coder.bytes(3, "file", &file)
        try coder.bool(4, "reset", &reset)
        try coder.message(5, "configuration", &configuration)
        try coder.unknown(&unknown)
    }
}

/// The plaintext of a record. `LogRecord` in `proto/storage.proto`.
package struct LogRecord: Message {
    var hardState: HardState?
    /// Entries above this index are void.
    var truncateAfter: UInt64?
    var entries: [LogEntry] = []
    var configuration: Configuration?
    var snapshot: LogMark?
    var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "hard_state", &hardState)
        try coder.uint64(2, "truncate_after", &truncateAfter)
        try coder.messages(3, "entries", &entries)
        try coder.message(4, "configuration", &configuration)
        try coder.message(5, "snapshot", &snapshot)
        try coder.unknown(&unknown)
    }
}
