import Model

/// A stack as its files describe it: specs that are ready for the cluster but for the values, which are read later and
/// go another way.
package struct StackDefinition: Equatable, Sendable {
    /// Where a value comes from.
    package enum Source: Hashable, Sendable {
        /// It is in the cluster already; nothing is made.
        case external
        /// A path from the root.
        case file(String)
        /// A variable of whoever deploys.
        case environment(String)
        /// It stands in the file.
        case content(String)
    }

    /// A secret or a config of the stack.
    package struct Item: Equatable, Sendable {
        /// Its name in the cluster.
        package var name: String
        package var labels: [String: String] = [:]
        package var source: Source
        /// Where it is declared.
        package var mark: Mark
    }

    package var secrets: [Item] = []
    package var configs: [Item] = []
    /// In the order of the files; references to secrets and configs give names alone.
    package var services: [ServiceSpec] = []
    /// What is done and may surprise.
    package var warnings: [Problem] = []
}

/// What a reading found wrong.
package struct StackProblems: Error, Equatable {
    /// Errors and what is not supported, in the order of the files.
    package var problems: [Problem]

    /// Whether leaving out what is not supported would do.
    package var isOnlyUnsupported: Bool { problems.allSatisfy { $0.kind == .unsupported } }
}

extension StackProblems {
    init(_ error: ComposeError) {
        problems = [Problem(kind: .error, mark: error.mark, message: error.message)]
    }
}

/// What a reading needs from outside.
package struct StackContext {
    package var stack: String
    package var variables: [String: String]
    /// What is known and not supported is left out, with a warning.
    package var ignoresUnsupported: Bool
    /// The folder of the first file, from the root.
    package var folder: String
    /// The text of an `env_file`; a reason in words when it can't be read.
    package var text: (String) -> Result<[UInt8], ComposeError.Reason>

    package init(
        stack: String, variables: [String: String], ignoresUnsupported: Bool = false, folder: String,
        text: @escaping (String) -> Result<[UInt8], ComposeError.Reason>
    ) {
        self.stack = stack
        self.variables = variables
        self.ignoresUnsupported = ignoresUnsupported
        self.folder = folder
        self.text = text
    }

    /// A path of a stack file as one from the root, without `.` and `..`; it is relative to the first file, or to the
    /// home of whoever deploys.
    func absolute(_ path: String) -> String {
        var whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        if path == "~" || path.hasPrefix("~/"), let home = variables["HOME"] { whole = home + path.dropFirst() }
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

extension ComposeError {
    /// Why something outside a stack file could not be had.
    package struct Reason: Error, Hashable, Sendable {
        package var text: String
        /// There is no such file.
        package var isAbsent: Bool

        package init(_ text: String, isAbsent: Bool) {
            self.text = text
            self.isAbsent = isAbsent
        }
    }
}
