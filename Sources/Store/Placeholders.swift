import Model
import Text
import Wire

/// A task's own facts, which its spec may name: `{{.Node.Hostname}}` in the value of a variable, in a mount's source,
/// target, labels and driver options, and in the host name.
///
/// Places and names are Swarm's:
///
///     .Service.ID   .Service.Name   .Service.Labels
///     .Node.ID      .Node.Hostname  .Node.Platform.Architecture  .Node.Platform.OS
///     .Task.ID      .Task.Name      .Task.Slot
///
/// The spec keeps them as they were written. They are tried on a task that might be when a spec is put, and filled in
/// when a task is sent to its node.
package struct Placeholders {
    private let task: StoredTask
    private let service: Service?
    private let node: Node?

    /// Of a task that has a node.
    package init(_ task: StoredTask, _ service: Service?, on node: Node?) {
        self.task = task
        self.service = service
        self.node = node
    }

    /// Of a task that might be made of a spec.
    init(tryOut spec: ServiceSpec) {
        var task = StoredTask()
        task.serviceName = spec.name
        task.slot = 1
        var service = Service()
        service.spec = spec
        var node = Node()
        node.name = "node"
        self.init(task, service, on: node)
    }

    /// Made only for a text that asks for them: most specs name none.
    private var facts: JSON {
        let slot = task.slot > 0 ? "\(task.slot)" : "\(task.boundNode)"
        let platform: JSON = [
            "Architecture": .string(node?.description?.architecture ?? ""), "OS": .string(node?.description?.os ?? ""),
        ]
        return [
            "Service": [
                "ID": .string("\(task.serviceID)"), "Name": .string(task.serviceName),
                "Labels": Self.object(service?.spec?.labels ?? StringMap()),
            ],
            "Node": [
                "ID": .string("\(task.nodeID)"), "Hostname": .string(node?.name ?? ""), "Platform": platform,
            ],
            "Task": [
                "ID": .string("\(task.id)"), "Name": .string("\(task.serviceName).\(slot).\(task.id)"),
                "Slot": .string(slot),
            ],
        ]
    }

    private static func object(_ map: StringMap) -> JSON {
        var object = JSONObject()
        for pair in map { object[pair.key] = .string(pair.value) }
        return .object(object)
    }

    /// The program with everything filled in.
    ///
    /// - Throws: `invalid`, naming the place, for what is no placeholder, or makes what may not stand there.
    package func filled(_ program: ProgramSpec) throws(Failure) -> ProgramSpec {
        var program = program
        for place in program.environment.indices where Self.isTemplate(program.environment[place]) {
            let parts = program.environment[place].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, Self.isTemplate(parts[1]) else { continue }
            program.environment[place] = "\(parts[0])=\(try fill(String(parts[1]), "the variable \(parts[0])"))"
        }
        try fill(&program.hostname, "the host name")
        for place in program.mounts.indices { try fill(&program.mounts[place]) }
        try TaskRules.checkFilled(program)
        return program
    }

    private func fill(_ mount: inout Mount) throws(Failure) {
        let what = "the mount \(mount.target)"
        try fill(&mount.source, what)
        try fill(&mount.target, what)
        for label in mount.volumeLabels { mount.volumeLabels[label.key] = try fill(label.value, what) }
        for option in mount.volumeOptions { mount.volumeOptions[option.key] = try fill(option.value, what) }
    }

    private func fill(_ text: inout String, _ what: String) throws(Failure) { text = try fill(text, what) }

    private func fill(_ text: String, _ what: String) throws(Failure) -> String {
        guard Self.isTemplate(text) else { return text }
        guard text.utf8.count <= StoreLimits.templateBytes else {
            throw Self.failure(what, "a text with placeholders has at most \(StoreLimits.templateBytes) bytes")
        }
        do throws(TextError) {
            let template = try Template(text)
            guard template.isPlain else { throw .template("{{if}}, {{with}} and {{range}} can't be used here") }
            let filled = try template.fill(facts)
            guard filled.utf8.count <= StoreLimits.filledBytes else {
                throw .template("it makes more than \(StoreLimits.filledBytes) bytes")
            }
            return filled
        } catch {
            throw Self.failure(what, "\(error)")
        }
    }

    private static func isTemplate(_ text: some StringProtocol) -> Bool { text.contains("{{") }

    private static func failure(_ what: String, _ reason: String) -> Failure {
        Failure(
            .invalid, "\(what) has a placeholder that can't be filled in", why: reason,
            try: "{{.Service.Name}}, {{.Node.Hostname}}, {{.Task.Slot}} and their like; {{\"{{\"}} stands for {{")
    }
}

extension StoredTask {
    /// As its node is sent it.
    ///
    /// - Throws: `invalid` when its placeholders make something that no task may have.
    package func filled(_ store: ReplicatedStore) throws(Failure) -> StoredTask {
        guard let program = spec?.program else { return self }
        var task = self
        task.spec?.program = try Placeholders(self, store.service(serviceID), on: store.node(nodeID)).filled(program)
        return task
    }
}
