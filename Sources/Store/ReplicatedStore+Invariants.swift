import Model

extension ReplicatedStore {
    /// The name of an invariant that does not hold, with what breaks it; `nil`: all hold. Walks the whole store.
    func fault() -> String? {
        var names: Set<String> = []
        for (id, secret) in secrets {
            guard secret.id == id, names.insert(secret.name.folded).inserted else { return "S2: secret \(id)" }
            let numbers = secret.versions.map(\.number)
            guard let first = numbers.first, first > 0, zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else {
                return "S6: the versions of secret \(id) do not ascend"
            }
        }
        names = []
        for (id, config) in configs {
            guard config.id == id, names.insert(config.name.folded).inserted else { return "S2: config \(id)" }
        }
        names = []
        for (id, service) in services {
            guard service.id == id, names.insert(service.name.folded).inserted else { return "S2: service \(id)" }
            for secret in service.namedSecrets where secrets[secret] == nil {
                return "S3: service \(id) names secret \(secret), which is gone"
            }
            for config in service.namedConfigs where configs[config] == nil {
                return "S3: service \(id) names config \(config), which is gone"
            }
        }
        for (id, task) in tasks {
            guard task.id == id, (task.slot > 0) != (task.boundNode != .none), task.spec != nil else {
                return "S7: task \(id)"
            }
            guard task.isAlive else { continue }
            for secret in task.spec.secretIDs where secrets[secret] == nil {
                return "S3: task \(id) names secret \(secret), which is gone"
            }
            for config in task.spec.configIDs where configs[config] == nil {
                return "S3: task \(id) names config \(config), which is gone"
            }
        }
        var members: Set<MemberID> = []
        for (id, node) in nodes {
            guard node.id == id else { return "S4: node \(id)" }
            guard node.member != .none else { continue }
            guard members.insert(node.member).inserted, node.member <= cluster?.lastMember ?? .none else {
                return "S4: member \(node.member) of node \(id)"
            }
        }
        guard (cluster != nil) || (nodes.isEmpty && secrets.isEmpty && services.isEmpty) else { return "S8" }
        return nil
    }

    /// Stops the process when an invariant of the store is broken; see the architecture page. For tests and the
    /// simulator: it walks the whole store.
    package func checkInvariants() {
        if let fault = fault() { preconditionFailure(fault) }
    }
}
