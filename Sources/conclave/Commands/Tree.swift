import CommandLine

/// Every command of `conclave`.
enum Tree {
    static let program: Verb = Verb(
        "conclave", "Keeps secrets for the services of a cluster of Linux hosts",
        flags: [
            .text(
                "host", "H", "string", "Control socket of the daemon to ask",
                standard: "unix:///run/conclave/control.sock", variable: "CONCLAVE_HOST"),
            .text("timeout", nil, "duration", "How long to wait for an answer", standard: "30s"),
            .truth("stale", nil, "Answer from what this manager knows, however old"),
        ],
        commands: [
            SwarmCommands.group, NodeCommands.group, SecretCommands.group, ConfigCommands.group,
            ServiceCommands.group, StackCommands.group, TaskCommands.group, ExecCommand.command, EventsCommand.command,
            StatusCommands.status,
            StatusCommands.version,
            CompletionCommand.command,
        ])
}

/// Options that several commands share.
enum Flags {
    static let filter = Flag.list("filter", "f", "filter", "Show only what matches, such as name=db or label=env=dev")
    static let quiet = Flag.truth("quiet", "q", "Show IDs only")
    static let full = Flag.truth("no-trunc", nil, "Do not shorten what is shown")
    static let detach = Flag.truth("detach", "d", "Do not wait until the tasks run")
    static let revision = Flag.number("revision", nil, "Change only what is still at this revision")
    static let label = Flag.list("label", "l", "list", "Label, as key or key=value")

    static let listFormat = Flag.text(
        "format", nil, "string", "\"table\", \"json\", or a template for each line, such as '{{.Name}}'")
    static let inspectFormat = Flag.text(
        "format", "f", "string", "\"json\", or a template for each object, such as '{{.ID}}'")
    static let pretty = Flag.truth("pretty", nil, "Show it for people to read")
}
