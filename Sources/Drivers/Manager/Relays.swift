import Bytes
import ClientAPI
import Dispatching
import Link
import Model
import Seams
import Store
import Wire

/// Streams of programs run inside tasks, of tasks' output and of what tasks use, as they pass through a manager:
/// client ↔ its manager ↔ leader ↔ worker.
///
/// Frames are passed on as they are; credit is given back when the other side has room. The loss of a channel ends
/// its streams, and nothing is replayed. A program has one stream to its worker, and so has who asks what a task uses; a
/// reader of logs may have many, which the leader joins to one (`Relays+Logs.swift`).
final class Relays {
    struct Key: Hashable {
        var port: UInt64
        var stream: UInt32
    }

    /// Where a stream goes on.
    final class End {
        weak var port: Port?
        let stream: UInt32
        /// Whether the task is on this side, or who asked.
        let isTask: Bool
        /// Bytes taken from the stream that goes on here and not yet given back to its sender as credit.
        var owed = 0
        /// Whether its sender waits for room here.
        var isHeld = false
        weak var sender: Port?
        let kind: Kind

        init(_ port: Port, _ stream: UInt32, _ kind: Kind, isTask: Bool, from sender: Port) {
            self.sender = sender
            self.kind = kind
            self.port = port
            self.stream = stream
            self.isTask = isTask
        }
    }

    var others: [Key: [End]] = [:]
    /// Those who read logs from this leader, by their stream.
    var readers: [Key: LogReaders] = [:]
    /// What came on streams whose other end is not there yet, in order.
    var early: [Key: [Multiplexer.Incoming]] = [:]
    weak var manager: Manager?
    /// Whose senders wait for room, with the stream that they send on.
    private var held: [(key: Key, end: End)] = []
    private var isSettling = false

    /// Beyond this the sender waits.
    static let heldBytes = 128 * 1024
    static let leaderTimeout = Duration.seconds(10)
    /// Frames that wait for the other end; data is bounded by its credit, before that.
    static let mostEarly = 1024

    /// A program is to be run, or something of tasks to be read: here if this manager leads, else the leader is asked.
    func start(_ opening: Opening, from port: Port, stream: UInt32, _ manager: Manager, until deadline: Moment? = nil) {
        self.manager = manager
        let now = manager.environment.time.now
        let deadline = deadline ?? now + Self.leaderTimeout
        let key = Key(port: port.number, stream: stream)
        guard port.isOpen else { return forgetEarly(key) }
        if early[key] == nil { early[key] = [] }
        if let leading = manager.leading {
            do throws(Failure) {
                switch opening {
                case .exec(var start):
                    let (task, worker) = try find(start.task, manager, leading)
                    start.taskID = task
                    connect(port, stream, to: worker, .exec(start))
                case .logs(let start): try read(start, from: port, stream, manager)
                case .usage(var start):
                    let (task, worker) = try find(start.task, manager, leading)
                    start.taskID = task
                    connect(port, stream, to: worker, .usage(start))
                }
            } catch {
                refuse(error, opening.kind, port, stream)
            }
        } else if port.node == .none, let leader = manager.leaderNode, leader != manager.identity.nodeID,
            let peer = manager.links.peers[leader], peer.isOpen, now < deadline
        {
            // One that is gone may count as the leader for a while.
            connect(port, stream, to: peer, opening) { [self, weak manager, weak port] in
                startLater(opening, from: port, stream: stream, manager, until: deadline)
            }
        } else if port.node != .none || now >= deadline {
            refuse(Failure(.unavailable, "The swarm does not have a leader"), opening.kind, port, stream)
        } else {
            startLater(opening, from: port, stream: stream, manager, until: deadline)
        }
    }

    private func startLater(
        _ opening: Opening, from port: Port?, stream: UInt32, _ manager: Manager?, until deadline: Moment
    ) {
        manager?.environment.time.after(.milliseconds(100)) { [weak self, weak manager, weak port] in
            guard let self, let manager, let port else { return }
            start(opening, from: port, stream: stream, manager, until: deadline)
        }
    }

    /// The running task that a person means by `reference`, and its node.
    private func find(
        _ reference: String, _ manager: Manager, _ leading: Leading
    ) throws(Failure) -> (task: TaskID, worker: Port) {
        let task = try manager.store.findTask(reference)
        let status = leading.dispatcher.observed[task.id] ?? task.status
        guard status?.state == .running else { throw Failure(.conflict, "task \(reference) is not running") }
        guard let worker = leading.port(of: task.nodeID) else {
            throw Failure(.unavailable, "the node of task \(reference) can't be reached")
        }
        return (task.id, worker)
    }

    /// Joins a stream to a new one on the other node's bulk connection.
    ///
    /// - Parameter failed: what is done when none can be opened; `nil`: it is refused.
    private func connect(
        _ port: Port, _ stream: UInt32, to node: Port, _ opening: Opening, failed: (() -> Void)? = nil
    ) {
        let key = Key(port: port.number, stream: stream)
        node.bulk { [self, weak port] other in
            // Whoever asked may have gone while the connection was opened.
            guard let port, port.isOpen, early[key] != nil else { return forgetEarly(key) }
            guard let other else {
                if let failed { return failed() }
                return refuse(
                    Failure(.unavailable, "no connection to the task could be opened"), opening.kind, port, stream)
            }
            join(port, stream, to: other, opening)
            for message in early.removeValue(forKey: key) ?? [] { _ = relay(message, from: port) }
        }
    }

    /// Opens a stream at `other` that goes on with one of `port`, and returns its number.
    @discardableResult
    func join(_ port: Port, _ stream: UInt32, to other: Port, _ opening: Opening) -> UInt32 {
        let inner = other.openStream()
        others[Key(port: port.number, stream: stream), default: []]
            .append(End(other, inner, opening.kind, isTask: true, from: port))
        others[Key(port: other.number, stream: inner)] = [End(port, stream, opening.kind, isTask: false, from: other)]
        other.send(opening.type, stream: inner, opening.encoded)
        return inner
    }

    func refuse(_ failure: Failure, _ kind: Kind, _ port: Port, _ stream: UInt32) {
        forgetEarly(Key(port: port.number, stream: stream))
        let (type, body) = kind.refusal(failure)
        port.send(type, stream: stream, flags: [.end, .response], body)
    }

    func forgetEarly(_ key: Key) {
        for message in early.removeValue(forKey: key) ?? [] { message.drop() }
    }

    /// Passes a frame on; `false`: its stream is none of ours.
    func relay(_ message: Multiplexer.Incoming, from port: Port) -> Bool {
        let key = Key(port: port.number, stream: message.stream)
        guard let ends = others[key] else { return keep(message, key, port) }
        if let end = ends.first, !end.isTask {
            answered(message, key, port, end)
        } else {
            asked(message, key, port, ends)
        }
        return true
    }

    /// A frame of who asked.
    private func asked(_ message: Multiplexer.Incoming, _ key: Key, _ port: Port, _ ends: [End]) {
        // Without an end yet it is a reader of logs.
        guard (ends.first?.kind ?? .logs).isAsked(message.type) else { return message.drop() }
        let isGivenUp = message.isLast && (message.type == .execSignal || message.type == .logsEnd)
        for end in ends {
            // After the asker's last word what the task has not taken is for nobody, and would hold it up.
            if isGivenUp { end.port?.closeStream(end.stream) }
            pass(message, message.flags, key, port, end, isOver: isGivenUp)
        }
        if readers[key] != nil, message.isLast { forget(key) }
    }

    /// A frame from a task's side: its node may be hostile, and decides neither whose it is nor who else hears it.
    private func answered(_ message: Multiplexer.Incoming, _ key: Key, _ port: Port, _ end: End) {
        let reader = reader(at: end)
        let isOfMany = end.kind == .logs && reader == nil
        let isLast = end.kind.isLast(message.type) && (message.isLast || !isOfMany)
        guard end.kind.isAnswer(message.type, ofMany: isOfMany), isLast || !message.isLast,
            reader.map({ message.type != .logsChunk || note(message.body, key, $0) }) ?? true
        else {
            message.drop()
            return broken(key, port, end)
        }
        if isLast, readEnded(message, key, end) { return }
        pass(message, isLast ? message.flags.union(.end) : message.flags, key, port, end, isOver: isLast)
        if let reader { boundHeld(reader) }
    }

    private func pass(
        _ message: Multiplexer.Incoming, _ flags: FrameFlags, _ key: Key, _ port: Port, _ end: End, isOver: Bool
    ) {
        guard let target = end.port, target.isOpen else {
            others[key] = nil
            return message.drop()
        }
        target.send(message.type, stream: end.stream, flags: flags, message.body)
        if message.type.isStreamed {
            end.owed += message.body.count
            settle(key, end)
        }
        guard isOver else { return }
        forget(key)
        others[Key(port: target.number, stream: end.stream)] = nil
        port.closeStream(message.stream)
        target.closeSent(end.stream)
    }

    /// A node sent what is no answer: nothing more of it is heard on that stream.
    private func broken(_ key: Key, _ port: Port, _ end: End) {
        giveUp(key.stream, of: port, end.kind)
        let failure = Failure(.unavailable, "the task's node sent what makes no sense")
        if readEnded(failure, key, end) { return }
        forget(key)
        guard let target = end.port, target.isOpen else { return }
        forget(Key(port: target.number, stream: end.stream))
        refuse(failure, end.kind, target, end.stream)
    }

    func forget(_ key: Key) {
        others[key] = nil
        readers[key] = nil
    }

    private func keep(_ message: Multiplexer.Incoming, _ key: Key, _ port: Port) -> Bool {
        guard let waiting = early[key]?.count else { return false }
        if waiting < Self.mostEarly {
            early[key]?.append(message)
        } else {
            forgetEarly(key)
            port.fail(Failure(.unavailable, "too much was sent before the task answered"), stream: message.stream)
        }
        return true
    }

    /// Gives credit back to a sender whose data the other end has room for, now or when it has.
    private func settle(_ key: Key, _ end: End) {
        guard !end.isHeld, !giveBack(key, end) else { return }
        end.isHeld = true
        held.append((key, end))
        settleLater()
    }

    /// `false`: there is no room yet.
    private func giveBack(_ key: Key, _ end: End) -> Bool {
        guard let target = end.port, target.isOpen, let sender = end.sender else { return true }
        guard target.heldBytes(of: end.stream) < Self.heldBytes else { return false }
        sender.consumed(end.owed, of: key.stream)
        end.owed = 0
        return true
    }

    private func settleLater() {
        guard !held.isEmpty, !isSettling, let manager else { return }
        isSettling = true
        manager.environment.time.after(.milliseconds(10)) { [weak self] in
            guard let self else { return }
            isSettling = false
            held.removeAll { key, end in
                end.isHeld = !self.giveBack(key, end)
                return !end.isHeld
            }
            settleLater()
        }
    }

    /// A channel is gone: both ends of its streams learn it.
    func closed(_ port: Port) {
        for key in early.keys where key.port == port.number { forgetEarly(key) }
        for key in others.keys where key.port == port.number {
            let ends = others[key] ?? []
            forget(key)
            for end in ends { lost(key, end) }
        }
    }

    /// Nobody hears a task any more: the program is ended, and nothing more is read.
    private func giveUp(_ stream: UInt32, of task: Port, _ kind: Kind) {
        task.closeStream(stream)
        if let (type, body) = kind.givingUp { task.send(type, stream: stream, flags: .end, body) }
    }

    /// The stream that went on at `end` is gone.
    func lost(_ key: Key, _ end: End) {
        guard let target = end.port, target.isOpen else { return }
        let back = Key(port: target.number, stream: end.stream)
        if end.isTask {
            others[back] = nil
            giveUp(end.stream, of: target, end.kind)
        } else {
            let lost = manager?.leading == nil ? "leader" : "task"
            let failure = Failure(.unavailable, "the connection to the \(lost) was lost")
            if readLost(key, end, failure) { return }
            forget(back)
            refuse(failure, end.kind, target, end.stream)
        }
    }
}

extension Multiplexer.Incoming {
    /// Nobody takes it; a program's input and output may hold a value.
    fileprivate func drop() {
        if type.isSecret { body.wipe() }
    }
}

extension Port {
    /// The last frame of a stream was queued: what it held for credit may still be on its way, so only the receiving
    /// half is forgotten once nothing is held.
    func closeSent(_ stream: UInt32) {
        if heldBytes(of: stream) == 0 { closeStream(stream) }
    }
}
