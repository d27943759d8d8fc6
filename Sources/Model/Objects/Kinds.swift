import Wire

/// What a node may do, as the replicated node table says; never read from a certificate.
@frozen
public struct Role: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static var unspecified: Role { Role(rawValue: 0) }
    public static let worker = Role(rawValue: 1)
    public static let manager = Role(rawValue: 2)
    public static let names: [(Int32, String)] = [
        (0, "ROLE_UNSPECIFIED"),
        (1, "ROLE_WORKER"),
        (2, "ROLE_MANAGER"),
    ]
}

/// Whether a node takes tasks.
@frozen
public struct Availability: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static var unspecified: Availability { Availability(rawValue: 0) }
    public static let active = Availability(rawValue: 1)
    /// Keeps its tasks, takes no new ones.
    public static let pause = Availability(rawValue: 2)
    /// Its tasks are stopped and run elsewhere.
    public static let drain = Availability(rawValue: 3)
    public static let names: [(Int32, String)] = [
        (0, "AVAILABILITY_UNSPECIFIED"),
        (1, "AVAILABILITY_ACTIVE"),
        (2, "AVAILABILITY_PAUSE"),
        (3, "AVAILABILITY_DRAIN"),
    ]
}

/// What the leader knows of a node's session.
@frozen
public struct NodeState: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Not heard of since the leader took office.
    @inlinable public static var unspecified: NodeState { NodeState(rawValue: 0) }
    public static let ready = NodeState(rawValue: 1)
    /// The lease lapsed.
    public static let down = NodeState(rawValue: 2)
    public static let names: [(Int32, String)] = [
        (0, "NODE_STATE_UNSPECIFIED"),
        (1, "NODE_STATE_READY"),
        (2, "NODE_STATE_DOWN"),
    ]
}

/// How far a manager has come into consensus.
@frozen
public struct MemberState: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Not a member.
    @inlinable public static var unspecified: MemberState { MemberState(rawValue: 0) }
    /// Receives the log; the cluster keys are being handed over.
    public static let learner = MemberState(rawValue: 1)
    /// Acknowledged the cluster keys; may be counted.
    public static let voter = MemberState(rawValue: 2)
    public static let names: [(Int32, String)] = [
        (0, "MEMBER_STATE_UNSPECIFIED"),
        (1, "MEMBER_STATE_LEARNER"),
        (2, "MEMBER_STATE_VOTER"),
    ]
}

/// How far a task has come; it only ever grows.
@frozen
public struct TaskState: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Made, not yet looked at.
    @inlinable public static var unspecified: TaskState { TaskState(rawValue: 0) }
    /// Waits for a node.
    public static let pending = TaskState(rawValue: 64)
    public static let assigned = TaskState(rawValue: 192)
    public static let accepted = TaskState(rawValue: 256)
    public static let preparing = TaskState(rawValue: 320)
    public static let ready = TaskState(rawValue: 384)
    public static let starting = TaskState(rawValue: 448)
    public static let running = TaskState(rawValue: 512)
    /// Ended by itself with exit code 0.
    public static let complete = TaskState(rawValue: 576)
    /// Ended because it was asked to.
    public static let shutdown = TaskState(rawValue: 640)
    public static let failed = TaskState(rawValue: 704)
    /// Could not be prepared.
    public static let rejected = TaskState(rawValue: 768)
    /// Only as a desired state: to be stopped, then forgotten.
    public static let remove = TaskState(rawValue: 800)
    /// Its node is gone; nobody knows how it ended.
    public static let orphaned = TaskState(rawValue: 832)
    public static let names: [(Int32, String)] = [
        (0, "TASK_STATE_UNSPECIFIED"),
        (64, "TASK_STATE_PENDING"),
        (192, "TASK_STATE_ASSIGNED"),
        (256, "TASK_STATE_ACCEPTED"),
        (320, "TASK_STATE_PREPARING"),
        (384, "TASK_STATE_READY"),
        (448, "TASK_STATE_STARTING"),
        (512, "TASK_STATE_RUNNING"),
        (576, "TASK_STATE_COMPLETE"),
        (640, "TASK_STATE_SHUTDOWN"),
        (704, "TASK_STATE_FAILED"),
        (768, "TASK_STATE_REJECTED"),
        (800, "TASK_STATE_REMOVE"),
        (832, "TASK_STATE_ORPHANED"),
    ]
}

/// When an ended task is replaced.
@frozen
public struct RestartCondition: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Any.
    @inlinable public static var unspecified: RestartCondition { RestartCondition(rawValue: 0) }
    public static let none = RestartCondition(rawValue: 1)
    public static let onFailure = RestartCondition(rawValue: 2)
    public static let any = RestartCondition(rawValue: 3)
    public static let names: [(Int32, String)] = [
        (0, "RESTART_CONDITION_UNSPECIFIED"),
        (1, "RESTART_CONDITION_NONE"),
        (2, "RESTART_CONDITION_ON_FAILURE"),
        (3, "RESTART_CONDITION_ANY"),
    ]
}

/// What a task does when its node's lease lapses.
@frozen
public struct OnPartition: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Keep.
    @inlinable public static var unspecified: OnPartition { OnPartition(rawValue: 0) }
    /// Goes on with the values that it holds.
    public static let keep = OnPartition(rawValue: 1)
    /// Is stopped, then its values are wiped.
    public static let stop = OnPartition(rawValue: 2)
    public static let names: [(Int32, String)] = [
        (0, "ON_PARTITION_UNSPECIFIED"),
        (1, "ON_PARTITION_KEEP"),
        (2, "ON_PARTITION_STOP"),
    ]
}

/// What a task demands of the memory that holds its secrets.
@frozen
public struct MemoryDemand: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Required.
    @inlinable public static var unspecified: MemoryDemand { MemoryDemand(rawValue: 0) }
    /// Memory that can't be swapped, or the task does not start.
    public static let required = MemoryDemand(rawValue: 1)
    /// Falls back to memory that may be swapped, and says so.
    public static let preferred = MemoryDemand(rawValue: 2)
    public static let names: [(Int32, String)] = [
        (0, "MEMORY_DEMAND_UNSPECIFIED"),
        (1, "MEMORY_DEMAND_REQUIRED"),
        (2, "MEMORY_DEMAND_PREFERRED"),
    ]
}

/// How well a node can protect secrets in memory.
@frozen
public struct Protection: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static var unspecified: Protection { Protection(rawValue: 0) }
    /// Never swapped.
    public static let secure = Protection(rawValue: 1)
    /// May be swapped, but there is no swap now.
    public static let weak = Protection(rawValue: 2)
    /// May be swapped.
    public static let insecure = Protection(rawValue: 3)
    public static let names: [(Int32, String)] = [
        (0, "PROTECTION_UNSPECIFIED"),
        (1, "PROTECTION_SECURE"),
        (2, "PROTECTION_WEAK"),
        (3, "PROTECTION_INSECURE"),
    ]
}
