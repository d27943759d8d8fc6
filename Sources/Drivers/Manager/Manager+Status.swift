import Bytes
import Dispatching
import Model
import Raft
import Segments
import Store

extension Manager {
    /// How the cluster is, as its leader sees it.
    func clusterStatus() -> ClusterStatus {
        var status = ClusterStatus()
        let consensus = member.consensus
        for one in consensus.members {
            var shown = MemberStatus()
            let row = store.node(of: one.id)
            shown.member = one.id
            shown.nodeID = row?.id ?? .none
            shown.name = row?.name ?? ""
            shown.address = row?.address ?? ""
            shown.voter = one.isVoter
            shown.leader = one.id == consensus.leader
            shown.reachable = one.id == consensus.id || one.silence < consensus.settings.electionTicks
            shown.match = one.match
            status.members.append(shown)
        }
        status.nodes = UInt64(store.nodes.count)
        status.nodesReady = UInt64(store.allNodes.count { $0.status?.state == .ready })
        status.services = UInt64(store.services.count)
        status.secrets = UInt64(store.secrets.count)
        status.tasksRunning = UInt64(leading?.dispatcher.observed.values.count { $0.state == .running } ?? 0)
        return status
    }

    /// The same with what is this manager's own to say.
    func overlay(_ status: ClusterStatus) -> ClusterStatus {
        var status = status
        let consensus = member.consensus
        status.nodeID = identity.nodeID
        status.clusterID = identity.clusterID
        status.name = identity.name
        status.role = .manager
        status.term = consensus.term
        status.commit = consensus.commit
        status.applied = consensus.applied
        status.last = consensus.last
        status.snapshot = member.snapshot?.index ?? .zero
        status.leader = consensus.leader
        status.certificateEnd = ownRow?.certificateEnd ?? .zero
        status.address = identity.address
        status.version = version
        status.logBytes = member.logBytes
        status.memoryLocked = SecretArena.shared.isLocked
        return status
    }
}
