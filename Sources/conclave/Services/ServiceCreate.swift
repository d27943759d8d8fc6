import CommandLine
import Model
import Wire

/// `conclave service create`.
enum ServiceCreate {
    static let verb: Verb = Verb(
        "create", "Create a service",
        discussion: """
            Create a service.

            Tasks run an image, or with --process a program of the host in a sandbox. Without --detach the command shows \
            how the tasks come to run, for at most --timeout if that is given; Ctrl-C ends the waiting, not the work. \
            Prints the ID.

            Values of --env, --mount and --hostname may name a task's own facts: {{.Task.Slot}}, {{.Node.Hostname}}, \
            {{.Service.Name}} and their like.
            """,
        examples: [
            Example(
                "conclave service create --name web --secret db nginx:latest", "A container that reads /run/secrets/db"
            ),
            Example("conclave service create --name web --process -- /usr/bin/app", "A program of the host"),
            Example("conclave service create --mode global --process -- agent", "A task on every node"),
        ],
        flags: [
            .text("name", nil, "string", "Name of the service"),
            .choice("mode", nil, ["replicated", "global"], "So many tasks, or one on every node"),
            .number("replicas", nil, "Number of tasks; 1 if nothing is said"),
            .truth("process", nil, "Run a program of the host, in a sandbox"),
            .list("secret", nil, "secret", "Secret to use: NAME, or source=,target=,uid=,gid=,mode="),
            .list("config", nil, "config", "Config to use: NAME, or source=,target=,uid=,gid=,mode="),
            .list("env", "e", "list", "Variable, as NAME=value, or NAME to hand on one's own"),
            .list("env-file", nil, "list", "File of variables"), Flags.label,
            .list("container-label", nil, "list", "Label of the containers, as key or key=value"),
            .list("constraint", nil, "list", "Where tasks may run, such as node.labels.zone==a"),
            .list("placement-pref", nil, "pref", "Label to spread tasks over, such as spread=node.labels.zone"),
            .list("mount", nil, "mount", "Mount, such as type=bind,source=/a,target=/b,readonly"),
            .list("network", nil, "network", "Network: none, host, bridge, or a name"),
            .list("ulimit", nil, "ulimit", "Resource limit, as nofile=SOFT:HARD"),
            .list("group", nil, "list", "Further group of the tasks' user"),
            .list("add-host", nil, "list", "Further line of /etc/hosts, as HOST:ADDRESS"), Flags.detach,
            .truth("quiet", "q", "Show no progress"), RegistryAuth.flag,
        ] + SpecFlags.all, refused: RefusedFlags.create, arguments: [Argument("IMAGE|PROGRAM"), Argument("ARG", .rest)]
    ) { session throws(Failure) in
        var put = PutService()
        put.spec = try spec(session)
        let id = ServiceID(bytes: try session.ask(.putService(put)).id)
        session.print(id)
        guard !session.parsed.has("detach") else { return 0 }
        return try Convergence.wait(for: [id.description], session)
    }

    static func spec(_ session: Session) throws(Failure) -> ServiceSpec {
        let parsed = session.parsed
        var spec = ServiceSpec()
        spec.name = parsed.text("name") ?? ""
        guard !spec.name.isEmpty else {
            throw Failure(.invalid, "name must be provided", try: "conclave service create --name NAME …")
        }
        spec.labels = session.labels(parsed.list("label"))
        if parsed.text("mode") == "global" {
            guard !parsed.isSaid("replicas") else {
                throw Failure(.invalid, "replicas can only be used with replicated mode")
            }
            spec.global = GlobalMode()
        } else {
            var mode = ReplicatedMode()
            mode.replicas = parsed.number("replicas") ?? 1
            spec.replicated = mode
        }
        spec.task = try task(session)
        try UpdateFlags.apply(&spec, session)
        return spec
    }

    private static func task(_ session: Session) throws(Failure) -> TaskSpec {
        let parsed = session.parsed
        var task = TaskSpec()
        var program = try program(session)
        if parsed.has("process") {
            guard !parsed.isSaid("container-label"), !parsed.isSaid("entrypoint") else {
                throw Failure(.invalid, "--container-label and --entrypoint are for images, not for --process")
            }
            program.command = Array(parsed.arguments.prefix(1))
        } else {
            var container = ContainerSpec()
            container.image = parsed.arguments.first ?? ""
            container.labels = session.labels(parsed.list("container-label"))
            task.container = container
        }
        program.arguments = Array(parsed.arguments.dropFirst())
        task.program = program
        for text in parsed.list("network") { task.networks.append(try ProgramInputs.network(text)) }
        var placement = Placement()
        placement.constraints = parsed.list("constraint")
        for text in parsed.list("placement-pref") { placement.spread.append(try ProgramInputs.preference(text)) }
        if placement != Placement() { task.placement = placement }
        try SpecFlags.apply(&task, session)
        try RegistryAuth.give(&task, session)
        return task
    }

    private static func program(_ session: Session) throws(Failure) -> ProgramSpec {
        let parsed = session.parsed
        var program = ProgramSpec()
        program.environment = try ProgramInputs.environment(
            files: parsed.list("env-file"), words: parsed.list("env"))
        program.secrets = try FileReference.all(parsed.list("secret"), kind: "secret").map(\.secret)
        program.configs = try FileReference.all(parsed.list("config"), kind: "config").map(\.config)
        program.groups = parsed.list("group")
        for text in parsed.list("mount") { program.mounts.append(try MountInput.read(text)) }
        for text in parsed.list("ulimit") { program.ulimits.append(try ProgramInputs.ulimit(text)) }
        for text in parsed.list("add-host") { program.hosts.append(try ProgramInputs.host(text)) }
        return program
    }
}
