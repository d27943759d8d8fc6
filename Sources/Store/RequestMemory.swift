import Bytes
import Model
import Wire

/// One executed request, as a snapshot keeps it. `RequestRecord` in `proto/store.proto`.
package struct RequestRecord: Message {
    var id = RequestID.none
    /// Binds the ID to one request of one actor.
    var digest = Bytes()
    var actor: UInt64 = 0
    var index = Index.zero
    /// The encoded `Outcome`: most are shorter than the struct.
    var answer = Bytes()
    var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.bytes(2, "digest", &digest)
        try coder.fixed64(3, "actor", &actor)
        try coder.uint64(4, "index", &index)
        try coder.bytes(5, "answer", &answer)
        try coder.unknown(&unknown)
    }
}

/// The last requests in log order, so that one that is sent again is answered, not executed again (S5).
///
/// A queue of chunks, shared with snapshots like a `Shelf`'s leaves, and an index of it that snapshots don't keep.
struct RequestMemory: Sendable {
    static let chunkCount = 1024

    /// Full but for the first, of which `dropped` records are gone, and the last.
    private(set) var chunks: [[RequestRecord]] = []
    private var dropped = 0
    private var places: [RequestID: UInt64] = [:]
    /// The place of the first record in the order since the cluster began.
    private var first: UInt64 = 0
    private(set) var count = 0
    /// The highest index of a record that was forgotten: what a client knew must be at least this.
    var forgotten = Index.zero

    let capacity: Int

    init(capacity: Int = StoreLimits.requests) { self.capacity = capacity }

    subscript(id: RequestID) -> RequestRecord? {
        guard let place = places[id] else { return nil }
        let offset = Int(place - first) + dropped
        return chunks[offset / Self.chunkCount][offset % Self.chunkCount]
    }

    mutating func append(_ record: RequestRecord) {
        if chunks.last?.count ?? Self.chunkCount == Self.chunkCount {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(Self.chunkCount)
        }
        chunks[chunks.count - 1].append(record)
        places[record.id] = first + UInt64(count)
        count += 1
        if count > capacity { dropFirst() }
    }

    private mutating func dropFirst() {
        let record = chunks[0][dropped]
        places[record.id] = nil
        forgotten = record.index
        first += 1
        count -= 1
        dropped += 1
        if dropped == Self.chunkCount {
            chunks.removeFirst()
            dropped = 0
        }
    }

    /// The records from the `offset`th on, oldest first, at most `limit`.
    func records(from offset: Int, limit: Int) -> [RequestRecord] {
        (offset..<min(count, offset + limit)).map { place in
            let place = place + dropped
            return chunks[place / Self.chunkCount][place % Self.chunkCount]
        }
    }

    /// The same without its index: what a snapshot keeps.
    var saved: RequestMemory {
        var copy = self
        copy.places = [:]
        return copy
    }
}
