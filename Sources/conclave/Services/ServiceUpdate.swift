import CommandLine
import Model
import Text
import Wire

/// `conclave service update`, `rollback` and `scale`.
enum ServiceUpdate {
    static let update: Verb = Verb(
        "update", "Change a service",
        discussion: """
            Change a service.

            What changes its tasks replaces them, as --update-* says. A new value of a secret needs no update: see \
            conclave secret update. After -- stands another program. Without --detach the command follows the update; \
            it ends with exit code 11 when the update was rolled back.
            """,
        examples: [
            Example("conclave service update --secret-add db --env-rm DEBUG web", "Use one more secret"),
            Example(
                "conclave service update --secret-rm a --secret-add source=b,target=a web",
                "Use another secret under the same name"),
            Example("conclave service update --image app:latest web", "The image that has the tag by now"),
            Example("conclave service update --force web", "Replace the tasks"),
        ],
        flags: [
            .number("replicas", nil, "Number of tasks"), .text("image", nil, "string", "Image of the tasks"),
            .text("args", nil, "command", "Arguments of the program"),
            .list("secret-add", nil, "secret", "Add or change a secret: NAME, or source=,target=,uid=,gid=,mode="),
            .list("secret-rm", nil, "list", "Remove a secret by its name"),
            .list("config-add", nil, "config", "Add or change a config: NAME, or source=,target=,uid=,gid=,mode="),
            .list("config-rm", nil, "list", "Remove a config by its name"),
            .list("env-add", nil, "list", "Add or change a variable"),
            .list("env-rm", nil, "list", "Remove a variable by its name"),
            .list("label-add", nil, "list", "Add or change a label, as key=value"),
            .list("label-rm", nil, "list", "Remove a label by its key"),
            .list("container-label-add", nil, "list", "Add or change a label of the containers"),
            .list("container-label-rm", nil, "list", "Remove a label of the containers by its key"),
            .list("constraint-add", nil, "list", "Add a constraint"),
            .list("constraint-rm", nil, "list", "Remove a constraint"),
            .list("placement-pref-add", nil, "pref", "Add a label to spread tasks over"),
            .list("placement-pref-rm", nil, "pref", "Remove a label to spread tasks over"),
            .list("mount-add", nil, "mount", "Add or change a mount"),
            .list("mount-rm", nil, "list", "Remove a mount by its target"),
            .list("network-add", nil, "network", "Add a network"),
            .list("network-rm", nil, "list", "Remove a network"),
            .list("ulimit-add", nil, "ulimit", "Add or change a resource limit"),
            .list("ulimit-rm", nil, "list", "Remove a resource limit by its name"),
            .list("group-add", nil, "list", "Add a group of the tasks' user"),
            .list("group-rm", nil, "list", "Remove a group of the tasks' user"),
            .list("host-add", nil, "list", "Add a line of /etc/hosts, as HOST:ADDRESS"),
            .list("host-rm", nil, "list", "Remove a line of /etc/hosts"),
            .truth("force", nil, "Replace the tasks even if nothing changes"),
            .truth("rollback", nil, "Go back to the previous spec"), Flags.revision, Flags.detach,
            .truth("quiet", "q", "Show no progress"), RegistryAuth.flag,
        ] + SpecFlags.all, refused: RefusedFlags.update, arguments: [Argument("SERVICE"), Argument("-- PROGRAM", .any)]
    ) { session throws(Failure) in
        let parsed = session.parsed
        guard parsed.beforeDashes <= 1 else {
            throw Failure(
                .invalid, "'\(parsed.path)' requires 1 argument before a --", try: "\(parsed.path) --help")
        }
        guard !parsed.has("rollback") else {
            let alone = ["rollback", "revision", "detach", "quiet"]
            let others = parsed.command.flags.filter { parsed.isSaid($0.name) && !alone.contains($0.name) }
            guard others.isEmpty, parsed.arguments.count == 1 else {
                throw Failure(.invalid, "other flags may not be combined with --rollback")
            }
            return try rollBack(session)
        }
        let service = try ServiceCommands.find(parsed.arguments[0], session)
        var replace = ReplaceService()
        replace.reference = service.id.description
        replace.expected = parsed.number("revision").map { Index($0) } ?? service.meta?.specRevision ?? .zero
        replace.spec = try SpecChange.apply(to: service, session)
        return try change(replace, parsed.arguments[0], session)
    }

    static let rollback: Verb = Verb(
        "rollback", "Go back to the previous spec of a service",
        discussion: """
            Go back to the previous spec of a service.

            The specs are swapped, so that the same again undoes it. Refused when the previous spec names a secret or a \
            config that was removed since.
            """,
        flags: [Flags.revision, Flags.detach, .truth("quiet", "q", "Show no progress")],
        arguments: [Argument("SERVICE")]
    ) { session throws(Failure) in try rollBack(session) }

    private static func rollBack(_ session: Session) throws(Failure) -> Int32 {
        var replace = ReplaceService()
        replace.reference = session.parsed.arguments[0]
        replace.expected = Index(session.parsed.number("revision") ?? 0)
        replace.rollback = true
        return try change(replace, replace.reference, session)
    }

    private static func change(
        _ replace: ReplaceService, _ name: String, _ session: Session
    ) throws(Failure) -> Int32 {
        _ = try session.ask(.replaceService(replace))
        session.print(name)
        guard !session.parsed.has("detach") else { return 0 }
        return try Convergence.wait(for: [replace.reference], isRollback: replace.rollback, session)
    }

    static let scale: Verb = Verb(
        "scale", "Change the number of tasks of services",
        examples: [Example("conclave service scale web=3 api=2", "Two services at once")],
        flags: [Flags.detach, .truth("quiet", "q", "Show no progress")],
        arguments: [Argument("SERVICE=REPLICAS", .several)]
    ) { session throws(Failure) in
        var scaled: [String] = []
        let code = session.each(session.parsed.arguments) { (argument) throws(Failure) in
            let (name, count) = try target(argument)
            var replace = ReplaceService()
            replace.reference = name
            replace.replicas = count
            do throws(Failure) {
                _ = try session.ask(.replaceService(replace))
            } catch {
                throw Failure(error.code, "\(name): \(error.message)", why: error.why, try: error.advice)
            }
            session.print("\(name) scaled to \(count)")
            scaled.append(name)
        }
        guard !session.parsed.has("detach") else { return code }
        let outcome = try Convergence.wait(for: scaled, session)
        return code == 0 ? outcome : code
    }

    private static func target(_ argument: String) throws(Failure) -> (name: String, count: UInt64) {
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
        return (parts[0], count)
    }
}
