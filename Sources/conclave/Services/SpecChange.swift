import CommandLine
import Model
import Text
import Wire

/// Turns the options of `service update` into a new spec.
enum SpecChange {
    static func apply(to service: Service, _ session: Session) throws(Failure) -> ServiceSpec {
        let parsed = session.parsed
        var spec = service.spec ?? ServiceSpec()
        change(&spec.labels, "label", session)
        if let replicas = parsed.number("replicas") {
            guard spec.global == nil else {
                throw Failure(.invalid, "replicas can only be used with replicated mode")
            }
            var mode = spec.replicated ?? ReplicatedMode()
            mode.replicas = replicas
            spec.replicated = mode
        }
        var task = spec.task ?? TaskSpec()
        try changeProgram(&task, session)
        try changeContainer(&task, session)
        try changePlacement(&task, session)
        try SpecFlags.apply(&task, session)
        try RegistryAuth.give(&task, session)
        if parsed.has("force") { task.forceUpdate += 1 }
        spec.task = task
        try UpdateFlags.apply(&spec, session)
        return spec
    }

    // MARK: - The program

    private static func changeProgram(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        var program = task.program ?? ProgramSpec()
        if parsed.arguments.count > 1 {
            guard task.container == nil else {
                throw Failure(
                    .invalid, "the service runs an image, not a program of the host", try: "--args or --image")
            }
            program.command = [parsed.arguments[1]]
            program.arguments = Array(parsed.arguments.dropFirst(2))
        }
        if let words = parsed.text("args") { program.arguments = try ShellWords.split(words, of: "args") }
        program.environment = ProgramInputs.merged(
            program.environment, ProgramInputs.variables(parsed.list("env-add")), without: parsed.list("env-rm"))
        try changeFiles(&program, session)
        try change(&program.mounts, by: \.target, "mount", session, MountInput.read)
        try change(&program.ulimits, by: \.name, "ulimit", session, ProgramInputs.ulimit)
        let left = parsed.list("group-rm")
        program.groups = program.groups.filter { !left.contains($0) }.joined(with: parsed.list("group-add"))
        try changeHosts(&program, session)
        task.program = program
    }

    /// Removes what `--FLAG-rm` names, and adds what `--FLAG-add` says in the place of what has its name.
    private static func change<Item>(
        _ items: inout [Item], by name: KeyPath<Item, String>, _ flag: String, _ session: Session,
        _ read: (String) throws(Failure) -> Item
    ) throws(Failure) {
        let removed = session.parsed.list("\(flag)-rm")
        items.removeAll { removed.contains($0[keyPath: name]) }
        for text in session.parsed.list("\(flag)-add") {
            let item = try read(text)
            items.removeAll { $0[keyPath: name] == item[keyPath: name] }
            items.append(item)
        }
    }

    private static func changeHosts(_ program: inout ProgramSpec, _ session: Session) throws(Failure) {
        var removed: [String] = []
        for text in session.parsed.list("host-rm") { removed.append(try ProgramInputs.host(text)) }
        var added: [String] = []
        for text in session.parsed.list("host-add") { added.append(try ProgramInputs.host(text)) }
        program.hosts = program.hosts.filter { !removed.contains($0) }.joined(with: added)
    }

    private static func changeFiles(_ program: inout ProgramSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        for name in parsed.list("secret-rm") {
            guard program.secrets.contains(where: { $0.secretName == name }) else { throw absent("secret", name) }
            program.secrets.removeAll { $0.secretName == name }
        }
        // What has the same target is replaced, so that one update can move a service from a secret to another.
        for added in try FileReference.all(parsed.list("secret-add"), kind: "secret") {
            program.secrets.removeAll { $0.target?.name == added.target.name }
            program.secrets.append(added.secret)
        }
        for name in parsed.list("config-rm") {
            guard program.configs.contains(where: { $0.configName == name }) else { throw absent("config", name) }
            program.configs.removeAll { $0.configName == name }
        }
        for added in try FileReference.all(parsed.list("config-add"), kind: "config") {
            program.configs.removeAll { $0.target?.name == added.target.name }
            program.configs.append(added.config)
        }
    }

    private static func absent(_ kind: String, _ name: String) -> Failure {
        Failure(
            .notFound, "the service does not use a \(kind) '\(name.printable)'",
            try: "conclave service inspect --pretty SERVICE, for those that it uses")
    }

    // MARK: - Image, networks and places

    private static func changeContainer(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        if var container = task.container {
            if let image = parsed.text("image") {
                // The same tag again asks what it is by now.
                let isSame = ImageName(image) == ImageName(container.image)
                container.lookup = isSame && ImageName(image).digest == nil ? container.lookup + 1 : 0
                container.image = image
            }
            RegistryAuth.keep(task.container, in: &container)
            change(&container.labels, "container-label", session)
            task.container = container
        } else {
            for flag in ["image", "container-label-add", "container-label-rm", "entrypoint"] where parsed.isSaid(flag) {
                throw Failure(.invalid, "--\(flag) is for images; the service runs a program of the host")
            }
        }
        let removed = parsed.list("network-rm")
        task.networks.removeAll { removed.contains($0.network) }
        for text in parsed.list("network-add") {
            let network = try ProgramInputs.network(text)
            task.networks.removeAll { $0.network == network.network }
            task.networks.append(network)
        }
    }

    private static func changePlacement(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        let parsed = session.parsed
        var placement = task.placement ?? Placement()
        let removed = parsed.list("constraint-rm")
        placement.constraints = placement.constraints.filter { !removed.contains($0) }
            .joined(with: parsed.list("constraint-add"))
        var (left, right): ([String], [String]) = ([], [])
        for text in parsed.list("placement-pref-rm") { left.append(try ProgramInputs.preference(text)) }
        for text in parsed.list("placement-pref-add") { right.append(try ProgramInputs.preference(text)) }
        placement.spread = placement.spread.filter { !left.contains($0) }.joined(with: right)
        if placement != Placement() || task.placement != nil { task.placement = placement }
    }

    private static func change(_ labels: inout StringMap, _ flag: String, _ session: Session) {
        for key in session.parsed.list("\(flag)-rm") { labels[key] = nil }
        for pair in session.labels(session.parsed.list("\(flag)-add")).pairs { labels[pair.key] = pair.value }
    }
}
