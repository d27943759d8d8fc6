import CommandLine
import Glibc
import Model
import Text
import Wire

/// `conclave task stats`.
enum StatsCommand {
    static let command: Verb = Verb(
        "stats", "Show what tasks use of processor and memory",
        discussion: """
            Show what running tasks use of processor and memory, as their nodes tell it when they are asked: the named \
            tasks, those of the named services, or all.

            CPU % is of one processor, over the second that the command takes. Memory is without the cache of files \
            that was not used lately. LIMIT is the service's own. "-" stands for what there is not, and for what a node \
            can't tell.
            """,
        examples: [
            Example("conclave task stats", "All running tasks"),
            Example("conclave task stats web db.1", "The tasks of a service, and one more"),
            Example("conclave task stats --format '{{.Name}} {{.MemoryBytes}}' web", "Bytes, for a script"),
        ],
        flags: [Flags.listFormat, Flags.full],
        arguments: [Argument("TASK|SERVICE", .any)]
    ) { session throws(Failure) in
        let tasks = try find(session)
        let ids = tasks.map { $0.task?.id ?? .none }
        let first = try session.client().usage(of: ids)
        usleep(1_000_000)
        let second = try session.client().usage(of: ids)
        let rows = tasks.indices.map { Row(tasks[$0], first[$0], second[$0]) }
        try listing(rows, full: session.parsed.has("no-trunc")).show(session)
        var code: Int32 = 0
        for (shown, usage) in zip(tasks, second) {
            guard var failure = usage.failure else { continue }
            failure.message = "\(TaskListing.name(shown.task ?? StoredTask())): \(failure.message)"
            session.report(failure)
            code = 1
        }
        return code
    }

    /// Those that run, each once; also one that does not, if it is named itself.
    private static func find(_ session: Session) throws(Failure) -> [ShownTask] {
        let references = session.parsed.arguments
        guard !references.isEmpty else { return try TaskCommands.list(ListTasks(), session).filter(isRunning) }
        var found: [ShownTask] = []
        for reference in references {
            for shown in try find(reference, session) where !found.contains(where: { $0.task?.id == shown.task?.id }) {
                found.append(shown)
            }
        }
        return found
    }

    private static func find(_ reference: String, _ session: Session) throws(Failure) -> [ShownTask] {
        var request = ListTasks()
        request.services = [reference]
        do throws(Failure) {
            return try TaskCommands.list(request, session).filter(isRunning)
        } catch  where error.code == .notFound {
            guard let tasks = try? TaskCommands.find(reference, session) else {
                throw Failure(.notFound, "no such task or service: \(reference)")
            }
            return tasks
        }
    }

    private static func isRunning(_ shown: ShownTask) -> Bool { shown.task?.status?.state == .running }

    // MARK: - The table

    /// What a task used between two readings.
    struct Row {
        let task: StoredTask
        let node: String
        /// Of one processor; `nil`: it can't be told.
        let percent: Double?
        let memory: UInt64?
        let processes: UInt64?

        init(_ shown: ShownTask, _ first: TaskUsage, _ second: TaskUsage) {
            task = shown.task ?? StoredTask()
            node = shown.nodeName
            memory = second.memoryBytes
            processes = second.processes
            guard let before = first.processorNanoseconds, let after = second.processorNanoseconds, after >= before,
                second.clockMilliseconds > first.clockMilliseconds
            else {
                percent = nil
                return
            }
            let elapsed = Double(second.clockMilliseconds - first.clockMilliseconds) * 1e6
            percent = Double(after - before) / elapsed * 100
        }

        var limit: UInt64? { task.spec?.limits.flatMap { $0.memoryBytes > 0 ? $0.memoryBytes : nil } }
    }

    static func listing(_ rows: [Row], full: Bool) -> Listing {
        var listing = Listing([
            .id, .init("Name", "NAME", least: 16), .init("Node", "NODE"), .init("CPUPerc", "CPU %"),
            .init("MemUsage", "MEM USAGE / LIMIT", least: 20), .init("PIDs", "PIDS"),
        ])
        for row in rows {
            let id = row.task.id
            listing.append(
                id: id.description,
                [
                    "ID": .string(id.description), "Name": .string(TaskListing.name(row.task)),
                    "Node": .string(row.node), "CPUPerc": .string(percent(row.percent)),
                    "MemUsage": .string("\(size(row.memory)) / \(size(row.limit))"),
                    "PIDs": .string(row.processes.map(String.init) ?? "-"),
                    "MemoryBytes": row.memory.map { JSON($0) } ?? "", "Service": .string(row.task.serviceName),
                ], cells: full ? [:] : ["ID": id.short])
        }
        return listing
    }

    /// `12.34%`, as Docker has it.
    private static func percent(_ value: Double?) -> String {
        guard let hundredths = value.flatMap({ Int64(exactly: ($0 * 100).rounded()) }) else { return "-" }
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)%"
    }

    private static func size(_ bytes: UInt64?) -> String {
        bytes.map { Quantities.bytes(Int64(clamping: $0)) } ?? "-"
    }
}
