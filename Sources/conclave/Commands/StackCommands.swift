import Bytes
import CommandLine
import Compose
import Glibc
import Model
import Text
import Wire

/// `conclave stack`.
enum StackCommands {
    static let group: Verb = Verb(
        "stack", "Manage stacks",
        discussion: """
            Manage stacks.

            A stack is the services, secrets and configs of one or more compose files. It is deployed as one \
            transaction: all of it, or nothing.
            """,
        commands: [config, deploy, list, tasks, remove, services])

    private static let files = Flag.list("compose-file", "c", "list", "Compose file, or - for standard input")
    private static let ignore = Flag.truth(
        "ignore-unsupported", nil, "Leave out what compose files can say and nothing here can follow")

    // MARK: - Deploy

    private static let deploy: Verb = Verb(
        "deploy", aliases: ["up"], "Deploy a stack, or change it",
        discussion: """
            Deploy a stack, or change it.

            Several files are merged, the later over the earlier. A secret whose file changed gets a new version, which \
            running tasks see in place. Nothing is changed unless everything can be.
            """,
        examples: [
            Example("conclave stack deploy -c compose.yml shop", "Services shop_web, shop_db and so on"),
            Example("conclave stack deploy -c compose.yml -c production.yml --wait shop", "Wait until all tasks run"),
        ],
        flags: [
            files, ignore, .truth("prune", nil, "Remove services that the files no longer have"),
            .truth("wait", nil, "Wait until the tasks run"), .truth("detach", "d", "Do not wait (the default)"),
            .truth("quiet", "q", "Show no progress"), RegistryAuth.flag,
        ], arguments: [Argument("STACK")]
    ) { session throws(Failure) in
        let stack = session.parsed.arguments[0]
        guard !session.parsed.has("wait") || !session.parsed.has("detach") else {
            throw Failure(.invalid, "--wait and --detach exclude each other")
        }
        let definition = try StackFiles.definition(stack, session)
        for warning in definition.warnings { session.note("\(warning.mark): \(warning.message)") }
        try StackDeployment(stack, definition, session).run()
        guard session.parsed.has("wait") else { return 0 }
        return try Convergence.wait(for: definition.services.map(\.name), session)
    }

    private static let config: Verb = Verb(
        "config", "Show the merged compose files, with variables put in",
        flags: [files, .truth("skip-interpolation", nil, "Leave variables as they are")]
    ) { session throws(Failure) in
        session.put(try StackFiles.merged(session, interpolates: !session.parsed.has("skip-interpolation")).yaml)
        return 0
    }

    // MARK: - Lists

    private static let list: Verb = Verb(
        "ls", aliases: ["list"], "List stacks", flags: [Flags.listFormat]
    ) { session throws(Failure) in
        var counts: [String: Int] = [:]
        for service in try stackServices(nil, session) {
            counts[service.spec?.labels[StackLabel.namespace] ?? "", default: 0] += 1
        }
        var listing = Listing([.init("Name", "NAME", least: 16), .init("Services", "SERVICES")])
        for name in counts.keys.sorted(by: { $0.precedesNaturally($1) }) {
            listing.append(id: name, ["Name": .string(name), "Services": JSON(counts[name] ?? 0)], cells: [:])
        }
        try listing.show(session)
        return 0
    }

    private static let tasks: Verb = Verb(
        "ps", "List the tasks of a stack",
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet], arguments: [Argument("STACK")]
    ) { session throws(Failure) in
        let stack = session.parsed.arguments[0]
        var request = ListTasks()
        request.services = try stackServices(stack, session).map(\.id.description)
        guard !request.services.isEmpty else {
            throw Failure(.notFound, "nothing found in stack: \(stack.printable)", try: "conclave stack ls")
        }
        request.filters = try session.filters()
        try TaskListing.show(request, session)
        return 0
    }

    private static let services: Verb = Verb(
        "services", "List the services of a stack",
        discussion: "List the services of a stack. Filters: id, label, mode, name.",
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet], arguments: [Argument("STACK")]
    ) { session throws(Failure) in
        let stack = session.parsed.arguments[0]
        var request = try session.listing()
        guard try !stackServices(stack, session).isEmpty else {
            session.note("Nothing found in stack: \(stack.printable)")
            return 0
        }
        request.filters.append(namespace(stack))
        try ServiceCommands.show(request, session)
        return 0
    }

    // MARK: - Remove

    private static let remove: Verb = Verb(
        "rm", aliases: ["remove", "down"], "Remove stacks",
        discussion: """
            Remove stacks: their services, then, once no task uses them, their secrets and configs.
            """,
        flags: [.truth("detach", "d", "Do not wait for tasks to end; secrets that they use stay")],
        arguments: [Argument("STACK", .several)]
    ) { session throws(Failure) in
        session.each(session.parsed.arguments) { (stack) throws(Failure) in try remove(stack, session) }
    }

    private static func remove(_ stack: String, _ session: Session) throws(Failure) {
        var list = ListObjects()
        list.filters = [namespace(stack)]
        guard case .secrets(let secrets)? = try session.ask(.listSecrets(list)).result,
            case .configs(let configs)? = try session.ask(.listConfigs(list)).result
        else { throw .unexpected }
        let services = try stackServices(stack, session)
        guard !(services.isEmpty && secrets.secrets.isEmpty && configs.configs.isEmpty) else {
            return session.note("Nothing found in stack: \(stack.printable)")
        }
        for service in services {
            session.note("Removing service \(service.spec?.name ?? "")")
            _ = try session.ask(.deleteService(.named(service.id.description)))
        }
        for secret in secrets.secrets.compactMap(\.secret) {
            session.note("Removing secret \(secret.spec?.name ?? "")")
            try unused(session) { () throws(Failure) in
                _ = try session.ask(.deleteSecret(.named(secret.id.description)))
            }
        }
        for config in configs.configs.compactMap(\.config) {
            session.note("Removing config \(config.spec?.name ?? "")")
            try unused(session) { () throws(Failure) in
                _ = try session.ask(.deleteConfig(.named(config.id.description)))
            }
        }
    }

    /// Tries until the last task that uses the object has ended, or the time is over.
    private static func unused(_ session: Session, _ delete: () throws(Failure) -> Void) throws(Failure) {
        let limit = ContinuousClock.now + (try session.duration("timeout") ?? .seconds(30))
        while true {
            do throws(Failure) {
                return try delete()
            } catch {
                let isWaiting = error.code == .conflict && !session.parsed.has("detach") && ContinuousClock.now < limit
                guard isWaiting else { throw error }
                usleep(100_000)
            }
        }
    }

    // MARK: - Parts

    static func namespace(_ stack: String?) -> Filter {
        var filter = Filter()
        filter.key = "label"
        filter.values = [stack.map { "\(StackLabel.namespace)=\($0)" } ?? StackLabel.namespace]
        return filter
    }

    /// The services of one stack, or of all.
    static func stackServices(_ stack: String?, _ session: Session) throws(Failure) -> [Service] {
        var list = ListObjects()
        list.filters = [namespace(stack)]
        guard case .services(let answer)? = try session.ask(.listServices(list)).result else { throw .unexpected }
        return answer.services.compactMap(\.service)
    }
}
