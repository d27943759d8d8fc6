import Model
import Text
import Wire

/// Reads one service of a stack file.
struct ServiceReader {
    var section: Section
    let name: String
    let mark: Mark
    let names: StackNames
    let context: StackContext
    var report: Report { section.report }

    init(_ section: Section, name: String, mark: Mark, names: StackNames, context: StackContext) {
        self.section = section
        self.name = name
        self.mark = mark
        self.names = names
        self.context = context
    }

    mutating func read() -> ServiceSpec {
        var spec = ServiceSpec()
        spec.name = "\(context.stack)_\(name)"
        if name.contains(".") { report.error(mark, "\(section.path): the name of a service has no '.'") }
        var task = TaskSpec()
        var program = ProgramSpec()
        let isProcess = section.truth("x-conclave-process") ?? false
        if isProcess {
            readProcess(&program)
        } else {
            task.container = readContainer(&program)
            task.networks = readNetworks()
        }
        readProgram(&program)
        readFiles(&program)
        program.mounts = readMounts()
        task.program = program
        readPolicies(&task)
        readDeploy(&spec, &task)
        spec.labels[StackLabel.namespace] = context.stack
        spec.task = task
        refuse()
        section.end()
        return spec
    }

    // MARK: What runs

    private mutating func readProcess(_ program: inout ProgramSpec) {
        readCommand(&program)
        if program.command.isEmpty {
            program.command = program.arguments
            program.arguments = []
        }
        if program.command.isEmpty { report.error(mark, "\(section.path) is a process and has no command") }
        if section.node("image") != nil {
            report.error(section.mark(of: "image"), "\(section.path) is a process of the host and has no image")
        }
        for key in ["networks", "network_mode"] where section.node(key) != nil {
            report.unsupported(
                section.mark(of: key), "\(section.name(key)) is not supported: a process is in its host's network")
        }
        section.unsupported(["labels": "they are a container's; write deploy.labels for those of the service"])
    }

    private mutating func readContainer(_ program: inout ProgramSpec) -> ContainerSpec {
        var container = ContainerSpec()
        container.image = section.text("image") ?? ""
        if container.image.isEmpty {
            report.error(
                mark, "\(section.path) needs an image, or x-conclave-process: true and a command of the host")
        }
        for (key, value) in section.pairs("labels") { container.labels[key] = value ?? "" }
        container.labels[StackLabel.namespace] = context.stack
        readCommand(&program)
        return container
    }

    private mutating func readCommand(_ program: inout ProgramSpec) {
        program.command = words("entrypoint")
        program.arguments = words("command")
    }

    private mutating func words(_ key: String) -> [String] {
        guard let words = section.words(key) else { return [] }
        if words.isEmpty {
            report.unsupported(
                section.mark(of: key),
                "\(section.name(key)) of no words is not supported: the image's own would be used")
        }
        return words
    }

    private mutating func readProgram(_ program: inout ProgramSpec) {
        program.environment = readEnvironment()
        program.directory = section.text("working_dir") ?? ""
        program.user = section.text("user") ?? ""
        program.groups = section.texts("group_add")
        program.hostname = section.text("hostname") ?? ""
        program.terminal = section.truth("tty") ?? false
        program.openInput = section.truth("stdin_open") ?? false
        program.readOnly = section.truth("read_only") ?? false
        program.usesInit = section.truth("init")
        program.stopSignal = section.text("stop_signal") ?? ""
        program.stopGraceMilliseconds = section.milliseconds("stop_grace_period")
        program.capabilitiesAdded = section.texts("cap_add")
        program.capabilitiesDropped = section.texts("cap_drop")
        program.ulimits = readUlimits()
        program.hosts = readHosts()
        program.health = readHealth()
    }

    /// Variables of the files, then those of the service, which win. One without a value is that of whoever deploys.
    private mutating func readEnvironment() -> [String] {
        var order: [String] = []
        var values: [String: String] = [:]
        func set(_ name: String, _ value: String?) {
            guard let value = value ?? context.variables[name] else { return }
            if values.updateValue(value, forKey: name) == nil { order.append(name) }
        }
        for item in section.oneOrMore("env_file") {
            for variable in fileVariables(item) { set(variable.name, variable.value) }
        }
        for (name, value) in section.pairs("environment") {
            if value == nil, context.variables[name] == nil { values[name] = nil }
            set(name, value)
        }
        return order.compactMap { name in values[name].map { "\(name)=\($0)" } }
    }

    private func fileVariables(_ item: YAMLNode) -> [VariableFile.Variable] {
        var path: String?
        var isRequired = true
        var format: String?
        if case .mapping(let mapping) = item.content {
            var inner = Section(mapping, path: section.name("env_file"), mark: item.mark, report: report)
            path = inner.text("path")
            isRequired = inner.truth("required") ?? true
            format = inner.choice("format", ["raw": "raw"])
            if path == nil { report.error(item.mark, "\(section.name("env_file")) needs a path") }
            inner.end()
        } else {
            path = Section.text(item, section.name("env_file"), report)
        }
        guard let path else { return [] }
        switch context.text(context.absolute(path)) {
        case .success(let text):
            do throws(ComposeError) {
                let file = try VariableFile(text, name: path, variables: context.variables, isRaw: format == "raw")
                report.warn(of: file.interpolation.missing)
                return file.variables
            } catch {
                report.error(error.mark, error.message)
            }
        case .failure(let reason) where isRequired || !reason.isAbsent:
            report.error(item.mark, "\(section.name("env_file")): \(reason.text)")
        case .failure: break
        }
        return []
    }

    private mutating func readUlimits() -> [Ulimit] {
        guard let node = section.node("ulimits") else { return [] }
        guard case .mapping(let mapping) = node.content else {
            report.error(node.mark, "\(section.name("ulimits")) must be a mapping")
            return []
        }
        return mapping.pairs.compactMap { pair in
            let path = section.name("ulimits.\(pair.key.printable)")
            var ulimit = Ulimit()
            ulimit.name = pair.key
            if case .scalar(let scalar) = pair.value.content, let value = Int64(scalar.text) {
                ulimit.soft = value
                ulimit.hard = value
                return ulimit
            }
            guard case .mapping(let mapping) = pair.value.content else {
                report.error(pair.value.mark, "\(path) must be a number, or soft and hard")
                return nil
            }
            var inner = Section(mapping, path: path, mark: pair.value.mark, report: report)
            let (soft, hard) = (inner.text("soft").flatMap { Int64($0) }, inner.text("hard").flatMap { Int64($0) })
            inner.end()
            guard let soft, let hard else {
                report.error(pair.value.mark, "\(path) needs the numbers soft and hard")
                return nil
            }
            ulimit.soft = soft
            ulimit.hard = hard
            return ulimit
        }
    }

    /// `name=address` or `name:address`, or names with one address or several, as lines of a hosts file.
    private mutating func readHosts() -> [String] {
        let path = section.name("extra_hosts")
        return section.lines("extra_hosts").compactMap { item in
            guard let text = Section.text(item, path, report) else { return nil }
            let separator: Character = text.contains("=") ? "=" : ":"
            let parts = text.split(separator: separator, maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                report.error(item.mark, "\(path) must hold name=address")
                return nil
            }
            let isBracketed = parts[1].hasPrefix("[") && parts[1].hasSuffix("]")
            return "\(isBracketed ? String(parts[1].dropFirst().dropLast()) : parts[1]) \(parts[0])"
        }
    }

    private mutating func readHealth() -> HealthCheck? {
        guard var inner = section.section("healthcheck") else { return nil }
        var health = HealthCheck()
        if let node = inner.node("test") {
            if case .scalar(let scalar) = node.content {
                health.test = ["CMD-SHELL", scalar.text]
            } else {
                health.test = inner.texts("test")
                if !["NONE", "CMD", "CMD-SHELL"].contains(health.test.first ?? "") {
                    report.error(node.mark, "\(inner.name("test")) must begin with NONE, CMD or CMD-SHELL")
                }
            }
        }
        if inner.truth("disable") == true { health.test = ["NONE"] }
        health.intervalMilliseconds = inner.milliseconds("interval") ?? 0
        health.timeoutMilliseconds = inner.milliseconds("timeout") ?? 0
        health.retries = UInt32(clamping: inner.number("retries") ?? 0)
        health.startPeriodMilliseconds = inner.milliseconds("start_period") ?? 0
        health.startIntervalMilliseconds = inner.milliseconds("start_interval") ?? 0
        inner.end()
        return health
    }

    /// What a task does that compose files have no word for.
    private mutating func readPolicies(_ task: inout TaskSpec) {
        task.onPartition =
            section.choice("x-conclave-on-partition", ["keep": OnPartition.keep, "stop": .stop]) ?? .unspecified
        task.memory =
            section.choice("x-conclave-secret-memory", ["required": MemoryDemand.required, "preferred": .preferred])
            ?? .unspecified
    }

    /// Networks and their aliases; without any the stack's own.
    private mutating func readNetworks() -> [NetworkAttachment] {
        if let mode = section.text("network_mode") {
            if section.node("networks") != nil {
                report.error(
                    section.mark(of: "networks"), "\(section.path) can't have both network_mode and networks")
            }
            if ["none", "host", "bridge"].contains(mode) { return [attachment(mode, [])] }
            report.unsupported(
                section.mark(of: "network_mode"),
                "\(section.name("network_mode")) \(mode.printable) is not supported: write none, host or bridge")
        }
        guard let node = section.node("networks"), node.isScalar || !node.asksNothing else {
            return [attachment(names.networks["default"] ?? "\(context.stack)_default", [name])]
        }
        guard case .mapping(let mapping) = node.content else {
            return section.items("networks").compactMap { item in
                Section.text(item, section.name("networks"), report).flatMap { network($0, at: item.mark, []) }
            }
        }
        return mapping.pairs.compactMap { pair in
            let path = section.name("networks.\(pair.key.printable)")
            guard var inner = Section(pair.value, path: path, report: report) else { return nil }
            let aliases = inner.texts("aliases")
            let own = "a network is a plain bridge of each node"
            inner.unsupported([
                "ipv4_address": own, "ipv6_address": own, "link_local_ips": own, "mac_address": own, "priority": own,
                "driver_opts": own, "gw_priority": own, "interface_name": own,
            ])
            inner.end()
            return network(pair.key, at: pair.mark, aliases)
        }
    }

    private func network(_ key: String, at mark: Mark, _ aliases: [String]) -> NetworkAttachment? {
        guard let network = names.networks[key] ?? (key == "default" ? "\(context.stack)_default" : nil) else {
            report.error(mark, "\(section.path) uses the network '\(key.printable)', which is not declared")
            return nil
        }
        return attachment(network, ["none", "host"].contains(network) ? [] : [name] + aliases)
    }

    private func attachment(_ network: String, _ aliases: [String]) -> NetworkAttachment {
        var attachment = NetworkAttachment()
        attachment.network = network
        attachment.aliases = aliases
        return attachment
    }
}
