import Model

/// The command line of `bwrap` for one task: which namespaces it has, and what of the host it sees.
///
/// The host's root is there, read-only. Private are `/tmp`, `/run`, `/dev`, `/proc` and the paths of `masks`.
/// bwrap runs as root and keeps all capabilities, so the last word is always the helper's `drop`.
struct Sandbox: Equatable {
    var hostname = ""
    /// Folders and files of daemons: each is covered, and so is every other path that leads to it.
    var masks: [String] = []
    /// Folders and sockets of `/run` that looking up names needs; each is shown read-only.
    var runPaths: [String] = []
    var secrets: String?
    var configs: String?
    /// What the task sees at `/etc/hosts`; `nil`: the host's own.
    var hosts: String?
    /// Folders and files of the host, and memory; checked before.
    var mounts: [Mount] = []
    /// The child's descriptor that bwrap writes its status to.
    var statusDescriptor: Int32
    /// The helper's descriptor, which is inherited.
    var helperDescriptor: Int32
    /// The helper's options for `drop`.
    var drop: [String] = []
    /// The program first.
    var command: [String] = []

    /// All words after `bwrap` itself.
    func arguments() -> [String] {
        var words = ["--unshare-pid", "--unshare-ipc", "--unshare-uts"]
        if !hostname.isEmpty { words += ["--hostname", hostname] }
        words += ["--ro-bind", "/", "/"]
        // Before /tmp and /run, so that what these cover anyway does not show up in them.
        for mask in masks { words += ["--perms", "0755", "--tmpfs", mask, "--remount-ro", mask] }
        words += ["--proc", "/proc"]
        // The kernel lets user 0 write there without any capability: `core_pattern` would run a program on the host.
        // bwrap covers other such folders, but asks of this one whether it, not what is in it, is writable.
        words += ["--ro-bind", "/proc/sys", "/proc/sys"]
        words += ["--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"]
        words += ["--perms", "1777", "--tmpfs", "/tmp", "--perms", "0755", "--tmpfs", "/run"]
        for path in runPaths { words += ["--ro-bind", path, path] }
        if let secrets { words += ["--ro-bind", secrets, "/run/secrets"] }
        if let configs { words += ["--ro-bind", configs, "/run/configs"] }
        if let hosts { words += ["--ro-bind", hosts, "/etc/hosts"] }
        for mount in mounts { words += Self.words(for: mount) }
        words += ["--chdir", "/", "--json-status-fd", String(statusDescriptor), "--"]
        // By descriptor: it needs no place in the sandbox, and nothing of it stays there.
        words += ["/proc/self/fd/\(helperDescriptor)", "drop"] + drop + ["--"] + command
        return words
    }

    private static func words(for mount: Mount) -> [String] {
        guard mount.type == .tmpfs else {
            return [mount.readOnly ? "--ro-bind" : "--bind", mount.source, mount.target]
        }
        var words = ["--perms", octal(mount.mode == 0 ? 0o1777 : mount.mode)]
        if mount.sizeBytes > 0 { words += ["--size", String(mount.sizeBytes)] }
        words += ["--tmpfs", mount.target]
        return mount.readOnly ? words + ["--remount-ro", mount.target] : words
    }

    private static func octal(_ mode: UInt32) -> String { String(mode, radix: 8) }

    /// The paths to mask for `folders`: as they are named, as links resolve, and wherever else their file systems are
    /// mounted; none below another, sorted. `exists` tells which are folders.
    static func masks(for folders: [String], in mounts: MountTable, exists: (String) -> Bool) -> [String] {
        var all: Set<String> = []
        // What a dead daemon told of, and is gone, is nowhere.
        for folder in folders where exists(folder) {
            for alias in mounts.aliases(of: folder) where alias != "/" && exists(alias) { all.insert(alias) }
        }
        var kept: [String] = []
        for path in all.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) })
        where !kept.contains(where: { MountTable.rest(of: path, below: $0) != nil }) {
            kept.append(path)
        }
        return kept.sorted()
    }
}
