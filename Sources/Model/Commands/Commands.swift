import Bytes
import Wire

/// The first command: the cluster and its first manager. `Bootstrap` in `proto/command.proto`.
@frozen
public struct Bootstrap: Message {
    public var cluster: Cluster?
    public var node: Node?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "cluster", &cluster)
        try coder.message(2, "node", &node)
        try coder.unknown(&unknown)
    }
}

/// The envelope of version 1 is the entry's `sealed`. `CreateSecret` in `proto/command.proto`.
@frozen
public struct CreateSecret: Message {
    public var id = SecretID.none
    public var spec: SecretSpec?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// A new version, new labels, or both. The envelope of a new version is the entry's `sealed`; empty: none.
/// `UpdateSecret` in `proto/command.proto`.
@frozen
public struct UpdateSecret: Message {
    public var id = SecretID.none
    /// Spec revision that the user read; 0: whatever it is.
    public var expected = Index.zero
    /// Absent: unchanged.
    public var spec: SecretSpec?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.uint64(2, "expected", &expected)
        try coder.message(3, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// Refused while in use. `RemoveSecret` in `proto/command.proto`.
@frozen
public struct RemoveSecret: Message {
    public var id = SecretID.none
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.unknown(&unknown)
    }
}

/// A new config. `CreateConfig` in `proto/command.proto`.
@frozen
public struct CreateConfig: Message {
    public var id = ConfigID.none
    public var spec: ConfigSpec?
    public var data = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.bytes(3, "data", &data)
        try coder.unknown(&unknown)
    }
}

/// Refused while in use. `RemoveConfig` in `proto/command.proto`.
@frozen
public struct RemoveConfig: Message {
    public var id = ConfigID.none
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.unknown(&unknown)
    }
}

/// A new service. `CreateService` in `proto/command.proto`.
@frozen
public struct CreateService: Message {
    public var id = ServiceID.none
    public var spec: ServiceSpec?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// A new spec for a service. `UpdateService` in `proto/command.proto`.
@frozen
public struct UpdateService: Message {
    public var id = ServiceID.none
    /// Spec revision that the user read; 0: whatever it is.
    public var expected = Index.zero
    /// Absent when it is rolled back.
    public var spec: ServiceSpec?
    /// Swaps the spec with the previous one.
    public var rollback = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.uint64(2, "expected", &expected)
        try coder.message(3, "spec", &spec)
        try coder.bool(4, "rollback", &rollback)
        try coder.unknown(&unknown)
    }
}

/// Its tasks are stopped and forgotten. `RemoveService` in `proto/command.proto`.
@frozen
public struct RemoveService: Message {
    public var id = ServiceID.none
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.unknown(&unknown)
    }
}

/// A row for a node that enrolled. `AddNode` in `proto/command.proto`.
@frozen
public struct AddNode: Message {
    /// `member` is filled in by apply, for a manager.
    public var node: Node?
    /// Of a new manager.
    public var issuingKey: IssuingKey?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "node", &node)
        try coder.message(2, "issuing_key", &issuingKey)
        try coder.unknown(&unknown)
    }
}

/// Changes to a node's spec or address. `UpdateNode` in `proto/command.proto`.
@frozen
public struct UpdateNode: Message {
    public var id = NodeID.none
    public var expected = Index.zero
    /// Absent: unchanged.
    public var spec: NodeSpec?
    public var address: String?
    /// The role in force from now on; unspecified: unchanged.
    public var role = Role.unspecified
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.uint64(2, "expected", &expected)
        try coder.message(3, "spec", &spec)
        try coder.string(4, "address", &address)
        try coder.enumeration(5, "role", &role)
        try coder.unknown(&unknown)
    }
}

/// Refused for a member of consensus, and for a ready node unless forced. `RemoveNode` in `proto/command.proto`.
@frozen
public struct RemoveNode: Message {
    public var id = NodeID.none
    public var force = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.bool(2, "force", &force)
        try coder.unknown(&unknown)
    }
}

/// What the leader observed of one node. `NodeObservation` in `proto/command.proto`.
@frozen
public struct NodeObservation: Message {
    public var id = NodeID.none
    public var status: NodeStatus?
    /// Absent: unchanged.
    public var description: NodeDescription?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "status", &status)
        try coder.message(3, "description", &description)
        try coder.unknown(&unknown)
    }
}

/// A batch of observations. `ObserveNodes` in `proto/command.proto`.
@frozen
public struct ObserveNodes: Message {
    public var nodes: [NodeObservation] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "nodes", &nodes)
        try coder.unknown(&unknown)
    }
}

/// A learner acknowledged the cluster keys and may become a voter. Refused unless the commitment is the
/// cluster's. `ApproveMember` in `proto/command.proto`.
@frozen
public struct ApproveMember: Message {
    public var id = NodeID.none
    /// 32 bytes.
    public var commitment = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.bytes(2, "commitment", &commitment)
        try coder.unknown(&unknown)
    }
}

/// One change of one task. `TaskChange` in `proto/command.proto`.
@frozen
public struct TaskChange: Message {
    public var id = TaskID.none
    /// Its `spec` absent: the service's current one, if `serviceRevision` is still its spec revision. Apply fills in
    /// name, user and status.
    public var create: StoredTask?
    /// Assigns; refused when it is assigned already.
    public var nodeID = NodeID.none
    /// Raises the desired state; unspecified: unchanged.
    public var desired = TaskState.unspecified
    /// Taken when its state is higher than the one stored; in the same state, to say why it waits or has to stop.
    public var status: TaskStatus?
    /// Forgets it; left out while it is alive.
    public var remove = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "create", &create)
        try coder.bytes(3, "node_id", &nodeID)
        try coder.enumeration(4, "desired", &desired)
        try coder.message(5, "status", &status)
        try coder.bool(6, "remove", &remove)
        try coder.unknown(&unknown)
    }
}

/// How the update of one service goes on; left out unless its spec revision is the one given. `UpdateProgress` in
/// `proto/command.proto`.
@frozen
public struct UpdateProgress: Message {
    public var serviceID = ServiceID.none
    public var specRevision = Index.zero
    public var status: UpdateStatus?
    /// Swaps the spec with the previous one: the update failed.
    public var rollback = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "service_id", &serviceID)
        try coder.uint64(2, "spec_revision", &specRevision)
        try coder.message(3, "status", &status)
        try coder.bool(4, "rollback", &rollback)
        try coder.unknown(&unknown)
    }
}

/// What the tag of a service's image means for all tasks from now on; left out unless its spec revision is the one
/// given, or when it has a digest already. `ImagePin` in `proto/command.proto`.
@frozen
public struct ImagePin: Message {
    public var serviceID = ServiceID.none
    public var specRevision = Index.zero
    /// `sha256:…`, at most 256 bytes.
    public var digest = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "service_id", &serviceID)
        try coder.uint64(2, "spec_revision", &specRevision)
        try coder.string(3, "digest", &digest)
        try coder.unknown(&unknown)
    }
}

/// A batch of the planner's or the dispatcher's changes; what no longer applies is left out. `ChangeTasks` in
/// `proto/command.proto`.
@frozen
public struct ChangeTasks: Message {
    public var changes: [TaskChange] = []
    public var updates: [UpdateProgress] = []
    public var pins: [ImagePin] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "changes", &changes)
        try coder.messages(2, "updates", &updates)
        try coder.messages(3, "pins", &pins)
        try coder.unknown(&unknown)
    }
}

/// A new standing token for a role; its secret's envelope is the entry's `sealed`. `RotateToken` in
/// `proto/command.proto`.
@frozen
public struct RotateToken: Message {
    public var token: JoinToken?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "token", &token)
        try coder.unknown(&unknown)
    }
}

/// The verdict of apply: the answer to a request, remembered by its ID. `Outcome` in `proto/command.proto`.
@frozen
public struct Outcome: Message {
    /// Absent: done.
    public var failure: Failure?
    /// Of the object; 16 bytes.
    public var id = Bytes()
    public var revision = Index.zero
    /// Of a secret.
    public var version: UInt64 = 0
    /// Of a new manager.
    public var member = MemberID.none
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "failure", &failure)
        try coder.bytes(2, "id", &id)
        try coder.uint64(3, "revision", &revision)
        try coder.uint64(4, "version", &version)
        try coder.uint64(5, "member", &member)
        try coder.unknown(&unknown)
    }
}
