import CLinux
import Seams

/// File systems in memory, of the namespace that the process is in.
package final class LinuxMounts: Mounts {
    package init() {}

    package func mountMemory(
        _ path: String, bytes: UInt64, inodes: UInt64, mode: UInt32, degraded: Bool
    ) throws(SystemError) -> MemoryKind {
        let bits = "mode=0" + String(mode, radix: 8)
        let limits = "size=\(bytes),nr_inodes=\(inodes),\(bits)"
        if unsafe cl_mount_memory(path, "tmpfs", "noswap," + limits) == 0 { return .tmpfsNoSwap }
        var code = unsafe cl_mount_memory(path, "ramfs", bits)
        if code == 0 { return .ramfs }
        if degraded {
            code = unsafe cl_mount_memory(path, "tmpfs", limits)
            if code == 0 { return .tmpfs }
        }
        throw SystemError("mount memory at", path, code: code)
    }

    package func unmount(_ path: String, detach: Bool) throws(SystemError) {
        let code = unsafe cl_unmount(path, detach)
        guard code == 0 else { throw SystemError("unmount", path, code: code) }
    }

    package func mounts(below path: String) throws(SystemError) -> [MountPoint] {
        var found: [MountPoint] = []
        for line in readSmall("/proc/self/mountinfo").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let place = Self.unescape(fields[4])
            guard place.hasPrefix(path + "/") else { continue }
            let shared = fields[6..<dash].contains { $0.hasPrefix("shared:") }
            found.append(MountPoint(path: place, type: String(fields[dash + 1]), isShared: shared))
        }
        return found.sorted { ($1.path.utf8.count, $0.path) < ($0.path.utf8.count, $1.path) }
    }

    package func isSwapActive() -> Bool {
        readSmall("/proc/swaps").split(separator: "\n").count > 1
    }

    /// The kernel writes space, tab, newline and backslash as three octal digits.
    private static func unescape(_ text: Substring) -> String {
        var out: [UInt8] = []
        let all = Array(text.utf8)
        var place = 0
        while place < all.count {
            if all[place] == UInt8(ascii: "\\"), place + 3 < all.count,
                let value = UInt8(String(decoding: all[place + 1...place + 3], as: UTF8.self), radix: 8)
            {
                out.append(value)
                place += 4
            } else {
                out.append(all[place])
                place += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
