import Bytes
import Glibc

/// The file systems that lie in memory: which there are, how one is mounted, how one is recognised.
enum MemoryMount {
    enum Kind: Equatable {
        /// tmpfs whose pages are never swapped out; Linux 6.4 and later.
        case locked
        /// ramfs: never swapped out, without a size of its own, so its content is counted.
        case ram
        /// tmpfs whose pages may be swapped out.
        case plain
    }

    static let detach: Int32 = 2  // MNT_DETACH
    private static let flags = UInt(2 | 4 | 8)  // MS_NOSUID, MS_NODEV, MS_NOEXEC
    private static let mostInodes = 4096

    /// Mounts the best that there is at `folder`.
    static func mount(
        at folder: String, capacity: Int, demand: SecretsFileSystem.Demand, context: String?
    ) throws(RunnerError) -> Kind {
        var common = "mode=0755"
        if let context { common += ",context=\"\(context)\"" }
        let sized = "\(common),size=\(capacity),nr_inodes=\(mostInodes)"
        if mount("tmpfs", at: folder, options: "\(sized),noswap") { return .locked }
        let first = errno
        if mount("ramfs", at: folder, options: common) { return .ram }
        guard demand == .preferred else {
            throw .unsupported(
                "no memory that cannot be swapped out: tmpfs with noswap failed (\(first)), ramfs failed (\(errno))")
        }
        guard mount("tmpfs", at: folder, options: sized) else { throw .system("mount tmpfs at \(folder)", errno) }
        return .plain
    }

    private static func mount(_ type: String, at folder: String, options: String) -> Bool {
        unsafe options.withCString { unsafe Glibc.mount(type, folder, type, flags, $0) } == 0
    }

    static func protection(of kind: Kind) -> SecretsFileSystem.Protection {
        switch kind {
        case .locked, .ram: .secure
        case .plain: hasSwap ? .insecure : .weak
        }
    }

    /// Whether something is mounted at `folder`: it is on another device than the folder that holds it. A few system
    /// calls, where the table of mounts grows with every task.
    static func isMounted(at folder: String) -> Bool {
        var (own, above) = (stat(), stat())
        return unsafe lstat(folder, &own) == 0 && lstat("\(folder)/..", &above) == 0 && own.st_dev != above.st_dev
    }

    /// What is mounted at `folder` itself; `nil`: nothing, or nothing in memory.
    static func kind(at folder: String) -> Kind? {
        guard let mounts = MountTable.current(), let mount = mounts.last(at: folder) else { return nil }
        return switch mount.type {
        case "tmpfs": mount.superOptions.contains("noswap") ? .locked : .plain
        case "ramfs": .ram
        default: nil
        }
    }

    /// Whether the host has swap space now. Not to know counts as yes.
    private static var hasSwap: Bool {
        guard let text = SmallFile.text("/proc/swaps") else { return true }
        return text.split(separator: "\n").count > 1
    }
}
