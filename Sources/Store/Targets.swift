import Model

/// Where a task sees its secrets and configs: paths below one directory of each; in a container also elsewhere, as an
/// absolute path.
enum Targets {
    enum Kind: String {
        case secret
        case config

        var directory: String { "/run/\(rawValue)s" }
    }

    /// The path below the kind's directory that `name` means: `.`, doubled and trailing slashes taken out.
    ///
    /// `..` is refused, not resolved, as are components that begin with it: the directory's own links do.
    ///
    /// - Parameter elsewhere: whether another absolute path may be meant; it keeps its `/`.
    static func normalised(_ name: String, _ kind: Kind, elsewhere: Bool = false) throws(Failure) -> String {
        guard !name.isEmpty else {
            throw Failure(.invalid, "malformed file \(kind.rawValue) reference, invalid target file name provided")
        }
        var parts = name.split(separator: "/").filter { $0 != "." }
        var isElsewhere = false
        if name.utf8.first == UInt8(ascii: "/") {
            if parts.count > 2, parts[0] == "run", parts[1] == "\(kind.rawValue)s" {
                parts.removeFirst(2)
            } else if elsewhere {
                isElsewhere = true
            } else {
                throw Failure(
                    .invalid, "invalid target '\(name)': it must be under \(kind.directory)",
                    why: "the host's root is read-only for a task",
                    try: "leave the target out, or name a file under \(kind.directory)")
            }
        }
        let isClean = parts.allSatisfy { part in
            !part.hasPrefix("..") && part.utf8.count <= StoreLimits.componentBytes
                && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        }
        let result = parts.joined(separator: "/")
        guard !parts.isEmpty, isClean, result.utf8.count <= StoreLimits.targetBytes, name.utf8.last != 0x2f else {
            throw Failure(
                .invalid, "invalid target '\(name)': it must name a file under \(kind.directory)",
                why: "no part of it may begin with '..', be longer than \(StoreLimits.componentBytes) bytes or have "
                    + "control characters")
        }
        return isElsewhere ? "/" + result : result
    }

    /// One file of a task.
    struct Use {
        var kind: Kind
        /// Of the secret or config.
        var name: String
        /// Normalised.
        var path: String

        var absolute: String { path.hasPrefix("/") ? path : "\(kind.directory)/\(path)" }
    }

    /// Refuses two files at one path, and a file where another needs a directory.
    static func check(_ uses: [Use]) throws(Failure) {
        let sorted = uses.sorted { $0.absolute.utf8.lexicographicallyPrecedes($1.absolute.utf8) }
        var places: [String: Use] = [:]
        for use in sorted {
            var prefix = ""
            for part in use.absolute.split(separator: "/") {
                prefix += "/" + part
                guard let other = places[prefix] else { continue }
                let kinds = other.kind == use.kind ? "\(use.kind.rawValue)" : "secret and config"
                throw Failure(
                    .invalid,
                    "\(kinds) references '\(other.name)' and '\(use.name)' have a conflicting target: '\(other.path)'")
            }
            places[use.absolute] = use
        }
    }
}
