import CommandLine
import Model
import Text
import Wire

/// `conclave node`.
enum NodeCommands {
    static let group: Verb = Verb(
        "node", "Manage the nodes of the cluster", commands: [inspect, list, tasks, remove, update])

    private static let list: Verb = Verb(
        "ls", aliases: ["list"], "List nodes",
        discussion: """
            List nodes. The one that was asked has a *. MEMORY is how a node can keep values: secure (never \
            swapped out), weak (it may be, and the node has no swap) or insecure.

            Filters: id, label, membership, name, node.label, role.
            """,
        flags: [Flags.filter, Flags.listFormat, Flags.quiet, Flags.full]
    ) { session throws(Failure) in
        guard case .nodes(let answer)? = try session.ask(.listNodes(try session.listing())).result else {
            throw .unexpected
        }
        var listing = Listing([
            .id, .init("Hostname", "HOSTNAME"), .init("Status", "STATUS"),
            .init("Availability", "AVAILABILITY"), .init("ManagerStatus", "MANAGER STATUS"),
            .init("EngineVersion", "ENGINE VERSION"), .init("Protection", "MEMORY"),
        ])
        for shown in answer.nodes {
            let node = shown.node ?? Node()
            let isAsked = node.id == answer.asked
            let id = session.parsed.has("no-trunc") ? node.id.description : node.id.short
            listing.append(
                id: node.id.description,
                [
                    "ID": .string(node.id.description), "Self": .bool(isAsked), "Hostname": .string(node.name),
                    "Status": .string(status(node)), "Availability": .string(word(node.spec?.availability)),
                    "ManagerStatus": .string(managerStatus(shown)), "EngineVersion": .string(version(node)),
                    "Role": .string(word(node.role)), "Address": .string(node.address),
                    "Member": JSON(node.member.rawValue),
                    "Labels": .string(Showing.line(node.spec?.labels.pairs ?? [])),
                    "Protection": .string(word(node.description?.protection)),
                ], cells: ["ID": id + (isAsked ? " *" : "  ")])
        }
        try listing.show(session)
        return 0
    }

    private static let inspect: Verb = Verb(
        "inspect", "Show nodes in detail; self is the one that is asked",
        flags: [Flags.inspectFormat, Flags.pretty], arguments: [Argument("NODE|self", .several)]
    ) { session throws(Failure) in
        try session.inspect(session.parsed.arguments, pretty: pretty) { (reference) throws(Failure) in
            json(try find(reference, session))
        }
    }

    private static let tasks: Verb = Verb(
        "ps", "List the tasks on nodes; by default on the one that is asked",
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet], arguments: [Argument("NODE|self", .any)]
    ) { session throws(Failure) in
        let nodes = session.parsed.arguments.isEmpty ? ["self"] : session.parsed.arguments
        return try TaskListing.show(each: nodes, session) { (reference) throws(Failure) in
            var request = ListTasks()
            request.nodes = [reference == "self" ? try find(reference, session).node?.id.description ?? "" : reference]
            return request
        }
    }

    private static let remove: Verb = Verb(
        "rm", aliases: ["remove"], "Remove nodes that are down",
        flags: [.truth("force", "f", "Remove even a node that is not down")], arguments: [Argument("NODE", .several)]
    ) { session throws(Failure) in
        session.each(session.parsed.arguments) { (reference) throws(Failure) in
            var delete = DeleteNode()
            delete.reference = reference
            delete.force = session.parsed.has("force")
            _ = try session.ask(.deleteNode(delete))
            session.print(reference)
        }
    }

    private static let update: Verb = Verb(
        "update", "Change what is wanted of a node",
        examples: [Example("conclave node update --availability drain host1", "Let its tasks run elsewhere")],
        flags: [
            .text(
                "availability", nil, "string", "Whether the node takes tasks: \"active\", \"pause\" or \"drain\""),
            .text("role", nil, "string", "What the node is: \"worker\" or \"manager\""),
            .list("label-add", nil, "list", "Add or change a label, as key=value"),
            .list("label-rm", nil, "list", "Remove a label by its key"), Flags.revision,
        ],
        arguments: [Argument("NODE")]
    ) { session throws(Failure) in
        var change = ChangeNode()
        let reference = session.parsed.arguments[0]
        change.reference = reference == "self" ? try find(reference, session).node?.id.description ?? "" : reference
        change.expected = Index(session.parsed.number("revision") ?? 0)
        change.availability = try availability(session.parsed.text("availability"))
        switch session.parsed.text("role") {
        case nil: break
        case "worker": change.role = .worker
        case "manager": change.role = .manager
        case let other?: throw Failure(.invalid, "invalid role \"\(other.printable)\"", try: "worker or manager")
        }
        change.labelsAdded = session.labels(session.parsed.list("label-add"))
        change.labelsRemoved = session.parsed.list("label-rm")
        if change.availability == .unspecified, change.role == .unspecified, change.labelsAdded.isEmpty,
            change.labelsRemoved.isEmpty
        {
            throw Failure(.invalid, "there is nothing to change", try: "conclave node update --help")
        }
        _ = try session.ask(.changeNode(change))
        session.print(reference)
        return 0
    }

    // MARK: - Parts

    /// - Throws: Docker's error for another word.
    static func availability(_ text: String?) throws(Failure) -> Availability {
        switch text?.lowercased() {
        case nil: .unspecified
        case "active": .active
        case "pause": .pause
        case "drain": .drain
        case let other?:
            throw Failure(.invalid, "invalid Availability: \"\(other.printable)\"", try: "active, pause or drain")
        }
    }

    private static func find(_ reference: String, _ session: Session) throws(Failure) -> ShownNode {
        let isSelf = reference == "self"
        let list = isSelf ? ListObjects() : session.named(reference)
        guard case .nodes(let answer)? = try session.ask(.listNodes(list)).result,
            let shown = isSelf ? answer.nodes.first(where: { $0.node?.id == answer.asked }) : answer.nodes.first
        else { throw .unexpected }
        return shown
    }

    private static func status(_ node: Node) -> String {
        switch node.status?.state ?? .unspecified {
        case .ready: "Ready"
        case .down: "Down"
        default: "Unknown"
        }
    }

    private static func managerStatus(_ shown: ShownNode) -> String {
        guard shown.node?.role == .manager else { return "" }
        if shown.leader { return "Leader" }
        return shown.reachable ? "Reachable" : "Unreachable"
    }

    private static func version(_ node: Node) -> String {
        node.engineVersion.isEmpty ? node.description?.version ?? "" : node.engineVersion
    }

    private static func word(_ availability: Availability?) -> String {
        switch availability ?? .unspecified {
        case .pause: "Pause"
        case .drain: "Drain"
        default: "Active"
        }
    }

    private static func word(_ role: Role) -> String { role == .manager ? "manager" : "worker" }

    static func word(_ protection: Protection?) -> String {
        switch protection ?? .unspecified {
        case .secure: "secure"
        case .weak: "weak"
        case .insecure: "insecure"
        default: ""
        }
    }

    // MARK: - Showing

    static func json(_ shown: ShownNode) -> JSON {
        let node = shown.node ?? Node()
        let description = node.description ?? NodeDescription()
        var object = Showing.head(node.id.description, node.meta)
        object["Spec"] = [
            "Labels": Showing.object(node.spec?.labels.pairs ?? []),
            "Role": .string(word(node.spec?.role ?? node.role)),
            "Availability": .string(word(node.spec?.availability).lowercased()),
        ]
        object["Role"] = .string(word(node.role))
        object["Description"] = [
            "Hostname": .string(node.name),
            "Platform": ["Architecture": .string(description.architecture), "OS": .string(description.os)],
            "Resources": ["NanoCPUs": JSON(description.cpuNano), "MemoryBytes": JSON(description.memoryBytes)],
            "Engine": ["EngineVersion": .string(version(node))], "Runners": Showing.strings(description.runners),
            "Protection": .string(word(description.protection)),
            "Attributes": Showing.object(description.attributes.pairs),
        ]
        object["Status"] = [
            "State": .string(status(node).lowercased()), "Message": .string(node.status?.message ?? ""),
            "Addr": .string(node.status?.address ?? ""),
        ]
        if node.role == .manager {
            object["ManagerStatus"] = [
                "Member": JSON(node.member.rawValue), "Leader": .bool(shown.leader),
                "Reachability": .string(shown.leader || shown.reachable ? "reachable" : "unreachable"),
                "Voter": .bool(node.memberState == .voter), "Addr": .string(node.address),
            ]
        }
        object["CertificateEnd"] = Showing.time(node.certificateEnd)
        return .object(object)
    }

    private static func pretty(_ object: JSON) -> String {
        let description = object["Description"] ?? .null
        var lines = [
            ("ID", object["ID"]?.string ?? ""), ("Hostname", description["Hostname"]?.string ?? ""),
            ("Joined at", object["CreatedAt"]?.string ?? ""), ("Role", object["Role"]?.string ?? ""),
            ("State", object["Status"]?["State"]?.string ?? ""),
            ("Availability", object["Spec"]?["Availability"]?.string ?? ""),
        ]
        if let manager = object["ManagerStatus"] {
            lines.append(("Address", manager["Addr"]?.string ?? ""))
            lines.append(("Raft status", manager["Reachability"]?.string ?? ""))
            lines.append(("Leader", manager["Leader"]?.bool == true ? "yes" : "no"))
        }
        let platform = description["Platform"] ?? .null
        let resources = description["Resources"] ?? .null
        lines += [
            ("Platform", "\(platform["OS"]?.string ?? "")/\(platform["Architecture"]?.string ?? "")"),
            ("Distribution", description["Attributes"]?["distribution"]?.string ?? ""),
            ("CPUs", "\((resources["NanoCPUs"]?.integer ?? 0) / 1_000_000_000)"),
            ("Memory", Quantities.bytes(resources["MemoryBytes"]?.integer ?? 0)),
            ("Secrets' memory", description["Protection"]?.string ?? ""),
            ("Engine version", description["Engine"]?["EngineVersion"]?.string ?? ""),
            ("Certificate ends", object["CertificateEnd"]?.string ?? ""),
        ]
        return Showing.block(lines) + Showing.pretty(labels: object["Spec"]?["Labels"])
    }
}
