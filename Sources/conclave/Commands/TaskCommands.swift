import CommandLine
import Model
import Text
import Wire

/// `conclave task`.
enum TaskCommands {
    static let group: Verb = Verb(
        "task", "Look at tasks",
        discussion: """
            Look at tasks.

            A task is one run of a service on one node. TASK is an ID, the beginning of one, or SERVICE.SLOT; \
            `conclave service ps` lists them.
            """,
        commands: [inspect, StatsCommand.command])

    private static let inspect: Verb = Verb(
        "inspect", "Show tasks in detail",
        discussion: """
            Show tasks in detail: what was asked, what became of it and where, and which versions of its secrets it \
            sees, in what memory: secure (never swapped out), weak (it may be, and its host has no swap) or insecure.
            """,
        examples: [
            Example("conclave task inspect web.1", "All that is known of a task"),
            Example("conclave task inspect -f '{{.Protection}}' web.1", "How its secrets are kept"),
        ],
        flags: [Flags.inspectFormat], arguments: [Argument("TASK", .several)]
    ) { session throws(Failure) in
        try session.inspect(session.parsed.arguments) { (reference) throws(Failure) in
            guard let shown = try find(reference, session).first else { throw .unexpected }
            return TaskShowing.json(shown)
        }
    }

    static func find(_ reference: String, _ session: Session) throws(Failure) -> [ShownTask] {
        var request = ListTasks()
        request.references = [reference]
        return try list(request, session)
    }

    static func list(_ request: ListTasks, _ session: Session) throws(Failure) -> [ShownTask] {
        guard case .tasks(let answer)? = try session.ask(.listTasks(request)).result else { throw .unexpected }
        return answer.tasks
    }
}
