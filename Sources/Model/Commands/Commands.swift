import Bytes
import Wire

/// The first command: the cluster and its first manager. `Bootstrap` in `proto/command.proto`.
package struct Bootstrap: Message {
    package var cluster: Cluster?
    package var node: Node?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "cluster", &cluster)
        try coder.message(2, "node", &node)
        try coder.unknown(&unknown)
    }
}

/// The envelope of version 1 is the entry's `sealed`. `CreateSecret` in `proto/command.proto`.
package struct CreateSecret: Message {
    package var id = SecretID.none
    package var spec: SecretSpec?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// A new version, new labels, or both. The envelope of a new version is the entry's `sealed`; empty: none.
/// `UpdateSecret` in `proto/command.proto`.
package struct UpdateSecret: Message {
    package var id = SecretID.none
    /// Spec revision that the user read; 0: whatever it is.
    package var expected = Index.zero
    /// Absent: unchanged.
    package var spec: SecretSpec?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.uint64(2, "expected", &expected)
        try coder.message(3, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// Refused while in use. `RemoveSecret` in `proto/command.proto`.
package struct RemoveSecret: Message {
    package var id = SecretID.none
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.unknown(&unknown)
    }
}

/// A new config. `CreateConfig` in `proto/command.proto`.
package struct CreateConfig: Message {
    package var id = ConfigID.none
    package var spec: ConfigSpec?
    package var data = Bytes()
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.bytes(3, "data", &data)
        try coder.unknown(&unknown)
    }
}

/// Refused while in use. `RemoveConfig` in `proto/command.proto`.
package struct RemoveConfig: Message {
    package var id = ConfigID.none
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.unknown(&unknown)
    }
}

/// A new service. `CreateService` in `proto/command.proto`.
package struct CreateService: Message {
    package var id = ServiceID.none
    package var spec: ServiceSpec?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// A new spec for a service. `UpdateService` in `proto/command.proto`.
package struct UpdateService: Message {
    package var id = ServiceID.none
    /// Spec revision that the user read; 0: whatever it is.
    package var expected = Index.zero
    package var spec: ServiceSpec?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.uint64(2, "expected", &expected)
        try coder.message(3, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// Its tasks are stopped and forgotten. `RemoveService` in `proto/command.proto`.
package struct RemoveService: Message {
    package var id = ServiceID.none
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.unknown(&unknown)
    }
}

/// A row for a node that enrolled. `AddNode` in `proto/command.proto`.
package struct AddNode: Message {
    /// `member` is filled in by apply, for a manager.
    package var node: Node?
    /// Of a new manager.
    package var issuingKey: IssuingKey?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "node", &node)
        try coder.message(2, "issuing_key", &issuingKey)
        try coder.unknown(&unknown)
    }
}

/// Changes to a node's spec or address. `UpdateNode` in `proto/command.proto`.
package struct UpdateNode: Message {
    package var id = NodeID.none
    package var expected = Index.zero
    /// Absent: unchanged.
    package var spec: NodeSpec?
    package var address: String?
    /// The role in force from now on; unspecified: unchanged.
    package var role = Role.unspecified
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.uint64(2, "expected", &expected)
        try coder.message(3, "spec", &spec)
        try coder.string(4, "address", &address)
        try coder.enumeration(5, "role", &role)
        try coder.unknown(&unknown)
    }
}

/// Refused for a member of consensus, and for a ready node unless forced. `RemoveNode` in `proto/command.proto`.
package struct RemoveNode: Message {
    package var id = NodeID.none
    package var force = false
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.bool(2, "force", &force)
        try coder.unknown(&unknown)
    }
}

/// What the leader observed of one node. `NodeObservation` in `proto/command.proto`.
package struct NodeObservation: Message {
    package var id = NodeID.none
    package var status: NodeStatus?
    /// Absent: unchanged.
    package var description: NodeDescription?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "status", &status)
        try coder.message(3, "description", &description)
        try coder.unknown(&unknown)
    }
}

/// A batch of observations. `ObserveNodes` in `proto/command.proto`.
package struct ObserveNodes: Message {
    package var nodes: [NodeObservation] = []
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "nodes", &nodes)
        try coder.unknown(&unknown)
    }
}

/// A learner acknowledged the cluster keys and may become a voter. Refused unless the commitment is the
/// cluster's. `ApproveMember` in `proto/command.proto`.
package struct ApproveMember: Message {
    package var id = NodeID.none
    /// 32 bytes.
    package var commitment = Bytes()
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.bytes(2, "commitment", &commitment)
        try coder.unknown(&unknown)
    }
}

/// One change of one task. `TaskChange` in `proto/command.proto`.
package struct TaskChange: Message {
    package var id = TaskID.none
    /// Its `spec` absent: the service's current one, if `serviceRevision` is still its spec revision. Apply fills in
    /// name, user and status.
    package var create: StoredTask?
    /// Assigns; refused when it is assigned already.
    package var nodeID = NodeID.none
    /// Raises the desired state; unspecified: unchanged.
    package var desired = TaskState.unspecified
    /// Taken when its state is higher than the one stored; while pending, also to say why.
    package var status: TaskStatus?
    /// Forgets it; left out while it is alive.
    package var remove = false
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "create", &create)
        try coder.bytes(3, "node_id", &nodeID)
        try coder.enumeration(4, "desired", &desired)
        try coder.message(5, "status", &status)
        try coder.bool(6, "remove", &remove)
        try coder.unknown(&unknown)
    }
}

/// A batch of the planner's or the dispatcher's changes; what no longer applies is left out. `ChangeTasks` in
/// `proto/command.proto`.
package struct ChangeTasks: Message {
    package var changes: [TaskChange] = []
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "changes", &changes)
        try coder.unknown(&unknown)
    }
}

/// A new standing token for a role; its secret's envelope is the entry's `sealed`. `RotateToken` in
/// `proto/command.proto`.
package struct RotateToken: Message {
    package var token: JoinToken?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "token", &token)
        try coder.unknown(&unknown)
    }
}

/// The verdict of apply: the answer to a request, remembered by its ID. `Outcome` in `proto/command.proto`.
package struct Outcome: Message {
    /// Absent: done.
    package var failure: Failure?
    /// Of the object; 16 bytes.
    package var id = Bytes()
    package var revision = Index.zero
    /// Of a secret.
    package var version: UInt64 = 0
    /// Of a new manager.
    package var member = MemberID.none
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "failure", &failure)
        try coder.bytes(2, "id", &id)
        try coder.uint64(3, "revision", &revision)
        try coder.uint64(4, "version", &version)
        try coder.uint64(5, "member", &member)
        try coder.unknown(&unknown)
    }
}
