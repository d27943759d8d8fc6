import Link
import Model
import Seams
import Wire

/// The second connection of a link, for snapshots and programs: consensus, sessions and requests never wait behind
/// them. `proto/README.md` §2.5.
///
///     none ──wanted──▶ dialled, or asked for by `DialBulk` ──opened──▶ open ──no stream for 30 s──▶ none
///                                    └──────refused, 5 s──────▶ none
///
/// The end that dialled the link dials it, and closes it when it is idle. The other end begins no stream on one that
/// has been idle for 20 s, since its dialler may be about to close it, and asks for a new one in its place.
struct BulkConnection {
    fileprivate(set) var peer: Peer?
    /// Who waits for it, while it is being opened.
    fileprivate var waiting: [(Port?) -> Void] = []
    fileprivate var timer: (any Timer)?
}

extension Peer {
    static let bulkStale = Duration.seconds(20)
    static let bulkTimeout = Duration.seconds(5)

    func wantBulk(_ done: @escaping (Port?) -> Void) {
        guard isOpen else { return done(nil) }
        if let peer = beside.peer, peer.mayBegin { return done(peer) }
        beside.waiting.append(done)
        guard beside.waiting.count == 1 else { return }
        beside.timer = environment.time.after(Self.bulkTimeout) { [weak self] in self?.settleBulk(nil) }
        if isDialler { authority?.dialBulk(beside: self) } else { send(.dialBulk, DialBulk().encoded()) }
    }

    /// Whether a stream may begin on this bulk connection.
    private var mayBegin: Bool {
        isOpen && (isDialler || multiplexer.idle(at: environment.time.now) < Self.bulkStale)
    }

    /// It opened; an older one that is still there has ended by that.
    func adoptBulk(_ peer: Peer) {
        let old = beside.peer
        beside.peer = peer
        old?.close()
        settleBulk(peer)
    }

    /// It ended.
    func lostBulk(_ peer: Peer) {
        if beside.peer === peer { beside.peer = nil }
    }

    /// Tells those who wait; `nil`: it could not be opened.
    func settleBulk(_ peer: Peer?) {
        beside.timer?.cancel()
        let waiting = beside.waiting
        beside.waiting = []
        for done in waiting { done(peer) }
    }

    /// The link ends, with all of it.
    func closeBulk() {
        let peer = beside.peer
        beside.peer = nil
        peer?.close()
        settleBulk(nil)
    }
}
