import Bytes
import Model
import Wire

extension ReplicatedStore {
    /// Checks a service's spec and normalises its targets.
    func check(_ spec: inout ServiceSpec) throws(Failure) {
        try Names.check(labels: spec.labels)
        try ServiceRules.check(spec)
        guard var task = spec.task, var program = task.program else {
            throw Failure(.invalid, "TaskSpec: missing runtime")
        }
        try TaskRules.check(task)
        _ = try Placeholders(tryOut: spec).filled(program)
        let isContainer = task.container != nil
        var targets: [Targets.Use] = []
        for place in program.secrets.indices {
            let target = try Self.target(of: program.secrets[place], isContainer)
            targets.append(Targets.Use(kind: .secret, name: program.secrets[place].secretName, path: target.name))
            program.secrets[place].target = target
        }
        for place in program.configs.indices {
            let target = try Self.target(of: program.configs[place], isContainer)
            targets.append(Targets.Use(kind: .config, name: program.configs[place].configName, path: target.name))
            program.configs[place].target = target
        }
        try Targets.check(targets)
        task.program = program
        spec.task = task
        try checkPresent(task)
    }

    private static func target(of reference: SecretReference, _ isContainer: Bool) throws(Failure) -> FileTarget {
        guard reference.secretID != .none, !reference.secretName.isEmpty else {
            throw Failure(.invalid, "malformed secret reference")
        }
        return try target(reference.target, .secret, isContainer)
    }

    private static func target(of reference: ConfigReference, _ isContainer: Bool) throws(Failure) -> FileTarget {
        guard reference.configID != .none, !reference.configName.isEmpty else {
            throw Failure(.invalid, "malformed config reference")
        }
        return try target(reference.target, .config, isContainer)
    }

    private static func target(
        _ target: FileTarget?, _ kind: Targets.Kind, _ isContainer: Bool
    ) throws(Failure) -> FileTarget {
        guard var target else {
            throw Failure(.invalid, "malformed \(kind.rawValue) reference, no target provided")
        }
        target.name = try Targets.normalised(target.name, kind, elsewhere: isContainer)
        guard target.mode <= 0o777 else {
            throw Failure(.invalid, "invalid mode of target '\(target.name)': it must be at most 0777")
        }
        for id in [target.uid, target.gid] where !id.isEmpty && UInt32(id) == nil {
            throw Failure(.invalid, "invalid owner '\(id)' of target '\(target.name)': it must be a number")
        }
        return target
    }
}

// MARK: - What a spec names

extension ReplicatedStore {
    /// Refuses references to what is not there, or is there under another name.
    private func checkPresent(_ task: TaskSpec) throws(Failure) {
        try Self.check(missing: missingSecrets(task), "secret")
        try Self.check(missing: missingConfigs(task), "config")
        for reference in task.secrets where !hasVersion(reference) {
            throw Failure(
                .notFound, "secret \(reference.secretName) has no version \(reference.version)",
                try: "conclave secret inspect \(reference.secretName)")
        }
    }

    /// Refuses a spec that was right once, naming what was removed since.
    func checkPresent(_ task: TaskSpec?, previousOf name: String) throws(Failure) {
        guard let task else { return }
        let gone =
            missingSecrets(task).map { "secret '\($0)'" } + missingConfigs(task).map { "config '\($0)'" }
            + task.secrets.filter { secrets[$0.secretID] != nil && !hasVersion($0) }
            .map { "version \($0.version) of secret '\($0.secretName)'" }
        guard gone.isEmpty else {
            throw Failure(
                .conflict, "service \(name) can't be rolled back",
                why: "its previous spec names what was removed since: \(gone.joined(separator: ", "))",
                try: "conclave service update \(name), with what it should use now")
        }
    }

    private func missingSecrets(_ task: TaskSpec) -> [String] {
        task.secrets.filter { secrets[$0.secretID]?.name != $0.secretName }.map(\.secretName)
    }

    private func missingConfigs(_ task: TaskSpec) -> [String] {
        (task.program?.configs ?? []).filter { configs[$0.configID]?.name != $0.configName }.map(\.configName)
    }

    private func hasVersion(_ reference: SecretReference) -> Bool {
        guard reference.version != 0 else { return true }
        return secrets[reference.secretID]?.versions.contains { $0.number == reference.version } ?? false
    }

    private static func check(missing names: [String], _ kind: String) throws(Failure) {
        guard !names.isEmpty else { return }
        throw Failure(.notFound, "\(kind)\(names.count == 1 ? "" : "s") not found: \(names.joined(separator: ", "))")
    }
}
