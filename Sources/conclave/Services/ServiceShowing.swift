import Model
import Text
import Wire

/// A service in detail, by Docker's names of fields where Docker has them.
enum ServiceShowing {
    static func json(_ service: Service) -> JSON {
        var object = Showing.head(service.id.description, service.meta)
        var current = service.spec ?? ServiceSpec()
        if let image = service.image { current.task?.container?.image = image }
        object["Spec"] = spec(current)
        if var previous = service.previousSpec {
            if let image = previous.task?.container?.image {
                previous.task?.container?.image = ImageName.pinned(image, service.previousImageDigest)
            }
            object["PreviousSpec"] = spec(previous)
        }
        if let status = service.updateStatus { object["UpdateStatus"] = update(status) }
        return .object(object)
    }

    private static func spec(_ spec: ServiceSpec) -> JSON {
        let mode: JSON =
            spec.global == nil ? ["Replicated": ["Replicas": JSON(spec.replicated?.replicas ?? 0)]] : ["Global": [:]]
        return [
            "Name": .string(spec.name), "Labels": Showing.object(spec.labels.pairs),
            "TaskTemplate": task(spec.task ?? TaskSpec()), "Mode": mode,
            "UpdateConfig": config(spec.update ?? UpdateConfig()),
            "RollbackConfig": config(spec.rollback ?? UpdateConfig()),
        ]
    }

    private static func config(_ config: UpdateConfig) -> JSON {
        [
            "Parallelism": JSON(config.parallelism ?? 1), "Delay": nanoseconds(config.delayMilliseconds),
            "FailureAction": .string(word(config.failureAction)),
            "Monitor": nanoseconds(config.monitorMilliseconds ?? 5000),
            "MaxFailureRatio": Int64(exactly: config.maxFailureRatio).map { JSON($0) }
                ?? .number(config.maxFailureRatio),
            "Order": .string(config.order == .startFirst ? "start-first" : "stop-first"),
        ]
    }

    private static func update(_ status: UpdateStatus) -> JSON {
        var object: JSONObject = [
            "State": .string(word(status.state)), "StartedAt": Showing.time(status.started),
            "Message": .string(status.message),
        ]
        if status.completed != .zero { object["CompletedAt"] = Showing.time(status.completed) }
        return .object(object)
    }

    // MARK: - Tasks

    static func task(_ task: TaskSpec) -> JSON {
        var program = program(task.program ?? ProgramSpec())
        var object = JSONObject()
        if let container = task.container {
            program["Image"] = .string(container.image)
            program["Labels"] = Showing.object(container.labels.pairs)
            object["ContainerSpec"] = .object(program)
        } else {
            object["ProgramSpec"] = .object(program)
        }
        object["Resources"] = [
            "Limits": resources(task.limits ?? Resources()),
            "Reservations": resources(task.reservations ?? Resources()),
        ]
        object["RestartPolicy"] = restart(task.restart ?? RestartPolicy())
        object["Placement"] = placement(task.placement ?? Placement())
        object["Networks"] = .array(
            task.networks.map { ["Target": .string($0.network), "Aliases": Showing.strings($0.aliases)] })
        object["ForceUpdate"] = JSON(task.forceUpdate)
        object["OnPartition"] = .string(task.onPartition == .stop ? "stop" : "keep")
        object["SecretMemory"] = .string(task.memory == .preferred ? "preferred" : "required")
        return .object(object)
    }

    static func restart(_ policy: RestartPolicy) -> JSON {
        [
            "Condition": .string(word(policy.condition)), "Delay": nanoseconds(policy.delayMilliseconds ?? 5000),
            "MaxAttempts": JSON(policy.maxAttempts), "Window": nanoseconds(policy.windowMilliseconds),
        ]
    }

    private static func placement(_ placement: Placement) -> JSON {
        [
            "Constraints": Showing.strings(placement.constraints),
            "Preferences": .array(placement.spread.map { ["Spread": ["SpreadDescriptor": .string($0)]] }),
            "MaxReplicas": JSON(placement.maxReplicas),
        ]
    }

    static func program(_ program: ProgramSpec) -> JSONObject {
        var object: JSONObject = [
            "Command": Showing.strings(program.command), "Args": Showing.strings(program.arguments),
            "Env": Showing.strings(program.environment), "Dir": .string(program.directory),
            "User": .string(program.user), "Groups": Showing.strings(program.groups),
            "Hostname": .string(program.hostname), "Hosts": Showing.strings(program.hosts),
            "StopSignal": .string(program.stopSignal.isEmpty ? "SIGTERM" : program.stopSignal),
            "StopGracePeriod": nanoseconds(program.stopGraceMilliseconds ?? 10_000),
            "TTY": .bool(program.terminal), "OpenStdin": .bool(program.openInput),
            "ReadOnly": .bool(program.readOnly), "CapabilityAdd": Showing.strings(program.capabilitiesAdded),
            "CapabilityDrop": Showing.strings(program.capabilitiesDropped),
        ]
        if let usesInit = program.usesInit { object["Init"] = .bool(usesInit) }
        if let health = program.health { object["Healthcheck"] = self.health(health) }
        object["Mounts"] = .array(program.mounts.map(mount))
        object["Ulimits"] = .array(
            program.ulimits.map { ["Name": .string($0.name), "Soft": JSON($0.soft), "Hard": JSON($0.hard)] })
        object["Secrets"] = .array(
            program.secrets.map { reference in
                [
                    "File": file(reference.target), "SecretID": .string(reference.secretID.description),
                    "SecretName": .string(reference.secretName), "Version": JSON(reference.version),
                ]
            })
        object["Configs"] = .array(
            program.configs.map { reference in
                [
                    "File": file(reference.target), "ConfigID": .string(reference.configID.description),
                    "ConfigName": .string(reference.configName),
                ]
            })
        return object
    }

    private static func health(_ health: HealthCheck) -> JSON {
        [
            "Test": Showing.strings(health.test), "Interval": nanoseconds(health.intervalMilliseconds),
            "Timeout": nanoseconds(health.timeoutMilliseconds), "Retries": JSON(health.retries),
            "StartPeriod": nanoseconds(health.startPeriodMilliseconds),
            "StartInterval": nanoseconds(health.startIntervalMilliseconds),
        ]
    }

    private static func mount(_ mount: Mount) -> JSON {
        var object: JSONObject = [
            "Type": .string(word(mount.type)), "Source": .string(mount.source), "Target": .string(mount.target),
            "ReadOnly": .bool(mount.readOnly),
        ]
        if mount.type == .bind, !mount.propagation.isEmpty {
            object["BindOptions"] = ["Propagation": .string(mount.propagation)]
        }
        if mount.type == .volume {
            object["VolumeOptions"] = [
                "NoCopy": .bool(mount.noCopy), "Labels": Showing.object(mount.volumeLabels.pairs),
                "DriverConfig": [
                    "Name": .string(mount.volumeDriver), "Options": Showing.object(mount.volumeOptions.pairs),
                ],
            ]
        }
        if mount.type == .tmpfs {
            object["TmpfsOptions"] = ["SizeBytes": JSON(mount.sizeBytes), "Mode": JSON(mount.mode)]
        }
        return .object(object)
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

    // MARK: - Words

    /// Durations are nanoseconds in Docker's JSON.
    private static func nanoseconds(_ milliseconds: UInt64) -> JSON {
        JSON(milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue)
    }

    private static func word(_ condition: RestartCondition) -> String {
        switch condition {
        case .none: "none"
        case .onFailure: "on-failure"
        default: "any"
        }
    }

    private static func word(_ action: FailureAction) -> String {
        switch action {
        case .continue: "continue"
        case .rollback: "rollback"
        default: "pause"
        }
    }

    private static func word(_ type: MountType) -> String {
        switch type {
        case .bind: "bind"
        case .tmpfs: "tmpfs"
        default: "volume"
        }
    }

    static func word(_ state: UpdateState) -> String {
        switch state {
        case .updating: "updating"
        case .paused: "paused"
        case .completed: "completed"
        case .rollbackStarted: "rollback_started"
        case .rollbackPaused: "rollback_paused"
        case .rollbackCompleted: "rollback_completed"
        default: ""
        }
    }
}
