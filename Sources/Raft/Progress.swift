import Model

/// What the leader knows of one member, and what is on its way there.
///
///     probe ──acknowledged──▶ replicate
///       ▲  ◀──refused, lost──    │
///       │                        │ its next entry is compacted away
///       └──sent or failed── snapshot
struct Progress {
    enum Flow: Equatable { case probe, replicate, snapshot }

    let id: MemberID
    var flow = Flow.probe
    /// The last index known to be durable there and equal to ours.
    var match = Index.zero
    /// The next index to send.
    var next: Index
    /// Ticks since it was last heard from. A new member counts as heard, or adding it could depose the leader.
    var silence: UInt64 = 0
    /// Probing: one append is out, nothing more until an answer or a heartbeat's answer.
    var isPaused = false
    /// The next append goes out even if it is empty, and even if the window is full.
    var isDue = false
    /// The commit that the member was last told of.
    var toldCommit = Index.zero
    /// The last heartbeat round it answered.
    var round: UInt64 = 0
    var window = Window()

    init(id: MemberID, next: Index) {
        self.id = id
        self.next = next
    }

    /// Whether an append may be sent now; when the window is full, it must be an empty one.
    func takesAppends(_ settings: Consensus.Settings) -> Bool {
        switch flow {
        case .probe: !isPaused
        case .replicate: isDue || !window.isFull(settings)
        case .snapshot: false
        }
    }

    func isFull(_ settings: Consensus.Settings) -> Bool { flow == .replicate && window.isFull(settings) }

    /// An append is on its way: its last index, what its entries weigh if it has any, and the leader's commit.
    mutating func sent(through last: Index, bytes: Int, commit: Index) {
        isDue = false
        toldCommit = max(toldCommit, min(commit, last))
        switch flow {
        case .probe: isPaused = true
        case .replicate where last >= next:
            next = last.next
            window.add(last: last, bytes: bytes)
        case .replicate, .snapshot: break
        }
    }

    mutating func probe(from index: Index) {
        flow = .probe
        isPaused = false
        next = max(index, match.next)
        toldCommit = .zero
        window.reset()
    }

    mutating func replicate() {
        flow = .replicate
        isPaused = false
        next = match.next
        window.reset()
    }

    mutating func awaitSnapshot() {
        flow = .snapshot
        isPaused = false
        window.reset()
    }

    /// Takes an acknowledgement; whether it says anything new.
    mutating func acknowledge(_ index: Index) -> Bool {
        guard index > match else { return false }
        match = index
        next = max(next, index.next)
        window.free(through: index)
        return true
    }
}

/// Appends on their way to one member: how many, and how many bytes.
struct Window {
    private var sent: [(last: Index, bytes: Int)] = []
    private var freed = 0
    private(set) var bytes = 0

    var count: Int { sent.count - freed }
    var isSound: Bool { bytes == sent[freed...].reduce(0) { $0 + $1.bytes } }

    func isFull(_ settings: Consensus.Settings) -> Bool {
        count >= settings.maxInflightMessages || bytes >= settings.maxInflightBytes
    }

    mutating func add(last: Index, bytes: Int) {
        sent.append((last, bytes))
        self.bytes += bytes
    }

    mutating func free(through index: Index) {
        while freed < sent.count, sent[freed].last <= index {
            bytes -= sent[freed].bytes
            freed += 1
        }
        if freed == sent.count {
            sent.removeAll(keepingCapacity: true)
            freed = 0
        } else if freed > 64 {
            sent.removeFirst(freed)
            freed = 0
        }
    }

    mutating func reset() {
        sent.removeAll(keepingCapacity: true)
        freed = 0
        bytes = 0
    }
}
