import Model
import Wire

extension ReplicatedStore {
    /// Fills in the IDs of secrets and configs that are named only.
    ///
    /// - Throws: `notFound` with all names that are missing.
    package func resolved(_ spec: ServiceSpec?) throws(Failure) -> ServiceSpec {
        guard var spec, var task = spec.task, var program = task.program else {
            throw Failure(
                .invalid, "a service needs a program to run", try: "conclave service create --process -- /path/to/app")
        }
        var missing: [String] = []
        for place in program.secrets.indices { resolve(&program.secrets[place], &missing) }
        if var registry = task.container?.registry {
            resolve(&registry, &missing)
            task.container?.registry = registry
        }
        if !missing.isEmpty { throw Self.missing("secret", missing) }
        for place in program.configs.indices where program.configs[place].configID == .none {
            let name = program.configs[place].configName
            if let config = try? findConfig(name) {
                program.configs[place].configID = config.id
                program.configs[place].configName = config.spec?.name ?? name
            } else {
                missing.append(name)
            }
        }
        if !missing.isEmpty { throw Self.missing("config", missing) }
        task.program = program
        spec.task = task
        return spec
    }

    private func resolve(_ reference: inout SecretReference, _ missing: inout [String]) {
        guard reference.secretID == .none else { return }
        if let secret = try? findSecret(reference.secretName) {
            reference.secretID = secret.id
            reference.secretName = secret.spec?.name ?? reference.secretName
        } else {
            missing.append(reference.secretName)
        }
    }

    private static func missing(_ kind: String, _ names: [String]) -> Failure {
        let list = names.joined(separator: ", ")
        return Failure(
            .notFound, names.count == 1 ? "\(kind) not found: \(list)" : "\(kind)s not found: \(list)",
            try: "conclave \(kind) ls")
    }
}
