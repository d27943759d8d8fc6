import CommandLine
import Model
import Text
import Wire

/// Turns the options of `service update` into a new spec.
enum SpecChange {
    static func apply(to service: Service, _ session: Session) throws(Failure) -> ServiceSpec {
        let parsed = session.parsed
        if parsed.has("rollback") { return try previous(of: service) }
        var spec = service.spec ?? ServiceSpec()
        for key in parsed.list("label-rm") { spec.labels[key] = nil }
        for pair in session.labels(parsed.list("label-add")).pairs { spec.labels[pair.key] = pair.value }
        if let replicas = parsed.number("replicas") {
            var mode = spec.replicated ?? ReplicatedMode()
            mode.replicas = replicas
            spec.replicated = mode
        }
        var task = spec.task ?? TaskSpec()
        var program = task.program ?? ProgramSpec()
        if parsed.arguments.count > 1 { program.command = Array(parsed.arguments.dropFirst()) }
        program.environment = merged(
            program.environment, ServiceCommands.variables(parsed.list("env-add")), without: parsed.list("env-rm"))
        try changeFiles(&program, session)
        task.program = program
        changeConstraints(&task, session)
        try SpecFlags.apply(&task, session)
        if parsed.has("force") { task.forceUpdate += 1 }
        spec.task = task
        return spec
    }

    /// `NAME=value` variables in the order in which they were first named; a later one of a name wins.
    static func merged(_ variables: [String], _ added: [String], without removed: [String] = []) -> [String] {
        var result = variables.filter { !removed.contains(name($0)) }
        for variable in added {
            if let place = result.firstIndex(where: { name($0) == name(variable) }) {
                result[place] = variable
            } else {
                result.append(variable)
            }
        }
        return result
    }

    // MARK: - Parts

    private static func name(_ variable: String) -> String { String(variable.prefix { $0 != "=" }) }

    private static func previous(of service: Service) throws(Failure) -> ServiceSpec {
        guard let previous = service.previousSpec else {
            throw Failure(.conflict, "service \(service.spec?.name ?? "") does not have a previous spec")
        }
        guard !service.previousUnusable else {
            throw Failure(
                .conflict, "service \(service.spec?.name ?? "") can't go back to its previous spec",
                why: "a secret that it names was removed since")
        }
        return previous
    }

    private static func changeFiles(_ program: inout ProgramSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        let removedSecrets = parsed.list("secret-rm")
        program.secrets.removeAll { removedSecrets.contains($0.secretName) }
        // What has the same target is replaced, so that one update can move a service from a secret to another.
        for added in try FileReference.all(parsed.list("secret-add"), kind: "secret") {
            program.secrets.removeAll { $0.target?.name == added.target.name }
            program.secrets.append(added.secret)
        }
        let removedConfigs = parsed.list("config-rm")
        program.configs.removeAll { removedConfigs.contains($0.configName) }
        for added in try FileReference.all(parsed.list("config-add"), kind: "config") {
            program.configs.removeAll { $0.target?.name == added.target.name }
            program.configs.append(added.config)
        }
    }

    private static func changeConstraints(_ task: inout TaskSpec, _ session: Session) {
        let removed = session.parsed.list("constraint-rm")
        let added = session.parsed.list("constraint-add")
        guard !removed.isEmpty || !added.isEmpty else { return }
        var placement = task.placement ?? Placement()
        placement.constraints.removeAll { removed.contains($0) || added.contains($0) }
        placement.constraints += added
        task.placement = placement
    }
}
