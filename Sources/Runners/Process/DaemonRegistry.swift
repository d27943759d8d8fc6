import Glibc

/// Where the daemons of one host tell each other which of their folders no task may see.
///
/// Several daemons may share a host, and each runs tasks that see its root. So each daemon keeps a file in one
/// fixed folder, `/run/conclave.d`, named after its process, with one absolute path a line: its state directory,
/// its runtime directory, the folder of its control socket. Every runner masks all of them in every task.
/// A file is left behind by a daemon that dies, on purpose: its folders stay as secret as they were.
/// A task that was started before another daemon does not mask that one's folders; there the folders' own
/// permissions, 0700 of root, are what protects, so root tasks belong on hosts with one daemon.
package struct DaemonRegistry {
    /// The one folder of the host; another one only in tests.
    package static let standard = "/run/conclave.d"
    private static let mostPaths = 256

    private let folder: String

    package init(_ folder: String = DaemonRegistry.standard) {
        self.folder = folder
    }

    /// Tells the others of `paths`; replaces what `name`, a plain file name of this daemon's, said before.
    package func announce(_ name: String, _ paths: [String]) throws(RunnerError) {
        guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw .system("make \(folder)", errno) }
        var facts = stat()
        guard unsafe lstat(folder, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid() else {
            throw .refused("\(folder) is not a folder of root's")
        }
        for path in paths where !path.hasPrefix("/") || path.utf8.contains(UInt8(ascii: "\n")) {
            throw .refused("the folder \(path) is not an absolute path of one line")
        }
        let text = paths.map { "\($0)\n" }.joined()
        try SmallFile.replace("\(folder)/\(name)", Array(text.utf8), mode: 0o644)
    }

    /// Takes back what `name` said, when its folders are gone.
    package func withdraw(_ name: String) {
        _ = unsafe unlink("\(folder)/\(name)")
    }

    /// Every folder that any daemon of the host has told of; sorted.
    package func paths() -> [String] {
        guard let opened = try? Folder(folder) else { return [] }
        var all: Set<String> = []
        for (name, kind) in opened.entries() where kind == .file {
            let lines = (SmallFile.text("\(folder)/\(name)") ?? "").split(separator: "\n")
            for line in lines.prefix(Self.mostPaths) where line.hasPrefix("/") { all.insert(String(line)) }
        }
        return all.sorted()
    }
}
