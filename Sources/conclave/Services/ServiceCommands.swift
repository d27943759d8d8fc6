import CommandLine
import Model
import Text
import Wire

/// `conclave service`.
enum ServiceCommands {
    static let group: Verb = Verb(
        "service", "Manage services",
        discussion: """
            Manage services.

            A service is an image or a program that runs as so many tasks on the nodes of the cluster, or as one on each, \
            with the secrets and configs that it names.
            """,
        commands: [
            ServiceCreate.verb, inspect, LogsCommand.command, list, tasks, remove, ServiceUpdate.rollback,
            ServiceUpdate.scale,
            ServiceUpdate.update,
        ])

    private static let list: Verb = Verb(
        "ls", aliases: ["list"], "List services", discussion: "List services. Filters: id, label, mode, name.",
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet]
    ) { session throws(Failure) in
        try show(try session.listing(), session)
        return 0
    }

    /// The table of services; also of those of a stack.
    static func show(_ request: ListObjects, _ session: Session) throws(Failure) {
        guard case .services(let answer)? = try session.ask(.listServices(request)).result else { throw .unexpected }
        var listing = Listing([
            .id, .init("Name", "NAME", least: 16), .init("Mode", "MODE"), .init("Replicas", "REPLICAS"),
            .init("Image", "IMAGE"), .init("Ports", "PORTS"),
        ])
        for shown in answer.services {
            let service = shown.service ?? Service()
            listing.append(
                id: service.id.description,
                [
                    "ID": .string(service.id.description), "Name": .string(service.spec?.name ?? ""),
                    "Mode": .string(service.spec?.global == nil ? "replicated" : "global"),
                    "Replicas": .string(replicas(shown)),
                    "Image": .string(
                        program(service.spec?.task, digest: service.imageDigest, full: session.parsed.has("no-trunc"))),
                    "Ports": "",
                    "Labels": .string(Showing.line(service.spec?.labels.pairs ?? [])),
                ], cells: session.shortened(service.id))
        }
        try listing.show(session)
    }

    /// `1/3 (max 1 per node)`.
    static func replicas(_ shown: ShownService) -> String {
        let most = shown.service?.spec?.task?.placement?.maxReplicas ?? 0
        return "\(shown.running)/\(shown.desired)" + (most > 0 ? " (max \(most) per node)" : "")
    }

    private static let tasks: Verb = Verb(
        "ps", "List the tasks of services",
        discussion: """
            List the tasks of services: what ran before stands below what runs now.

            Filters: desired-state, id, name, node.
            """,
        flags: [
            Flags.filter, Flags.listFormat, .truth("no-resolve", nil, "Show IDs in the place of names"), Flags.full,
            Flags.quiet,
        ], arguments: [Argument("SERVICE", .several)]
    ) { session throws(Failure) in
        try TaskListing.show(each: session.parsed.arguments, session) { (reference) throws(Failure) in
            var request = ListTasks()
            request.services = [reference]
            return request
        }
    }

    private static let inspect: Verb = Verb(
        "inspect", "Show services in detail",
        flags: [Flags.inspectFormat, Flags.pretty], arguments: [Argument("SERVICE", .several)]
    ) { session throws(Failure) in
        let now = session.now
        return try session.inspect(
            session.parsed.arguments, pretty: { ServicePage.text($0, now: now) }
        ) { (reference) throws(Failure) in
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
        try shown(reference, session).service ?? Service()
    }

    static func shown(_ reference: String, _ session: Session) throws(Failure) -> ShownService {
        guard case .services(let list)? = try session.ask(.listServices(session.named(reference))).result,
            let shown = list.services.first, shown.service != nil
        else { throw .unexpected }
        return shown
    }

    /// The image, or in its place the program, shortened to its name unless `full`.
    ///
    /// - Parameter digest: of the image, `sha256:…`; `nil` or empty: it is not known.
    static func program(_ task: TaskSpec?, digest: String?, full: Bool) -> String {
        if let container = task?.container {
            return image(ImageName.pinned(container.image, digest ?? ""), full: full)
        }
        let path = task?.program?.command.first ?? ""
        return full ? path : path.split(separator: "/").last.map(String.init) ?? path
    }

    /// With the tag that it has if it has none, and without its digest unless `full`, as Docker shows it.
    private static func image(_ name: String, full: Bool) -> String {
        let tagged = name.prefix { $0 != "@" }
        // A colon before the last slash is that of a port.
        let hasTag = tagged.split(separator: "/").last?.contains(":") ?? true
        if hasTag || tagged.count < name.count { return full ? name : String(tagged) }
        return "\(name):latest"
    }
}
