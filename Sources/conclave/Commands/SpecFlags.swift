import CommandLine
import Model
import Text

/// Options of a task that `service create` and `service update` share.
enum SpecFlags {
    static let all: [Flag] = [
        .text("user", "u", "string", "User of the tasks, as name or uid, and group: uid[:gid]"),
        .text("workdir", "w", "string", "Working directory of the tasks"),
        .text("hostname", nil, "string", "Host name that the tasks see"),
        .text("limit-cpu", nil, "decimal", "Processors that a task may use, such as 0.5"),
        .text("limit-memory", nil, "bytes", "Memory that a task may use, such as 512m"),
        .number("limit-pids", nil, "Processes that a task may have"),
        .text("reserve-cpu", nil, "decimal", "Processors that a node must have free"),
        .text("reserve-memory", nil, "bytes", "Memory that a node must have free"),
        .choice("restart-condition", nil, ["none", "on-failure", "any"], "When an ended task is replaced"),
        .text("restart-delay", nil, "duration", "Wait before the first restart; it doubles up to 5m"),
        .number("restart-max-attempts", nil, "Restarts before giving up"),
        .text("restart-window", nil, "duration", "How long a task must run to count as healthy"),
        .text("stop-grace-period", nil, "duration", "Wait between the stop signal and the kill"),
        .text("stop-signal", nil, "string", "Signal that stops a task"),
        .choice("on-partition", nil, ["keep", "stop"], "What tasks do when their node is cut off"),
        .choice("secret-memory", nil, ["required", "preferred"], "Memory that can't be swapped, for secrets"),
    ]

    /// Puts what the line says into a task's spec; the rest stays.
    static func apply(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        var program = task.program ?? ProgramSpec()
        if let user = parsed.text("user") { program.user = user }
        if let directory = parsed.text("workdir") { program.directory = directory }
        if let hostname = parsed.text("hostname") { program.hostname = hostname }
        if let signal = parsed.text("stop-signal") { program.stopSignal = signal }
        if let grace = try session.milliseconds("stop-grace-period") { program.stopGraceMilliseconds = grace }
        task.program = program
        try applyResources(&task, session)
        try applyRestart(&task, session)
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
