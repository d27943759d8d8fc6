import Glibc
import Seams

/// Control groups named `conclave/NAME` below the top of every hierarchy that limits or kills.
///
/// They are outside of the daemon's own group, so that tasks outlive the daemon whatever it is started by. `conclave`
/// itself is made with the first group and removed with the last; several daemons of a host share it.
package final class LinuxCgroups: Cgroups {
    private let host: CgroupLayout
    static let parent = "conclave"
    /// Another daemon may remove the common parent between our making it and our using it; so often we try again.
    private static let attempts = 16

    package convenience init() { self.init(CgroupLayout()) }

    init(_ host: CgroupLayout) { self.host = host }

    package var layout: String { host.name }

    package func make(_ name: String, _ limits: TaskLimits) throws(SystemError) -> any Cgroup {
        Self.check(name)
        var directories: [(top: String, path: String)] = []
        for top in host.tops {
            switch makeDirectory(name, below: top) {
            case .success(let path): directories.append((top, path))
            case .failure(let error):
                // A hierarchy that can't be written is missed only when a limit needs it.
                if error.code == EROFS || error.code == EACCES || error.code == EPERM { continue }
                LinuxCgroup(name, host, directories).abandon()
                throw error
            }
        }
        let group = LinuxCgroup(name, host, directories)
        guard !group.isPopulated() else { throw SystemError("make the control group", name, code: EEXIST) }
        do throws(SystemError) { try group.update(limits) } catch {
            group.abandon()
            throw error
        }
        return group
    }

    package func find(_ name: String) -> (any Cgroup)? {
        Self.check(name)
        var directories: [(top: String, path: String)] = []
        for top in host.tops {
            let path = "\(top)/\(Self.parent)/\(name)"
            if unsafe access(path, F_OK) == 0 { directories.append((top, path)) }
        }
        return directories.isEmpty ? nil : LinuxCgroup(name, host, directories)
    }

    private static func check(_ name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        precondition(
            parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." },
            "a control group's name has one or two parts, not \(parts.count), and none is empty or dots")
    }

    private func makeDirectory(_ name: String, below top: String) -> Result<String, SystemError> {
        let parts = [Self.parent] + name.split(separator: "/").map(String.init)
        var code: Int32 = 0
        for _ in 0..<Self.attempts {
            var path = top
            code = 0
            for part in parts {
                // Controllers are handed down step by step, by the group above.
                if top == host.unified { delegate(path) }
                path += "/" + part
                if unsafe mkdir(path, 0o755) != 0, errno != EEXIST {
                    code = errno
                    break
                }
            }
            if code == 0 { return .success(path) }
            if code != ENOENT { break }
        }
        return .failure(SystemError("make the control group", name, code: code))
    }

    /// Each by itself: one that is refused must not cost the others. What is missing shows when a limit is set.
    private func delegate(_ path: String) {
        for each in ["cpu", "memory", "pids"] where host.unifiedControllers.contains(each) {
            _ = writeControl(path + "/cgroup.subtree_control", "+" + each)
        }
    }
}
