import Model
import Store

/// Which tasks a list is about: those of any of the services, on any of the nodes, of any of the names, as far as each
/// is given, that pass the filters.
struct TaskSelection {
    private let filters: Filters
    private let nodeNames: [NodeID: String]
    private var services: Set<ServiceID> = []
    private var nodes: Set<NodeID> = []
    private var tasks: Set<TaskID> = []

    /// - Throws: `Failure` for a filter that is not known, or a reference to what there is not.
    init(_ list: ListTasks, _ store: ReplicatedStore, nodeNames: [NodeID: String]) throws(Failure) {
        filters = try Filters(
            list.filters, known: ["desired-state", "id", "label", "name", "node", "service"],
            choices: ["desired-state": ["running", "shutdown"]])
        self.nodeNames = nodeNames
        for reference in list.services {
            guard let service = try? store.findService(reference) else {
                throw Failure(.notFound, "no such service: \(reference)")
            }
            services.insert(service.id)
        }
        for reference in list.nodes { nodes.insert(try store.findNode(reference).id) }
        for reference in list.references { tasks.insert(try store.findTask(reference).id) }
    }

    func includes(_ task: StoredTask) -> Bool {
        guard services.isEmpty || services.contains(task.serviceID), nodes.isEmpty || nodes.contains(task.nodeID),
            tasks.isEmpty || tasks.contains(task.id)
        else { return false }
        return filters.accept(id: task.id.description, name: task.name, labels: nil) { key in
            switch key {
            case "node": nodeNames[task.nodeID]
            case "service": task.serviceName
            case "desired-state": Self.text(task.desired)
            default: nil
            }
        }
    }

    private static func text(_ desired: TaskState) -> String? {
        switch desired {
        case .running, .ready: "running"
        case .shutdown, .remove: "shutdown"
        default: nil
        }
    }

    /// By service and position; the newest first where these are equal.
    static func precedes(_ left: StoredTask, _ right: StoredTask) -> Bool {
        if left.serviceName != right.serviceName { return left.serviceName.precedesNaturally(right.serviceName) }
        if left.slot != right.slot { return left.slot < right.slot }
        if left.boundNode != right.boundNode { return left.boundNode < right.boundNode }
        let (leftMade, rightMade) = (left.meta?.created ?? .zero, right.meta?.created ?? .zero)
        return leftMade == rightMade ? left.id > right.id : leftMade > rightMade
    }
}
