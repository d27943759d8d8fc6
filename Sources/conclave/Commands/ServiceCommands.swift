import CommandLine
import Glibc
import Model
import Text
import Wire

/// `conclave service`.
enum ServiceCommands {
    static let group: Verb = Verb(
        "service", "Manage services",
        discussion: """
            Manage services.

            A service is a program that runs as so many tasks on the nodes of the cluster, with the secrets and configs \
            that it names.
            """,
        commands: [create, inspect, LogsCommand.command, list, tasks, remove, scale, update])

    // MARK: - Create and update

    private static let create: Verb = Verb(
        "create", "Create a service",
        discussion: """
            Create a service.

            With --process the program is one of the host's, run in a sandbox. Without --detach the command waits until \
            the tasks run; Ctrl-C ends the waiting, not the work. Prints the ID.
            """,
        examples: [
            Example(
                "conclave service create --name web --secret db --process -- /usr/bin/app",
                "A task that reads /run/secrets/db"),
            Example(
                "conclave service create --name x --secret source=a,target=b --process -- app",
                "Under another name"),
        ],
        flags: [
            .text("name", nil, "string", "Name of the service"),
            .number("replicas", nil, "Number of tasks", standard: "1"),
            .truth("process", nil, "Run a program of the host, in a sandbox"),
            .list("secret", nil, "secret", "Secret to use: NAME, or source=,target=,uid=,gid=,mode="),
            .list("config", nil, "config", "Config to use: NAME, or source=,target=,uid=,gid=,mode="),
            .list("env", "e", "list", "Variable, as NAME=value, or NAME to hand on one's own"),
            .list("env-file", nil, "list", "File of variables"), Flags.label,
            .list("constraint", nil, "list", "Where tasks may run, such as node.labels.zone==a"), Flags.detach,
            .truth("quiet", "q", "Show no progress"),
        ] + SpecFlags.all, arguments: [Argument("PROGRAM"), Argument("ARG", .rest)]
    ) { session throws(Failure) in
        let parsed = session.parsed
        guard parsed.has("process") else {
            throw Failure(
                .unimplemented, "an image can't be run", why: "this version only runs programs of the host",
                try: "conclave service create --process -- PROGRAM [ARG...]")
        }
        var program = ProgramSpec()
        program.command = parsed.arguments
        program.environment = try environment(parsed.list("env-file"), parsed.list("env"))
        program.secrets = try FileReference.all(parsed.list("secret"), kind: "secret").map(\.secret)
        program.configs = try FileReference.all(parsed.list("config"), kind: "config").map(\.config)
        var task = TaskSpec()
        task.program = program
        var placement = Placement()
        placement.constraints = parsed.list("constraint")
        if !placement.constraints.isEmpty { task.placement = placement }
        try SpecFlags.apply(&task, session)
        var spec = ServiceSpec()
        spec.name = parsed.text("name") ?? ""
        spec.labels = session.labels(parsed.list("label"))
        var mode = ReplicatedMode()
        mode.replicas = parsed.number("replicas") ?? 1
        spec.replicated = mode
        spec.task = task
        if spec.name.isEmpty {
            throw Failure(.invalid, "name must be provided", try: "conclave service create --name NAME …")
        }
        var put = PutService()
        put.spec = spec
        let id = ServiceID(bytes: try session.ask(.putService(put)).id)
        session.print(id)
        if !parsed.has("detach") { try Convergence.wait(for: id.description, session) }
        return 0
    }

    private static let update: Verb = Verb(
        "update", "Change a service",
        discussion: """
            Change a service.

            What changes its tasks restarts them. A new value of a secret needs no update: see conclave secret update. \
            After -- stands another program.
            """,
        examples: [
            Example("conclave service update --secret-add db --env-rm DEBUG web", "Use one more secret"),
            Example("conclave service update --force web", "Restart the tasks"),
        ],
        flags: [
            .number("replicas", nil, "Number of tasks"),
            .list("secret-add", nil, "secret", "Add or change a secret: NAME, or source=,target=,uid=,gid=,mode="),
            .list("secret-rm", nil, "list", "Remove a secret by its name"),
            .list("config-add", nil, "config", "Add or change a config: NAME, or source=,target=,uid=,gid=,mode="),
            .list("config-rm", nil, "list", "Remove a config by its name"),
            .list("env-add", nil, "list", "Add or change a variable"),
            .list("env-rm", nil, "list", "Remove a variable by its name"),
            .list("label-add", nil, "list", "Add or change a label, as key=value"),
            .list("label-rm", nil, "list", "Remove a label by its key"),
            .list("constraint-add", nil, "list", "Add a constraint"),
            .list("constraint-rm", nil, "list", "Remove a constraint"),
            .truth("force", nil, "Restart the tasks even if nothing changes"),
            .truth("rollback", nil, "Go back to the previous spec"), Flags.revision, Flags.detach,
            .truth("quiet", "q", "Show no progress"),
        ] + SpecFlags.all, arguments: [Argument("SERVICE"), Argument("-- PROGRAM", .any)]
    ) { session throws(Failure) in
        let parsed = session.parsed
        let reference = parsed.arguments[0]
        guard parsed.beforeDashes <= 1 else {
            throw Failure(
                .invalid, "'\(parsed.path)' requires 1 argument before a --", try: "\(parsed.path) --help")
        }
        let service = try find(reference, session)
        var replace = ReplaceService()
        replace.reference = service.id.description
        replace.expected = parsed.number("revision").map { Index($0) } ?? service.meta?.specRevision ?? .zero
        replace.spec = try SpecChange.apply(to: service, session)
        _ = try session.ask(.replaceService(replace))
        session.print(reference)
        if !parsed.has("detach") { try Convergence.wait(for: service.id.description, session) }
        return 0
    }

    private static let scale: Verb = Verb(
        "scale", "Change the number of tasks of services",
        examples: [Example("conclave service scale web=3 api=2", "Two services at once")],
        flags: [Flags.detach, .truth("quiet", "q", "Show no progress")],
        arguments: [Argument("SERVICE=REPLICAS", .several)]
    ) { session throws(Failure) in
        var scaled: [String] = []
        let code = session.each(session.parsed.arguments) { (argument) throws(Failure) in
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Failure(
                    .invalid, "invalid scale specifier '\(argument.printable)'", try: "write it as SERVICE=REPLICAS")
            }
            guard let count = UInt64(parts[1]), !parts[1].hasPrefix("+") else {
                throw Failure(
                    .invalid,
                    "\(parts[0]): invalid replicas value \(parts[1].printable): strconv.ParseUint: parsing "
                        + "\"\(parts[1].printable)\": invalid syntax")
            }
            var replace = ReplaceService()
            replace.reference = parts[0]
            replace.replicas = count
            do throws(Failure) {
                _ = try session.ask(.replaceService(replace))
            } catch {
                throw Failure(error.code, "\(parts[0]): \(error.message)", why: error.why, try: error.advice)
            }
            session.print("\(parts[0]) scaled to \(count)")
            scaled.append(parts[0])
        }
        if !session.parsed.has("detach") {
            for name in scaled { try Convergence.wait(for: name, session) }
        }
        return code
    }

    // MARK: - The rest

    private static let list: Verb = Verb(
        "ls", aliases: ["list"], "List services", discussion: "List services. Filters: id, label, mode, name.",
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet]
    ) { session throws(Failure) in
        _ = try show(try session.listing(), session)
        return 0
    }

    /// The table of services; also of those of a stack.
    ///
    /// - Returns: whether there was any.
    static func show(_ request: ListObjects, _ session: Session) throws(Failure) -> Bool {
        guard case .services(let answer)? = try session.ask(.listServices(request)).result else { throw .unexpected }
        var listing = Listing([
            .init("ID", "ID"), .init("Name", "NAME"), .init("Mode", "MODE"), .init("Replicas", "REPLICAS"),
            .init("Image", "IMAGE"), .init("Ports", "PORTS"),
        ])
        for shown in answer.services {
            let service = shown.service ?? Service()
            listing.append(
                id: service.id.description,
                [
                    "ID": .string(service.id.description), "Name": .string(service.spec?.name ?? ""),
                    "Mode": "replicated", "Replicas": .string("\(shown.running)/\(shown.desired)"),
                    "Image": .string(program(service.spec?.task, full: session.parsed.has("no-trunc"))), "Ports": "",
                    "Labels": .string(Showing.line(service.spec?.labels.pairs ?? [])),
                ], cells: session.shortened(service.id))
        }
        try listing.show(session)
        return !answer.services.isEmpty
    }

    private static let tasks: Verb = Verb(
        "ps", "List the tasks of services",
        discussion: """
            List the tasks of services: what ran before stands below what runs now.

            Filters: desired-state, id, name, node.
            """,
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet], arguments: [Argument("SERVICE", .several)]
    ) { session throws(Failure) in
        var request = ListTasks()
        request.services = session.parsed.arguments
        request.filters = try session.filters()
        try TaskListing.show(request, session)
        return 0
    }

    private static let inspect: Verb = Verb(
        "inspect", "Show services in detail",
        flags: [Flags.inspectFormat, Flags.pretty], arguments: [Argument("SERVICE", .several)]
    ) { session throws(Failure) in
        try session.inspect(session.parsed.arguments, pretty: ServiceShowing.pretty) { (reference) throws(Failure) in
            ServiceShowing.json(try find(reference, session))
        }
    }

    private static let remove: Verb = Verb(
        "rm", aliases: ["remove"], "Remove services and stop their tasks", arguments: [Argument("SERVICE", .several)]
    ) { session throws(Failure) in
        session.each(session.parsed.arguments) { (reference) throws(Failure) in
            _ = try session.ask(.deleteService(.named(reference)))
            session.print(reference)
        }
    }

    // MARK: - Parts

    static func find(_ reference: String, _ session: Session) throws(Failure) -> Service {
        guard case .services(let list)? = try session.ask(.listServices(session.named(reference))).result,
            let service = list.services.first?.service
        else { throw .unexpected }
        return service
    }

    /// What stands in the place of an image: the program, shortened to its name unless `full`.
    static func program(_ task: TaskSpec?, full: Bool) -> String {
        let path = task?.program?.command.first ?? ""
        return full ? path : path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Variables of words `NAME=value`, or `NAME` for the one of this process; what is not set is left out.
    static func variables(_ words: [String]) -> [String] {
        words.compactMap { word in
            if word.contains("=") { return word }
            return unsafe getenv(word).map { unsafe "\(word)=\(String(cString: $0))" }
        }
    }

    /// Variables of files, then of words, which win.
    private static func environment(_ files: [String], _ words: [String]) throws(Failure) -> [String] {
        var lines: [String] = []
        for file in files {
            for line in try ValueInput.lines(file) where !line.hasPrefix("#") && !line.allSatisfy(\.isWhitespace) {
                lines.append(line)
            }
        }
        return SpecChange.merged([], variables(lines + words))
    }
}
