import Model

/// What the dispatcher reads of the applied store.
package protocol AssignmentSource {
    /// Every task that is assigned to `node`, by ID, ended ones too.
    func tasks(on node: NodeID) -> [StoredTask]
    func task(_ id: TaskID) -> StoredTask?
    func secret(_ id: SecretID) -> Secret?
    func config(_ id: ConfigID) -> Config?
    func node(_ id: NodeID) -> Node?
    /// Nodes, by ID.
    var allNodes: [Node] { get }
    /// Where managers are, by node ID.
    var managerAddresses: [ManagerAddress] { get }
    /// The tasks that name the secret or the config and are assigned to a node, by ID.
    func tasks(using secret: SecretID) -> [StoredTask]
}
