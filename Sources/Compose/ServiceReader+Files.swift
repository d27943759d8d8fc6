import Model
import Text
import Wire

// MARK: - Secrets and configs

extension ServiceReader {
    mutating func readFiles(_ program: inout ProgramSpec) {
        program.secrets = references("secrets", names.secrets).map { source, target in
            var reference = SecretReference()
            reference.secretName = source
            reference.target = target
            return reference
        }
        program.configs = references("configs", names.configs).map { source, target in
            var reference = ConfigReference()
            reference.configName = source
            reference.target = target
            return reference
        }
    }

    /// `name`, or `source`, `target`, `uid`, `gid` and `mode`; the source as the cluster knows it.
    private mutating func references(_ key: String, _ declared: [String: String]) -> [(String, FileTarget)] {
        section.items(key).enumerated().compactMap { place, item in
            var target = FileTarget()
            var source: String?
            if case .mapping(let mapping) = item.content {
                var inner = Section(
                    mapping, path: section.name("\(key)[\(place)]"), mark: item.mark, report: report)
                source = inner.text("source")
                target.name = inner.text("target") ?? source ?? ""
                target.uid = inner.text("uid") ?? ""
                target.gid = inner.text("gid") ?? ""
                target.mode = inner.mode("mode") ?? 0
                inner.end()
            } else {
                source = Section.text(item, section.name("\(key)[\(place)]"), report)
                target.name = source ?? ""
            }
            guard let source else {
                report.error(item.mark, "\(section.name(key)) needs a source")
                return nil
            }
            guard let name = declared[source] else {
                report.error(
                    item.mark,
                    "\(section.path) uses \(key) '\(source.printable)', which is not declared at the top of the file")
                return nil
            }
            return (name, target)
        }
    }
}

// MARK: - Mounts

extension ServiceReader {
    mutating func readMounts() -> [Mount] {
        var mounts: [Mount] = []
        for (place, item) in section.items("volumes").enumerated() {
            let path = section.name("volumes[\(place)]")
            if case .mapping(let mapping) = item.content {
                var inner = Section(mapping, path: path, mark: item.mark, report: report)
                if let mount = mount(&inner) { mounts.append(mount) }
            } else if let text = Section.text(item, path, report), let mount = mount(text, path, item.mark) {
                mounts.append(mount)
            }
        }
        for item in section.oneOrMore("tmpfs") {
            if let text = Section.text(item, section.name("tmpfs"), report) { mounts.append(memory(text, item.mark)) }
        }
        return mounts
    }

    private func mount(_ inner: inout Section) -> Mount? {
        var mount = Mount()
        let type = inner.choice(
            "type",
            [
                "bind": MountType.bind, "volume": .volume, "tmpfs": .tmpfs, "cluster": .unspecified,
                "image": .unspecified, "npipe": .unspecified,
            ])
        mount.type = type ?? .volume
        mount.target = inner.text("target") ?? ""
        mount.readOnly = inner.truth("read_only") ?? false
        let source = inner.text("source") ?? ""
        inner.unsupported(["consistency": "it means nothing on Linux", "image": "an image is not mounted"])
        if var bind = inner.section("bind") {
            mount.propagation = bind.text("propagation") ?? ""
            bind.unsupported([
                "create_host_path": "a path must be there", "selinux": "labels are the host's affair",
                "recursive": "what is mounted below comes along",
            ])
            bind.end()
        }
        if var volume = inner.section("volume") {
            mount.noCopy = volume.truth("nocopy") ?? false
            volume.unsupported([
                "subpath": "a volume is mounted whole", "labels": "write them where the volume is declared",
            ])
            volume.end()
        }
        if var tmpfs = inner.section("tmpfs") {
            mount.sizeBytes = tmpfs.bytes("size") ?? 0
            mount.mode = tmpfs.mode("mode") ?? 0
            tmpfs.end()
        }
        inner.end()
        if type == .unspecified {
            report.unsupported(
                inner.mark(of: "type"),
                "\(inner.name("type")) \(inner.text("type") ?? "") is not supported: write bind, volume or tmpfs")
            return nil
        }
        guard !mount.target.isEmpty else {
            report.error(inner.mark, "\(inner.path) needs a target")
            return nil
        }
        place(source, in: &mount, inner.mark)
        return mount
    }

    /// `[SOURCE:]TARGET[:OPTIONS]`.
    private func mount(_ text: String, _ path: String, _ mark: Mark) -> Mount? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, !parts.contains("") else {
            report.error(mark, "\(path): '\(text.printable)' is not SOURCE:TARGET:OPTIONS")
            return nil
        }
        var mount = Mount()
        let source = parts.count == 1 ? "" : parts[0]
        mount.target = parts.count == 1 ? parts[0] : parts[1]
        let isPath = source.hasPrefix("/") || source.hasPrefix(".") || source.hasPrefix("~")
        mount.type = isPath ? .bind : .volume
        for option in parts.count == 3 ? parts[2].split(separator: ",") : [] {
            switch option {
            case "ro": mount.readOnly = true
            case "rw": break
            case "nocopy": mount.noCopy = true
            case "rprivate", "private", "rshared", "shared", "rslave", "slave": mount.propagation = String(option)
            default: report.unsupported(mark, "\(path): the option '\(String(option).printable)' is not supported")
            }
        }
        place(source, in: &mount, mark)
        return mount
    }

    private func place(_ source: String, in mount: inout Mount, _ mark: Mark) {
        switch mount.type {
        case .bind:
            if source.isEmpty { report.error(mark, "\(section.path) binds nothing to \(mount.target.printable)") }
            if source.hasPrefix("~") {
                report.error(mark, "\(section.path): '~' is the home of somebody else on another node; write the path")
            }
            mount.source = context.absolute(source)
        case .volume where !source.isEmpty:
            guard let volume = names.volumes[source] else {
                report.error(
                    mark, "\(section.path) uses the volume '\(source.printable)', which is not declared at the top")
                return
            }
            mount.source = volume.name
            mount.volumeDriver = volume.driver
            for key in volume.options.keys.sorted() { mount.volumeOptions[key] = volume.options[key] }
            for key in volume.labels.keys.sorted() { mount.volumeLabels[key] = volume.labels[key] }
        default:
            if mount.type == .tmpfs, !source.isEmpty {
                report.error(mark, "\(section.path): a tmpfs has no source")
            }
        }
    }

    /// `PATH[:size=…,mode=…]`.
    private func memory(_ text: String, _ mark: Mark) -> Mount {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        func wrong(_ option: String) {
            report.error(
                mark, "\(section.name("tmpfs")): '\(option.printable)' is neither size=64M nor mode=1777, or the like")
        }
        var mount = Mount()
        mount.type = .tmpfs
        mount.target = parts[0]
        for option in parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : [] {
            let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = pair.count == 2 ? pair[1] : ""
            switch pair[0] {
            case "size":
                if let size = try? Quantities.read(bytes: value) {
                    mount.sizeBytes = UInt64(size)
                } else {
                    wrong(option)
                }
            case "mode":
                if let mode = UInt32(value, radix: 8) { mount.mode = mode } else { wrong(option) }
            default:
                report.unsupported(
                    mark, "\(section.name("tmpfs")): the option '\(option.printable)' is not supported")
            }
        }
        return mount
    }
}
