import Bytes
import Model
import Wire

/// What all managers agree on: the objects, and the requests that were executed.
///
/// A value: equal entries make equal stores (S1). A copy is a snapshot, taken at once and cheap to keep, since
/// shelves share what did not change. Time, chance and sealed bytes are in the entries; values are never opened.
///
/// Objects by ID and the request memory are saved; the indexes are derived from them and made again by `load`.
package struct ReplicatedStore: Sendable {
    /// Of the last applied entry.
    package internal(set) var index = Index.zero
    package internal(set) var term = Term.zero
    /// Over every entry so far and its outcome; equal at equal indexes on all members.
    package internal(set) var stateHash: UInt64 = 0
    /// The last configuration of consensus that was applied.
    package internal(set) var configuration = Configuration()
    /// `nil` before the cluster's first command.
    package internal(set) var cluster: Cluster?
    package internal(set) var nodes = Shelf<NodeID, Node>()
    package internal(set) var secrets = Shelf<SecretID, Secret>()
    package internal(set) var configs = Shelf<ConfigID, Config>()
    package internal(set) var services = Shelf<ServiceID, Service>()
    package internal(set) var tasks = Shelf<TaskID, StoredTask>()
    /// Stacks whose pieces wait to be published.
    var deployments = Shelf<DeploymentID, Deployment>()
    var requests: RequestMemory

    // MARK: Derived

    var indexes = Indexes()
    /// What was changed by the last entries, for watchers; not saved.
    var watched = ChangeRing()
    /// What the entry that is being applied has changed so far.
    var changes: [Change] = []
    /// Bytes that the objects take, about; bounded by `StoreLimits.stateBytes`.
    package internal(set) var weight = 0

    package init() { self.init(remembering: StoreLimits.requests) }

    init(remembering capacity: Int) { requests = RequestMemory(capacity: capacity) }
}

// MARK: - Changing objects

/// What one entry's commands share.
struct Circumstances {
    var index: Index
    var time: Timestamp
    var actor: Actor?
    /// The entry's ciphertext; a copy that keeps no frame alive is made where it is stored.
    var sealed: Bytes
}

extension ReplicatedStore {
    /// Each `put` stores the object with its revision, keeps the indexes true, and tells the watchers.
    mutating func put(_ object: Node, _ at: Circumstances, spec: Bool) {
        var object = object
        let old = nodes[object.id]
        object.meta = Self.meta(old?.meta, at, spec: spec)
        indexes.replace(old, object)
        nodes[object.id] = object
        note(.node(object.id), old == nil ? .created : .updated, at, Self.look(object))
    }

    mutating func put(_ object: Secret, _ at: Circumstances, spec: Bool) {
        var object = object
        let old = secrets[object.id]
        object.meta = Self.meta(old?.meta, at, spec: spec)
        weight += Self.weight(object) - (old.map(Self.weight) ?? 0)
        indexes.replace(old, object)
        secrets[object.id] = object
        note(.secret(object.id), old == nil ? .created : .updated, at, Look(object.spec?.name))
    }

    mutating func put(_ object: Config, _ at: Circumstances) {
        var object = object
        let old = configs[object.id]
        object.meta = Self.meta(old?.meta, at, spec: true)
        weight += Self.weight(object) - (old.map(Self.weight) ?? 0)
        indexes.replace(old, object)
        configs[object.id] = object
        note(.config(object.id), old == nil ? .created : .updated, at, Look(object.spec?.name))
    }

    mutating func put(_ object: Service, _ at: Circumstances, spec: Bool) {
        var object = object
        let old = services[object.id]
        object.meta = Self.meta(old?.meta, at, spec: spec)
        indexes.replace(old, object)
        services[object.id] = object
        note(.service(object.id), old == nil ? .created : .updated, at, Look(object.spec?.name))
    }

    mutating func put(_ object: StoredTask, _ at: Circumstances) {
        var object = object
        let old = tasks[object.id]
        object.meta = Self.meta(old?.meta, at, spec: old == nil)
        indexes.replace(old, object)
        tasks[object.id] = object
        note(.task(object.id), old == nil ? .created : .updated, at, Self.look(object))
    }

    mutating func put(_ object: Cluster, _ at: Circumstances, spec: Bool) {
        var object = object
        let old = cluster
        object.meta = Self.meta(old?.meta, at, spec: spec)
        cluster = object
        note(.cluster, old == nil ? .created : .updated, at, Look(object.spec?.name))
    }

    mutating func remove(_ object: Change.Object, _ at: Circumstances) {
        var look: Look
        switch object {
        case .cluster:
            preconditionFailure("the cluster is never removed")
        case .node(let id):
            look = nodes[id].map(Self.look) ?? Look()
            indexes.replace(nodes[id], nil)
            nodes[id] = nil
        case .secret(let id):
            look = Look(secrets[id]?.spec?.name)
            weight -= secrets[id].map(Self.weight) ?? 0
            indexes.replace(secrets[id], nil)
            secrets[id] = nil
        case .config(let id):
            look = Look(configs[id]?.spec?.name)
            weight -= configs[id].map(Self.weight) ?? 0
            indexes.replace(configs[id], nil)
            configs[id] = nil
        case .service(let id):
            look = Look(services[id]?.spec?.name)
            indexes.replace(services[id], nil)
            services[id] = nil
        case .task(let id):
            look = tasks[id].map(Self.look) ?? Look()
            indexes.replace(tasks[id], nil)
            tasks[id] = nil
        }
        note(object, .removed, at, look)
    }

    /// What is told of an object, beside which it is.
    private struct Look {
        var name = ""
        var state = ""
        var node = NodeID.none
        var service = ServiceID.none

        init(_ name: String? = nil) { self.name = name ?? "" }
    }

    private static func look(_ node: Node) -> Look {
        var look = Look(node.name)
        look.state = (node.status?.state ?? .unspecified).word
        return look
    }

    private static func look(_ task: StoredTask) -> Look {
        var look = Look(task.name)
        look.state = task.state.word
        look.node = task.nodeID
        look.service = task.serviceID
        return look
    }

    private mutating func note(
        _ object: Change.Object, _ action: Change.Action, _ at: Circumstances, _ look: Look
    ) {
        changes.append(
            Change(
                index: at.index, object: object, action: action, node: look.node, service: look.service,
                name: look.name, state: look.state,
                time: at.time, actor: at.actor))
    }

    private static func meta(_ old: Meta?, _ at: Circumstances, spec: Bool) -> Meta {
        var meta = old ?? Meta()
        if old == nil { meta.created = at.time }
        meta.updated = at.time
        meta.revision = at.index
        if spec || old == nil { meta.specRevision = at.index }
        return meta
    }

    static func weight(_ secret: Secret) -> Int {
        secret.versions.reduce(1024) { $0 + $1.sealed.count + 128 }
    }

    static func weight(_ config: Config) -> Int { config.data.count + 1024 }
}

extension WireEnum {
    /// `TASK_STATE_RUNNING` is `running`; empty: nothing is known, or a later version's.
    fileprivate var word: String {
        guard rawValue != 0, let name = Self.names.first(where: { $0.0 == rawValue })?.1 else { return "" }
        return name.split(separator: "_").dropFirst(2).joined(separator: "_").lowercased()
    }
}
