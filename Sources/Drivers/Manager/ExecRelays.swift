import Bytes
import ClientAPI
import Dispatching
import Link
import Model
import Seams
import Store
import Wire

/// Streams of programs run inside tasks, as they pass through a manager: client ↔ its manager ↔ leader ↔ worker.
///
/// Frames are passed on as they are; credit is given back when the other side has room. The loss of a channel ends
/// its streams, and nothing is replayed.
final class ExecRelays {
    private struct Key: Hashable {
        var port: UInt64
        var stream: UInt32
    }

    private final class End {
        weak var port: Port?
        let stream: UInt32
        /// Whether the task is on this side, or who asked for the program.
        let isTask: Bool
        /// Bytes taken from the other end and not yet given back as credit.
        var owed = 0

        init(_ port: Port, _ stream: UInt32, isTask: Bool) {
            self.port = port
            self.stream = stream
            self.isTask = isTask
        }
    }

    private var others: [Key: End] = [:]
    /// What came on streams whose other end is not there yet, in order.
    private var early: [Key: [Multiplexer.Incoming]] = [:]
    private var environment: (any Environment)?
    private var isSettling = false

    /// Beyond this the sender waits.
    static let heldBytes = 128 * 1024
    static let leaderTimeout = Duration.seconds(10)
    /// Frames that wait for the other end; data is bounded by its credit, before that.
    static let mostEarly = 1024

    /// A program is to be run: here if this manager leads, else the leader is asked.
    func start(_ start: ExecStart, from port: Port, stream: UInt32, _ manager: Manager, until deadline: Moment? = nil) {
        environment = manager.environment
        let now = manager.environment.time.now
        let deadline = deadline ?? now + Self.leaderTimeout
        let key = Key(port: port.number, stream: stream)
        guard port.isOpen else { return forgetEarly(key) }
        if early[key] == nil { early[key] = [] }
        if let leading = manager.leading {
            do throws(Failure) {
                let task = try manager.store.findTask(start.task)
                let status = leading.dispatcher.observed[task.id] ?? task.status
                guard status?.state == .running else {
                    throw Failure(.conflict, "task \(start.task) is not running")
                }
                guard let worker = leading.port(of: task.nodeID) else {
                    throw Failure(.unavailable, "the node of task \(start.task) can't be reached")
                }
                var inner = start
                inner.taskID = task.id
                connect(port, stream, to: worker, inner)
            } catch {
                refuse(error, port, stream)
            }
        } else if port.node == .none, let leader = manager.leaderNode, leader != manager.identity.nodeID,
            let peer = manager.links.peers[leader], peer.isOpen
        {
            connect(port, stream, to: peer, start)
        } else if port.node != .none || now >= deadline {
            refuse(Failure(.unavailable, "The swarm does not have a leader"), port, stream)
        } else {
            manager.environment.time.after(.milliseconds(100)) { [weak self, weak manager, weak port] in
                guard let self, let manager, let port else { return }
                self.start(start, from: port, stream: stream, manager, until: deadline)
            }
        }
    }

    /// Joins a stream to a new one on the other node's bulk connection.
    private func connect(_ port: Port, _ stream: UInt32, to node: Port, _ start: ExecStart) {
        let key = Key(port: port.number, stream: stream)
        node.bulk { [self, weak port] other in
            // Whoever asked may have gone while the connection was opened.
            guard let port, port.isOpen, early[key] != nil else { return forgetEarly(key) }
            guard let other else {
                return refuse(Failure(.unavailable, "no connection to the task could be opened"), port, stream)
            }
            let inner = other.openStream()
            others[key] = End(other, inner, isTask: true)
            others[Key(port: other.number, stream: inner)] = End(port, stream, isTask: false)
            other.send(.execStart, stream: inner, start.encoded())
            for message in early.removeValue(forKey: key) ?? [] { _ = relay(message, from: port) }
        }
    }

    private func refuse(_ failure: Failure, _ port: Port, _ stream: UInt32) {
        forgetEarly(Key(port: port.number, stream: stream))
        var exit = ExecExit()
        exit.code = 125
        exit.failure = failure
        port.send(.execExit, stream: stream, flags: [.end, .response], exit.encoded())
    }

    /// Input may hold a value.
    private func forgetEarly(_ key: Key) {
        for message in early.removeValue(forKey: key) ?? [] where message.type.isSecret { message.body.wipe() }
    }

    /// Passes a frame on; `false`: its stream is none of ours.
    func relay(_ message: Multiplexer.Incoming, from port: Port) -> Bool {
        let key = Key(port: port.number, stream: message.stream)
        guard let other = others[key] else { return keep(message, key, port) }
        guard let target = other.port, target.isOpen else {
            others[key] = nil
            if message.type.isSecret { message.body.wipe() }
            return true
        }
        let isKilled = message.type == .execSignal && message.isLast
        // Input that the task has not taken is for nobody, and would hold up the last word.
        if isKilled { target.closeStream(other.stream) }
        target.send(message.type, stream: other.stream, flags: message.flags, message.body)
        if message.type.isStreamed {
            other.owed += message.body.count
            settle()
        }
        if isKilled || message.isLast && (message.type == .execExit || message.type == .failure) {
            others[key] = nil
            others[Key(port: target.number, stream: other.stream)] = nil
            port.closeStream(message.stream)
            target.closeSent(other.stream)
        }
        return true
    }

    private func keep(_ message: Multiplexer.Incoming, _ key: Key, _ port: Port) -> Bool {
        guard let waiting = early[key]?.count else { return false }
        if waiting < Self.mostEarly {
            early[key]?.append(message)
        } else {
            refuse(Failure(.unavailable, "too much was sent before the task answered"), port, message.stream)
        }
        return true
    }

    /// Gives credit back to senders whose data the other end has room for.
    private func settle() {
        var isHeld = false
        for (key, other) in others where other.owed > 0 {
            guard let target = other.port, target.isOpen else { continue }
            guard target.heldBytes(of: other.stream) < Self.heldBytes,
                let back = others[Key(port: target.number, stream: other.stream)]?.port
            else {
                isHeld = true
                continue
            }
            back.consumed(other.owed, of: key.stream)
            other.owed = 0
        }
        guard isHeld, !isSettling, let environment else { return }
        isSettling = true
        environment.time.after(.milliseconds(10)) { [weak self] in
            self?.isSettling = false
            self?.settle()
        }
    }

    /// A channel is gone: both ends of its streams learn it.
    func closed(_ port: Port) {
        for key in early.keys where key.port == port.number { forgetEarly(key) }
        for key in others.keys where key.port == port.number {
            guard let other = others.removeValue(forKey: key), let target = other.port else { continue }
            others[Key(port: target.number, stream: other.stream)] = nil
            guard target.isOpen else { continue }
            if other.isTask {
                // Whoever asked went away: the program is ended.
                var signal = ExecSignal()
                signal.number = 9
                target.closeStream(other.stream)
                target.send(.execSignal, stream: other.stream, flags: .end, signal.encoded())
            } else {
                refuse(Failure(.unavailable, "the connection to the task was lost"), target, other.stream)
            }
        }
    }
}

extension Port {
    /// The last frame of a stream was queued: what it held for credit may still be on its way, so only the receiving
    /// half is forgotten once nothing is held.
    func closeSent(_ stream: UInt32) {
        if heldBytes(of: stream) == 0 { closeStream(stream) }
    }
}
