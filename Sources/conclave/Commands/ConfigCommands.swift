import Bytes
import CommandLine
import Model
import Text
import Wire

/// `conclave config`.
enum ConfigCommands {
    static let group: Verb = Verb(
        "config", "Manage configs",
        discussion: """
            Manage configs.

            A config is a named file that tasks read below /run/configs, and that may be read back. What nobody else \
            may read is a secret.
            """,
        commands: [create, inspect, list, remove])

    private static let create: Verb = Verb(
        "create", "Create a config from a file or standard input",
        flags: [Flags.label], refused: RefusedFlags.value, arguments: [Argument("CONFIG"), Argument("FILE|-")]
    ) { session throws(Failure) in
        var spec = ConfigSpec()
        spec.name = session.parsed.arguments[0]
        spec.labels = session.labels(session.parsed.list("label"))
        var put = PutConfig()
        put.spec = spec
        put.data = try ValueInput.config(session.parsed.arguments[1])
        session.print(ConfigID(bytes: try session.ask(.putConfig(put)).id))
        return 0
    }

    private static let list: Verb = Verb(
        "ls", aliases: ["list"], "List configs", discussion: "List configs. Filters: id, label, name.",
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet]
    ) { session throws(Failure) in
        guard case .configs(let answer)? = try session.ask(.listConfigs(try session.listing())).result else {
            throw .unexpected
        }
        var listing = Listing([
            .id, .init("Name", "NAME", least: 16), .init("CreatedAt", "CREATED"), .init("UpdatedAt", "UPDATED"),
        ])
        for shown in answer.configs {
            let config = shown.config ?? Config()
            listing.append(
                id: config.id.description,
                [
                    "ID": .string(config.id.description), "Name": .string(config.spec?.name ?? ""),
                    "CreatedAt": .string(session.ago(config.meta?.created ?? .zero)),
                    "UpdatedAt": .string(session.ago(config.meta?.updated ?? .zero)),
                    "Labels": .string(Showing.line(config.spec?.labels.pairs ?? [])),
                    "Services": .string(shown.services.joined(separator: ",")),
                ], cells: session.shortened(config.id))
        }
        try listing.show(session)
        return 0
    }

    private static let inspect: Verb = Verb(
        "inspect", "Show configs in detail, with their data",
        flags: [Flags.inspectFormat, Flags.pretty], arguments: [Argument("CONFIG", .several)]
    ) { session throws(Failure) in
        // Data that is text is shown as it is to people; the rest by its size.
        var texts: [String: String] = [:]
        return try session.inspect(
            session.parsed.arguments, pretty: { pretty($0, texts[$0["ID"]?.string ?? ""]) }
        ) { (reference) throws(Failure) in
            guard case .configs(let list)? = try session.ask(.listConfigs(session.named(reference))).result,
                let shown = list.configs.first
            else { throw .unexpected }
            let data = shown.config?.data ?? Bytes()
            texts[shown.config?.id.description ?? ""] = data.text ?? "(\(data.count) bytes that are not text)"
            return json(shown)
        }
    }

    private static let remove: Verb = Verb(
        "rm", aliases: ["remove"], "Remove configs", arguments: [Argument("CONFIG", .several)]
    ) { session throws(Failure) in
        session.each(session.parsed.arguments) { (reference) throws(Failure) in
            _ = try session.ask(.deleteConfig(.named(reference)))
            session.print(reference)
        }
    }

    // MARK: - Showing

    static func json(_ shown: ShownConfig) -> JSON {
        let config = shown.config ?? Config()
        var object = Showing.head(config.id.description, config.meta)
        object["Spec"] = [
            "Name": .string(config.spec?.name ?? ""), "Labels": Showing.object(config.spec?.labels.pairs ?? []),
            "Data": .string(Base64.text(config.data)),
        ]
        object["Services"] = Showing.strings(shown.services)
        return .object(object)
    }

    private static func pretty(_ object: JSON, _ data: String?) -> String {
        let head = Showing.block([
            ("ID", object["ID"]?.string ?? ""), ("Name", object["Spec"]?["Name"]?.string ?? ""),
            ("Created at", object["CreatedAt"]?.string ?? ""), ("Updated at", object["UpdatedAt"]?.string ?? ""),
        ])
        let lines = (data ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        return head + Showing.pretty(labels: object["Spec"]?["Labels"]) + "Data:\n"
            + lines.map { String($0).printable }.joined(separator: "\n") + "\n"
    }
}
