import CommandLine
import Foundation

import struct Model.Failure
import struct Model.FailureCode

/// Tools for who runs mixed versions of Conclave, or writes a client of it: `Tools/wire --help`.
@main
struct Main {
    static func main() {
        exit(run(Array(Swift.CommandLine.arguments.dropFirst())))
    }

    /// Carries out one command line and returns the exit code: those of `conclave`.
    private static func run(_ words: [String]) -> Int32 {
        do throws(UsageError) {
            switch try Tree.program.parse(words) {
            case .help(let text):
                show(text)
                return 0
            case .run(let parsed):
                return perform(parsed)
            }
        } catch {
            show(error.text(program: "wire"), to: .standardError)
            return FailureCode.invalid.exitCode
        }
    }

    private static func perform(_ parsed: Parsed<Verb>) -> Int32 {
        do throws(Failure) {
            return try parsed.command.action?.run(parsed) ?? FailureCode.invalid.exitCode
        } catch {
            var text = "wire: \(error.message)\n"
            if !error.why.isEmpty { text += "    why: \(error.why)\n" }
            if !error.advice.isEmpty { text += "    try: \(error.advice)\n" }
            show(text, to: .standardError)
            return error.code.exitCode
        }
    }

    static func show(_ text: String, to handle: FileHandle = .standardOutput) {
        // Whoever reads may have gone: there is nothing to be done about it.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
