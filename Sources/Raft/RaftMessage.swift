import Bytes
import Model
import Wire

/// What a message of consensus is. `RaftMessageKind` in `proto/raft.proto`.
@frozen
public struct RaftMessageKind: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    public static let unspecified = Self(rawValue: 0)
    public static let append = Self(rawValue: 1)
    public static let appendResponse = Self(rawValue: 2)
    public static let heartbeat = Self(rawValue: 3)
    public static let heartbeatResponse = Self(rawValue: 4)
    public static let vote = Self(rawValue: 5)
    public static let voteResponse = Self(rawValue: 6)
    public static let preVote = Self(rawValue: 7)
    public static let preVoteResponse = Self(rawValue: 8)
    public static let timeoutNow = Self(rawValue: 9)
    public static let readIndex = Self(rawValue: 10)
    public static let readIndexResponse = Self(rawValue: 11)
    public static let names: [(Int32, String)] = [
        (0, "RAFT_MESSAGE_KIND_UNSPECIFIED"), (1, "RAFT_MESSAGE_KIND_APPEND"),
        (2, "RAFT_MESSAGE_KIND_APPEND_RESPONSE"), (3, "RAFT_MESSAGE_KIND_HEARTBEAT"),
        (4, "RAFT_MESSAGE_KIND_HEARTBEAT_RESPONSE"), (5, "RAFT_MESSAGE_KIND_VOTE"),
        (6, "RAFT_MESSAGE_KIND_VOTE_RESPONSE"), (7, "RAFT_MESSAGE_KIND_PRE_VOTE"),
        (8, "RAFT_MESSAGE_KIND_PRE_VOTE_RESPONSE"), (9, "RAFT_MESSAGE_KIND_TIMEOUT_NOW"),
        (10, "RAFT_MESSAGE_KIND_READ_INDEX"), (11, "RAFT_MESSAGE_KIND_READ_INDEX_RESPONSE"),
    ]
}

/// One message between two members. `RaftMessage` in `proto/raft.proto`, with what each kind uses.
///
/// One flat message for all kinds: a decoder meets no nesting but the entries, which stay views of the frame.
/// Whoever receives it has authenticated that the peer is the member `from`.
@frozen
public struct RaftMessage: Message {
    public var kind = RaftMessageKind.unspecified
    public var from = MemberID.none
    public var to = MemberID.none
    /// The sender's term; in a pre-vote, and where one is granted, the term that is asked for.
    public var term = Term.zero
    /// `append`: the index before the entries. Its response: what matches, or what was refused. `vote`, `preVote`:
    /// the last index. `readIndexResponse`: from when the read may be served.
    public var index = Index.zero
    /// The term of the entry at `index`, in `append`, `vote` and `preVote`.
    public var logTerm = Term.zero
    public var commit = Index.zero
    public var refused = false
    /// With a refused append: the largest index that may match, and its term.
    public var hint = Index.zero
    public var hintTerm = Term.zero
    /// `heartbeat`, its response: the round. `readIndex`, its response: the asker's number.
    public var round: UInt64 = 0
    /// `vote`: asked for by the leader itself, so that its followers listen.
    public var transfer = false
    /// `heartbeat`: the hash of the leader's state at this index, to be compared; 0: none.
    public var stateIndex = Index.zero
    public var stateHash: UInt64 = 0
    /// `append`: what follows `index`, without gaps.
    public var entries: [Entry] = []

    @inlinable public init() {}

    init(_ kind: RaftMessageKind, from: MemberID, to: MemberID, term: Term) {
        self.kind = kind
        self.from = from
        self.to = to
        self.term = term
    }

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "kind", &kind)
        try coder.uint64(2, "from", &from)
        try coder.uint64(3, "to", &to)
        try coder.uint64(4, "term", &term)
        try coder.uint64(5, "index", &index)
        try coder.uint64(6, "log_term", &logTerm)
        try coder.uint64(7, "commit", &commit)
        try coder.bool(8, "refused", &refused)
        try coder.uint64(9, "hint", &hint)
        try coder.uint64(10, "hint_term", &hintTerm)
        try coder.uint64(11, "round", &round)
        try coder.bool(12, "transfer", &transfer)
        try coder.uint64(13, "state_index", &stateIndex)
        try coder.messages(14, "entries", &entries)
        try coder.fixed64(15, "state_hash", &stateHash)
        coder.dropUnknown()
    }

    public func check() throws(WireError) {
        guard from != .none else { throw .invalid(field: 2, "a message comes from a member") }
        guard to != .none else { throw .invalid(field: 3, "a message goes to a member") }
        guard term > .zero else { throw .invalid(field: 4, "a term counts from 1") }
        // Near the end of the numbers, arithmetic on them could trap.
        for (field, number) in [(4, term.rawValue), (5, index.rawValue), (9, hint.rawValue)] as [(UInt32, UInt64)] {
            guard number < 1 << 62 else { throw .invalid(field: field, "no term or index is so large") }
        }
        guard entries.isEmpty || kind == .append else { throw .invalid(field: 14, "only an append has entries") }
        var last = index
        var lastTerm = logTerm
        // In place: iterating copies each entry, and counts its references.
        for place in entries.indices {
            let index = entries[place].index
            let term = entries[place].term
            guard index == last.next, term >= lastTerm, term <= self.term else {
                throw .invalid(field: 14, "the entries leave a gap, or their terms fall")
            }
            if entries[place].kind == .configuration, Configuration(body: entries[place].body) == nil {
                throw .invalid(field: 14, "an entry holds no configuration")
            }
            last = index
            lastTerm = term
        }
    }
}
