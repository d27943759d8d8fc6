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
        /// Bytes taken from the other end and not yet given back as credit.
        var owed = 0

        init(_ port: Port, _ stream: UInt32) {
            self.port = port
            self.stream = stream
        }
    }

    private var others: [Key: End] = [:]
    private var environment: (any Environment)?
    private var isSettling = false

    /// Beyond this the sender waits.
    static let heldBytes = 128 * 1024
    static let leaderTimeout = Duration.seconds(10)

    /// A program is to be run: here if this manager leads, else the leader is asked.
    func start(_ start: ExecStart, from port: Port, stream: UInt32, _ manager: Manager, until deadline: Moment? = nil) {
        environment = manager.environment
        let now = manager.environment.time.now
        let deadline = deadline ?? now + Self.leaderTimeout
        guard port.isOpen else { return }
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

    private func connect(_ port: Port, _ stream: UInt32, to other: Port, _ start: ExecStart) {
        let inner = other.openStream()
        others[Key(port: port.number, stream: stream)] = End(other, inner)
        others[Key(port: other.number, stream: inner)] = End(port, stream)
        other.send(.execStart, stream: inner, start.encoded())
    }

    private func refuse(_ failure: Failure, _ port: Port, _ stream: UInt32) {
        var exit = ExecExit()
        exit.code = 125
        exit.failure = failure
        port.send(.execExit, stream: stream, flags: [.end, .response], exit.encoded())
    }

    /// Passes a frame on; `false`: its stream is none of ours.
    func relay(_ message: Multiplexer.Incoming, from port: Port) -> Bool {
        let key = Key(port: port.number, stream: message.stream)
        guard let other = others[key] else { return false }
        guard let target = other.port, target.isOpen else {
            others[key] = nil
            return true
        }
        target.send(message.type, stream: other.stream, flags: message.flags, message.body)
        if message.type.isStreamed {
            other.owed += message.body.count
            settle()
        }
        if message.isLast, message.type == .execExit || message.type == .failure {
            others[key] = nil
            others[Key(port: target.number, stream: other.stream)] = nil
            port.closeStream(message.stream)
            target.closeSent(other.stream)
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
        for key in others.keys where key.port == port.number {
            guard let other = others.removeValue(forKey: key), let target = other.port else { continue }
            others[Key(port: target.number, stream: other.stream)] = nil
            guard target.isOpen else { continue }
            if target.role == .worker || target is LocalPort || key.port != 0, port.node == .none {
                // The client went away: the program is ended.
                var signal = ExecSignal()
                signal.number = 9
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
