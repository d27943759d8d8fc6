/// How safe a file system in memory keeps values. The order is from best to worst.
package enum MemoryKind: String, Hashable, Sendable {
    /// tmpfs with `noswap`.
    case tmpfsNoSwap = "tmpfs,noswap"
    /// ramfs: never swaps and has no size limit; the caller counts bytes itself.
    case ramfs
    /// tmpfs that can be swapped out.
    case tmpfs
}

/// File systems in memory.
package protocol Mounts: AnyObject, Sendable {
    /// Mounts one at `path`, an empty directory: `nosuid,nodev,noexec`, private.
    ///
    /// Tries `tmpfs,noswap`, then ramfs; plain tmpfs only when `degraded` allows it.
    /// - Returns: what was mounted.
    func mountMemory(_ path: String, bytes: UInt64, inodes: UInt64, mode: UInt32, degraded: Bool)
        throws(SystemError) -> MemoryKind
    /// Unmounts all that is mounted at `path`; `detach`: also when in use, for when its last user is gone.
    func unmount(_ path: String, detach: Bool) throws(SystemError)
    /// Mount points strictly below `path`, deepest first.
    func mounts(below path: String) throws(SystemError) -> [MountPoint]
    /// Whether any swap is in use by the host.
    func isSwapActive() -> Bool
}

/// A line of the kernel's table of mounts.
package struct MountPoint: Hashable, Sendable {
    package var path: String
    /// `tmpfs`, `ramfs`, …
    package var type: String
    /// Whether mounts below it appear in other namespaces.
    package var isShared: Bool
    package init(path: String, type: String, isShared: Bool) {
        self.path = path
        self.type = type
        self.isShared = isShared
    }
}
