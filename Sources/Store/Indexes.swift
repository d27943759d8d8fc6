import Model

/// A pair of keys, ordered by the first, then the second: a many-to-many index is a shelf of these.
struct Joint<First: Comparable & Hashable & Sendable, Second: Comparable & Hashable & Sendable>: Comparable, Sendable {
    var first: First
    var second: Second

    init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    static func < (left: Self, right: Self) -> Bool {
        left.first == right.first ? left.second < right.second : left.first < right.first
    }
}

struct Present: Sendable {}

/// Where what names what is found without a walk over all objects. Derived from the objects alone.
struct Indexes: Sendable {
    var secretNames: [String: SecretID] = [:]
    var configNames: [String: ConfigID] = [:]
    var serviceNames: [String: ServiceID] = [:]
    var tasksByNode = Shelf<Joint<NodeID, TaskID>, Present>()
    var tasksByService = Shelf<Joint<ServiceID, TaskID>, Present>()
    /// Tasks that have not ended.
    var tasksBySecret = Shelf<Joint<SecretID, TaskID>, Present>()
    var tasksByConfig = Shelf<Joint<ConfigID, TaskID>, Present>()
    /// By current specs, and by those that a running update may go back to.
    var servicesBySecret = Shelf<Joint<SecretID, ServiceID>, Present>()
    var servicesByConfig = Shelf<Joint<ConfigID, ServiceID>, Present>()
    var nodesByMember: [MemberID: NodeID] = [:]
    /// How many services and live tasks have each user.
    var ordinals: [UInt32: Int] = [:]

    mutating func replace(_ old: Node?, _ new: Node?) {
        if let old, old.member != .none { nodesByMember[old.member] = nil }
        if let new, new.member != .none { nodesByMember[new.member] = new.id }
    }

    mutating func replace(_ old: Secret?, _ new: Secret?) {
        if let old { secretNames[old.name.folded] = nil }
        if let new { secretNames[new.name.folded] = new.id }
    }

    mutating func replace(_ old: Config?, _ new: Config?) {
        if let old { configNames[old.name.folded] = nil }
        if let new { configNames[new.name.folded] = new.id }
    }

    mutating func replace(_ old: Service?, _ new: Service?) {
        if let old {
            serviceNames[old.name.folded] = nil
            for id in old.namedSecrets { servicesBySecret[Joint(id, old.id)] = nil }
            for id in old.namedConfigs { servicesByConfig[Joint(id, old.id)] = nil }
            count(old.userOrdinal, -1)
        }
        if let new {
            serviceNames[new.name.folded] = new.id
            for id in new.namedSecrets { servicesBySecret[Joint(id, new.id)] = Present() }
            for id in new.namedConfigs { servicesByConfig[Joint(id, new.id)] = Present() }
            count(new.userOrdinal, 1)
        }
    }

    mutating func replace(_ old: StoredTask?, _ new: StoredTask?) {
        let oldNode = old?.nodeID ?? .none
        let newNode = new?.nodeID ?? .none
        if let old, oldNode != newNode, oldNode != .none { tasksByNode[Joint(oldNode, old.id)] = nil }
        if let new, oldNode != newNode, newNode != .none { tasksByNode[Joint(newNode, new.id)] = Present() }
        if let old, new == nil { tasksByService[Joint(old.serviceID, old.id)] = nil }
        if let new, old == nil { tasksByService[Joint(new.serviceID, new.id)] = Present() }
        let wasAlive = old?.isAlive ?? false
        let isAlive = new?.isAlive ?? false
        guard wasAlive != isAlive, let task = new ?? old else { return }
        for id in task.spec.secretIDs { tasksBySecret[Joint(id, task.id)] = isAlive ? Present() : nil }
        for id in task.spec.configIDs { tasksByConfig[Joint(id, task.id)] = isAlive ? Present() : nil }
        count(task.userOrdinal, isAlive ? 1 : -1)
    }

    private mutating func count(_ ordinal: UInt32, _ change: Int) {
        let count = (ordinals[ordinal] ?? 0) + change
        ordinals[ordinal] = count == 0 ? nil : count
    }
}

extension Shelf where Value == Present {
    /// The second keys that stand with `first`, ascending.
    func seconds<First, Second>(of first: First, from lowest: Second) -> [Second] where Key == Joint<First, Second> {
        var found: [Second] = []
        scan(from: Joint(first, lowest)) { key, _ in
            guard key.first == first else { return false }
            found.append(key.second)
            return true
        }
        return found
    }
}
