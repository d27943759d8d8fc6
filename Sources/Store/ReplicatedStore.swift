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
        note(.node(object.id), old == nil ? .created : .updated, at)
    }

    mutating func put(_ object: Secret, _ at: Circumstances, spec: Bool) {
        var object = object
        let old = secrets[object.id]
        object.meta = Self.meta(old?.meta, at, spec: spec)
        weight += Self.weight(object) - (old.map(Self.weight) ?? 0)
        indexes.replace(old, object)
        secrets[object.id] = object
        note(.secret(object.id), old == nil ? .created : .updated, at)
    }

    mutating func put(_ object: Config, _ at: Circumstances) {
        var object = object
        let old = configs[object.id]
        object.meta = Self.meta(old?.meta, at, spec: true)
        weight += Self.weight(object) - (old.map(Self.weight) ?? 0)
        indexes.replace(old, object)
        configs[object.id] = object
        note(.config(object.id), old == nil ? .created : .updated, at)
    }

    mutating func put(_ object: Service, _ at: Circumstances, spec: Bool) {
        var object = object
        let old = services[object.id]
        object.meta = Self.meta(old?.meta, at, spec: spec)
        indexes.replace(old, object)
        services[object.id] = object
        note(.service(object.id), old == nil ? .created : .updated, at)
    }

    mutating func put(_ object: StoredTask, _ at: Circumstances) {
        var object = object
        let old = tasks[object.id]
        object.meta = Self.meta(old?.meta, at, spec: old == nil)
        indexes.replace(old, object)
        tasks[object.id] = object
        note(.task(object.id), old == nil ? .created : .updated, at, node: object.nodeID)
    }

    mutating func put(_ object: Cluster, _ at: Circumstances, spec: Bool) {
        var object = object
        let old = cluster
        object.meta = Self.meta(old?.meta, at, spec: spec)
        cluster = object
        note(.cluster, old == nil ? .created : .updated, at)
    }

    mutating func remove(_ object: Change.Object, _ at: Circumstances) {
        var node = NodeID.none
        switch object {
        case .cluster:
            preconditionFailure("the cluster is never removed")
        case .node(let id):
            indexes.replace(nodes[id], nil)
            nodes[id] = nil
        case .secret(let id):
            weight -= secrets[id].map(Self.weight) ?? 0
            indexes.replace(secrets[id], nil)
            secrets[id] = nil
        case .config(let id):
            weight -= configs[id].map(Self.weight) ?? 0
            indexes.replace(configs[id], nil)
            configs[id] = nil
        case .service(let id):
            indexes.replace(services[id], nil)
            services[id] = nil
        case .task(let id):
            node = tasks[id]?.nodeID ?? .none
            indexes.replace(tasks[id], nil)
            tasks[id] = nil
        }
        note(object, .removed, at, node: node)
    }

    private mutating func note(
        _ object: Change.Object, _ action: Change.Action, _ at: Circumstances, node: NodeID = .none
    ) {
        changes.append(Change(index: at.index, object: object, action: action, node: node))
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
