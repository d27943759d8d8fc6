import Model

/// What the gateway reads of the applied store. Lists are in the order of their IDs.
package protocol ObjectSource {
    var cluster: Cluster? { get }
    var allNodes: [Node] { get }
    var allSecrets: [Secret] { get }
    var allConfigs: [Config] { get }
    var allServices: [Service] { get }
    var allTasks: [StoredTask] { get }
    /// Names of the services whose current spec, or whose tasks that have not ended, use the object.
    func services(usingSecret id: SecretID) -> [String]
    func services(usingConfig id: ConfigID) -> [String]
}

/// What the leader has observed and the store does not say.
package struct Observations: Sendable {
    package var tasks: [TaskID: TaskStatus] = [:]
    package var held: [TaskID: [HeldVersion]] = [:]
    package var leader = NodeID.none
    package var reachable: Set<NodeID> = []

    package init() {}

    /// The state of a task: as committed once it ended, else as last reported.
    func status(of task: StoredTask) -> TaskStatus {
        let stored = task.status ?? TaskStatus()
        guard stored.state.rawValue < TaskState.complete.rawValue, let seen = tasks[task.id] else { return stored }
        return seen.state.rawValue >= stored.state.rawValue ? seen : stored
    }
}
