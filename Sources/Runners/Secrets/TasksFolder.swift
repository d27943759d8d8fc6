import Glibc

/// The folder below which each task has its file system in memory: `<run>/tasks`.
///
/// It is mounted on itself and marked unbindable, which is private too: what is mounted below it appears in no other
/// namespace that exists already, and no plain bind mount of the host's root takes it along. A sandbox's own
/// namespace is a copy that has all of it; the helper's `start` unmounts the others' files there.
package enum TasksFolder {
    private static let bind = UInt(4096)
    private static let unbindable = UInt(1 << 17)

    /// Makes and marks `folder`; a second time changes nothing.
    package static func open(_ folder: String) throws(RunnerError) {
        guard unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .system("make \(folder)", errno) }
        guard unsafe chmod(folder, 0o700) == 0 else { throw .system("chmod \(folder)", errno) }
        if MountTable.current()?.last(at: folder) == nil {
            guard unsafe mount(folder, folder, nil, bind, nil) == 0 else { throw .system("bind \(folder)", errno) }
        }
        guard unsafe mount(nil, folder, nil, unbindable, nil) == 0 else {
            throw .system("make \(folder) unbindable", errno)
        }
    }

    /// Unmounts `folder` if no task is left below it.
    package static func close(_ folder: String) {
        guard let opened = try? Folder(folder), opened.entries().isEmpty else { return }
        _ = unsafe umount2(folder, MemoryMount.detach)
    }
}
