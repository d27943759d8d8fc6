import Model
import Store

/// What of each node is taken by tasks that are assigned to it and have not ended; kept up task by task.
struct NodeLoads: Sendable {
    struct Load: Equatable, Sendable {
        var tasks = 0
        var cpuNano: UInt64 = 0
        var memoryBytes: UInt64 = 0

        /// Whether the node has free what the task reserves.
        func leavesRoom(for task: StoredTask, on node: Node) -> Bool {
            guard let wanted = task.spec?.reservations else { return true }
            func fits(_ wanted: UInt64, _ taken: UInt64, _ all: UInt64) -> Bool {
                wanted == 0 || taken <= all && wanted <= all - taken
            }
            return fits(wanted.cpuNano, cpuNano, node.description?.cpuNano ?? 0)
                && fits(wanted.memoryBytes, memoryBytes, node.description?.memoryBytes ?? 0)
        }

        mutating func add(_ task: StoredTask) {
            tasks += 1
            cpuNano &+= task.spec?.reservations?.cpuNano ?? 0
            memoryBytes &+= task.spec?.reservations?.memoryBytes ?? 0
        }
    }

    private struct Share: Sendable {
        var node: NodeID
        var service: ServiceID
        var cpuNano: UInt64
        var memoryBytes: UInt64
    }

    private var loads: [NodeID: Load] = [:]
    private var ofService: [ServiceID: [NodeID: Int]] = [:]
    private var shares: [TaskID: Share] = [:]

    func load(of node: NodeID) -> Load { loads[node] ?? Load() }

    /// How many tasks of the service each node has.
    func counts(of service: ServiceID) -> [NodeID: Int] { ofService[service] ?? [:] }

    /// Takes a task as it is now; `nil`: it is gone.
    mutating func note(_ id: TaskID, _ task: StoredTask?) {
        if let old = shares.removeValue(forKey: id) { add(old, -1) }
        guard let task, task.nodeID != .none, !task.hasEnded else { return }
        let share = Share(
            node: task.nodeID, service: task.serviceID, cpuNano: task.spec?.reservations?.cpuNano ?? 0,
            memoryBytes: task.spec?.reservations?.memoryBytes ?? 0)
        shares[id] = share
        add(share, 1)
    }

    private mutating func add(_ share: Share, _ sign: Int) {
        var load = loads[share.node] ?? Load()
        load.tasks += sign
        load.cpuNano = sign > 0 ? load.cpuNano &+ share.cpuNano : load.cpuNano &- share.cpuNano
        load.memoryBytes =
            sign > 0 ? load.memoryBytes &+ share.memoryBytes : load.memoryBytes &- share.memoryBytes
        loads[share.node] = load.tasks == 0 ? nil : load
        let count = (ofService[share.service]?[share.node] ?? 0) + sign
        ofService[share.service, default: [:]][share.node] = count == 0 ? nil : count
        if ofService[share.service]?.isEmpty == true { ofService[share.service] = nil }
    }
}
