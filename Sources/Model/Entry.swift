import Bytes
import Wire

/// What an entry is for. `EntryKind` in `proto/raft.proto`.
@frozen
public struct EntryKind: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// In no valid entry.
    @inlinable public static var unspecified: EntryKind { EntryKind(rawValue: 0) }
    /// A command to the store: `body` is a `Proposal`.
    public static let command = EntryKind(rawValue: 1)
    /// A new leader's first entry, without a body.
    public static let opening = EntryKind(rawValue: 2)
    /// A change of the members: `body` is the whole new `Configuration`, in force from when it is appended.
    public static let configuration = EntryKind(rawValue: 3)
    public static let names: [(Int32, String)] = [
        (0, "ENTRY_KIND_UNSPECIFIED"), (1, "ENTRY_KIND_COMMAND"), (2, "ENTRY_KIND_OPENING"),
        (3, "ENTRY_KIND_CONFIGURATION"),
    ]
}

/// One place of the log. `Entry` in `proto/raft.proto`.
///
/// Opaque to consensus but for term, index and configurations. `sealed` is ciphertext (a value's envelope): it is
/// never shown to a compressor. `body` may be compressed where it rests, each entry alone.
@frozen
public struct Entry: Message {
    public var term = Term.zero
    public var index = Index.zero
    public var kind = EntryKind.unspecified
    /// The lowest level of a member that may apply the entry; one below it stops before, rather than diverge.
    public var minLevel: UInt32 = 0
    public var body = Bytes()
    public var sealed = Bytes()
    public var unknown = UnknownFields()

    @inlinable public init() {}

    public init(
        term: Term, index: Index, kind: EntryKind = .command, minLevel: UInt32 = 0, body: Bytes = Bytes(),
        sealed: Bytes = Bytes()
    ) {
        self.term = term
        self.index = index
        self.kind = kind
        self.minLevel = minLevel
        self.body = body
        self.sealed = sealed
    }

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "term", &term)
        try coder.uint64(2, "index", &index)
        try coder.enumeration(3, "kind", &kind)
        try coder.uint32(4, "min_level", &minLevel)
        try coder.bytes(5, "body", &body)
        try coder.bytes(6, "sealed", &sealed)
        try coder.unknown(&unknown)
    }

    /// What the entry weighs in windows and limits, in bytes.
    @inlinable public var weight: Int { body.count + sealed.count + unknown.raw.count + 24 }
}

/// What a member must not forget. `HardState` in `proto/raft.proto`.
@frozen
public struct HardState: Message {
    public var term = Term.zero
    /// Whom the member voted for in `term`; none: nobody.
    public var vote = MemberID.none
    /// A lower bound of what is committed; never the reason for a sync of its own.
    public var commit = Index.zero
    public var unknown = UnknownFields()

    @inlinable public init() {}

    public init(term: Term, vote: MemberID = .none, commit: Index = .zero) {
        self.term = term
        self.vote = vote
        self.commit = commit
    }

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "term", &term)
        try coder.uint64(2, "vote", &vote)
        try coder.uint64(3, "commit", &commit)
        try coder.unknown(&unknown)
    }
}

/// Who counts. `Configuration` in `proto/raft.proto`. All lists ascending, without duplicates.
///
/// Joint while `outgoing` is not empty: then decisions need a majority of both `voters` and `outgoing`.
@frozen
public struct Configuration: Message {
    public var voters: [MemberID] = []
    public var outgoing: [MemberID] = []
    public var learners: [MemberID] = []
    /// Voters of `outgoing` that become learners when the joint configuration is left.
    public var learnersNext: [MemberID] = []
    /// Whether the leader leaves the joint configuration by itself once it is committed.
    public var autoLeave = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    public init(voters: [MemberID], learners: [MemberID] = []) {
        self.voters = voters.sorted()
        self.learners = learners.sorted()
    }

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64s(1, "voters", &voters)
        try coder.uint64s(2, "outgoing", &outgoing)
        try coder.uint64s(3, "learners", &learners)
        try coder.uint64s(4, "learners_next", &learnersNext)
        try coder.bool(5, "auto_leave", &autoLeave)
        try coder.unknown(&unknown)
    }
}
