import CommandLine
import Compose
import Glibc
import Model
import Text

/// Reads the compose files that a line names.
enum StackFiles {
    /// The stack that the files describe.
    ///
    /// - Throws: all that is wrong, each with its place.
    static func definition(_ stack: String, _ session: Session) throws(Failure) -> StackDefinition {
        let (files, folder) = try read(session)
        var reader = StackReader(
            StackContext(
                stack: stack, variables: variables(), ignoresUnsupported: session.parsed.has("ignore-unsupported"),
                folder: folder
            ) { path in
                do throws(Failure) {
                    return .success(try ValueInput.lines(path))
                } catch {
                    return .failure(ComposeError.Reason(error.message))
                }
            })
        do throws(StackProblems) {
            return try reader.read(files)
        } catch {
            throw failure(error, "stack \(stack.printable) was not deployed")
        }
    }

    static func merged(_ session: Session, interpolates: Bool) throws(Failure) -> YAMLNode {
        let (files, folder) = try read(session)
        var reader = StackReader(
            StackContext(stack: "", variables: variables(), folder: folder) { _ in .success([]) })
        do throws(StackProblems) {
            return try reader.merged(files, interpolates: interpolates)
        } catch {
            throw failure(error, "the files can't be read")
        }
    }

    private static func read(_ session: Session) throws(Failure) -> ([StackReader.File], folder: String) {
        let paths = session.parsed.list("compose-file")
        guard let first = paths.first else {
            throw Failure(.invalid, "please specify a compose file (with --compose-file)")
        }
        var files: [StackReader.File] = []
        for path in paths {
            let text = try ValueInput.text(path, limit: YAMLLimits.bytes)
            files.append(StackReader.File(name: path == "-" ? "standard input" : path, text: text))
        }
        let parts = first.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return (files, first == "-" || parts.isEmpty ? "." : parts.joined(separator: "/"))
    }

    private static func variables() -> [String: String] {
        var variables: [String: String] = [:]
        var place = 0
        while let line = unsafe environ[place] {
            let parts = unsafe String(cString: line).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            place += 1
        }
        return variables
    }

    /// All problems in one failure, one a line.
    private static func failure(_ problems: StackProblems, _ message: String) -> Failure {
        let lines = problems.problems.map { "\($0.mark): \($0.message)" }
        return Failure(
            .invalid, message, why: lines.joined(separator: "\n     "),
            try: problems.isOnlyUnsupported ? "--ignore-unsupported leaves out what is not supported" : "")
    }
}
