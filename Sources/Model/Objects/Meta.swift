import Wire

/// What every object carries. `Meta` in `proto/model.proto`.
package struct Meta: Message {
    /// Index of the entry that last changed anything of the object.
    package var revision = Index.zero
    /// Index of the entry that last changed its spec; the one that an update compares.
    package var specRevision = Index.zero
    package var created = Timestamp.zero
    package var updated = Timestamp.zero

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "revision", &revision)
        try coder.uint64(2, "spec_revision", &specRevision)
        try coder.uint64(3, "created", &created)
        try coder.uint64(4, "updated", &updated)
    }
}
