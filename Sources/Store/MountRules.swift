import Model

/// What may be mounted into a task, in the sentences of Docker's engine.
enum MountRules {
    private static let propagations = ["", "rprivate", "private", "rshared", "shared", "rslave", "slave"]

    static func check(_ mounts: [Mount]) throws(Failure) {
        var targets: Set<String> = []
        for mount in mounts {
            try check(mount)
            let parts = mount.target.split(separator: "/").filter { $0 != "." }
            guard targets.insert(parts.joined(separator: "/")).inserted else {
                throw Failure(.invalid, "ContainerSpec: duplicate mount point: \(mount.target)")
            }
        }
    }

    private static func check(_ mount: Mount) throws(Failure) {
        let parts = mount.target.split(separator: "/").filter { $0 != "." }
        guard mount.target.hasPrefix("/"), !parts.contains("..") else {
            throw Failure(.invalid, "invalid mount target, must be an absolute path: \(mount.target)")
        }
        guard !parts.isEmpty else { throw Failure(.invalid, "invalid specification: destination can't be '/'") }
        for folder in ["secrets", "configs"] where parts == ["run", Substring(folder)] {
            throw Failure(.invalid, "invalid mount target /run/\(folder): it is where a task's \(folder) are")
        }
        switch mount.type {
        case .bind:
            guard mount.source.hasPrefix("/") else {
                throw Failure(.invalid, "invalid mount path, must be an absolute path: '\(mount.source)'")
            }
            guard propagations.contains(mount.propagation) else {
                throw Failure(.invalid, "invalid propagation: \(mount.propagation)")
            }
        case .volume:
            guard mount.source.isEmpty || Names.isVolume(mount.source) else {
                throw Failure(
                    .invalid, "invalid volume mount source: \"\(mount.source)\"",
                    try: "for a path of the host: type=bind")
            }
        case .tmpfs:
            guard mount.source.isEmpty else {
                throw Failure(.invalid, "invalid tmpfs mount: source must not be set")
            }
        default: throw Failure(.invalid, "mount type unknown")
        }
        guard mount.type == .bind || mount.propagation.isEmpty else {
            throw Failure(.invalid, "only a bind mount has a propagation")
        }
        guard mount.type == .tmpfs || mount.sizeBytes == 0 && mount.mode == 0 else {
            throw Failure(.invalid, "only a tmpfs has a size and a mode")
        }
    }
}
