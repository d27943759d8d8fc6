import CommandLine
import Model
import Text
import Wire

/// `conclave secret`.
enum SecretCommands {
    static let group: Verb = Verb(
        "secret", "Manage secrets",
        discussion: """
            Manage secrets.

            A secret has a name and numbered versions of its value. Tasks of services that use it read the value from \
            memory, below /run/secrets. A value is never an argument and never shown.
            """,
        commands: [create, inspect, list, remove, update])

    private static let create: Verb = Verb(
        "create", "Create a secret from a file or standard input",
        discussion: """
            Create a secret from a file or standard input.

            Without a file, or with -, the value is read from standard input; on a terminal it is asked for and not \
            shown. Prints the ID.
            """,
        examples: [
            Example("conclave secret create db-password password.txt", "From a file"),
            Example("pass show db | conclave secret create db-password -", "From another program"),
        ],
        flags: [
            Flags.label, .number("keep", nil, "Versions to keep; 0 keeps ten"),
        ],
        refused: RefusedFlags.value, arguments: [Argument("SECRET"), Argument("FILE|-", .optional)]
    ) { session throws(Failure) in
        let arguments = session.parsed.arguments
        var spec = SecretSpec()
        spec.name = arguments[0]
        spec.labels = session.labels(session.parsed.list("label"))
        spec.keep = UInt32(clamping: session.parsed.number("keep") ?? 0)
        var put = PutSecret()
        put.spec = spec
        put.value = try ValueInput.secret(arguments.count > 1 ? arguments[1] : "-")
        session.print(SecretID(bytes: try session.ask(.putSecret(put)).id))
        return 0
    }

    private static let update: Verb = Verb(
        "update", "Give a secret a new value, or other labels",
        discussion: """
            Give a secret a new value, or other labels.

            A new value is a new version. Running tasks that use the secret see it at once, at the same path, and are \
            not restarted. Prints the name as it was given.
            """,
        examples: [
            Example("pass show db | conclave secret update db-password -", "A new value"),
            Example("conclave secret update --label-add env=prod db-password", "Only a label"),
        ],
        flags: [
            .list("label-add", nil, "list", "Add or change a label, as key=value"),
            .list("label-rm", nil, "list", "Remove a label by its key"), Flags.revision,
        ],
        arguments: [Argument("SECRET"), Argument("FILE|-", .optional)]
    ) { session throws(Failure) in
        let arguments = session.parsed.arguments
        var replace = ReplaceSecret()
        replace.reference = arguments[0]
        replace.expected = Index(session.parsed.number("revision") ?? 0)
        replace.labelsAdded = session.labels(session.parsed.list("label-add"))
        replace.labelsRemoved = session.parsed.list("label-rm")
        if arguments.count > 1 {
            replace.value = try ValueInput.secret(arguments[1])
        } else if replace.labelsAdded.isEmpty, replace.labelsRemoved.isEmpty {
            throw Failure(
                .invalid, "there is nothing to change",
                try: "conclave secret update \(arguments[0].printable) FILE, or - for standard input")
        }
        let reply = try session.ask(.replaceSecret(replace))
        session.print(arguments[0])
        if replace.value != nil {
            session.note(
                """
                version \(reply.version): the files of running tasks change in place; nothing here shows whether \
                their applications took the new value
                """)
        }
        return 0
    }

    private static let list: Verb = Verb(
        "ls", aliases: ["list"], "List secrets",
        discussion: """
            List secrets.

            TASKS tells how many of the running tasks that use a secret hold its current version. Filters: id, label, \
            name.
            """,
        flags: [Flags.filter, Flags.listFormat, Flags.full, Flags.quiet]
    ) { session throws(Failure) in
        guard case .secrets(let answer)? = try session.ask(.listSecrets(try session.listing())).result else {
            throw .unexpected
        }
        var listing = Listing([
            .id, .init("Name", "NAME", least: 16), .init("Driver", "DRIVER"), .init("Version", "VERSION"),
            .init("Tasks", "TASKS"), .init("CreatedAt", "CREATED"), .init("UpdatedAt", "UPDATED"),
        ])
        for shown in answer.secrets {
            let secret = shown.secret ?? Secret()
            listing.append(
                id: secret.id.description,
                [
                    "ID": .string(secret.id.description), "Name": .string(secret.spec?.name ?? ""),
                    "Driver": .string(secret.spec?.driver?.name ?? ""), "Version": .string("v\(shown.current)"),
                    "Tasks": .string(shown.using == 0 ? "" : "\(shown.holding)/\(shown.using)"),
                    "CreatedAt": .string(session.ago(secret.meta?.created ?? .zero)),
                    "UpdatedAt": .string(session.ago(secret.meta?.updated ?? .zero)),
                    "Labels": .string(Showing.line(secret.spec?.labels.pairs ?? [])),
                    "Services": .string(shown.services.joined(separator: ",")),
                ], cells: session.shortened(secret.id))
        }
        try listing.show(session)
        return 0
    }

    private static let inspect: Verb = Verb(
        "inspect", "Show secrets in detail, without their values",
        flags: [Flags.inspectFormat, Flags.pretty], arguments: [Argument("SECRET", .several)]
    ) { session throws(Failure) in
        try session.inspect(session.parsed.arguments, pretty: pretty) { (reference) throws(Failure) in
            guard case .secrets(let list)? = try session.ask(.listSecrets(session.named(reference))).result,
                let shown = list.secrets.first
            else { throw .unexpected }
            return json(shown)
        }
    }

    private static let remove: Verb = Verb(
        "rm", aliases: ["remove"], "Remove secrets",
        discussion: """
            Remove secrets.

            A secret that a service or a task uses is not removed. Prints each name as it was given.
            """,
        arguments: [Argument("SECRET", .several)]
    ) { session throws(Failure) in
        session.each(session.parsed.arguments) { (reference) throws(Failure) in
            _ = try session.ask(.deleteSecret(.named(reference)))
            session.print(reference)
        }
    }

    // MARK: - Showing

    static func json(_ shown: ShownSecret) -> JSON {
        let secret = shown.secret ?? Secret()
        var object = Showing.head(secret.id.description, secret.meta)
        var spec: JSONObject = [
            "Name": .string(secret.spec?.name ?? ""), "Labels": Showing.object(secret.spec?.labels.pairs ?? []),
        ]
        if let driver = secret.spec?.driver {
            spec["Driver"] = ["Name": .string(driver.name), "Options": Showing.object(driver.options.pairs)]
        }
        if let templating = secret.spec?.templating { spec["Templating"] = ["Name": .string(templating.name)] }
        object["Spec"] = .object(spec)
        object["CurrentVersion"] = JSON(shown.current)
        object["Versions"] = .array(
            secret.versions.map { ["Number": JSON($0.number), "CreatedAt": Showing.time($0.created)] })
        object["HeldBy"] = ["Current": JSON(shown.holding), "Tasks": JSON(shown.using)]
        object["Services"] = Showing.strings(shown.services)
        return .object(object)
    }

    private static func pretty(_ object: JSON) -> String {
        let spec = object["Spec"] ?? .null
        return Showing.block([
            ("ID", object["ID"]?.string ?? ""), ("Name", spec["Name"]?.string ?? ""),
            ("Driver", spec["Driver"]?["Name"]?.string ?? ""), ("Created at", object["CreatedAt"]?.string ?? ""),
            ("Updated at", object["UpdatedAt"]?.string ?? ""),
            (
                "Version",
                "v\(object["CurrentVersion"]?.integer ?? 0), revision \(object["Version"]?["Index"]?.integer ?? 0)"
            ),
            (
                "Held by",
                "\(object["HeldBy"]?["Current"]?.integer ?? 0) of \(object["HeldBy"]?["Tasks"]?.integer ?? 0) tasks"
            ),
            ("Services", (object["Services"]?.array ?? []).compactMap(\.string).joined(separator: ", ")),
        ]) + Showing.pretty(labels: spec["Labels"])
    }
}
