import Wire

/// What an update or a rollback does when too many of its tasks fail.
@frozen
public struct FailureAction: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Pause.
    @inlinable public static var unspecified: FailureAction { FailureAction(rawValue: 0) }
    public static let pause = FailureAction(rawValue: 1)
    public static let `continue` = FailureAction(rawValue: 2)
    /// Of an update alone.
    public static let rollback = FailureAction(rawValue: 3)
    public static let names: [(Int32, String)] = [
        (0, "FAILURE_ACTION_UNSPECIFIED"),
        (1, "FAILURE_ACTION_PAUSE"),
        (2, "FAILURE_ACTION_CONTINUE"),
        (3, "FAILURE_ACTION_ROLLBACK"),
    ]
}

/// Which comes first when a task is replaced.
@frozen
public struct UpdateOrder: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Stop first.
    @inlinable public static var unspecified: UpdateOrder { UpdateOrder(rawValue: 0) }
    public static let stopFirst = UpdateOrder(rawValue: 1)
    /// Two tasks of a slot run for a while.
    public static let startFirst = UpdateOrder(rawValue: 2)
    public static let names: [(Int32, String)] = [
        (0, "UPDATE_ORDER_UNSPECIFIED"),
        (1, "UPDATE_ORDER_STOP_FIRST"),
        (2, "UPDATE_ORDER_START_FIRST"),
    ]
}

/// How far an update or a rollback came.
@frozen
public struct UpdateState: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    /// There was none.
    @inlinable public static var unspecified: UpdateState { UpdateState(rawValue: 0) }
    public static let updating = UpdateState(rawValue: 1)
    public static let paused = UpdateState(rawValue: 2)
    public static let completed = UpdateState(rawValue: 3)
    public static let rollbackStarted = UpdateState(rawValue: 4)
    public static let rollbackPaused = UpdateState(rawValue: 5)
    public static let rollbackCompleted = UpdateState(rawValue: 6)
    public static let names: [(Int32, String)] = [
        (0, "UPDATE_STATE_UNSPECIFIED"),
        (1, "UPDATE_STATE_UPDATING"),
        (2, "UPDATE_STATE_PAUSED"),
        (3, "UPDATE_STATE_COMPLETED"),
        (4, "UPDATE_STATE_ROLLBACK_STARTED"),
        (5, "UPDATE_STATE_ROLLBACK_PAUSED"),
        (6, "UPDATE_STATE_ROLLBACK_COMPLETED"),
    ]
}

/// What is mounted into a task.
@frozen
public struct MountType: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static var unspecified: MountType { MountType(rawValue: 0) }
    /// A path of the host.
    public static let bind = MountType(rawValue: 1)
    /// A volume of the container engine.
    public static let volume = MountType(rawValue: 2)
    /// Memory, empty at the start.
    public static let tmpfs = MountType(rawValue: 3)
    public static let names: [(Int32, String)] = [
        (0, "MOUNT_TYPE_UNSPECIFIED"),
        (1, "MOUNT_TYPE_BIND"),
        (2, "MOUNT_TYPE_VOLUME"),
        (3, "MOUNT_TYPE_TMPFS"),
    ]
}
