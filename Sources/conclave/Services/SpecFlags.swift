import CommandLine
import Model
import Text

/// Options of a task that `service create` and `service update` share.
enum SpecFlags {
    static let all: [Flag] =
        [
            .text("user", "u", "string", "User of the tasks, as name or uid, and group: uid[:gid]"),
            .text("workdir", "w", "string", "Working directory of the tasks"),
            .text("hostname", nil, "string", "Host name that the tasks see"),
            .text("entrypoint", nil, "command", "In the place of the image's entry point"),
            .truth("tty", "t", "Give the tasks a terminal"),
            .truth("init", nil, "A small program as process 1 that hands on signals"),
            .truth("read-only", nil, "Mount the root file system so that it can't be written"),
            .list("cap-add", nil, "list", "Give a capability, such as NET_BIND_SERVICE, or ALL"),
            .list("cap-drop", nil, "list", "Take a capability away"),
            .text("limit-cpu", nil, "decimal", "Processors that a task may use, such as 0.5"),
            .text("limit-memory", nil, "bytes", "Memory that a task may use, such as 512m"),
            .number("limit-pids", nil, "Processes that a task may have"),
            .text("reserve-cpu", nil, "decimal", "Processors that a node must have free"),
            .text("reserve-memory", nil, "bytes", "Memory that a node must have free"),
            .number("replicas-max-per-node", nil, "Tasks that one node may have; 0: no limit"),
            .choice("restart-condition", nil, ["none", "on-failure", "any"], "When an ended task is replaced"),
            .text("restart-delay", nil, "duration", "Wait before the first restart; it doubles up to 5m"),
            .number("restart-max-attempts", nil, "Restarts before giving up"),
            .text("restart-window", nil, "duration", "How long a task must run to count as healthy"),
            .text("stop-grace-period", nil, "duration", "Wait between the stop signal and the kill"),
            .text("stop-signal", nil, "string", "Signal that stops a task"),
            .choice("on-partition", nil, ["keep", "stop"], "What tasks do when their node is cut off"),
            .choice("secret-memory", nil, ["required", "preferred"], "Memory that can't be swapped, for secrets"),
        ] + HealthFlags.all + UpdateFlags.all

    /// Puts what the line says into a task's spec; the rest stays.
    static func apply(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        var program = task.program ?? ProgramSpec()
        try apply(&program, session)
        task.program = program
        try applyResources(&task, session)
        try applyRestart(&task, session)
        if let most = parsed.number("replicas-max-per-node") {
            var placement = task.placement ?? Placement()
            placement.maxReplicas = most
            task.placement = placement
        }
        switch parsed.text("on-partition") {
        case "keep": task.onPartition = .keep
        case "stop": task.onPartition = .stop
        default: break
        }
        switch parsed.text("secret-memory") {
        case "required": task.memory = .required
        case "preferred": task.memory = .preferred
        default: break
        }
    }

    private static func apply(_ program: inout ProgramSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        if let user = parsed.text("user") { program.user = user }
        if let directory = parsed.text("workdir") { program.directory = directory }
        if let hostname = parsed.text("hostname") { program.hostname = hostname }
        if let words = parsed.text("entrypoint") { program.command = try ShellWords.split(words, of: "entrypoint") }
        if parsed.isSaid("tty") { program.terminal = parsed.has("tty") }
        if parsed.isSaid("init") { program.usesInit = parsed.has("init") }
        if parsed.isSaid("read-only") { program.readOnly = parsed.has("read-only") }
        let added = parsed.list("cap-add").map(ProgramInputs.capability)
        let dropped = parsed.list("cap-drop").map(ProgramInputs.capability)
        // What was dropped is given again, and the other way round.
        program.capabilitiesAdded = program.capabilitiesAdded.filter { !dropped.contains($0) }.joined(with: added)
        program.capabilitiesDropped = program.capabilitiesDropped.filter { !added.contains($0) }.joined(with: dropped)
        if let signal = parsed.text("stop-signal") { program.stopSignal = signal }
        if let grace = try session.milliseconds("stop-grace-period") { program.stopGraceMilliseconds = grace }
        try HealthFlags.apply(&program, session)
    }

    private static func applyResources(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        var limits = task.limits ?? Resources()
        if let cpu = try processors("limit-cpu", session) { limits.cpuNano = cpu }
        if let memory = try bytes("limit-memory", session) { limits.memoryBytes = memory }
        if let pids = session.parsed.number("limit-pids") { limits.pids = pids }
        if limits != Resources() || task.limits != nil { task.limits = limits }
        var reservations = task.reservations ?? Resources()
        if let cpu = try processors("reserve-cpu", session) { reservations.cpuNano = cpu }
        if let memory = try bytes("reserve-memory", session) { reservations.memoryBytes = memory }
        if reservations != Resources() || task.reservations != nil { task.reservations = reservations }
    }

    private static func applyRestart(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        var policy = task.restart ?? RestartPolicy()
        switch session.parsed.text("restart-condition") {
        case "none": policy.condition = .none
        case "on-failure": policy.condition = .onFailure
        case "any": policy.condition = .any
        default: break
        }
        if let delay = try session.milliseconds("restart-delay") { policy.delayMilliseconds = delay }
        if let attempts = session.parsed.number("restart-max-attempts") {
            policy.maxAttempts = UInt32(clamping: attempts)
        }
        if let window = try session.milliseconds("restart-window") { policy.windowMilliseconds = window }
        if policy != RestartPolicy() || task.restart != nil { task.restart = policy }
    }

    private static func bytes(_ flag: String, _ session: Session) throws(Failure) -> UInt64? {
        guard let text = session.parsed.text(flag) else { return nil }
        guard let count = try? Quantities.read(bytes: text) else {
            throw session.invalid(text, flag, "invalid size: '\(text.printable)'")
        }
        return UInt64(count)
    }

    /// Billionths of a processor.
    private static func processors(_ flag: String, _ session: Session) throws(Failure) -> UInt64? {
        guard let text = session.parsed.text(flag) else { return nil }
        guard let value = Double(text), value >= 0, value <= 1_000_000 else {
            throw session.invalid(text, flag, "failed to parse \(text.printable) as a rational number")
        }
        return UInt64((value * 1_000_000_000).rounded())
    }
}

extension [String] {
    /// Followed by what of `others` it does not have.
    func joined(with others: [String]) -> [String] {
        others.reduce(into: self) { if !$0.contains($1) { $0.append($1) } }
    }
}
