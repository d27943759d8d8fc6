/// The bounds of what rests, each with its reason.
package enum LogLimits {
    /// What a disk writes whole, and where the records of a segment begin.
    package static let pageBytes = 4096
    /// A segment: large enough that rolling is rare, small enough that two spare ones cost nothing.
    package static let segmentBytes = 16 << 20
    /// A record's plaintext, so that opening one takes bounded memory.
    package static let recordBytes = 2 << 20
    /// An entry's body before compression, with `sealed`; `proto/README.md`'s limit of an entry.
    package static let entryBytes = 3 << 19
    /// Entries of one record: below what the decoder takes in one message.
    package static let recordEntries = 8192
    /// Spare segments that are kept; one of them is for hard states when the disk is full.
    package static let spares = 2
    /// What is made of a missing spare segment at a time: about a millisecond of the disk's time.
    package static let sparePieceBytes = 256 << 10
    /// Ordinals that one bounds page reserves: one page a million records.
    package static let reservedOrdinals: UInt64 = 1 << 20
    /// A chunk of a snapshot before compression.
    package static let chunkBytes = 65_536
    /// A chunk as it rests: what zlib adds to one that does not shrink is far less.
    package static let storedChunkBytes = 66_000
    /// What of a snapshot is written before it is synchronised: the log's own synchronisations wait for no more.
    package static let snapshotSyncBytes = 256 << 10
    /// A piece of the canonical stream.
    package static let pieceBytes = 1 << 20
}
