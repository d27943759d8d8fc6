import ClientAPI
import Model
import Seams
import Store
import Wire

/// Clients that watch what changes, at the manager that they asked.
///
/// Nothing is queued for them but what their connection holds: who reads slowly gets less often more, out of the
/// store's last changes, and is told when some of those are forgotten.
final class EventWatchers {
    private final class Watcher {
        weak var port: Port?
        let stream: UInt32
        /// The last entry that was told.
        var after: Index
        /// Something before what comes next is not told.
        var missed: Bool
        /// Zero: without end.
        let until: Timestamp
        /// All that happened until then was told, as the clock or a later event shows.
        var isOver = false

        init(_ port: Port, _ stream: UInt32, after: Index, missed: Bool, until: Timestamp) {
            self.port = port
            self.stream = stream
            self.after = after
            self.missed = missed
            self.until = until
        }
    }

    private var watchers: [Watcher] = []
    /// Whether they are looked at in the next turn, and after a pause.
    private var isComing = false
    private var isWaiting = false

    private static let most = 256
    /// Events in one reply, and some more of the same entry.
    private static let together = 128
    /// Events for one watcher in a turn of the loop, and some more: some milliseconds of work.
    private static let inTurn = 1024
    /// How often those are looked at who were told nothing because they do not read, or who stop at some time.
    private static let pause = Duration.milliseconds(100)

    func begin(_ watch: WatchEvents, _ pending: Requests.Pending, _ manager: Manager) {
        guard let port = pending.port else { return }
        guard watchers.count < Self.most else {
            return pending.fail(Failure(.unavailable, "too many watch this manager's events"))
        }
        let store = manager.store
        var (after, missed) = (store.index, false)
        if watch.since > .zero {
            let past = store.changes(since: watch.since)
            missed = !past.isWhole
            if let first = past.changes.first { after = Index(first.index.rawValue - 1) }
        }
        let watcher = Watcher(port, pending.stream, after: after, missed: missed, until: watch.until)
        // The first reply says that it has begun.
        send([], watcher)
        watchers.append(watcher)
        advance(manager)
    }

    /// Entries were applied.
    func changed(_ manager: Manager) {
        if !watchers.isEmpty { come(manager) }
    }

    private func come(_ manager: Manager) {
        guard !isComing else { return }
        isComing = true
        manager.environment.time.after(.zero) { [weak self, weak manager] in
            self?.isComing = false
            if let manager { self?.advance(manager) }
        }
    }

    private func comeLater(_ manager: Manager) {
        guard !isWaiting else { return }
        isWaiting = true
        manager.environment.time.after(Self.pause) { [weak self, weak manager] in
            self?.isWaiting = false
            if let manager { self?.advance(manager) }
        }
    }

    private func advance(_ manager: Manager) {
        let now = manager.environment.time.wallClock
        watchers.removeAll { $0.port?.isOpen != true }
        for watcher in watchers {
            tell(watcher, manager.store)
            let isTold = watcher.until > .zero && now >= watcher.until && watcher.after >= manager.store.index
            watcher.isOver = watcher.isOver || isTold
            if watcher.isOver { send([], watcher, isLast: true) }
        }
        watchers.removeAll { $0.isOver }
        let late = watchers.filter { $0.after < manager.store.index }
        if late.contains(where: { $0.port?.isFull == false }) { come(manager) }
        // Those who do not read keep nobody else waiting.
        if !late.isEmpty || watchers.contains(where: { $0.until > .zero }) { comeLater(manager) }
    }

    private func tell(_ watcher: Watcher, _ store: ReplicatedStore) {
        guard watcher.port?.isFull == false else { return }
        guard var changes = store.changes(after: watcher.after)?[...] else {
            watcher.missed = true
            watcher.after = store.index
            return send([], watcher)
        }
        var left = Self.inTurn
        while !changes.isEmpty, left > 0, let port = watcher.port, !port.isFull {
            var end = min(changes.startIndex + Self.together, changes.endIndex)
            while end < changes.endIndex, changes[end].index == changes[end - 1].index { end += 1 }
            watcher.after = changes[end - 1].index
            watcher.isOver = watcher.until > .zero && changes[end - 1].time > watcher.until
            left -= end - changes.startIndex
            send(changes[..<end].filter { watcher.until == .zero || $0.time <= watcher.until }, watcher)
            changes = changes[end...]
        }
        if changes.isEmpty { watcher.after = store.index }
    }

    private func send(_ changes: [Change], _ watcher: Watcher, isLast: Bool = false) {
        var list = EventList()
        list.events = changes.map { ClusterEvent($0) }
        list.missed = watcher.missed
        watcher.missed = false
        var reply = Reply()
        reply.index = watcher.after
        reply.result = .events(list)
        watcher.port?.send(
            .reply, stream: watcher.stream, flags: isLast ? [.end, .response] : .response, reply.encoded())
    }
}
