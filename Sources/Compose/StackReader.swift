import Model
import Text

/// Reads the files of a stack: YAML, then variables, then one file over another, then what each key means.
///
/// Nothing is ignored silently. A key that compose files do not have is an error, with line and column; one that they
/// have and that nothing here can follow is refused with the reason, or left out when that was asked for.
package struct StackReader {
    /// A stack file and its name in errors.
    package struct File {
        package var name: String
        package var text: [UInt8]

        package init(name: String, text: [UInt8]) {
            self.name = name
            self.text = text
        }
    }

    package private(set) var context: StackContext
    let report = Report()
    private var interpolation: Interpolation

    package init(_ context: StackContext) {
        self.context = context
        if !context.stack.isEmpty { self.context.variables["COMPOSE_PROJECT_NAME"] = context.stack }
        interpolation = Interpolation(self.context.variables)
    }

    /// Takes the variables of a `.env`; those that are there win.
    package mutating func add(variablesOf file: File) throws(StackProblems) {
        do throws(ComposeError) {
            let read = try VariableFile(file.text, name: file.name, variables: context.variables)
            report.warn(of: read.interpolation.missing)
            var values: [String: String] = [:]
            for variable in read.variables { values[variable.name] = variable.value }
            context.variables.merge(values) { held, _ in held }
        } catch {
            throw StackProblems(error)
        }
        interpolation.variables = context.variables
    }

    /// The files as one tree, with variables put in.
    package mutating func merged(_ files: [File], interpolates: Bool = true) throws(StackProblems) -> YAMLNode {
        precondition(!files.isEmpty, "a stack has no file")
        var merged: YAMLNode?
        for file in files {
            do throws(ComposeError) {
                guard let read = try YAMLNode.read(file.text, file: file.name) else {
                    throw ComposeError(Mark(file.name, line: 1, column: 1), "the file is empty")
                }
                guard case .mapping = read.content else {
                    throw ComposeError(read.mark, "a stack file must be a mapping")
                }
                let node = interpolates ? try interpolation.apply(to: read) : read
                merged = merged.map { Merging.merge($0, node) } ?? Merging.cleared(node)
            } catch {
                throw StackProblems(error)
            }
        }
        guard let merged else { preconditionFailure("a stack has no file") }
        return merged
    }

    /// The merged files as one that says the same wherever it is read: what `stack config` shows.
    package func whole(_ merged: YAMLNode) -> YAMLNode { WholeFile(context: context).rewritten(merged) }

    /// The whole definition.
    package mutating func read(_ files: [File]) throws(StackProblems) -> StackDefinition {
        try define(try merged(files), files)
    }

    /// What the merged files say.
    package mutating func define(_ merged: YAMLNode, _ files: [File]) throws(StackProblems) -> StackDefinition {
        var definition = StackDefinition()
        guard var top = Section(merged, path: "", report: report) else {
            throw StackProblems(problems: report.problems)
        }
        report.warn(of: interpolation.missing)
        readVersion(&top)
        top.unsupported([
            "include": "name each file with -c",
            "models": "language models are not run here",
        ])
        var names = StackNames(stack: context.stack)
        definition.secrets = items(&top, "secrets", &names.secrets)
        definition.configs = items(&top, "configs", &names.configs)
        names.networks = networks(&top)
        names.volumes = volumes(&top)
        let services = top.sections("services")
        if services.isEmpty { report.error(merged.mark, "the file has no services") }
        for (name, mark, section) in services {
            var reader = ServiceReader(section, name: name, mark: mark, names: names, context: context)
            definition.services.append(reader.read())
        }
        top.end()
        let refused = report.problems.filter { problem in
            problem.kind == .error || problem.kind == .unsupported && !context.ignoresUnsupported
        }
        guard refused.isEmpty else { throw StackProblems(problems: ordered(refused, files)) }
        definition.warnings = ordered(report.problems, files)
        return definition
    }

    /// As a person reads the files: from the top.
    private func ordered(_ problems: [Problem], _ files: [File]) -> [Problem] {
        func key(_ problem: Problem) -> (Int, Int, Int) {
            let file = files.firstIndex { $0.name == problem.mark.file } ?? 0
            return (file, problem.mark.line, problem.mark.column)
        }
        return problems.sorted { key($0) < key($1) }
    }

    private func readVersion(_ top: inout Section) {
        if let version = top.text("version"), version.prefix(2) != "3.", version != "3" {
            report.error(
                top.mark(of: "version"), "version \(version.printable) is not read; write 3 or 3.x, or leave it out")
        }
        if let name = top.text("name"), name != context.stack, !context.stack.isEmpty {
            report.warning(
                top.mark(of: "name"), "the name \(name.printable) is not used: the stack is called \(context.stack)")
        }
    }

    // MARK: What services refer to

    /// Secrets or configs, which are declared alike.
    private func items(
        _ top: inout Section, _ kind: String, _ names: inout [String: String]
    ) -> [StackDefinition.Item] {
        var items: [StackDefinition.Item] = []
        var own: [String: String] = [:]
        for (key, mark, given) in top.sections(kind) {
            var section = given
            let (isExternal, externalName) = external(&section)
            var item = StackDefinition.Item(
                name: section.text("name") ?? externalName ?? (isExternal ? key : "\(context.stack)_\(key)"),
                source: .external, mark: mark)
            for (label, value) in section.pairs("labels") { item.labels[label] = value ?? "" }
            let sources: [StackDefinition.Source] = [
                section.text("file").map { .file(context.absolute($0)) },
                section.text("environment").map { .environment($0) },
                section.text("content").map { .content($0) },
            ].compactMap { $0 }
            section.unsupported(["template_driver": "values are not templates"])
            if kind == "secrets" {
                let cluster = "values come from the cluster itself"
                section.unsupported(["driver": cluster, "driver_opts": cluster])
            }
            if isExternal {
                if !sources.isEmpty || !item.labels.isEmpty {
                    report.error(mark, "\(kind).\(key.printable) is external; it can only have a name")
                }
            } else {
                item.labels[StackLabel.namespace] = context.stack
                if sources.count != 1 {
                    report.error(
                        mark, "\(kind).\(key.printable) needs one of file, environment, content and external")
                }
                item.source = sources.first ?? .external
                // Names that differ in their letters' case alone are one to the cluster.
                if let other = own.updateValue(key, forKey: item.name.lowercased()) {
                    report.error(
                        mark,
                        "\(kind).\(key.printable) has the name \(item.name.printable), as \(kind).\(other.printable)")
                }
            }
            section.end()
            names[key] = item.name
            items.append(item)
        }
        return items
    }

    /// `external: true`, or the older `external: {name: …}`.
    private func external(_ section: inout Section) -> (Bool, name: String?) {
        guard let node = section.node("external") else { return (false, nil) }
        if case .mapping(let mapping) = node.content {
            var inner = Section(mapping, path: section.name("external"), mark: node.mark, report: report)
            let name = inner.text("name")
            inner.end()
            return (true, name)
        }
        return (section.truth("external") ?? false, nil)
    }

    private func networks(_ top: inout Section) -> [String: String] {
        var names: [String: String] = [:]
        for (key, _, given) in top.sections("networks") {
            var section = given
            let (isExternal, externalName) = external(&section)
            let name = section.text("name") ?? externalName ?? (isExternal ? key : "\(context.stack)_\(key)")
            if let driver = section.text("driver"), driver != "bridge" {
                report.unsupported(
                    section.mark(of: "driver"),
                    "networks.\(key.printable).driver \(driver.printable) is not supported: a network is a bridge of "
                        + "each node; services on different nodes do not see each other by it")
            }
            if section.truth("enable_ipv4") == false {
                report.unsupported(
                    section.mark(of: "enable_ipv4"), "\(section.name("enable_ipv4")) is not supported: \(Self.bridge)")
            }
            section.unsupported([
                "driver_opts": Self.bridge, "ipam": Self.bridge, "attachable": Self.bridge, "internal": Self.bridge,
                "labels": Self.bridge, "enable_ipv6": Self.bridge,
            ])
            section.end()
            names[key] = name
        }
        return names
    }

    private static let bridge = "each node makes the network as a plain bridge"

    private func volumes(_ top: inout Section) -> [String: StackNames.Volume] {
        var volumes: [String: StackNames.Volume] = [:]
        for (key, _, given) in top.sections("volumes") {
            var section = given
            let (isExternal, externalName) = external(&section)
            var volume = StackNames.Volume()
            volume.name = section.text("name") ?? externalName ?? (isExternal ? key : "\(context.stack)_\(key)")
            volume.driver = section.text("driver") ?? ""
            for (option, value) in section.pairs("driver_opts") { volume.options[option] = value ?? "" }
            for (label, value) in section.pairs("labels") { volume.labels[label] = value ?? "" }
            if !isExternal {
                volume.labels[StackLabel.namespace] = context.stack
            } else if !(volume.driver.isEmpty && volume.options.isEmpty && volume.labels.isEmpty) {
                report.error(section.mark, "volumes.\(key.printable) is external; it can only have a name")
            }
            section.unsupported(["x-cluster-spec": "nodes have volumes of their own"])
            section.end()
            volumes[key] = volume
        }
        return volumes
    }
}

/// What the keys of a stack file are called in the cluster.
struct StackNames {
    struct Volume {
        var name = ""
        var driver = ""
        var options: [String: String] = [:]
        var labels: [String: String] = [:]
    }

    let stack: String
    var secrets: [String: String] = [:]
    var configs: [String: String] = [:]
    var networks: [String: String] = [:]
    var volumes: [String: Volume] = [:]
}
