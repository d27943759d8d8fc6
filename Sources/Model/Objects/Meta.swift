import Wire

/// What every object carries. `Meta` in `proto/model.proto`.
@frozen
public struct Meta: Message {
    /// Index of the entry that last changed anything of the object.
    public var revision = Index.zero
    /// Index of the entry that last changed its spec; the one that an update compares.
    public var specRevision = Index.zero
    public var created = Timestamp.zero
    public var updated = Timestamp.zero
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "revision", &revision)
        try coder.uint64(2, "spec_revision", &specRevision)
        try coder.uint64(3, "created", &created)
        try coder.uint64(4, "updated", &updated)
        try coder.unknown(&unknown)
    }
}
