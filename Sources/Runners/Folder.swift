import Glibc

/// An open folder, through which its entries are reached without following a link.
///
/// All that is done below a task's files goes through one of these: a path that is resolved again could have
/// become somebody else's in between.
struct Folder: ~Copyable {
    /// The folder's descriptor; closed on exec and with this value.
    let descriptor: Int32

    /// Opens `path`, whose last component must be a folder itself.
    init(_ path: String) throws(RunnerError) {
        let opened = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw .system("open \(path)", errno) }
        descriptor = opened
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Opens the folder `name` of this one.
    func folder(_ name: String) throws(RunnerError) -> Folder {
        let opened = unsafe openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw .system("open \(name)", errno) }
        return Folder(descriptor: opened)
    }

    /// Makes the folder `name`, whatever the process's mask, unless it is there.
    func make(_ name: String, mode: mode_t) throws(RunnerError) {
        guard unsafe mkdirat(descriptor, name, 0o700) == 0 || errno == EEXIST else {
            throw .system("make \(name)", errno)
        }
        let made = try folder(name)
        guard fchmod(made.descriptor, mode) == 0 else { throw .system("chmod \(name)", errno) }
    }

    /// Points the link `name` at `target` in one step, whatever it was before.
    func link(_ name: String, to target: String) throws(RunnerError) {
        let temporary = "..new-\(name)"
        _ = unsafe unlinkat(descriptor, temporary, 0)
        guard unsafe symlinkat(target, descriptor, temporary) == 0 else { throw .system("link \(name)", errno) }
        guard unsafe renameat(descriptor, temporary, descriptor, name) == 0 else {
            throw .system("rename to \(name)", errno)
        }
    }

    /// What the link `name` points at; `nil`: it is no link.
    func target(of name: String) -> String? {
        let bytes = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            let count = unsafe readlinkat(descriptor, name, buffer.baseAddress!, buffer.count)
            return unsafe count < 0 ? nil : buffer.prefix(count).map { UInt8(bitPattern: $0) }
        }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Removes the entry `name` that is not a folder.
    func unlink(_ name: String) {
        _ = unsafe unlinkat(descriptor, name, 0)
    }

    /// Removes the empty folder `name`.
    func removeFolder(_ name: String) {
        _ = unsafe unlinkat(descriptor, name, AT_REMOVEDIR)
    }

    /// The kinds of entries that are told apart.
    enum Kind {
        case file, folder, link, other
    }

    /// The entries by name, in ascending order.
    func entries() -> [(name: String, kind: Kind)] {
        // A stream owns the descriptor that it is given, so it gets one of its own, at the first entry.
        let copy = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return [] }
        guard let stream = unsafe fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { unsafe closedir(stream) }
        var found: [(name: String, kind: Kind)] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            found.append((name, kind(of: name)))
        }
        return found.sorted { $0.name < $1.name }
    }

    private func kind(of name: String) -> Kind {
        var facts = stat()
        guard unsafe fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { return .other }
        return switch facts.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .other
        }
    }
}
