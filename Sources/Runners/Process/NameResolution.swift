import Glibc

/// What of `/run` a program needs to look up names.
enum NameResolution {
    /// Sockets and files of resolvers and of the name service cache; folders, since files in them are replaced.
    private static let known = ["/run/nscd", "/run/resolvconf", "/run/systemd/resolve"]

    /// The folders to show, sorted: the known ones that are there, and the one that `/etc/resolv.conf` leads to.
    static func paths() -> [String] {
        var all = Set(known.filter { isFolder($0) })
        if let target = resolved("/etc/resolv.conf"), let slash = target.lastIndex(of: "/") {
            let folder = String(target[..<slash])
            if folder.hasPrefix("/run/"), isFolder(folder) { all.insert(folder) }
        }
        return all.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// `path` with every link followed; `nil`: there is nothing.
    static func resolved(_ path: String) -> String? {
        guard let full = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(full) }
        return unsafe String(cString: full)
    }
}
