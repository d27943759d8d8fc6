import Glibc

/// Overwrites files that lie in memory.
enum Eraser {
    /// Deeper than any path that a task's file may have.
    private static let mostDepth = 16

    /// Overwrites every file below `folder` with zeros, in place, and follows no link.
    static func overwrite(_ folder: borrowing Folder, depth: Int) {
        for (name, kind) in folder.entries() {
            switch kind {
            case .file: overwrite(name, in: folder)
            case .folder where depth < mostDepth:
                if let inner = try? folder.folder(name) { overwrite(inner, depth: depth + 1) }
            case .folder, .link, .other: break
            }
        }
    }

    /// Removes every entry below `folder`.
    ///
    /// A file that somebody still reads keeps its bytes until it is closed: zeros in the place of a password would
    /// be worse than an old password. The others are overwritten.
    static func remove(_ folder: borrowing Folder, depth: Int = 0) {
        for (name, kind) in folder.entries() {
            switch kind {
            case .file:
                let file = unsafe openat(folder.descriptor, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
                folder.unlink(name)
                guard file >= 0 else { continue }
                // A write lease is granted only to the one who has the file open alone.
                if fcntl(file, setLease, F_WRLCK) == 0 { zero(file) }
                close(file)
            case .folder where depth < mostDepth:
                if let inner = try? folder.folder(name) { remove(inner, depth: depth + 1) }
                folder.removeFolder(name)
            case .folder, .link, .other: folder.unlink(name)
            }
        }
    }

    private static let setLease: Int32 = 1024

    private static func overwrite(_ name: String, in folder: borrowing Folder) {
        let file = unsafe openat(folder.descriptor, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return }
        zero(file)
        close(file)
    }

    private static func zero(_ file: Int32) {
        let zeros = [UInt8](repeating: 0, count: 65_536)
        let end = Int(lseek(file, 0, SEEK_END))
        var done = 0
        while done < end {
            let put = unsafe pwrite(file, zeros, min(zeros.count, end - done), off_t(done))
            guard put > 0 else { return }
            done += put
        }
    }
}
