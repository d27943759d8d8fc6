import Bytes
import Wire

/// One request. Type 64. `actor`, `via` and `digest` are filled in by the manager that was asked, and believed
/// only from one. `Request` in `proto/control.proto`.
@frozen
public struct Request: Message {
    public var id = RequestID.none
    public var known = Index.zero
    public var timeoutMilliseconds: UInt64 = 0
    /// Read this manager's own state, however old.
    public var stale = false
    public var actor: Actor?
    public var via = NodeID.none
    /// Keyed digest of the request as the client sent it; 16 bytes.
    public var digest = Bytes()
    /// What is asked.
    public var operation: Operation?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.uint64(2, "known", &known)
        try coder.uint64(3, "timeout_ms", &timeoutMilliseconds)
        try coder.bool(4, "stale", &stale)
        try coder.message(5, "actor", &actor)
        try coder.bytes(6, "via", &via)
        try coder.bytes(7, "digest", &digest)
        try coder.oneof("operation", &operation)
        try coder.unknown(&unknown)
    }
}

/// What is asked.
public indirect enum Operation: OneOf {
    case getStatus(GetStatus)
    case initCluster(InitCluster)
    case joinCluster(JoinCluster)
    case leaveCluster(LeaveCluster)
    case getJoinToken(GetJoinToken)
    case listNodes(ListObjects)
    case changeNode(ChangeNode)
    case deleteNode(DeleteNode)
    case listSecrets(ListObjects)
    case putSecret(PutSecret)
    case replaceSecret(ReplaceSecret)
    case deleteSecret(DeleteObject)
    case listConfigs(ListObjects)
    case putConfig(PutConfig)
    case deleteConfig(DeleteObject)
    case listServices(ListObjects)
    case putService(PutService)
    case replaceService(ReplaceService)
    case deleteService(DeleteObject)
    case listTasks(ListTasks)
    case putPiece(PutPiece)
    case deployStack(DeployStack)
    case watchEvents(WatchEvents)

    @inlinable
    public static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
        try coder.message(16, "get_status", &value, Self.getStatus) {
            if case .getStatus(let message) = $0 { message } else { nil }
        }
        try coder.message(17, "init_cluster", &value, Self.initCluster) {
            if case .initCluster(let message) = $0 { message } else { nil }
        }
        try coder.message(18, "join_cluster", &value, Self.joinCluster) {
            if case .joinCluster(let message) = $0 { message } else { nil }
        }
        try coder.message(19, "leave_cluster", &value, Self.leaveCluster) {
            if case .leaveCluster(let message) = $0 { message } else { nil }
        }
        try coder.message(20, "get_join_token", &value, Self.getJoinToken) {
            if case .getJoinToken(let message) = $0 { message } else { nil }
        }
        try coder.message(24, "list_nodes", &value, Self.listNodes) {
            if case .listNodes(let message) = $0 { message } else { nil }
        }
        try coder.message(25, "change_node", &value, Self.changeNode) {
            if case .changeNode(let message) = $0 { message } else { nil }
        }
        try coder.message(26, "delete_node", &value, Self.deleteNode) {
            if case .deleteNode(let message) = $0 { message } else { nil }
        }
        try coder.message(32, "list_secrets", &value, Self.listSecrets) {
            if case .listSecrets(let message) = $0 { message } else { nil }
        }
        try coder.message(33, "put_secret", &value, Self.putSecret) {
            if case .putSecret(let message) = $0 { message } else { nil }
        }
        try coder.message(34, "replace_secret", &value, Self.replaceSecret) {
            if case .replaceSecret(let message) = $0 { message } else { nil }
        }
        try coder.message(35, "delete_secret", &value, Self.deleteSecret) {
            if case .deleteSecret(let message) = $0 { message } else { nil }
        }
        try coder.message(40, "list_configs", &value, Self.listConfigs) {
            if case .listConfigs(let message) = $0 { message } else { nil }
        }
        try coder.message(41, "put_config", &value, Self.putConfig) {
            if case .putConfig(let message) = $0 { message } else { nil }
        }
        try coder.message(42, "delete_config", &value, Self.deleteConfig) {
            if case .deleteConfig(let message) = $0 { message } else { nil }
        }
        try coder.message(48, "list_services", &value, Self.listServices) {
            if case .listServices(let message) = $0 { message } else { nil }
        }
        try coder.message(49, "put_service", &value, Self.putService) {
            if case .putService(let message) = $0 { message } else { nil }
        }
        try coder.message(50, "replace_service", &value, Self.replaceService) {
            if case .replaceService(let message) = $0 { message } else { nil }
        }
        try coder.message(51, "delete_service", &value, Self.deleteService) {
            if case .deleteService(let message) = $0 { message } else { nil }
        }
        try coder.message(52, "list_tasks", &value, Self.listTasks) {
            if case .listTasks(let message) = $0 { message } else { nil }
        }
        try coder.message(56, "put_piece", &value, Self.putPiece) {
            if case .putPiece(let message) = $0 { message } else { nil }
        }
        try coder.message(57, "deploy_stack", &value, Self.deployStack) {
            if case .deployStack(let message) = $0 { message } else { nil }
        }
        try coder.message(60, "watch_events", &value, Self.watchEvents) {
            if case .watchEvents(let message) = $0 { message } else { nil }
        }
    }
}

/// How this daemon and its cluster are. `GetStatus` in `proto/control.proto`.
@frozen
public struct GetStatus: Message {
    /// Of this daemon alone.
    public var local = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bool(1, "local", &local)
        try coder.unknown(&unknown)
    }
}

/// Makes a new cluster with this node as its first manager. `InitCluster` in `proto/control.proto`.
@frozen
public struct InitCluster: Message {
    /// `host` or `host:port`; empty: the one address that is not loopback.
    public var advertise = ""
    public var availability = Availability.unspecified
    /// Of the node; empty: the daemon's.
    public var name = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "advertise", &advertise)
        try coder.enumeration(2, "availability", &availability)
        try coder.string(3, "name", &name)
        try coder.unknown(&unknown)
    }
}

/// Joins a cluster by a token. `JoinCluster` in `proto/control.proto`.
@frozen
public struct JoinCluster: Message {
    public var token: SecretBox?
    /// `host:port` each.
    public var managers: [String] = []
    public var advertise = ""
    public var availability = Availability.unspecified
    public var name = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.secret(1, "token", &token)
        try coder.strings(2, "managers", &managers)
        try coder.string(3, "advertise", &advertise)
        try coder.enumeration(4, "availability", &availability)
        try coder.string(5, "name", &name)
        try coder.unknown(&unknown)
    }
}

/// Leaves the cluster and forgets its state. `LeaveCluster` in `proto/control.proto`.
@frozen
public struct LeaveCluster: Message {
    public var force = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bool(1, "force", &force)
        try coder.unknown(&unknown)
    }
}

/// Shows the standing token of a role. `GetJoinToken` in `proto/control.proto`.
@frozen
public struct GetJoinToken: Message {
    public var role = Role.unspecified
    /// Makes a new one first; the old one is void.
    public var rotate = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "role", &role)
        try coder.bool(2, "rotate", &rotate)
        try coder.unknown(&unknown)
    }
}

/// Which objects to show: all, those named, or those that match. `ListObjects` in `proto/control.proto`.
@frozen
public struct ListObjects: Message {
    /// Full IDs, exact names or ID prefixes, each of which must be found.
    public var references: [String] = []
    public var filters: [Filter] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.strings(1, "references", &references)
        try coder.messages(2, "filters", &filters)
        try coder.unknown(&unknown)
    }
}

/// Values of one key are alternatives; keys must all match. `Filter` in `proto/control.proto`.
@frozen
public struct Filter: Message {
    public var key = ""
    public var values: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "key", &key)
        try coder.strings(2, "values", &values)
        try coder.unknown(&unknown)
    }
}

/// Changes what the operator wants of a node. `ChangeNode` in `proto/control.proto`.
@frozen
public struct ChangeNode: Message {
    public var reference = ""
    public var expected = Index.zero
    public var availability = Availability.unspecified
    public var role = Role.unspecified
    public var labelsAdded = StringMap()
    public var labelsRemoved: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "reference", &reference)
        try coder.uint64(2, "expected", &expected)
        try coder.enumeration(3, "availability", &availability)
        try coder.enumeration(4, "role", &role)
        try coder.map(5, "labels_added", &labelsAdded)
        try coder.strings(6, "labels_removed", &labelsRemoved)
        try coder.unknown(&unknown)
    }
}

/// Forgets a node. `DeleteNode` in `proto/control.proto`.
@frozen
public struct DeleteNode: Message {
    public var reference = ""
    public var force = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "reference", &reference)
        try coder.bool(2, "force", &force)
        try coder.unknown(&unknown)
    }
}

/// A new secret. `PutSecret` in `proto/control.proto`.
@frozen
public struct PutSecret: Message {
    public var spec: SecretSpec?
    /// 1 … 511,999 bytes.
    public var value: SecretBox?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "spec", &spec)
        try coder.secret(2, "value", &value)
        try coder.unknown(&unknown)
    }
}

/// A new version of a secret, or new labels. `ReplaceSecret` in `proto/control.proto`.
@frozen
public struct ReplaceSecret: Message {
    public var reference = ""
    /// Spec revision that was read; 0: whatever it is.
    public var expected = Index.zero
    /// Absent: no new version.
    public var value: SecretBox?
    public var labelsAdded = StringMap()
    public var labelsRemoved: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "reference", &reference)
        try coder.uint64(2, "expected", &expected)
        try coder.secret(3, "value", &value)
        try coder.map(4, "labels_added", &labelsAdded)
        try coder.strings(5, "labels_removed", &labelsRemoved)
        try coder.unknown(&unknown)
    }
}

/// Removes an object. `DeleteObject` in `proto/control.proto`.
@frozen
public struct DeleteObject: Message {
    public var reference = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "reference", &reference)
        try coder.unknown(&unknown)
    }
}

/// A new config. `PutConfig` in `proto/control.proto`.
@frozen
public struct PutConfig: Message {
    public var spec: ConfigSpec?
    public var data = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "spec", &spec)
        try coder.bytes(2, "data", &data)
        try coder.unknown(&unknown)
    }
}

/// A new service. References to secrets and configs may give names alone. `PutService` in `proto/control.proto`.
@frozen
public struct PutService: Message {
    public var spec: ServiceSpec?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// A new spec for a service. `ReplaceService` in `proto/control.proto`.
@frozen
public struct ReplaceService: Message {
    public var reference = ""
    public var expected = Index.zero
    /// The whole new spec.
    public var spec: ServiceSpec?
    /// Only a new number of tasks; `spec` is absent then.
    public var replicas: UInt64?
    /// Back to the previous spec; the others are absent then.
    public var rollback = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "reference", &reference)
        try coder.uint64(2, "expected", &expected)
        try coder.message(3, "spec", &spec)
        try coder.uint64(4, "replicas", &replicas)
        try coder.bool(5, "rollback", &rollback)
        try coder.unknown(&unknown)
    }
}

/// Tasks, by service, node or reference. `ListTasks` in `proto/control.proto`.
@frozen
public struct ListTasks: Message {
    /// References; none: of all services.
    public var services: [String] = []
    public var nodes: [String] = []
    public var references: [String] = []
    public var filters: [Filter] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.strings(1, "services", &services)
        try coder.strings(2, "nodes", &nodes)
        try coder.strings(3, "references", &references)
        try coder.messages(4, "filters", &filters)
        try coder.unknown(&unknown)
    }
}
