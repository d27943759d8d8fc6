import Bytes
import Wire

/// The answer to a request. Type 65. A long list comes in several, the last of which ends the stream. `Reply` in
/// `proto/control.proto`.
@frozen
public struct Reply: Message {
    /// Absent: done.
    public var failure: Failure?
    /// Index that was read at, or of the entry that did it.
    public var index = Index.zero
    /// Of the object made or changed; 16 bytes.
    public var id = Bytes()
    /// Of a secret.
    public var version: UInt64 = 0
    /// What was asked for.
    public var result: Answer?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "failure", &failure)
        try coder.uint64(2, "index", &index)
        try coder.bytes(3, "id", &id)
        try coder.uint64(4, "version", &version)
        try coder.oneof("result", &result)
        try coder.unknown(&unknown)
    }
}

/// What was asked for.
public indirect enum Answer: OneOf {
    case status(ClusterStatus)
    case nodes(NodeList)
    case secrets(SecretList)
    case configs(ConfigList)
    case services(ServiceList)
    case tasks(TaskList)
    case token(ShownToken)
    case joined(Joined)
    case events(EventList)

    @inlinable
    public static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
        try coder.message(16, "status", &value, Self.status) {
            if case .status(let message) = $0 { message } else { nil }
        }
        try coder.message(17, "nodes", &value, Self.nodes) {
            if case .nodes(let message) = $0 { message } else { nil }
        }
        try coder.message(18, "secrets", &value, Self.secrets) {
            if case .secrets(let message) = $0 { message } else { nil }
        }
        try coder.message(19, "configs", &value, Self.configs) {
            if case .configs(let message) = $0 { message } else { nil }
        }
        try coder.message(20, "services", &value, Self.services) {
            if case .services(let message) = $0 { message } else { nil }
        }
        try coder.message(21, "tasks", &value, Self.tasks) {
            if case .tasks(let message) = $0 { message } else { nil }
        }
        try coder.message(22, "token", &value, Self.token) {
            if case .token(let message) = $0 { message } else { nil }
        }
        try coder.message(23, "joined", &value, Self.joined) {
            if case .joined(let message) = $0 { message } else { nil }
        }
        try coder.message(24, "events", &value, Self.events) {
            if case .events(let message) = $0 { message } else { nil }
        }
    }
}

/// What became of `swarm init` or `swarm join`. `Joined` in `proto/control.proto`.
@frozen
public struct Joined: Message {
    public var nodeID = NodeID.none
    public var role = Role.unspecified
    public var workerToken: ShownToken?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "node_id", &nodeID)
        try coder.enumeration(2, "role", &role)
        try coder.message(3, "worker_token", &workerToken)
        try coder.unknown(&unknown)
    }
}

/// A join token, to be shown to the operator. `ShownToken` in `proto/control.proto`.
@frozen
public struct ShownToken: Message {
    public var token: SecretBox?
    /// Where to join: `host:port`.
    public var address = ""
    public var role = Role.unspecified
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.secret(1, "token", &token)
        try coder.string(2, "address", &address)
        try coder.enumeration(3, "role", &role)
        try coder.unknown(&unknown)
    }
}

/// One manager as the leader sees it. `MemberStatus` in `proto/control.proto`.
@frozen
public struct MemberStatus: Message {
    public var member = MemberID.none
    public var nodeID = NodeID.none
    public var name = ""
    public var address = ""
    public var voter = false
    public var leader = false
    public var reachable = false
    /// The last entry that it is known to hold.
    public var match = Index.zero
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "member", &member)
        try coder.bytes(2, "node_id", &nodeID)
        try coder.string(3, "name", &name)
        try coder.string(4, "address", &address)
        try coder.bool(5, "voter", &voter)
        try coder.bool(6, "leader", &leader)
        try coder.bool(7, "reachable", &reachable)
        try coder.uint64(8, "match", &match)
        try coder.unknown(&unknown)
    }
}

/// How a daemon and its cluster are. `ClusterStatus` in `proto/control.proto`.
@frozen
public struct ClusterStatus: Message {
    public var nodeID = NodeID.none
    public var clusterID = ClusterID.none
    public var name = ""
    /// Unspecified: not part of a cluster.
    public var role = Role.unspecified
    public var term = Term.zero
    public var commit = Index.zero
    public var applied = Index.zero
    public var last = Index.zero
    public var snapshot = Index.zero
    public var leader = MemberID.none
    public var members: [MemberStatus] = []
    /// On this manager's disk.
    public var logBytes: UInt64 = 0
    public var nodes: UInt64 = 0
    public var nodesReady: UInt64 = 0
    public var services: UInt64 = 0
    public var tasksRunning: UInt64 = 0
    public var secrets: UInt64 = 0
    public var certificateEnd = Timestamp.zero
    public var version = ""
    /// Of a worker's session, in words.
    public var state = ""
    public var address = ""
    /// Whether secrets in this daemon's memory are locked.
    public var memoryLocked = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "node_id", &nodeID)
        try coder.bytes(2, "cluster_id", &clusterID)
        try coder.string(3, "name", &name)
        try coder.enumeration(4, "role", &role)
        try coder.uint64(5, "term", &term)
        try coder.uint64(6, "commit", &commit)
        try coder.uint64(7, "applied", &applied)
        try coder.uint64(8, "last", &last)
        try coder.uint64(9, "snapshot", &snapshot)
        try coder.uint64(10, "leader", &leader)
        try coder.messages(11, "members", &members)
        try coder.uint64(12, "log_bytes", &logBytes)
        try coder.uint64(13, "nodes", &nodes)
        try coder.uint64(14, "nodes_ready", &nodesReady)
        try coder.uint64(15, "services", &services)
        try coder.uint64(16, "tasks_running", &tasksRunning)
        try coder.uint64(17, "secrets", &secrets)
        try coder.uint64(18, "certificate_end", &certificateEnd)
        try coder.string(19, "version", &version)
        try coder.string(20, "state", &state)
        try coder.string(21, "address", &address)
        try coder.bool(22, "memory_locked", &memoryLocked)
        try coder.unknown(&unknown)
    }
}

/// A node with what the leader knows of it. `ShownNode` in `proto/control.proto`.
@frozen
public struct ShownNode: Message {
    public var node: Node?
    public var leader = false
    /// Of a manager.
    public var reachable = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "node", &node)
        try coder.bool(2, "leader", &leader)
        try coder.bool(3, "reachable", &reachable)
        try coder.unknown(&unknown)
    }
}

/// Nodes in the order of their names. `NodeList` in `proto/control.proto`.
@frozen
public struct NodeList: Message {
    public var nodes: [ShownNode] = []
    /// The one whose socket was asked.
    public var asked = NodeID.none
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "nodes", &nodes)
        try coder.bytes(2, "asked", &asked)
        try coder.unknown(&unknown)
    }
}

/// A secret without any value. `ShownSecret` in `proto/control.proto`.
@frozen
public struct ShownSecret: Message {
    /// Its versions without `sealed`.
    public var secret: Secret?
    public var current: UInt64 = 0
    /// Running tasks that hold the current version.
    public var holding: UInt64 = 0
    /// Running tasks that use the secret.
    public var using: UInt64 = 0
    /// That use it.
    public var services: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "secret", &secret)
        try coder.uint64(2, "current", &current)
        try coder.uint64(3, "holding", &holding)
        try coder.uint64(4, "using", &using)
        try coder.strings(5, "services", &services)
        try coder.unknown(&unknown)
    }
}

/// Secrets in natural order of their names. `SecretList` in `proto/control.proto`.
@frozen
public struct SecretList: Message {
    public var secrets: [ShownSecret] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "secrets", &secrets)
        try coder.unknown(&unknown)
    }
}

/// A config. `ShownConfig` in `proto/control.proto`.
@frozen
public struct ShownConfig: Message {
    public var config: Config?
    /// That use it.
    public var services: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "config", &config)
        try coder.strings(2, "services", &services)
        try coder.unknown(&unknown)
    }
}

/// Configs in natural order of their names; those that were not asked for by name are without their data.
/// `ConfigList` in `proto/control.proto`.
@frozen
public struct ConfigList: Message {
    public var configs: [ShownConfig] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "configs", &configs)
        try coder.unknown(&unknown)
    }
}

/// A service with how it fares. `ShownService` in `proto/control.proto`.
@frozen
public struct ShownService: Message {
    public var service: Service?
    public var running: UInt64 = 0
    public var desired: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "service", &service)
        try coder.uint64(2, "running", &running)
        try coder.uint64(3, "desired", &desired)
        try coder.unknown(&unknown)
    }
}

/// Services in natural order of their names. `ServiceList` in `proto/control.proto`.
@frozen
public struct ServiceList: Message {
    public var services: [ShownService] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "services", &services)
        try coder.unknown(&unknown)
    }
}

/// A task with what was last observed of it. `ShownTask` in `proto/control.proto`.
@frozen
public struct ShownTask: Message {
    public var task: StoredTask?
    public var nodeName = ""
    public var held: [HeldVersion] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "task", &task)
        try coder.string(2, "node_name", &nodeName)
        try coder.messages(3, "held", &held)
        try coder.unknown(&unknown)
    }
}

/// Tasks by service, slot, and newest first. `TaskList` in `proto/control.proto`.
@frozen
public struct TaskList: Message {
    public var tasks: [ShownTask] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "tasks", &tasks)
        try coder.unknown(&unknown)
    }
}
