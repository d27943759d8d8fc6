import Model
import Text

/// A service as `service inspect --pretty` shows it: Docker's page, to the tab.
struct ServicePage {
    private var text = "\n"
    /// Nanoseconds since 1970, for ages.
    private let now: Int64

    /// - Parameter object: as `ServiceShowing` makes it.
    static func text(_ object: JSON, now: Int64) -> String {
        var page = ServicePage(now: now)
        let spec = object["Spec"] ?? .null
        let task = spec["TaskTemplate"] ?? .null
        page.line("ID:\t\t", object["ID"])
        page.line("Name:\t\t", spec["Name"])
        page.labels(spec["Labels"])
        page.mode(spec["Mode"] ?? .null)
        if let status = object["UpdateStatus"] { page.update(status) }
        page.placement(task["Placement"] ?? .null)
        page.restart(task["RestartPolicy"] ?? .null)
        page.config("UpdateConfig:", " Update order:      ", spec["UpdateConfig"] ?? .null)
        page.config("RollbackConfig:", " Rollback order:    ", spec["RollbackConfig"] ?? .null)
        page.program(task)
        page.resources(task["Resources"] ?? .null)
        page.networks(task["Networks"])
        return page.text + "\n"
    }

    private init(now: Int64) { self.now = now }

    // MARK: - Lines

    private mutating func line(_ line: String) { text += line.printableTabs + "\n" }

    private mutating func line(_ head: String, _ value: JSON?) {
        switch value {
        case .string(let string): line(head + string)
        case nil, .null: line(head)
        case let other?: line(head + other.text)
        }
    }

    /// Only when there is something to say.
    private mutating func option(_ head: String, _ value: JSON?) {
        guard let string = value?.string, !string.isEmpty else { return }
        line(head + string)
    }

    private mutating func words(_ head: String, _ list: JSON?) {
        let words = (list?.array ?? []).compactMap(\.string)
        if !words.isEmpty { line(head + words.map { "\($0) " }.joined()) }
    }

    private static func list(_ list: JSON?) -> String {
        "[" + (list?.array ?? []).compactMap(\.string).joined(separator: " ") + "]"
    }

    private static func duration(_ value: JSON?) -> String { Moments.duration(value?.integer ?? 0) }

    private func ago(_ value: JSON?) -> String {
        guard let text = value?.string, let moment = try? Moments.read(timestamp: text) else { return "" }
        let age = Moments.ago(moment, now: now)
        return age.prefix(1).lowercased() + age.dropFirst()
    }

    // MARK: - Parts

    private mutating func labels(_ labels: JSON?) {
        guard let labels = labels?.object, !labels.isEmpty else { return }
        line("Labels:")
        for (key, value) in zip(labels.keys, labels.values) {
            let text = value.string ?? ""
            line(" \(key)" + (text.isEmpty ? "" : "=\(text)"))
        }
    }

    private mutating func mode(_ mode: JSON) {
        guard let replicated = mode["Replicated"] else { return line("Service Mode:\tGlobal") }
        line("Service Mode:\tReplicated")
        line(" Replicas:\t", replicated["Replicas"])
    }

    private mutating func update(_ status: JSON) {
        line("UpdateStatus:")
        line(" State:\t\t", status["State"])
        line(" Started:\t\(ago(status["StartedAt"]))")
        if let completed = status["CompletedAt"] { line(" Completed:\t\(ago(completed))") }
        line(" Message:\t", status["Message"])
    }

    private mutating func placement(_ placement: JSON) {
        line("Placement:")
        if placement["Constraints"]?.array?.isEmpty == false {
            line(" Constraints:\t\(Self.list(placement["Constraints"]))")
        }
        let spread = (placement["Preferences"]?.array ?? []).compactMap { $0["Spread"]?["SpreadDescriptor"]?.string }
        if !spread.isEmpty { line(" Preferences:   [\(spread.map { "spread=\($0)" }.joined(separator: " "))]") }
        if let most = placement["MaxReplicas"]?.integer, most > 0 { line(" Max Replicas Per Node:   \(most)") }
    }

    /// Only what differs from what everybody has, since Docker's page has none of it.
    private mutating func restart(_ policy: JSON) {
        let usual = ServiceShowing.restart(RestartPolicy())
        guard policy != usual else { return }
        line("RestartPolicy:")
        line(" Condition:\t", policy["Condition"])
        line(" Delay:\t\t\(Self.duration(policy["Delay"]))")
        if policy["MaxAttempts"] != usual["MaxAttempts"] { line(" Max attempts:\t", policy["MaxAttempts"]) }
        if policy["Window"] != usual["Window"] { line(" Window:\t\(Self.duration(policy["Window"]))") }
    }

    /// The same of a program.
    private mutating func surroundings(_ program: JSON) {
        let usual = ServiceShowing.program(ProgramSpec())
        option(" Hostname:\t", program["Hostname"])
        words(" Hosts:\t\t", program["Hosts"])
        if program["StopSignal"] != usual["StopSignal"] { line(" Stop signal:\t", program["StopSignal"]) }
        if program["StopGracePeriod"] != usual["StopGracePeriod"] {
            line(" Stop grace period: \(Self.duration(program["StopGracePeriod"]))")
        }
        for (head, key) in [(" TTY:\t\t", "TTY"), (" Open stdin:\t", "OpenStdin"), (" Read only:\t", "ReadOnly")]
        where program[key]?.bool == true { line(head, program[key]) }
    }

    private mutating func ulimits(_ limits: JSON?) {
        guard let limits = limits?.array, !limits.isEmpty else { return }
        line("Ulimits:")
        for limit in limits {
            line(" \(limit["Name"]?.string ?? ""): \(limit["Soft"]?.integer ?? 0):\(limit["Hard"]?.integer ?? 0)")
        }
    }

    private mutating func config(_ head: String, _ order: String, _ config: JSON) {
        line(head)
        line(" Parallelism:\t", config["Parallelism"])
        if let delay = config["Delay"]?.integer, delay > 0 { line(" Delay:\t\t\(Moments.duration(delay))") }
        line(" On failure:\t", config["FailureAction"])
        line(" Monitoring Period: \(Self.duration(config["Monitor"]))")
        line(" Max failure ratio: ", config["MaxFailureRatio"])
        line(order, config["Order"])
    }

    private mutating func program(_ task: JSON) {
        let isContainer = task["ContainerSpec"] != nil
        let program = task["ContainerSpec"] ?? task["ProgramSpec"] ?? .null
        line(isContainer ? "ContainerSpec:" : "ProgramSpec:")
        option(" Image:\t\t", program["Image"])
        words(isContainer ? " Entrypoint:\t" : " Program:\t", program["Command"])
        words(" Args:\t\t", program["Args"])
        words(" Env:\t\t", program["Env"])
        option(" Dir:\t\t", program["Dir"])
        if let usesInit = program["Init"] { line(" Init:\t\t", usesInit) }
        option(" User: ", program["User"])
        words(" Groups:\t", program["Groups"])
        surroundings(program)
        capabilities(program)
        ulimits(program["Ulimits"])
        mounts(program["Mounts"])
        files("Configs:", "ConfigName", program["Configs"])
        files("Secrets:", "SecretName", program["Secrets"])
        if let health = program["Healthcheck"] { self.health(health) }
    }

    private mutating func capabilities(_ program: JSON) {
        let added = program["CapabilityAdd"]?.array ?? []
        let dropped = program["CapabilityDrop"]?.array ?? []
        guard !added.isEmpty || !dropped.isEmpty else { return }
        line("Capabilities:")
        if !added.isEmpty { line(" Add: \(added.compactMap(\.string).joined(separator: ", "))") }
        if !dropped.isEmpty { line(" Drop: \(dropped.compactMap(\.string).joined(separator: ", "))") }
    }

    private mutating func mounts(_ mounts: JSON?) {
        guard let mounts = mounts?.array, !mounts.isEmpty else { return }
        line("Mounts:")
        for mount in mounts {
            line(" Target:\t", mount["Target"])
            line("  Source:\t", mount["Source"])
            line("  ReadOnly:\t", mount["ReadOnly"])
            line("  Type:\t\t", mount["Type"])
        }
    }

    private mutating func files(_ head: String, _ name: String, _ references: JSON?) {
        guard let references = references?.array, !references.isEmpty else { return }
        line(head)
        for reference in references {
            line(" Target:\t", reference["File"]?["Name"])
            let version = reference["Version"]?.integer ?? 0
            line("  Source:\t" + (reference[name]?.string ?? "") + (version > 0 ? "@\(version)" : ""))
        }
    }

    private mutating func health(_ health: JSON) {
        line("Healthcheck:")
        line(" Interval = \(Self.duration(health["Interval"]))")
        line(" Retries = ", health["Retries"])
        line(" StartPeriod = \(Self.duration(health["StartPeriod"]))")
        line(" Timeout =\t\(Self.duration(health["Timeout"]))")
        line(" Tests:")
        line("\t Test = \((health["Test"]?.array ?? []).compactMap(\.string).joined(separator: " "))")
    }

    private mutating func resources(_ resources: JSON) {
        line("Resources:")
        for (head, key) in [(" Reservations:", "Reservations"), (" Limits:", "Limits")] {
            let cpu = resources[key]?["NanoCPUs"]?.integer ?? 0
            let memory = resources[key]?["MemoryBytes"]?.integer ?? 0
            let pids = resources[key]?["Pids"]?.integer ?? 0
            guard cpu > 0 || memory > 0 || pids > 0 else { continue }
            line(head)
            if cpu > 0 { line("  CPU:\t\t\(JSON.number(Double(cpu) / 1e9).text)") }
            if memory > 0 { line("  Memory:\t\(Quantities.bytes(memory))") }
            if pids > 0 { line("  PIDs:\t\t\(pids)") }
        }
    }

    private mutating func networks(_ networks: JSON?) {
        let names = (networks?.array ?? []).compactMap { $0["Target"]?.string }
        if !names.isEmpty { line("Networks: \(names.joined(separator: " "))") }
    }
}

extension String {
    /// Printable, but for tabs.
    fileprivate var printableTabs: String {
        split(separator: "\t", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\t")
    }
}
