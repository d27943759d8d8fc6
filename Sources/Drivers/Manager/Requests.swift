import Bytes
import ClientAPI
import Dispatching
import Identity
import Link
import Model
import Primitives
import Raft
import Seams
import Segments
import Store
import Wire

/// Requests under way at one manager: from clients of its socket, and forwarded by other managers.
///
/// A request that finds no leader, or loses it, is tried again with the same ID until its time is over: the store
/// executes an ID once.
///
/// An object, since consensus may answer a request while it is being taken.
final class Requests {
    /// One request and where its answer goes.
    final class Pending {
        var request: Request
        weak var port: Port?
        let stream: UInt32
        let deadline: Moment
        /// Whether another manager sent it on.
        let isForwarded: Bool
        var isDone = false

        init(_ request: Request, _ port: Port, _ stream: UInt32, deadline: Moment, isForwarded: Bool) {
            self.request = request
            self.port = port
            self.stream = stream
            self.deadline = deadline
            self.isForwarded = isForwarded
        }

        func answer(_ reply: Reply) {
            guard !isDone else { return }
            isDone = true
            guard let port, port.isOpen else { return }
            let body = reply.wireBody
            guard body.count <= Limits.messageBytes else { return sendTooLarge(body.count, port) }
            port.send(.reply, stream: stream, flags: [.end, .response], body)
        }

        /// Who asked for more than fits can ask for less.
        private func sendTooLarge(_ bytes: Int, _ port: Port) {
            var reply = Reply()
            reply.failure = Failure(
                .invalid, "the answer has \(bytes) bytes, and a message at most \(Limits.messageBytes)",
                try: "ask for less: by name, or with --filter")
            port.send(.reply, stream: stream, flags: [.end, .response], reply.wireBody)
        }

        func fail(_ failure: Failure) {
            var reply = Reply()
            reply.failure = failure
            answer(reply)
        }
    }

    /// A command whose value is to be sealed before it can be proposed.
    private struct Unsealed {
        var value: SecretBox
        var secret: SecretID
        /// A value that this envelope holds already is not sealed again.
        var current: Bytes?
        var command: Command
        var pending: Pending
    }

    private struct Key: Hashable, Comparable {
        var port: UInt64
        var stream: UInt32

        static func < (left: Key, right: Key) -> Bool { (left.port, left.stream) < (right.port, right.stream) }
    }

    /// What another manager was asked, and which one.
    private struct Forwarded {
        let pending: Pending
        let leader: NodeID
    }

    private var forwarded: [Key: Forwarded] = [:]
    private var waiting: [Pending] = []
    private var unsealed: [Unsealed] = []

    /// Requests that wait or are forwarded, of all connections together; one more is answered `busy`. A single
    /// connection's are bounded by its multiplexer.
    static let mostInFlight = 4096
    static let defaultTimeout = Duration.seconds(30)
    /// Values sealed in one job are about this many bytes: some 50 us of work, so that larger ones share the pool.
    static let sealedTogetherBytes = 32 * 1024
    /// A forwarded request gives up quickly: the manager that forwarded it tries again.
    static let forwardedTimeout = Duration.seconds(2)
}

extension Reply {
    /// The encoded reply; one with a token in it leaves no second copy behind.
    var wireBody: Bytes {
        guard case .token = result else { return encoded() }
        return encodedForWiping()
    }
}

extension Requests {
    /// Another manager sent a request on.
    func receive(_ message: Multiplexer.Incoming, from port: Port, _ manager: Manager) {
        // The frame may hold a value in the clear.
        let decoded = try? Request.decode(wiping: message.body)
        guard let request = decoded else {
            return port.fail(Failure(.invalid, "the request can't be read"), stream: message.stream)
        }
        take(request, from: port, stream: message.stream, manager)
    }

    /// A request to be answered on `stream` of `port`, which is the control socket's or another manager's.
    func take(_ request: Request, from port: Port, stream: UInt32, _ manager: Manager) {
        var request = request
        guard waiting.count + forwarded.count < Self.mostInFlight else {
            return port.fail(Failure(.unavailable, "the manager is busy", try: "again in a second"), stream: stream)
        }
        let isForwarded = port.node != .none
        if isForwarded {
            request.via = port.node
        } else {
            var actor = Actor()
            actor.kind = .local
            if let credentials = (port as? Peer)?.credentials {
                actor.uid = credentials.uid
                actor.gid = credentials.gid
            }
            actor.host = manager.identity.name
            request.actor = actor
            request.via = .none
            request.digest = manager.keys.digest(of: request)
        }
        let wanted: Duration =
            request.timeoutMilliseconds == 0
            ? Self.defaultTimeout : .milliseconds(min(request.timeoutMilliseconds, 600_000))
        let timeout = isForwarded ? Self.forwardedTimeout : wanted
        let pending = Pending(
            request, port, stream, deadline: manager.environment.time.now + timeout, isForwarded: isForwarded)
        serve(pending, manager)
    }

    private func serve(_ pending: Pending, _ manager: Manager) {
        guard !pending.isDone, pending.port?.isOpen == true else { return }
        let now = manager.environment.time.now
        switch Gateway.place(of: pending.request) {
        case .here, .leader:
            if manager.leading != nil { return lead(pending, manager) }
            if pending.isForwarded {
                // One hop only: the manager that forwarded it looks for the leader itself.
                return pending.fail(Failure(.notLeader, "this manager does not lead"))
            }
            if let leader = manager.leaderNode, leader != manager.identity.nodeID,
                let peer = manager.links.peers[leader], peer.isOpen
            {
                return forward(pending, to: peer)
            }
        case .anyManager:
            if pending.request.stale { return manager.answerRead(pending) }
            if manager.leading != nil || manager.leaderNode != nil {
                return manager.member.read { result in
                    switch result {
                    case .success: manager.answerRead(pending)
                    case .failure: manager.requests.wait(pending)
                    }
                }
            }
        }
        if now >= pending.deadline { return giveUp(pending) }
        wait(pending)
    }

    func wait(_ pending: Pending) {
        waiting.append(pending)
    }

    private func giveUp(_ pending: Pending) {
        pending.fail(
            Failure(
                .unavailable, "The swarm does not have a leader",
                why: "It's possible that too few managers are online.",
                try: "make sure more than half of the managers are online: conclave status"))
    }

    /// Looks again at what waited for a leader, or waits for its answer.
    func retry(_ manager: Manager) {
        let now = manager.environment.time.now
        takeBack { _, forwarded in now >= forwarded.pending.deadline }
        guard !waiting.isEmpty else { return }
        let all = waiting
        waiting = []
        for pending in all {
            if now >= pending.deadline { giveUp(pending) } else { serve(pending, manager) }
        }
    }

    func failAll(_ failure: Failure) {
        let all = waiting + forwarded.keys.sorted().compactMap { forwarded[$0]?.pending }
        waiting = []
        forwarded = [:]
        for pending in all { pending.fail(failure) }
    }
}

// MARK: - Forwarding

extension Requests {
    private func forward(_ pending: Pending, to peer: Peer) {
        let stream = peer.openStream()
        forwarded[Key(port: peer.number, stream: stream)] = Forwarded(pending: pending, leader: peer.node)
        let body = pending.request.encodedForWiping()
        peer.send(.request, stream: stream, flags: .end, body)
    }

    func received(_ message: Multiplexer.Incoming, from port: Port, _ manager: Manager) {
        let key = Key(port: port.number, stream: message.stream)
        guard let pending = forwarded[key]?.pending, let reply = try? Reply.decode(wiping: message.body) else { return }
        if message.isLast { forwarded[key] = nil }
        if reply.failure?.code == .notLeader { return wait(pending) }
        var own = reply
        if case .status(let status)? = reply.result { own.result = .status(manager.overlay(status)) }
        pending.answer(own)
    }

    /// What was asked of a peer that is gone is asked again: the same ID is executed once.
    func closed(_ port: Port, _ manager: Manager) {
        takeBack { key, _ in key.port == port.number }
    }

    /// Another manager leads, or none is known to: a leader that is stopped or cut off keeps its channel, and would
    /// never answer.
    func changed(leader: NodeID) {
        takeBack { _, forwarded in forwarded.leader != leader }
    }

    private func takeBack(_ isLost: (Key, Forwarded) -> Bool) {
        for key in forwarded.filter({ isLost($0.key, $0.value) }).keys.sorted() {
            if let lost = forwarded.removeValue(forKey: key) { wait(lost.pending) }
        }
    }
}

// MARK: - Leading

extension Requests {
    private func lead(_ pending: Pending, _ manager: Manager) {
        switch pending.request.operation {
        case .getStatus:
            return manager.member.read { result in
                guard case .success = result else { return manager.requests.wait(pending) }
                var reply = Reply()
                reply.index = manager.store.index
                reply.result = .status(manager.overlay(manager.clusterStatus()))
                pending.answer(reply)
            }
        case .getJoinToken(let get) where get.rotate: return manager.rotateToken(get.role, pending)
        case .leaveCluster:
            return manager.release(pending.isForwarded ? pending.request.via : manager.identity.nodeID, pending)
        case .deleteNode(let delete) where delete.force:
            if manager.expel(delete.reference, pending) { return }
        case .listNodes, .listSecrets, .listConfigs, .listServices, .listTasks, .getJoinToken:
            return manager.member.read { result in
                guard case .success = result else { return manager.requests.wait(pending) }
                manager.answerRead(pending)
            }
        default: break
        }
        do throws(Failure) {
            var generator = manager.environment.makeGenerator()
            let plan = try Gateway(manager.store).plan(pending.request, generator: &generator)
            guard let value = plan.value else { return manager.propose(plan.command, pending) }
            unsealed.append(
                Unsealed(
                    value: value, secret: plan.secret, current: plan.current, command: plan.command, pending: pending))
            guard unsealed.count == 1 else { return }
            manager.environment.time.atEndOfTurn { [weak manager] in
                if let manager { manager.requests.seal(manager) }
            }
        } catch {
            pending.fail(error)
        }
    }

    /// Seals the values of this turn off the loop, several in one job: handing over one by one costs more than
    /// sealing, and the commands of a job reach the log together.
    private func seal(_ manager: Manager) {
        let all = unsealed
        unsealed = []
        guard let sealer = manager.keys.sealer else {
            for each in all { wait(each.pending) }
            return
        }
        var rest = all[...]
        while !rest.isEmpty {
            var (count, bytes) = (0, 0)
            for each in rest {
                count += 1
                bytes += each.value.count
                if bytes >= Self.sealedTogetherBytes { break }
            }
            let part = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            let values = part.map { ($0.value, $0.secret, $0.current) }
            let generator = manager.environment.makeGenerator()
            // The values are of no more use to the requests: the envelopes are what the log gets.
            manager.environment.work.job(
                {
                    var generator = generator
                    return values.map { sealer.seal($0.0, $0.1, unless: $0.2, from: &generator) }
                },
                done: { envelopes in
                    for (each, envelope) in zip(part, envelopes) {
                        manager.propose(each.command, sealed: envelope, each.pending)
                    }
                })
        }
    }
}
