import Model

/// Where a task sees its secrets and configs: paths below one directory of each, never elsewhere.
enum Targets {
    enum Kind: String {
        case secret
        case config

        var directory: String { "/run/\(rawValue)s" }
    }

    /// The path below the kind's directory that `name` means: `.`, doubled and trailing slashes taken out.
    ///
    /// `..` is refused, not resolved, as are components that begin with it: the directory's own links do.
    static func normalised(_ name: String, _ kind: Kind) throws(Failure) -> String {
        guard !name.isEmpty else {
            throw Failure(.invalid, "malformed file \(kind.rawValue) reference, invalid target file name provided")
        }
        var path = name[...]
        if path.utf8.first == UInt8(ascii: "/") {
            var parts = name.split(separator: "/").filter { $0 != "." }
            guard parts.count > 2, parts[0] == "run", parts[1] == "\(kind.rawValue)s" else {
                throw Failure(
                    .invalid, "invalid target '\(name)': it must be under \(kind.directory)",
                    why: "the host's root is read-only for a task",
                    try: "leave the target out, or name a file under \(kind.directory)")
            }
            parts.removeFirst(2)
            path = parts.joined(separator: "/")[...]
        }
        let parts = path.split(separator: "/").filter { $0 != "." }
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
        return result
    }

    /// Refuses two files at one path, and a file where another needs a directory.
    static func check(_ targets: [(name: String, path: String)], _ kind: Kind) throws(Failure) {
        let sorted = targets.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var places: [String: String] = [:]
        for target in sorted {
            var prefix = ""
            for part in target.path.split(separator: "/") {
                prefix += prefix.isEmpty ? String(part) : "/" + part
                guard let other = places[prefix] else { continue }
                throw Failure(
                    .invalid,
                    "\(kind.rawValue) references '\(other)' and '\(target.name)' have a conflicting target: '\(prefix)'"
                )
            }
            places[target.path] = target.name
        }
    }
}
