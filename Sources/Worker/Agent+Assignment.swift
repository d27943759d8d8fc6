import Bytes
import Model

// MARK: - Assignments

extension Agent {
    mutating func assigned(_ assignment: Assignment, at now: Moment, _ effects: inout [Effect]) {
        guard session == .active(assignment.session) else { return breach(at: now, &effects) }
        let isInOrder =
            switch assignment.kind {
            case .complete: true
            case .incremental: assignment.appliesTo == applied && assignment.number == applied + 1
            default: false
            }
        guard isInOrder, parts.count + assignment.changes.count <= Self.mostChanges else {
            return breach(at: now, &effects)
        }
        parts.append(contentsOf: assignment.changes)
        if assignment.more { return }
        let changes = parts
        parts = []
        if assignment.kind == .complete { removeAbsent(changes, at: now, &effects) }
        for change in changes { apply(change, at: now, &effects) }
        applied = assignment.number
        acknowledging = assignment.number
        finishAssignment(at: now, &effects)
    }

    /// More changes than one assignment may have: beyond the limits of what one node can run.
    static let mostChanges = 65_536

    /// A complete assignment says all there is: what it does not name goes.
    private mutating func removeAbsent(_ changes: [AssignmentChange], at now: Moment, _ effects: inout [Effect]) {
        var named: Set<TaskID> = []
        var namedConfigs: Set<ConfigID> = []
        for change in changes {
            if case .task(let task) = change.thing { named.insert(task.id) }
            if case .config(let config) = change.thing { namedConfigs.insert(config.configID) }
        }
        for id in order where !named.contains(id) { remove(id, at: now, &effects) }
        configs = configs.filter { namedConfigs.contains($0.key) }
    }

    private mutating func apply(_ change: AssignmentChange, at now: Moment, _ effects: inout [Effect]) {
        switch change.thing {
        case .task(let task): take(task, at: now, &effects)
        case .removedTask(let removed): remove(removed.taskID, at: now, &effects)
        case .value(let value):
            if let held = tasks[value.taskID]?.values.first(where: { $0.secretID == value.secretID }),
                held.version == value.version
            {
                return
            }
            // Values are opened in no order: one that came before must not take the place of this one.
            opening.removeAll { $0.task == value.taskID && $0.secret == value.secretID }
            opening.append(OpeningKey(task: value.taskID, secret: value.secretID, version: value.version))
            effects.append(.open(value))
        case .removedValue(let removed):
            tasks[removed.taskID]?.values.removeAll { $0.secretID == removed.secretID }
        case .config(let config):
            let isNew =
                configs.updateValue(
                    HeldConfig(revision: config.revision, data: config.data), forKey: config.configID
                )?.revision != config.revision
            // A config that was replaced in place is shown to the tasks that run already.
            for id in order
            where isNew && tasks[id]?.configs.contains(where: { $0.configID == config.configID }) == true {
                tasks[id]?.isStale = true
            }
        case .removedConfig(let removed): configs[removed.configID] = nil
        case nil: break  // A newer dispatcher's kind of thing, which this agent can't need.
        }
    }

    mutating func opened(
        _ id: TaskID, _ secret: SecretID, _ version: UInt64, _ value: SecretBox?, at now: Moment,
        _ effects: inout [Effect]
    ) {
        let key = OpeningKey(task: id, secret: secret, version: version)
        guard let place = opening.firstIndex(of: key) else { return }  // Of a session that is over.
        opening.remove(at: place)
        // A task that ended meanwhile needs it no more, and is wiped only once (W2).
        guard tasks[id]?.mayHoldValues ?? false else { return finishAssignment(at: now, &effects) }
        var held = HeldVersion()
        held.taskID = id
        held.secretID = secret
        held.version = version
        if let value, let task = tasks[id] {
            // The registry's credentials serve once.
            if task.isShown(secret) || task.phase == .accepted {
                tasks[id]?.values.removeAll { $0.secretID == secret }
                tasks[id]?.values.append(HeldValue(secretID: secret, version: version, value: value))
            }
            if task.isShown(secret) { tasks[id]?.isStale = true }
            held.stage = .delivered
        } else {
            held.stage = .failed
            held.error = "the value could not be opened"
        }
        heldChanges.append(held)
        finishAssignment(at: now, &effects)
    }

    /// Acknowledges the assignment once every value in it is open, and moves on the tasks that waited for one.
    ///
    /// All values of one assignment become visible to a task together, in one generation.
    private mutating func finishAssignment(at now: Moment, _ effects: inout [Effect]) {
        guard opening.isEmpty else { return }
        for id in order { advance(id, at: now, &effects) }
        guard acknowledging != 0, case .active(let id) = session else { return }
        var applied = AssignmentApplied()
        applied.session = id
        applied.number = acknowledging
        applied.held = heldChanges
        heldChanges = []
        acknowledging = 0
        effects.append(.acknowledge(applied))
    }

    /// The files of a task's next generation, or `nil` while something that it names is not held (W1).
    func files(of held: HeldTask) -> [PublishedFile]? {
        var files: [PublishedFile] = []
        for reference in held.secrets {
            guard let value = held.values.first(where: { $0.secretID == reference.secretID }) else { return nil }
            let target = Self.target(reference.target, named: reference.secretName)
            files.append(PublishedFile(target: target, content: .secret(value.value)))
        }
        for reference in held.configs {
            guard let config = configs[reference.configID] else { return nil }
            let target = Self.target(reference.target, named: reference.configName)
            files.append(PublishedFile(target: target, content: .config(config.data)))
        }
        return files
    }

    /// A reference without a path of its own is seen under its object's name.
    private static func target(_ given: FileTarget?, named name: String) -> FileTarget {
        var target = given ?? FileTarget()
        if target.name.isEmpty { target.name = name }
        return target
    }
}
