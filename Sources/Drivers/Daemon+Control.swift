import Bytes
import Link
import Model
import Seams
import Wire

// MARK: - The control socket

extension Daemon {
    func accept(_ connection: any Connection) {
        var parameters = LinkParameters()
        parameters.version = 1
        parameters.maxFrame = UInt32(Limits.frameBytes)
        parameters.window = UInt32(Multiplexer.initialCredit)
        parameters.software = "conclaved \(version)"
        let peer = Peer(control: connection, environment: environment, parameters: parameters)
        clients[peer.number] = peer
        peer.onMessage = { [weak self, weak peer] message in
            guard let self, let peer else { return }
            received(message, from: peer)
        }
        peer.onClosed = { [weak self, weak peer] in
            guard let self, let peer else { return }
            clients[peer.number] = nil
            if case .inside(let node) = phase { node.manager?.closed(peer) }
        }
    }

    private func received(_ message: Multiplexer.Incoming, from peer: Peer) {
        switch message.type {
        case .request:
            // The frame may hold a value or a token in the clear.
            let decoded = try? Request.decode(wiping: message.body)
            guard let request = decoded else {
                return peer.fail(Failure(.invalid, "the request can't be read"), stream: message.stream)
            }
            take(request, from: peer, stream: message.stream)
        case .execStart: start(.exec, message, from: peer)
        case .logsStart: start(.logs, message, from: peer)
        case .getUsage: start(.usage, message, from: peer)
        case .execInput, .execResize, .execSignal, .logsEnd: _ = currentManager?.relays.relay(message, from: peer)
        default:
            if message.stream != 0 {
                peer.fail(Failure(.unimplemented, "this daemon does not know that message"), stream: message.stream)
            } else {
                peer.close(Failure(.invalid, "an unknown message on stream 0"))
            }
        }
    }

    private func start(_ kind: Relays.Kind, _ message: Multiplexer.Incoming, from peer: Peer) {
        let failure: Failure
        if let manager = currentManager {
            if let opening = try? Relays.Opening(kind, decoding: message.body) {
                return manager.relays.start(opening, from: peer, stream: message.stream, manager)
            }
            failure = Failure(.invalid, "the request can't be read")
        } else {
            failure = notManager
        }
        let (type, body) = kind.refusal(failure)
        peer.send(type, stream: message.stream, flags: [.end, .response], body)
    }

    private var notManager: Failure {
        guard case .inside = phase else {
            return Failure(
                .denied, "This node is not a swarm manager.",
                try: "\"conclave swarm init\" or \"conclave swarm join\" to connect this node to a swarm")
        }
        return Failure(
            .denied,
            "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run "
                + "this command on a manager node or promote the current node to a manager.")
    }

    private func take(_ request: Request, from peer: Peer, stream: UInt32) {
        switch request.operation {
        case .initCluster(let wish): found(wish) { [weak self] in self?.answer($0, peer, stream) }
        case .joinCluster(let wish): join(wish) { [weak self] in self?.answer($0, peer, stream) }
        case .leaveCluster(let wish): leave(wish) { [weak self] in self?.answer($0, peer, stream) }
        case .getStatus(let get) where get.local || currentManager == nil:
            var reply = Reply()
            reply.result = .status(localStatus())
            answer(.success(reply), peer, stream)
        default:
            guard let manager = currentManager else { return answer(.failure(notManager), peer, stream) }
            manager.requests.take(request, from: peer, stream: stream, manager)
        }
    }

    private func answer(_ result: Result<Reply, Failure>, _ peer: Peer, _ stream: UInt32) {
        var reply = Reply()
        switch result {
        case .success(let done): reply = done
        case .failure(let failure): reply.failure = failure
        }
        peer.send(.reply, stream: stream, flags: [.end, .response], reply.encoded())
    }

    private func localStatus() -> ClusterStatus {
        var status = ClusterStatus()
        if case .inside(let node) = phase {
            status.nodeID = node.identity.nodeID
            status.clusterID = node.identity.clusterID
            status.role = node.manager == nil ? .worker : .manager
            status.state = node.agentStatus
            status.address = node.identity.address
            if let manager = node.manager { status = manager.overlay(status) }
        }
        status.name = settings.name
        status.version = version
        status.memoryLocked = SecretArena.shared.isLocked
        return status
    }
}
