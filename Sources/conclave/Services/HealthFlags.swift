import CommandLine
import Model

/// `--health-…`: how it is found out whether a task is well.
enum HealthFlags {
    static let all: [Flag] = [
        .text("health-cmd", nil, "string", "Command that tells whether a task is well"),
        .text("health-interval", nil, "duration", "Wait between two checks"),
        .number("health-retries", nil, "Failures in a row that make a task unhealthy"),
        .text("health-start-interval", nil, "duration", "Wait between two checks while a task starts"),
        .text("health-start-period", nil, "duration", "After the start, while failures do not count"),
        .text("health-timeout", nil, "duration", "How long one check may take"),
        .truth("no-healthcheck", nil, "Do not check, not even as the image says"),
    ]

    /// Puts what the line says into a program; the rest stays.
    ///
    /// - Throws: Docker's error when checks are asked for and refused at once.
    static func apply(_ program: inout ProgramSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        let isSaid = all.contains { $0.name != "no-healthcheck" && parsed.isSaid($0.name) }
        if parsed.has("no-healthcheck") {
            guard !isSaid else { throw Failure(.invalid, "--no-healthcheck conflicts with --health-* options") }
            program.health = HealthCheck()
            program.health?.test = ["NONE"]
            return
        }
        guard isSaid else { return }
        var health = program.health ?? HealthCheck()
        if health.test == ["NONE"] { health.test = [] }
        if let command = parsed.text("health-cmd") { health.test = command.isEmpty ? [] : ["CMD-SHELL", command] }
        if let time = try session.milliseconds("health-interval") { health.intervalMilliseconds = time }
        if let time = try session.milliseconds("health-timeout") { health.timeoutMilliseconds = time }
        if let time = try session.milliseconds("health-start-period") { health.startPeriodMilliseconds = time }
        if let time = try session.milliseconds("health-start-interval") { health.startIntervalMilliseconds = time }
        if let number = parsed.number("health-retries") { health.retries = UInt32(clamping: number) }
        program.health = health
    }
}
