import Model
import Wire

// MARK: - By ID

extension ReplicatedStore {
    package func node(_ id: NodeID) -> Node? { nodes[id] }
    package func secret(_ id: SecretID) -> Secret? { secrets[id] }
    package func config(_ id: ConfigID) -> Config? { configs[id] }
    package func service(_ id: ServiceID) -> Service? { services[id] }
    package func task(_ id: TaskID) -> StoredTask? { tasks[id] }
    package func node(of member: MemberID) -> Node? { indexes.nodesByMember[member].flatMap { nodes[$0] } }

    /// By ID.
    package var allNodes: [Node] { nodes.values }
    package var allSecrets: [Secret] { secrets.values }
    package var allConfigs: [Config] { configs.values }
    package var allServices: [Service] { services.values }
    package var allTasks: [StoredTask] { tasks.values }

    /// Where managers are, by node ID.
    package var managerAddresses: [ManagerAddress] {
        nodes.values.filter { $0.role == .manager && !$0.address.isEmpty }.map { node in
            var address = ManagerAddress()
            address.nodeID = node.id
            address.address = node.address
            address.serial = node.serial
            return address
        }
    }

    /// Every task that is assigned to the node, ended ones too, by ID.
    package func tasks(on node: NodeID) -> [StoredTask] {
        indexes.tasksByNode.seconds(of: node, from: TaskID.none).compactMap { tasks[$0] }
    }

    /// Every task of the service, also of a removed one, by ID.
    package func tasks(of service: ServiceID) -> [StoredTask] {
        indexes.tasksByService.seconds(of: service, from: TaskID.none).compactMap { tasks[$0] }
    }

    /// The tasks that name the secret, have not ended and are assigned, by ID.
    package func tasks(using secret: SecretID) -> [StoredTask] {
        indexes.tasksBySecret.seconds(of: secret, from: TaskID.none).compactMap { tasks[$0] }
            .filter { $0.nodeID != .none }
    }
}

// MARK: - By what a person wrote

extension ReplicatedStore {
    /// By full ID, then exact name, then a prefix of the ID.
    ///
    /// - Throws: `notFound` or, for a prefix or a name of several, `invalid`, with Swarm's sentences.
    package func findSecret(_ reference: String) throws(Failure) -> Secret {
        if let id = SecretID(reference), let found = secrets[id] { return found }
        if let id = indexes.secretNames[reference.folded], let found = secrets[id] { return found }
        return try find("secret", reference, secrets)
    }

    /// By its exact name; `nil`: there is none.
    package func secret(named name: String) -> Secret? { indexes.secretNames[name.folded].flatMap { secrets[$0] } }

    package func findConfig(_ reference: String) throws(Failure) -> Config {
        if let id = ConfigID(reference), let found = configs[id] { return found }
        if let id = indexes.configNames[reference.folded], let found = configs[id] { return found }
        return try find("config", reference, configs)
    }

    package func findService(_ reference: String) throws(Failure) -> Service {
        if let id = ServiceID(reference), let found = services[id] { return found }
        if let id = indexes.serviceNames[reference.folded], let found = services[id] { return found }
        return try find("service", reference, services)
    }

    /// Names of nodes may repeat.
    package func findNode(_ reference: String) throws(Failure) -> Node {
        if let id = NodeID(reference), let found = nodes[id] { return found }
        let named = nodes.values.filter { $0.name.folded == reference.folded }
        if named.count > 1 { throw Self.ambiguous("node", reference, named.count) }
        if let found = named.first { return found }
        return try find("node", reference, nodes)
    }

    /// A task's name is `web.1`, or `web.` and a node's ID: of several, the newest that has not ended, else the newest.
    package func findTask(_ reference: String) throws(Failure) -> StoredTask {
        if let id = TaskID(reference), let found = tasks[id] { return found }
        if let dot = reference.lastIndex(of: "."), let service = indexes.serviceNames[reference[..<dot].folded] {
            let place = reference[reference.index(after: dot)...]
            let named = tasks(of: service).filter { task in
                task.slot > 0 ? UInt64(place) == task.slot : task.boundNode.description == place
            }
            let best = named.max { left, right in
                if left.isAlive != right.isAlive { return right.isAlive }
                return (left.meta?.specRevision ?? .zero, left.id) < (right.meta?.specRevision ?? .zero, right.id)
            }
            if let best { return best }
        }
        return try find("task", reference, tasks)
    }

    private static func ambiguous(_ kind: String, _ reference: String, _ count: Int) -> Failure {
        Failure(.invalid, "\(kind) \(reference) is ambiguous (\(count) matches found)")
    }

    private func find<Kind, Object: Sendable>(
        _ kind: String, _ prefix: String, _ shelf: Shelf<ID<Kind>, Object>
    ) throws(Failure) -> Object {
        let none = Failure(.notFound, "\(kind) \(prefix) not found")
        let length = prefix.utf8.count
        guard (1...25).contains(length), let low = ID<Kind>(prefix + String(repeating: "0", count: 25 - length)) else {
            throw none
        }
        var found: [Object] = []
        shelf.scan(from: low) { id, object in
            guard id.description.hasPrefix(prefix) else { return false }
            found.append(object)
            return true
        }
        guard let first = found.first else { throw none }
        guard found.count == 1 else { throw Self.ambiguous(kind, prefix, found.count) }
        return first
    }
}
