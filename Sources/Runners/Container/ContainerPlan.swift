import Model
import Seams
import Text
import Wire

/// What the engine is asked to make of a task. Pure: the same launch gives the same container.
struct ContainerPlan {
    let launch: TaskLaunch
    let limits: EngineLimits
    /// Names this daemon among those that share the engine.
    let node: String

    enum Label {
        static let task = "conclave.task"
        static let node = "conclave.node"
        static let name = "conclave.name"
        static let network = "conclave.network"
    }

    var program: ProgramSpec { launch.spec.program ?? ProgramSpec() }
    var container: ContainerSpec { launch.spec.container ?? ContainerSpec() }
    var image: ImageName { ImageName(container.image) }
    /// As the engine's own command line shows it.
    var name: String { "\(launch.name).\(launch.task)" }

    /// Networks that are not built in, in the order in which they are joined.
    var networks: [NetworkAttachment] { launch.spec.networks.filter { !Self.isBuiltIn($0.network) } }

    private static func isBuiltIn(_ network: String) -> Bool { ["none", "host", "bridge"].contains(network) }

    /// The first network is joined as the container is made, the others before it starts.
    var mode: String { launch.spec.networks.first?.network ?? "bridge" }

    // MARK: - Files

    /// Files whose target is not below `/run/secrets` or `/run/configs`: a link leads there from the container's own
    /// root, since a mounted file would never see a change.
    var links: [(path: String, target: String)] {
        program.secrets.compactMap { Self.link($0.target, "/run/secrets") }
            + program.configs.compactMap { Self.link($0.target, "/run/configs") }
    }

    private static func link(_ target: FileTarget?, _ folder: String) -> (path: String, target: String)? {
        guard let path = target?.name, path.hasPrefix("/"), !path.hasPrefix(folder + "/") else { return nil }
        return (path, "\(folder)/\(TaskFile.absoluteFolder)\(path)")
    }

    // MARK: - The container

    /// The body of `containers/create`.
    func body() -> JSON {
        var body: JSONObject = [
            "Image": JSON(container.image.isEmpty ? "" : image.reference), "Env": Self.strings(program.environment),
            "Labels": labels, "Tty": JSON(program.terminal), "OpenStdin": JSON(program.openInput),
            // The agent looks after its tasks' health in one way for all runners.
            "Healthcheck": ["Test": ["NONE"]], "HostConfig": .object(host()),
        ]
        if !program.command.isEmpty { body["Entrypoint"] = Self.strings(program.command) }
        if !program.arguments.isEmpty { body["Cmd"] = Self.strings(program.arguments) }
        if !program.user.isEmpty { body["User"] = JSON(program.user) }
        if !program.directory.isEmpty { body["WorkingDir"] = JSON(program.directory) }
        if mode != "host" { body["Hostname"] = JSON(launch.hostname) }
        if !program.stopSignal.isEmpty { body["StopSignal"] = JSON(program.stopSignal) }
        if let first = networks.first, first.network == mode {
            body["NetworkingConfig"] = ["EndpointsConfig": .object([mode: Self.endpoint(first)])]
        }
        return .object(body)
    }

    static func endpoint(_ network: NetworkAttachment) -> JSON { ["Aliases": strings(network.aliases)] }

    private var labels: JSON {
        var labels = JSONObject()
        for (name, value) in container.labels { labels[name] = JSON(value) }
        labels[Label.task] = JSON("\(launch.task)")
        labels[Label.node] = JSON(node)
        labels[Label.name] = JSON(launch.name)
        return .object(labels)
    }

    private func host() -> JSONObject {
        var host: JSONObject = [
            "NetworkMode": JSON(mode), "Mounts": .array(mounts), "RestartPolicy": ["Name": "no"],
            "Ulimits": .array(limits.ulimits(of: program.ulimits).map { Self.ulimit($0) }),
            "ReadonlyRootfs": JSON(program.readOnly),
            "LogConfig": Self.log,
        ]
        if let memory = launch.limits.memoryBytes {
            host["Memory"] = JSON(memory)
            if launch.limits.forbidsSwap { host["MemorySwap"] = JSON(memory) }
        }
        if let processors = launch.limits.nanoCPUs { host["NanoCpus"] = JSON(processors) }
        if let processes = launch.limits.processes { host["PidsLimit"] = JSON(processes) }
        if let usesInit = program.usesInit { host["Init"] = JSON(usesInit) }
        if !program.groups.isEmpty { host["GroupAdd"] = Self.strings(program.groups) }
        if !program.capabilitiesAdded.isEmpty { host["CapAdd"] = Self.strings(program.capabilitiesAdded) }
        if !program.capabilitiesDropped.isEmpty { host["CapDrop"] = Self.strings(program.capabilitiesDropped) }
        if !program.hosts.isEmpty { host["ExtraHosts"] = .array(program.hosts.compactMap { Self.extraHost($0) }) }
        return host
    }

    /// Two files, so that the turn from one to the other costs half of the output. Podman has one, and starts it anew.
    private static let log: JSON = [
        "Type": "json-file", "Config": ["max-size": JSON("\(LogFile.usualBytes)"), "max-file": "2"],
    ]

    private static func ulimit(_ limit: Ulimit) -> JSON {
        ["Name": JSON(limit.name), "Soft": JSON(limit.soft), "Hard": JSON(limit.hard)]
    }

    /// `address name` as engines have it, the other way round.
    private static func extraHost(_ line: String) -> JSON? {
        let words = line.split(separator: " ")
        return words.count == 2 ? "\(words[1]):\(words[0])" : nil
    }

    // MARK: - Mounts

    /// Only folders are bound: a mounted file would never see a rename.
    private var mounts: [JSON] {
        var mounts = program.mounts.map { Self.mount($0) }
        for (source, target) in [
            (launch.secretsDirectory, "/run/secrets"), (launch.configsDirectory, "/run/configs"),
        ] {
            guard let source else { continue }
            mounts.append(
                ["Type": "bind", "Source": JSON(source), "Target": JSON(target), "ReadOnly": true])
        }
        return mounts
    }

    private static func mount(_ mount: Mount) -> JSON {
        var made: JSONObject = ["Target": JSON(mount.target), "ReadOnly": JSON(mount.readOnly)]
        switch mount.type {
        case .tmpfs:
            made["Type"] = "tmpfs"
            made["TmpfsOptions"] = [
                "SizeBytes": JSON(mount.sizeBytes), "Mode": JSON(mount.mode == 0 ? 0o1777 : mount.mode),
            ]
        case .volume:
            made["Type"] = "volume"
            made["Source"] = JSON(mount.source)
            var options: JSONObject = ["NoCopy": JSON(mount.noCopy), "Labels": map(mount.volumeLabels)]
            if !mount.volumeDriver.isEmpty {
                options["DriverConfig"] = ["Name": JSON(mount.volumeDriver), "Options": map(mount.volumeOptions)]
            }
            made["VolumeOptions"] = .object(options)
        default:
            made["Type"] = "bind"
            made["Source"] = JSON(mount.source)
            if !mount.propagation.isEmpty { made["BindOptions"] = ["Propagation": JSON(mount.propagation)] }
        }
        return .object(made)
    }

    private static func map(_ map: StringMap) -> JSON {
        var object = JSONObject()
        for (name, value) in map { object[name] = JSON(value) }
        return .object(object)
    }

    private static func strings(_ texts: [String]) -> JSON { .array(texts.map { JSON($0) }) }
}
