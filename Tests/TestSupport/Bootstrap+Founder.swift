import Bytes
import Model

extension Bootstrap {
    /// The first command of a cluster that has one manager: `m1`, member 1.
    package static var founder: Bootstrap {
        var cluster = Cluster()
        cluster.id = ClusterID(high: 1, low: 1)
        cluster.keyringCommitment = Bytes([UInt8](repeating: 7, count: 32))
        var node = Node()
        node.id = NodeID(high: 1, low: 0)
        node.name = "m1"
        node.member = MemberID(1)
        var bootstrap = Bootstrap()
        bootstrap.cluster = cluster
        bootstrap.node = node
        return bootstrap
    }
}
