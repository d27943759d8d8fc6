import Bytes
import CommandLine
import Glibc
import Linux
import Model
import Seams
import Text

/// `conclave service logs`.
enum LogsCommand {
    static let command: Verb = Verb(
        "logs", "Show what the tasks of a service wrote",
        discussion: """
            Show what the tasks of a service wrote, or one task, on whatever nodes they are.

            The lines of one task are in their order; those of different tasks come as they arrive. They are shown as \
            they were written, also what a terminal acts upon. With --follow it goes on under another leader, with tasks \
            that begin later, and with a node that comes back, until the service is removed. The last 8 MiB and more of \
            each task are kept, also a while after it has ended. The time of a line is that of its writing, at most a \
            second late, or more when no daemon ran on the node.
            """,
        examples: [
            Example("conclave service logs --follow --tail 10 web", "The last lines of each task, and what comes"),
            Example("conclave service logs --since 5m --timestamps web.1", "The last minutes of one task"),
        ],
        flags: [
            .truth("follow", "f", "Go on with what is written from now on"),
            .text("tail", "n", "string", "Lines to show from the end of each task's output", standard: "all"),
            .text("since", nil, "string", "Show lines since a time (2026-11-23T18:53:07Z) or a duration ago (42m)"),
            .truth("timestamps", "t", "Show when each line was written"),
            .truth("raw", nil, "Show the lines alone"),
            .truth("no-task-ids", nil, "Leave the tasks' IDs out"),
            .truth("no-resolve", nil, "Show IDs in place of names"), Flags.full,
        ], refused: ["details": "lines have no attributes beside their time and task"],
        arguments: [Argument("SERVICE|TASK")]
    ) { session throws(Failure) in
        let parsed = session.parsed
        var start = LogsStart()
        start.reference = parsed.arguments[0]
        start.follow = parsed.has("follow")
        start.since = try session.moment("since") ?? .zero
        if let tail = parsed.text("tail"), tail != "all" {
            guard let lines = UInt64(tail) else {
                throw session.invalid(tail, "tail", "a number of lines, or \"all\", is wanted")
            }
            start.tail = lines
        }
        var output = LogOutput(parsed)
        try session.client().logs(start) { message throws(Failure) in
            try output.show(message, session)
        }
        return output.code
    }
}

/// Lines of several tasks, each with its name before it.
struct LogOutput {
    /// 1 when not all could be read.
    private(set) var code: Int32 = 0
    private let isRaw: Bool
    private let showsTime: Bool
    private let showsID: Bool
    private let showsNames: Bool
    private let isFull: Bool
    private var names: [TaskID: String] = [:]
    /// Tasks that could not be read to their end.
    private var lost: Set<TaskID> = []
    /// The longest name so far: the lines stand below each other.
    private var width = 0

    init(_ parsed: Parsed<Handler>) {
        isRaw = parsed.has("raw")
        showsTime = parsed.has("timestamps")
        showsID = !parsed.has("no-task-ids")
        showsNames = !parsed.has("no-resolve")
        isFull = parsed.has("no-trunc")
    }

    mutating func show(_ message: Client.LogMessage, _ session: Session) throws(Failure) {
        switch message {
        case .source(let source):
            let name = name(source)
            if lost.remove(source.taskID) != nil { session.note("\(name) is read again") }
            names[source.taskID] = name
            width = max(width, name.count)
        case .chunk(let chunk): try show(chunk, session)
        case .end(let end):
            guard var failure = end.failure else { return }
            failure.message = "\(names[end.taskID] ?? end.taskID.short): \(failure.message)"
            code = 1
            lost.insert(end.taskID)
            session.report(failure)
        case .interrupted(let failure): session.note("\(failure.message.printable); the rest is asked for again")
        }
    }

    private func show(_ chunk: LogsChunk, _ session: Session) throws(Failure) {
        if chunk.missed > 0 {
            session.note("\(name(of: chunk)): \(chunk.missed) bytes were cut off before they could be shown")
        }
        let (out, errors) = written(chunk)
        do throws(SystemError) {
            try StandardOutput.write(Bytes(out), to: STDOUT_FILENO)
            try StandardOutput.write(Bytes(errors), to: STDERR_FILENO)
        } catch {
            throw Failure(.unspecified, "the output can't be written", why: "\(error)")
        }
    }

    /// The lines as they are shown: those that the task wrote to its output, and to its errors.
    func written(_ chunk: LogsChunk) -> (out: [UInt8], errors: [UInt8]) {
        let name = name(of: chunk)
        let padded = name + String(repeating: " ", count: max(0, width - name.count))
        var out: [UInt8] = []
        var errors: [UInt8] = []
        for line in chunk.lines {
            var start: [UInt8] = []
            if showsTime { start += Array((Moments.timestamp(Int64(clamping: line.time.rawValue)) + " ").utf8) }
            if !isRaw { start += Array((padded + "    | ").utf8) }
            // A node that puts several lines into one gives none of them another's name.
            for part in line.data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
                let whole = start + part + [UInt8(ascii: "\n")]
                if line.error { errors += whole } else { out += whole }
            }
        }
        return (out, errors)
    }

    private func name(of chunk: LogsChunk) -> String { names[chunk.taskID] ?? chunk.taskID.short }

    /// `svc.1.7ybqr48siwfh@vm`, as Docker has it.
    private func name(_ source: LogsSource) -> String {
        func shown<Kind>(_ id: ID<Kind>) -> String { isFull ? id.description : id.short }
        var name = "\(showsNames ? source.service : shown(source.serviceID)).\(source.slot)"
        // A task of a global service is named after its node.
        if source.slot == 0 { name = String(name.dropLast()) + shown(source.nodeID) }
        if showsID { name += ".\(shown(source.taskID))" }
        return (name + "@" + (showsNames ? source.node : shown(source.nodeID))).printable
    }
}
