import Bytes
import Model
import Wire

extension ReplicatedStore {
    mutating func create(_ command: CreateService, _ at: Circumstances) throws(Failure) -> Outcome {
        var spec = command.spec ?? ServiceSpec()
        try Names.checkService(spec.name)
        try check(&spec)
        if let other = indexes.serviceNames[spec.name.folded] {
            let name = services[other]?.name ?? spec.name
            throw Failure(.conflict, "name conflicts with an existing object: service \(name) already exists")
        }
        guard command.id != .none, services[command.id] == nil, !hasTasks(command.id) else {
            throw Self.idTaken(command.id)
        }
        var ordinal: UInt32 = 0
        while indexes.ordinals[ordinal] != nil { ordinal += 1 }
        guard ordinal < StoreLimits.userOrdinals else {
            throw Failure(.unavailable, "there can be no more than \(StoreLimits.userOrdinals) services")
        }
        var service = Service()
        service.id = command.id
        service.spec = spec
        service.userOrdinal = ordinal
        put(service, at, spec: true)
        return Self.done(service.id, at)
    }

    mutating func update(_ command: UpdateService, _ at: Circumstances) throws(Failure) -> Outcome {
        guard var service = services[command.id] else { throw Self.notFound("service", command.id) }
        try Self.check(command.expected, service.meta?.specRevision ?? .zero, "service", service.name)
        var spec = command.spec ?? ServiceSpec()
        guard spec.name == service.name else { throw Failure(.invalid, "renaming services is not supported") }
        try check(&spec)
        guard spec != service.spec else {
            var outcome = Self.done(service.id, at)
            outcome.revision = service.meta?.revision ?? .zero
            return outcome
        }
        service.previousSpec = service.spec
        // What the current spec names was in use until now, so it is there.
        service.previousUnusable = false
        service.spec = spec
        put(service, at, spec: true)
        return Self.done(service.id, at)
    }

    /// Its tasks are asked to stop, and forgotten once they have: see `change(_:_:)`.
    mutating func remove(_ command: RemoveService, _ at: Circumstances) throws(Failure) -> Outcome {
        guard let service = services[command.id] else { throw Self.notFound("service", command.id) }
        remove(.service(service.id), at)
        for var task in tasks(of: service.id) {
            if task.hasEnded || task.nodeID == .none {
                remove(.task(task.id), at)
            } else if task.desired != .remove {
                task.desired = .remove
                put(task, at)
            }
        }
        return Self.done(service.id, at)
    }

    private func hasTasks(_ service: ServiceID) -> Bool {
        indexes.tasksByService.first(from: Joint(service, .none))?.key.first == service
    }
}

// MARK: - Specs

extension ReplicatedStore {
    /// Checks a service's spec and normalises its targets.
    private func check(_ spec: inout ServiceSpec) throws(Failure) {
        try Names.check(labels: spec.labels)
        guard let mode = spec.replicated else { throw Failure(.invalid, "Unrecognized service mode") }
        guard mode.replicas <= StoreLimits.replicas else {
            throw Failure(.invalid, "Number of replicas must be at most \(StoreLimits.replicas)")
        }
        guard var task = spec.task, var program = task.program else {
            throw Failure(.invalid, "TaskSpec: missing runtime")
        }
        guard task.container != nil || !(program.command.first ?? "").isEmpty else {
            throw Failure(.invalid, "ProgramSpec: a command must be provided")
        }
        for variable in program.environment {
            guard let name = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).first,
                !name.isEmpty, variable.utf8.contains(UInt8(ascii: "=")), !variable.utf8.contains(0)
            else { throw Failure(.invalid, "ProgramSpec: an environment variable must be NAME=value") }
        }
        try Self.check(task.limits)
        try Self.check(task.reservations)
        for constraint in task.placement?.constraints ?? [] { _ = try Constraint(constraint) }
        guard program.secrets.count + program.configs.count <= StoreLimits.references else {
            throw Failure(
                .invalid, "a service can have at most \(StoreLimits.references) references to secrets and configs")
        }
        try resolveSecrets(&program)
        try resolveConfigs(&program)
        task.program = program
        spec.task = task
    }

    private static func check(_ resources: Resources?) throws(Failure) {
        guard let resources else { return }
        guard resources.cpuNano == 0 || resources.cpuNano >= 1_000_000 else {
            let cpu = Double(resources.cpuNano) / 1e9
            throw Failure(.invalid, "invalid cpu value \(cpu): Must be at least 0.001")
        }
        guard resources.memoryBytes == 0 || resources.memoryBytes >= 4 << 20 else {
            throw Failure(.invalid, "invalid memory value \(resources.memoryBytes): Must be at least 4MiB")
        }
    }

    private func resolveSecrets(_ program: inout ProgramSpec) throws(Failure) {
        var targets: [(name: String, path: String)] = []
        for place in program.secrets.indices {
            let reference = program.secrets[place]
            guard reference.secretID != .none, !reference.secretName.isEmpty else {
                throw Failure(.invalid, "malformed secret reference")
            }
            let target = try Self.target(reference.target, .secret)
            targets.append((reference.secretName, target.name))
            program.secrets[place].target = target
        }
        try Targets.check(targets, .secret)
        let missing = program.secrets.filter { secrets[$0.secretID]?.name != $0.secretName }.map(\.secretName)
        try Self.checkMissing(missing, "secret")
        for reference in program.secrets where reference.version != 0 {
            let versions = secrets[reference.secretID]?.versions ?? []
            guard versions.contains(where: { $0.number == reference.version }) else {
                throw Failure(
                    .notFound, "secret \(reference.secretName) has no version \(reference.version)",
                    try: "conclave secret inspect \(reference.secretName)")
            }
        }
    }

    private func resolveConfigs(_ program: inout ProgramSpec) throws(Failure) {
        var targets: [(name: String, path: String)] = []
        for place in program.configs.indices {
            let reference = program.configs[place]
            guard reference.configID != .none, !reference.configName.isEmpty else {
                throw Failure(.invalid, "malformed config reference")
            }
            let target = try Self.target(reference.target, .config)
            targets.append((reference.configName, target.name))
            program.configs[place].target = target
        }
        try Targets.check(targets, .config)
        let missing = program.configs.filter { configs[$0.configID]?.name != $0.configName }.map(\.configName)
        try Self.checkMissing(missing, "config")
    }

    private static func checkMissing(_ names: [String], _ kind: String) throws(Failure) {
        guard !names.isEmpty else { return }
        throw Failure(.notFound, "\(kind)\(names.count == 1 ? "" : "s") not found: \(names.joined(separator: ", "))")
    }

    private static func target(_ target: FileTarget?, _ kind: Targets.Kind) throws(Failure) -> FileTarget {
        guard var target else {
            throw Failure(.invalid, "malformed \(kind.rawValue) reference, no target provided")
        }
        target.name = try Targets.normalised(target.name, kind)
        guard target.mode <= 0o777 else {
            throw Failure(.invalid, "invalid mode of target '\(target.name)': it must be at most 0777")
        }
        for id in [target.uid, target.gid] where !id.isEmpty && UInt32(id) == nil {
            throw Failure(.invalid, "invalid owner '\(id)' of target '\(target.name)': it must be a number")
        }
        return target
    }
}
