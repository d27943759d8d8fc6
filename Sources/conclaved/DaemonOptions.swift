import CommandLine

/// What the command line of `conclaved` says.
struct DaemonOptions: Equatable, Sendable {
    /// `host:port` of cluster traffic.
    var listen = "0.0.0.0:7377"
    /// `host` or `host:port` that other nodes are told; empty: the one address that is not loopback.
    var advertise = ""
    var socket = "/run/conclave/control.sock"
    /// Group that may use the socket, which makes it a cluster administrator; empty: root only.
    var socketGroup = ""
    var stateDirectory = "/var/lib/conclave"
    var runDirectory = "/run/conclave"
    /// Of the node; empty: the host name.
    var name = ""
    /// User IDs of services that name no user.
    var taskUIDs: ClosedRange<UInt32> = 200_000...265_535
    var allowRootTasks = false
    /// Socket of the container engine, or `none`; empty: looked for where Docker and Podman have theirs.
    var engine = ""
    /// `debug`, `info`, `warning` or `error`.
    var logLevel = "info"

    /// What a command line asks for.
    enum Outcome {
        case run(DaemonOptions)
        /// The text of `--help`, or of `--version`.
        case text(String)
    }

    /// - Parameter arguments: without the program's name.
    /// - Throws: `UsageError`; it ends with exit code 2.
    static func parse(
        _ arguments: [String], environment: (String) -> String? = { _ in nil }, version: String = "0.1.0"
    ) throws(UsageError) -> Outcome {
        switch try declaration.parse(arguments, environment: environment) {
        case .help(let text): return .text(text)
        case .run(let parsed):
            if parsed.has("version") { return .text("conclaved \(version)\n") }
            return .run(try DaemonOptions(parsed))
        }
    }
}

// MARK: - Declaration

extension DaemonOptions {
    private static let standard = DaemonOptions()

    static let declaration = Command<Void>(
        "conclaved", "Runs a node of a Conclave cluster",
        discussion: """
            Runs a node of a Conclave cluster, manager or worker by its role.

            It starts without a cluster and listens on its control socket; conclave swarm init and conclave swarm join \
            do the rest. It runs as root: it mounts memory for secrets and changes users for tasks. Several run on one \
            host if their ports, directories and sockets differ.
            """,
        examples: [
            Example("conclaved", "A node with everything at its place"),
            Example(
                "conclaved --listen [::1]:7378 --state-dir /b/s --run-dir /b --socket /b/c",
                "A second one on the same host"),
        ],
        flags: [
            .text("listen", nil, "string", "Address and port of cluster traffic", standard: standard.listen),
            .text("advertise", nil, "string", "Address, or address and port, that other nodes reach it at"),
            .text(
                "socket", nil, "path", "Control socket", standard: standard.socket, variable: "CONCLAVE_SOCKET"),
            .text("socket-group", nil, "group", "Group that may use the socket, as a cluster administrator"),
            .text("state-dir", nil, "path", "Directory of the node's state", standard: standard.stateDirectory),
            .text("run-dir", nil, "path", "Directory of sockets and tasks", standard: standard.runDirectory),
            .text("name", nil, "string", "Name of the node (default the host name)"),
            .text(
                "task-uids", nil, "range", "User IDs of services that name no user",
                standard: "\(standard.taskUIDs.lowerBound)-\(standard.taskUIDs.upperBound)"),
            .truth("allow-root-tasks", nil, "Let services run as user 0"),
            .text(
                "engine", nil, "address", "Socket of the container engine, or none (default Docker's or Podman's own)"),
            .choice(
                "log-level", nil, ["debug", "info", "warning", "error"], "What is logged", standard: standard.logLevel),
            .truth("version", nil, "Show the version"),
        ], action: ())

    private init(_ parsed: Parsed<Void>) throws(UsageError) {
        listen = try Self.address(parsed, "listen", needsPort: true)
        advertise = try Self.address(parsed, "advertise", needsPort: false)
        socket = try Self.path(parsed, "socket")
        // A socket's address holds 107 bytes and a zero.
        guard socket.utf8.count <= 107 else {
            throw parsed.failure(socket, of: "socket", "a socket's path has at most 107 bytes")
        }
        socketGroup = parsed.text("socket-group") ?? ""
        stateDirectory = try Self.path(parsed, "state-dir")
        runDirectory = try Self.path(parsed, "run-dir")
        name = parsed.text("name") ?? ""
        taskUIDs = try Self.range(parsed)
        allowRootTasks = parsed.has("allow-root-tasks")
        engine = try Self.engine(parsed)
        logLevel = parsed.text("log-level") ?? logLevel
    }

    private static func path(_ parsed: Parsed<Void>, _ flag: String) throws(UsageError) -> String {
        let path = parsed.text(flag) ?? ""
        guard path.hasPrefix("/") else { throw parsed.failure(path, of: flag, "an absolute path is needed") }
        return path
    }

    /// An engine is reached over a unix socket alone: its containers must be this host's.
    private static func engine(_ parsed: Parsed<Void>) throws(UsageError) -> String {
        let text = parsed.text("engine") ?? ""
        guard text.isEmpty || text == "none" || text.hasPrefix("unix:///") || text.hasPrefix("/") else {
            throw parsed.failure(text, of: "engine", "a socket such as unix:///run/docker.sock, or none, is needed")
        }
        return text
    }

    private static func address(
        _ parsed: Parsed<Void>, _ flag: String, needsPort: Bool
    ) throws(UsageError) -> String {
        let text = parsed.text(flag) ?? ""
        if text.isEmpty, !needsPort { return text }
        // Of an IPv6 address in brackets only what follows them is a port.
        let colon = text.lastIndex(of: ":")
        let isBracketed = text.hasPrefix("[")
        let isBare = !isBracketed && text.count { $0 == ":" } > 1
        guard let colon, !isBare, !text.hasSuffix("]") else {
            if needsPort { throw parsed.failure(text, of: flag, "address and port are needed, such as 0.0.0.0:7377") }
            return text
        }
        let port = text[text.index(after: colon)...]
        guard UInt16(port) != nil, !text[..<colon].isEmpty else {
            throw parsed.failure(text, of: flag, "it is not an address and a port up to 65535")
        }
        return text
    }

    private static func range(_ parsed: Parsed<Void>) throws(UsageError) -> ClosedRange<UInt32> {
        let text = parsed.text("task-uids") ?? ""
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt32(parts[0]), let last = UInt32(parts[1]), first > 0, first <= last,
            last < UInt32.max
        else { throw parsed.failure(text, of: "task-uids", "two numbers above 0 are needed, such as 200000-265535") }
        return first...last
    }
}
