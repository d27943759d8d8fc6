import Logging
import Model
import Primitives
import Raft
import Sealing
import Seams
import Store
import Wire

// MARK: - Members

extension Leading {
    /// Brings the members of consensus in line with the node table, one change at a time.
    func tend() {
        guard !isStopped, manager.store.cluster != nil, !isChanging else { return }
        let configuration = manager.member.consensus.configuration
        let rows = manager.store.allNodes.filter { $0.member != .none }
        for row in rows where row.role == .manager && !configuration.contains(row.member) {
            return change([.addLearner(row.member)])
        }
        for member in configuration.members where !rows.contains(where: { $0.member == member }) {
            return change([.remove(member)])
        }
        for row in rows where configuration.learners.contains(row.member) {
            if row.memberState == .voter {
                return change([.makeVoter(row.member)])
            }
            handOver(to: row)
        }
    }

    private func change(_ changes: [MemberChange]) {
        isChanging = true
        manager.member.change(changes) { [weak self] result in
            guard let self else { return }
            isChanging = false
            switch result {
            case .success: manager.logger.info("members changed: \(changes)")
            case .failure(let failure): manager.logger.debug("members not changed: \(failure.message)")
            }
        }
    }

    /// A learner gets the cluster's keys once a channel; it may vote only after it has them on disk.
    private func handOver(to row: Node) {
        guard let peer = manager.links.peers[row.id], keysSent[row.id] != peer.number, let key = PublicKey(row.key),
            let cluster = manager.keys.cluster
        else { return }
        keysSent[row.id] = peer.number
        var generator = environment.makeGenerator()
        guard
            let sealed = try? cluster.sealed(
                to: key, nodeID: row.id, clusterID: manager.identity.clusterID, from: manager.keys.nodeKey,
                random: &generator)
        else { return }
        let (nodeID, commitment) = (row.id, cluster.commitment.bytes)
        // Only a leader that still leads hands them out.
        manager.member.read { [weak peer] result in
            guard case .success = result, let peer else { return }
            var keys = ClusterKeys()
            keys.nodeID = nodeID
            keys.sealed = sealed
            keys.commitment = commitment
            peer.send(.clusterKeys, keys.encoded())
        }
    }

    func keysStored(_ stored: ClusterKeysStored) {
        guard !isApproving.contains(stored.nodeID) else { return }
        isApproving.insert(stored.nodeID)
        var command = ApproveMember()
        command.id = stored.nodeID
        command.commitment = stored.commitment
        propose(.approveMember(command)) { [weak self] result in
            self?.isApproving.remove(stored.nodeID)
            if case .success(let applied) = result, let failure = applied.outcome.failure {
                self?.manager.logger.warning("a manager was not approved: \(failure.message)")
            }
        }
    }
}
