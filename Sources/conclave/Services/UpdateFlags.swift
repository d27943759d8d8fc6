import CommandLine
import Model
import Text

/// `--update-…` and `--rollback-…`: how tasks are replaced.
enum UpdateFlags {
    static let all: [Flag] =
        flags("update", "an update", ["pause", "continue", "rollback"])
        + flags("rollback", "a rollback", ["pause", "continue"])

    private static func flags(_ prefix: String, _ what: String, _ actions: [String]) -> [Flag] {
        [
            .number("\(prefix)-parallelism", nil, "Tasks that \(what) replaces at a time; 0: all"),
            .text("\(prefix)-delay", nil, "duration", "Wait between the batches of \(what)"),
            .choice("\(prefix)-failure-action", nil, actions, "When too many tasks of \(what) fail"),
            .text("\(prefix)-monitor", nil, "duration", "How long \(what) watches a new task"),
            .text("\(prefix)-max-failure-ratio", nil, "float", "Share of tasks of \(what) that may fail"),
            .choice("\(prefix)-order", nil, ["stop-first", "start-first"], "What \(what) does first"),
        ]
    }

    /// Puts what the line says into a spec; the rest stays.
    static func apply(_ spec: inout ServiceSpec, _ session: Session) throws(Failure) {
        spec.update = try changed(spec.update, "update", session)
        spec.rollback = try changed(spec.rollback, "rollback", session)
    }

    private static func changed(
        _ old: UpdateConfig?, _ prefix: String, _ session: Session
    ) throws(Failure) -> UpdateConfig? {
        let parsed = session.parsed
        var config = old ?? UpdateConfig()
        if let number = parsed.number("\(prefix)-parallelism") { config.parallelism = number }
        if let delay = try session.milliseconds("\(prefix)-delay") { config.delayMilliseconds = delay }
        if let monitor = try session.milliseconds("\(prefix)-monitor") { config.monitorMilliseconds = monitor }
        switch parsed.text("\(prefix)-failure-action") {
        case "pause": config.failureAction = .pause
        case "continue": config.failureAction = .continue
        case "rollback": config.failureAction = .rollback
        default: break
        }
        switch parsed.text("\(prefix)-order") {
        case "stop-first": config.order = .stopFirst
        case "start-first": config.order = .startFirst
        default: break
        }
        if let text = parsed.text("\(prefix)-max-failure-ratio") {
            guard let ratio = Double(text) else {
                throw session.invalid(
                    text, "\(prefix)-max-failure-ratio",
                    "strconv.ParseFloat: parsing \"\(text.printable)\": invalid syntax")
            }
            // Also refuses what is not a number.
            guard ratio >= 0, ratio <= 1 else {
                throw Failure(
                    .invalid, "TaskSpec: \(prefix)-maxfailureratio cannot be less than 0 or bigger than 1")
            }
            config.maxFailureRatio = ratio
        }
        return config == UpdateConfig() ? old : config
    }
}
