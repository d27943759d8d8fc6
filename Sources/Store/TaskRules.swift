import Model

/// What a task's spec may say: bounds, forms, and what its runner can't do. Sentences are Swarm's where it has them.
enum TaskRules {
    static func check(_ task: TaskSpec) throws(Failure) {
        guard let program = task.program else { throw Failure(.invalid, "TaskSpec: missing runtime") }
        if let container = task.container { try check(container) } else { try checkProcess(task, program) }
        for variable in program.environment {
            guard let name = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).first,
                !name.isEmpty, variable.utf8.contains(UInt8(ascii: "=")), !variable.utf8.contains(0)
            else { throw Failure(.invalid, "ProgramSpec: an environment variable must be NAME=value") }
        }
        try checkSurroundings(program)
        try check(task.limits)
        try check(task.reservations)
        for constraint in task.placement?.constraints ?? [] { try check(constraint: constraint) }
        for label in task.placement?.spread ?? [] { _ = try SpreadLabel(label) }
        guard program.secrets.count + program.configs.count <= StoreLimits.references else {
            throw Failure(
                .invalid, "a service can have at most \(StoreLimits.references) references to secrets and configs")
        }
        try check(program.health)
        for ulimit in program.ulimits { try check(ulimit) }
        for name in program.capabilitiesAdded + program.capabilitiesDropped { try check(capability: name) }
        try check(task.networks)
    }

    /// What can be told only once placeholders are filled in.
    static func checkFilled(_ program: ProgramSpec) throws(Failure) {
        guard program.hostname.isEmpty || Names.isHost(program.hostname) else {
            throw Failure(.invalid, "invalid hostname format: \(program.hostname)")
        }
        try MountRules.check(program.mounts)
    }

    // MARK: - Runners

    private static func check(_ container: ContainerSpec) throws(Failure) {
        guard !container.image.isEmpty else {
            throw Failure(.invalid, "ContainerSpec: image reference must be provided")
        }
        guard container.image.utf8.count <= StoreLimits.imageBytes, ImageName(container.image).isValid else {
            throw Failure(.invalid, "ContainerSpec: \"\(container.image)\" is not a valid repository/tag")
        }
        try Names.check(labels: container.labels)
    }

    /// A program of the host has no image and no network of its own; what can't be had is refused, not ignored.
    private static func checkProcess(_ task: TaskSpec, _ program: ProgramSpec) throws(Failure) {
        guard let first = program.command.first, !first.isEmpty else {
            throw Failure(.invalid, "ProgramSpec: a command must be provided")
        }
        let asked: [(String, Bool)] = [
            ("a network", !task.networks.isEmpty), ("a volume", program.mounts.contains { $0.type == .volume }),
            ("a terminal", program.terminal), ("an open standard input", program.openInput),
            ("no init", program.usesInit == false), ("a capability", !program.capabilitiesAdded.isEmpty),
        ]
        for (what, isAsked) in asked where isAsked {
            throw Failure(
                .unimplemented, "a process can't have \(what)", why: "only containers can",
                try: "leave it out, or run an image")
        }
    }

    // MARK: - Parts

    private static func checkSurroundings(_ program: ProgramSpec) throws(Failure) {
        guard program.directory.isEmpty || program.directory.hasPrefix("/") else {
            throw Failure(
                .invalid, "the working directory '\(program.directory)' is invalid, it needs to be an absolute path")
        }
        guard SignalName.number(program.stopSignal) != nil else {
            throw Failure(.invalid, "Invalid signal: \(program.stopSignal)", try: "a name such as SIGINT, or a number")
        }
    }

    /// Swarm takes a key that it does not know, and the service waits for ever.
    private static func check(constraint text: String) throws(Failure) {
        guard try Constraint(text).key == .unknown else { return }
        throw Failure(
            .invalid, "no node can match the constraint '\(text)'", why: "its key is not known, or its address is none",
            try:
                "node.id, node.hostname, node.role, node.ip, node.platform.os, node.platform.arch, node.labels.NAME or "
                + "engine.labels.NAME")
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

    private static func check(_ health: HealthCheck?) throws(Failure) {
        guard let health else { return }
        let isRunnable =
            switch health.test.first {
            case nil: true
            case "NONE": health.test.count == 1
            case "CMD", "CMD-SHELL": health.test.count > 1
            default: false
            }
        guard isRunnable else {
            throw Failure(
                .invalid, "ContainerSpec: invalid healthcheck",
                why: "it must be NONE, or CMD or CMD-SHELL and what to run")
        }
    }

    private static let ulimits: Set<String> = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]

    private static func check(_ ulimit: Ulimit) throws(Failure) {
        guard ulimits.contains(ulimit.name) else {
            throw Failure(.invalid, "invalid ulimit type: \(ulimit.name)")
        }
        guard ulimit.hard == -1 || ulimit.soft != -1 && ulimit.soft <= ulimit.hard else {
            throw Failure(
                .invalid,
                "ulimit soft limit must be less than or equal to hard limit: \(ulimit.soft) > \(ulimit.hard)")
        }
        guard ulimit.soft >= -1, ulimit.hard >= -1 else {
            throw Failure(.invalid, "invalid ulimit \(ulimit.name): a limit is -1, or at least 0")
        }
    }

    /// Those of Linux 5.9 and later, without `CAP_`.
    private static let capabilities: Set<String> = [
        "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN",
        "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
        "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST",
        "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
        "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
        "SYS_TTY_CONFIG", "WAKE_ALARM",
    ]

    private static func check(capability name: String) throws(Failure) {
        let bare = name.hasPrefix("CAP_") ? String(name.dropFirst(4)) : name
        guard capabilities.contains(bare) else { throw Failure(.invalid, "invalid capability: \"\(name)\"") }
    }

    private static func check(_ networks: [NetworkAttachment]) throws(Failure) {
        var seen: Set<String> = []
        for network in networks {
            guard Names.isNetwork(network.network) else {
                throw Failure(.invalid, "invalid network name: '\(network.network)'")
            }
            guard seen.insert(network.network).inserted else {
                throw Failure(.invalid, "network \(network.network) is attached twice")
            }
        }
        guard networks.count < 2 || seen.isDisjoint(with: ["none", "host"]) else {
            throw Failure(.invalid, "the networks none and host can't be combined with others")
        }
    }
}
