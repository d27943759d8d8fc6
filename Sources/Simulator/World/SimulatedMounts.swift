import Seams

/// File systems in memory, as far as drivers ask for them: a table.
package final class SimulatedMounts: Mounts, @unchecked Sendable {
    private var paths: [String] = []

    package func mountMemory(
        _ path: String, bytes: UInt64, inodes: UInt64, mode: UInt32, degraded: Bool
    ) throws(SystemError) -> MemoryKind {
        paths.append(path)
        return .tmpfsNoSwap
    }

    package func unmount(_ path: String, detach: Bool) throws(SystemError) { paths.removeAll { $0 == path } }

    package func mounts(below path: String) throws(SystemError) -> [MountPoint] {
        paths.filter { $0.hasPrefix("\(path)/") }.sorted().reversed()
            .map { MountPoint(path: $0, type: "tmpfs", isShared: false) }
    }

    package func isSwapActive() -> Bool { false }
}
