import CommandLine
import Compose
import Glibc
import Model
import Text

/// Reads the compose files that a line names.
struct StackFiles {
    private let files: [StackReader.File]
    private(set) var reader: StackReader

    /// - Parameter ignoresUnsupported: whether what nothing here can follow is noted, and no failure.
    init(_ stack: String, ignoresUnsupported: Bool, _ session: Session) throws(Failure) {
        let paths = session.parsed.list("compose-file")
        guard let first = paths.first else {
            throw Failure(.invalid, "please specify a compose file (with --compose-file)")
        }
        guard paths.count(where: { $0 == "-" }) <= 1 else {
            throw Failure(.invalid, "standard input can be one of the compose files only")
        }
        var files: [StackReader.File] = []
        for path in paths {
            let text = try ValueInput.text(path, limit: YAMLLimits.bytes)
            files.append(StackReader.File(name: path == "-" ? "standard input" : path, text: text))
        }
        self.files = files
        let folder = try Self.folder(of: first)
        reader = StackReader(
            StackContext(
                stack: stack, variables: Self.variables(), ignoresUnsupported: ignoresUnsupported, folder: folder,
                text: Self.text))
        try addVariables(below: folder, session)
    }

    /// The stack that the files describe; what may surprise is noted.
    ///
    /// - Throws: all that is wrong, each with its place.
    mutating func definition(_ message: String, _ session: Session) throws(Failure) -> StackDefinition {
        do throws(StackProblems) {
            let definition = try reader.read(files)
            for warning in definition.warnings { session.note("\(warning.mark): \(warning.message)") }
            return definition
        } catch {
            throw Self.failure(error, message)
        }
    }

    /// The files as one.
    mutating func whole(_ session: Session) throws(Failure) -> YAMLNode {
        let message = "the files can't be read"
        do throws(StackProblems) {
            guard !session.parsed.has("skip-interpolation") else {
                return try reader.merged(files, interpolates: false)
            }
            let merged = try reader.merged(files)
            let definition = try reader.define(merged, files)
            for warning in definition.warnings { session.note("\(warning.mark): \(warning.message)") }
            return reader.whole(merged)
        } catch {
            throw Self.failure(error, message)
        }
    }

    /// Takes the variables of the `.env` beside the first file, as `docker compose` does, and says so.
    private mutating func addVariables(below folder: String, _ session: Session) throws(Failure) {
        let path = "\(folder)/.env"
        switch Self.text(path) {
        case .success(let text):
            session.note("Reading variables from \(path.printable)")
            do throws(StackProblems) {
                try reader.add(variablesOf: StackReader.File(name: path, text: text))
            } catch {
                throw Self.failure(error, "the variables can't be read")
            }
        case .failure(let reason):
            if !reason.isAbsent { throw Failure(.invalid, reason.text) }
        }
    }

    /// The folder of a file, from the root; that of standard input is the one where the command runs.
    private static func folder(of path: String) throws(Failure) -> String {
        let parts = path == "-" ? [] : path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.joined(separator: "/")
        guard !path.hasPrefix("/") else { return folder }
        guard let current = unsafe getcwd(nil, 0) else {
            throw Failure(.unspecified, "the folder where the command runs is gone")
        }
        defer { unsafe free(current) }
        return unsafe "\(String(cString: current))\(folder.isEmpty ? "" : "/")\(folder)"
    }

    private static func text(_ path: String) -> Result<[UInt8], ComposeError.Reason> {
        do throws(Failure) {
            return .success(try ValueInput.text(path, limit: YAMLLimits.bytes))
        } catch {
            let isAbsent = unsafe access(path, F_OK) != 0 && errno == ENOENT
            return .failure(ComposeError.Reason(error.message, isAbsent: isAbsent))
        }
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
