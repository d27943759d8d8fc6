import Text

/// What the engine says of a container.
struct ContainerState: Equatable {
    var id = ""
    /// Number 1 inside, as the engine's own process namespace numbers it; 0: it does not run.
    var pid: Int32 = 0
    var isRunning = false
    /// `created`, `running`, `exited` …
    var status = ""
    var exitCode: Int32 = 0
    var ranOutOfMemory = false
    /// Why it did not start.
    var error = ""
    /// As the user or the image has it; empty: TERM.
    var stopSignal = ""

    /// Reads what it knows of an answer, and passes over the rest.
    init(_ answer: JSON) {
        let state = answer["State"]
        id = answer["Id"]?.string ?? ""
        pid = Int32(clamping: state?["Pid"]?.integer ?? 0)
        isRunning = state?["Running"]?.bool ?? false
        status = state?["Status"]?.string ?? ""
        exitCode = Int32(clamping: state?["ExitCode"]?.integer ?? 0)
        ranOutOfMemory = state?["OOMKilled"]?.bool ?? false
        error = (state?["Error"]?.string ?? "").asReason
        let signal = answer["Config"]?["StopSignal"]
        stopSignal = signal?.string ?? signal?.integer.map { "\($0)" } ?? ""
    }

    /// Whether it is on its way to another state: how its program ended is not known yet, if ever.
    var isPassing: Bool { status == "removing" || status == "stopping" }

    /// Whether its program was ever started.
    var hasRun: Bool { status != "created" && status != "initialized" && status != "configured" }
}
