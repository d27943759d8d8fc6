import Dispatching
import Model
import Raft
import Store
import Worker

/// The states of a daemon's cores, for simulations and tests to hold against each other.
extension Daemon {
    package var inspectedNode: NodeID? { node?.identity.nodeID }
    /// `nil` while the daemon keeps no log.
    package var consensus: Consensus? { node?.manager?.member.consensus }
    package var store: ReplicatedStore? { node?.manager?.store }
    /// `nil` while the node does not lead.
    package var dispatcher: Dispatcher? { node?.manager?.leading?.dispatcher }
    package var agent: Agent? { node?.inspectedAgent }
}
