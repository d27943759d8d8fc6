import Model
import Seams

/// What a program of the host can't have, and what it must not be shown.
struct ProcessRules {
    /// All paths that lead to directories of daemons.
    let masks: [String]

    /// - Throws: naming what can't be had, and why.
    func check(_ spec: TaskSpec) throws(SystemError) {
        let program = spec.program ?? ProgramSpec()
        let asked: [(what: String, isAsked: Bool)] = [
            ("a network of its own", !spec.networks.isEmpty), ("a terminal of its own", program.terminal),
            ("an open standard input", program.openInput), ("its own process 1", program.usesInit == false),
            ("a capability", !program.capabilitiesAdded.isEmpty),
            ("a bound of this kind", ResourceLimits.options(program.ulimits) == nil),
        ]
        for (what, isAsked) in asked where isAsked { throw Self.error("a program of the host can't have \(what)") }
        _ = try checked(program.mounts)
    }

    private static func error(_ detail: String) -> SystemError { SystemError("start a task", detail: detail) }

    /// Places that are the sandbox's own.
    private static let taken = ["/proc", "/sys", "/dev", "/run/secrets", "/run/configs"]

    /// The mounts, with the paths of their sources without links.
    ///
    /// - Throws: naming what can't be mounted, and why.
    func checked(_ mounts: [Mount]) throws(SystemError) -> [Mount] {
        var all: [Mount] = []
        for mount in mounts { all.append(try checked(mount)) }
        return all
    }

    private func checked(_ mount: Mount) throws(SystemError) -> Mount {
        guard mount.target.hasPrefix("/"), mount.target != "/",
            !Self.taken.contains(where: { MountTable.rest(of: mount.target, below: $0) != nil })
        else { throw Self.error("nothing can be mounted at \(mount.target)") }
        switch mount.type {
        case .tmpfs: return mount
        case .bind:
            guard mount.propagation.isEmpty || mount.propagation == "rprivate" else {
                throw Self.error("a mount of a program of the host is rprivate, not \(mount.propagation)")
            }
            guard mount.source.hasPrefix("/"), let source = NameResolution.resolved(mount.source) else {
                throw Self.error("there is no \(mount.source) on this node")
            }
            let isShown = masks.contains {
                MountTable.rest(of: $0, below: source) != nil || MountTable.rest(of: source, below: $0) != nil
            }
            guard !isShown else {
                throw Self.error("\(mount.source) would show a daemon's own directory to the task")
            }
            var checked = mount
            checked.source = source
            return checked
        default: throw Self.error("a program of the host can't have a volume: only containers can")
        }
    }
}
