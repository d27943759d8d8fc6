import Model
import Text
import Wire

/// A service in detail, by Docker's names of fields where Docker has them.
enum ServiceShowing {
    static func json(_ service: Service) -> JSON {
        var object = Showing.head(service.id.description, service.meta)
        object["Spec"] = spec(service.spec ?? ServiceSpec())
        if let previous = service.previousSpec { object["PreviousSpec"] = spec(previous) }
        return .object(object)
    }

    private static func spec(_ spec: ServiceSpec) -> JSON {
        [
            "Name": .string(spec.name), "Labels": Showing.object(spec.labels.pairs),
            "TaskTemplate": task(spec.task ?? TaskSpec()),
            "Mode": ["Replicated": ["Replicas": JSON(spec.replicated?.replicas ?? 0)]],
        ]
    }

    private static func task(_ task: TaskSpec) -> JSON {
        var object: JSONObject = ["ProgramSpec": program(task.program ?? ProgramSpec())]
        object["Resources"] = [
            "Limits": resources(task.limits ?? Resources()),
            "Reservations": resources(task.reservations ?? Resources()),
        ]
        let restart = task.restart ?? RestartPolicy()
        object["RestartPolicy"] = [
            "Condition": .string(word(restart.condition)),
            "Delay": JSON((restart.delayMilliseconds ?? 5000) * 1_000_000), "MaxAttempts": JSON(restart.maxAttempts),
            "Window": JSON(restart.windowMilliseconds * 1_000_000),
        ]
        object["Placement"] = ["Constraints": Showing.strings(task.placement?.constraints ?? [])]
        object["ForceUpdate"] = JSON(task.forceUpdate)
        object["OnPartition"] = .string(task.onPartition == .stop ? "stop" : "keep")
        object["SecretMemory"] = .string(task.memory == .preferred ? "preferred" : "required")
        return .object(object)
    }

    private static func program(_ program: ProgramSpec) -> JSON {
        [
            "Command": Showing.strings(program.command), "Env": Showing.strings(program.environment),
            "Dir": .string(program.directory), "User": .string(program.user), "Hostname": .string(program.hostname),
            "StopSignal": .string(program.stopSignal.isEmpty ? "SIGTERM" : program.stopSignal),
            "StopGracePeriod": JSON((program.stopGraceMilliseconds ?? 10_000) * 1_000_000),
            "Secrets": .array(
                program.secrets.map { reference in
                    [
                        "File": file(reference.target), "SecretID": .string(reference.secretID.description),
                        "SecretName": .string(reference.secretName), "Version": JSON(reference.version),
                    ]
                }),
            "Configs": .array(
                program.configs.map { reference in
                    [
                        "File": file(reference.target), "ConfigID": .string(reference.configID.description),
                        "ConfigName": .string(reference.configName),
                    ]
                }),
        ]
    }

    private static func file(_ target: FileTarget?) -> JSON {
        [
            "Name": .string(target?.name ?? ""), "UID": .string(target?.uid ?? ""),
            "GID": .string(target?.gid ?? ""), "Mode": JSON(target?.mode ?? 0),
        ]
    }

    private static func resources(_ resources: Resources) -> JSON {
        [
            "NanoCPUs": JSON(resources.cpuNano), "MemoryBytes": JSON(resources.memoryBytes),
            "Pids": JSON(resources.pids),
        ]
    }

    private static func word(_ condition: RestartCondition) -> String {
        switch condition {
        case .none: "none"
        case .onFailure: "on-failure"
        default: "any"
        }
    }

    // MARK: - For people

    static func pretty(_ object: JSON) -> String {
        let spec = object["Spec"] ?? .null
        let task = spec["TaskTemplate"] ?? .null
        let program = task["ProgramSpec"] ?? .null
        let limits = task["Resources"]?["Limits"] ?? .null
        var lines = [
            ("ID", object["ID"]?.string ?? ""), ("Name", spec["Name"]?.string ?? ""),
            ("Mode", "replicated, \(spec["Mode"]?["Replicated"]?["Replicas"]?.integer ?? 0) tasks"),
            ("Program", words(program["Command"])),
        ]
        func add(_ head: String, _ text: String?) {
            if let text, !text.isEmpty { lines.append((head, text)) }
        }
        add("Variables", words(program["Env"]))
        add("User", program["User"]?.string)
        add("Directory", program["Dir"]?.string)
        add("Secrets", files(program["Secrets"], "SecretName"))
        add("Configs", files(program["Configs"], "ConfigName"))
        add("Constraints", words(task["Placement"]?["Constraints"]))
        if let memory = limits["MemoryBytes"]?.integer, memory > 0 { add("Memory limit", Quantities.bytes(memory)) }
        if let cpu = limits["NanoCPUs"]?.integer, cpu > 0 {
            add("Processor limit", "\(Double(cpu) / 1_000_000_000)")
        }
        add("Restart", task["RestartPolicy"]?["Condition"]?.string)
        add("When cut off", task["OnPartition"]?.string)
        add("Created at", object["CreatedAt"]?.string)
        add("Updated at", object["UpdatedAt"]?.string)
        return Showing.block(lines) + Showing.pretty(labels: spec["Labels"])
    }

    private static func words(_ list: JSON?) -> String {
        (list?.array ?? []).compactMap(\.string).joined(separator: " ")
    }

    /// `db as password`, or `db`.
    private static func files(_ list: JSON?, _ key: String) -> String {
        (list?.array ?? []).map { reference in
            let name = reference[key]?.string ?? ""
            let target = reference["File"]?["Name"]?.string ?? ""
            return target == name ? name : "\(name) as \(target)"
        }.joined(separator: ", ")
    }
}
