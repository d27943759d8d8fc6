import Wire

/// A snapshot's place in the log. `SnapshotMark` in `proto/raft.proto`.
@frozen
public struct SnapshotMark: Message {
    public var index = Index.zero
    /// The term of the entry at `index`.
    public var term = Term.zero
    /// The configuration in force at `index`.
    public var configuration: Configuration? = Configuration()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    public init(index: Index, term: Term, configuration: Configuration) {
        self.index = index
        self.term = term
        self.configuration = configuration
    }

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "index", &index)
        try coder.uint64(2, "term", &term)
        try coder.message(3, "configuration", &configuration)
        try coder.unknown(&unknown)
    }

    public func check() throws(WireError) {
        guard let configuration, !configuration.voters.isEmpty else {
            throw .invalid(field: 3, "a snapshot names its voters")
        }
    }
}
