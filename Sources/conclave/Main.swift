import CommandLine
import Glibc
import Linux
import Model

@main
struct Main {
    static func main() {
        // Values that are read or shown leave nothing behind; where it can't be, the command is worth more.
        try? bindSymbols()
        exit(run(Array(Swift.CommandLine.arguments.dropFirst())))
    }

    /// Carries out one command line and returns the exit code.
    static func run(_ words: [String]) -> Int32 {
        do throws(UsageError) {
            switch try Tree.program.parse(words, environment: variable, width: Output.width) {
            case .help(let text):
                Output.write(text, to: STDOUT_FILENO)
                return 0
            case .run(let parsed):
                return perform(Session(parsed))
            }
        } catch {
            Output.write(error.text(program: "conclave"), to: STDERR_FILENO)
            return FailureCode.invalid.exitCode
        }
    }

    private static func perform(_ session: Session) -> Int32 {
        do throws(Failure) {
            return try session.parsed.command.action?.run(session) ?? FailureCode.invalid.exitCode
        } catch {
            session.report(error)
            return error.code.exitCode
        }
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
