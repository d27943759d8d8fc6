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

            Several files are merged, the later over the earlier. Variables are those of the environment, then those of \
            a .env beside the first file. A secret whose file changed gets a new version, which \
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
        var files = try StackFiles(stack, ignoresUnsupported: session.parsed.has("ignore-unsupported"), session)
        let definition = try files.definition("stack \(stack.printable) was not deployed", session)
        try StackDeployment(stack, definition, variables: files.reader.context.variables, session).run()
        guard session.parsed.has("wait") else { return 0 }
        return try Convergence.wait(for: definition.services.map(\.name), session)
    }

    private static let config: Verb = Verb(
        "config", "Show the merged compose files, with variables put in",
        discussion: """
            Show the merged compose files, with variables put in.

            What is shown can be deployed from any folder, as -c -. What is wrong with it, or not supported, is said.
            """,
        flags: [files, .truth("skip-interpolation", nil, "Leave variables as they are")]
    ) { session throws(Failure) in
        var files = try StackFiles("", ignoresUnsupported: true, session)
        session.put(try files.whole(session).yaml)
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
        var code: Int32 = 0
        for stack in session.parsed.arguments {
            let ended = try remove(stack, session)
            if code == 0 { code = ended }
        }
        return code
    }

    /// What can't be removed stays, and keeps nothing else.
    ///
    /// - Returns: the exit code. What happened has been reported then.
    private static func remove(_ stack: String, _ session: Session) throws(Failure) -> Int32 {
        var list = ListObjects()
        list.filters = [namespace(stack)]
        guard case .secrets(let secrets)? = try session.ask(.listSecrets(list)).result,
            case .configs(let configs)? = try session.ask(.listConfigs(list)).result
        else { throw .unexpected }
        var objects: [Removable] = []
        for service in try stackServices(stack, session) {
            let operation = Operation.deleteService(.named(service.id.description))
            objects.append(Removable(kind: "service", name: service.spec?.name ?? "", operation: operation))
        }
        for secret in secrets.secrets.compactMap(\.secret) {
            let operation = Operation.deleteSecret(.named(secret.id.description))
            objects.append(Removable(kind: "secret", name: secret.spec?.name ?? "", operation: operation))
        }
        for config in configs.configs.compactMap(\.config) {
            let operation = Operation.deleteConfig(.named(config.id.description))
            objects.append(Removable(kind: "config", name: config.spec?.name ?? "", operation: operation))
        }
        if objects.isEmpty { session.note("Nothing found in stack: \(stack.printable)") }
        let limit = ContinuousClock.now + (try session.duration("timeout") ?? .seconds(30))
        return session.each(objects) { (object) throws(Failure) in try object.remove(until: limit, session) }
    }

    /// A part of a stack that is to go.
    private struct Removable {
        let kind: String
        let name: String
        let operation: Operation

        /// Tries until the last task that uses the object has ended, or the time is over.
        func remove(until limit: ContinuousClock.Instant, _ session: Session) throws(Failure) {
            session.note("Removing \(kind) \(name)")
            while true {
                do throws(Failure) {
                    _ = try session.ask(operation)
                    return
                } catch {
                    guard error.code == .conflict else { throw error }
                    if session.parsed.has("detach") {
                        return session.note("\(kind) \(name) is in use and stays: \(error.message)")
                    }
                    guard ContinuousClock.now < limit else { throw error }
                    usleep(100_000)
                }
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
