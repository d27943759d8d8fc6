import CommandLine
import Glibc
import Model
import Wire

/// `conclave exec`.
enum ExecCommand {
    static let command: Verb = Verb(
        "exec", "Run a program inside a running task, on whatever node it is",
        discussion: """
            Run a program inside a running task, on whatever node it is.

            TASK is an ID, the beginning of one, or SERVICE.SLOT. What follows it belongs to the program, whose exit \
            code is that of this command.
            """,
        examples: [
            Example("conclave exec web.1 cat /run/secrets/db-password", "Read what the task reads"),
            Example("conclave exec -it web.1 sh", "A shell"),
        ],
        flags: [
            .truth("interactive", "i", "Hand on standard input"), .truth("tty", "t", "Give the program a terminal"),
            .truth("detach", "d", "Return as soon as it runs; its output is thrown away"),
            .list("env", "e", "list", "Variable, as NAME=value, or NAME to hand on one's own"),
            .text("user", "u", "string", "User, as name or uid, and group: uid[:gid]"),
            .text("workdir", "w", "string", "Working directory"),
        ],
        arguments: [Argument("TASK"), Argument("PROGRAM"), Argument("ARG", .rest)]
    ) { session throws(Failure) in
        let parsed = session.parsed
        var start = ExecStart()
        start.task = parsed.arguments[0]
        start.command = Array(parsed.arguments.dropFirst())
        start.environment = ServiceCommands.variables(parsed.list("env"))
        start.user = parsed.text("user") ?? ""
        start.directory = parsed.text("workdir") ?? ""
        start.detached = parsed.has("detach")
        start.terminal = parsed.has("tty") && !start.detached
        start.input = parsed.has("interactive") && !start.detached
        if start.terminal, start.input, !Output.isTerminal(STDIN_FILENO) {
            throw Failure(.invalid, "the input device is not a TTY", try: "leave out -t")
        }
        if start.terminal {
            var size = winsize()
            if unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 {
                start.rows = UInt32(size.ws_row)
                start.columns = UInt32(size.ws_col)
            }
        }
        do throws(Failure) {
            return try session.client().exec(start)
        } catch {
            // Any other code could be the program's own.
            session.report(error)
            return [.notExecutable, .programNotFound].contains(error.code) ? error.code.exitCode : 125
        }
    }
}
