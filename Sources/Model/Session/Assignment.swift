import Bytes
import Wire

/// How an assignment is to be read.
@frozen
public struct AssignmentKind: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static var unspecified: AssignmentKind { AssignmentKind(rawValue: 0) }
    /// All that the worker should hold; anything else goes.
    public static let complete = AssignmentKind(rawValue: 1)
    /// Changes to `applies_to`.
    public static let incremental = AssignmentKind(rawValue: 2)
    public static let names: [(Int32, String)] = [
        (0, "ASSIGNMENT_KIND_UNSPECIFIED"),
        (1, "ASSIGNMENT_KIND_COMPLETE"),
        (2, "ASSIGNMENT_KIND_INCREMENTAL"),
    ]
}

/// A secret's value for one task, sealed to the worker. `AssignedValue` in `proto/session.proto`.
@frozen
public struct AssignedValue: Message {
    public var taskID = TaskID.none
    public var secretID = SecretID.none
    public var version: UInt64 = 0
    /// A `SealedDelivery`.
    public var sealed = Bytes()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.bytes(2, "secret_id", &secretID)
        try coder.uint64(3, "version", &version)
        try coder.bytes(4, "sealed", &sealed)
        coder.dropUnknown()
    }
}

/// A config's content. `AssignedConfig` in `proto/session.proto`.
@frozen
public struct AssignedConfig: Message {
    public var configID = ConfigID.none
    public var revision = Index.zero
    public var data = Bytes()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "config_id", &configID)
        try coder.uint64(2, "revision", &revision)
        try coder.bytes(3, "data", &data)
        coder.dropUnknown()
    }
}

/// A value that a task no longer needs. `RemovedValue` in `proto/session.proto`.
@frozen
public struct RemovedValue: Message {
    public var taskID = TaskID.none
    public var secretID = SecretID.none

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.bytes(2, "secret_id", &secretID)
        coder.dropUnknown()
    }
}

/// One change; values and configs come before the task that needs them. `AssignmentChange` in
/// `proto/session.proto`.
@frozen
public struct AssignmentChange: Message {
    /// What changes.
    public var thing: AssignedThing?

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.oneof("thing", &thing)
        coder.dropUnknown()
    }
}

/// What changes.
public indirect enum AssignedThing: OneOf {
    case task(StoredTask)
    case removedTask(RemovedTask)
    case value(AssignedValue)
    case removedValue(RemovedValue)
    case config(AssignedConfig)
    case removedConfig(RemovedConfig)

    @inlinable
    public static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
        try coder.message(1, "task", &value, Self.task) {
            if case .task(let message) = $0 { message } else { nil }
        }
        try coder.message(2, "removed_task", &value, Self.removedTask) {
            if case .removedTask(let message) = $0 { message } else { nil }
        }
        try coder.message(3, "value", &value, Self.value) {
            if case .value(let message) = $0 { message } else { nil }
        }
        try coder.message(4, "removed_value", &value, Self.removedValue) {
            if case .removedValue(let message) = $0 { message } else { nil }
        }
        try coder.message(5, "config", &value, Self.config) {
            if case .config(let message) = $0 { message } else { nil }
        }
        try coder.message(6, "removed_config", &value, Self.removedConfig) {
            if case .removedConfig(let message) = $0 { message } else { nil }
        }
    }
}

/// A task that the worker must end and forget. `RemovedTask` in `proto/session.proto`.
@frozen
public struct RemovedTask: Message {
    public var taskID = TaskID.none

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        coder.dropUnknown()
    }
}

/// A config that no task of the worker needs any more. `RemovedConfig` in `proto/session.proto`.
@frozen
public struct RemovedConfig: Message {
    public var configID = ConfigID.none

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "config_id", &configID)
        coder.dropUnknown()
    }
}

/// All that one worker should hold now, or what changed of it. Type 38. Large ones come in parts, applied
/// together. `Assignment` in `proto/session.proto`.
@frozen
public struct Assignment: Message {
    public var session = SessionID.none
    public var kind = AssignmentKind.unspecified
    /// The number that an incremental one changes.
    public var appliesTo: UInt64 = 0
    /// From 1, by 1, within a session.
    public var number: UInt64 = 0
    public var changes: [AssignmentChange] = []
    /// Another part of the same number follows.
    public var more = false

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.enumeration(2, "kind", &kind)
        try coder.uint64(3, "applies_to", &appliesTo)
        try coder.uint64(4, "number", &number)
        try coder.messages(5, "changes", &changes)
        try coder.bool(6, "more", &more)
        coder.dropUnknown()
    }
}

/// Which version of a secret a task sees, and how far it got. `HeldVersion` in `proto/session.proto`.
@frozen
public struct HeldVersion: Message {
    public var taskID = TaskID.none
    public var secretID = SecretID.none
    public var version: UInt64 = 0
    public var stage = DeliveryStage.unspecified
    public var error = ""
    /// Of the memory that the task's files are in; unspecified: there are none yet.
    public var protection = Protection.unspecified

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.bytes(2, "secret_id", &secretID)
        try coder.uint64(3, "version", &version)
        try coder.enumeration(4, "stage", &stage)
        try coder.string(5, "error", &error)
        try coder.enumeration(6, "protection", &protection)
        coder.dropUnknown()
    }
}

/// How far a version got with a task.
@frozen
public struct DeliveryStage: WireEnum {
    public var rawValue: Int32
    @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
    @inlinable public static var unspecified: DeliveryStage { DeliveryStage(rawValue: 0) }
    /// The agent holds it.
    public static let delivered = DeliveryStage(rawValue: 1)
    public static let verified = DeliveryStage(rawValue: 2)
    /// The task's files show it.
    public static let swapped = DeliveryStage(rawValue: 3)
    public static let notified = DeliveryStage(rawValue: 4)
    public static let failed = DeliveryStage(rawValue: 5)
    public static let names: [(Int32, String)] = [
        (0, "DELIVERY_STAGE_UNSPECIFIED"),
        (1, "DELIVERY_STAGE_DELIVERED"),
        (2, "DELIVERY_STAGE_VERIFIED"),
        (3, "DELIVERY_STAGE_SWAPPED"),
        (4, "DELIVERY_STAGE_NOTIFIED"),
        (5, "DELIVERY_STAGE_FAILED"),
    ]
}

/// The acknowledgement of an assignment. Type 39. `AssignmentApplied` in `proto/session.proto`.
@frozen
public struct AssignmentApplied: Message {
    public var session = SessionID.none
    public var number: UInt64 = 0
    /// What changed.
    public var held: [HeldVersion] = []

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "number", &number)
        try coder.messages(3, "held", &held)
        coder.dropUnknown()
    }
}

/// What the agent observed of a task. `TaskReport` in `proto/session.proto`.
@frozen
public struct TaskReport: Message {
    public var taskID = TaskID.none
    public var status: TaskStatus?

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.message(2, "status", &status)
        coder.dropUnknown()
    }
}

/// A batch of what was observed, in order. Type 40. `ReportTasks` in `proto/session.proto`.
@frozen
public struct ReportTasks: Message {
    public var session = SessionID.none
    /// Acknowledged by `ReportTasksAnswer`.
    public var number: UInt64 = 0
    public var tasks: [TaskReport] = []
    public var held: [HeldVersion] = []

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "number", &number)
        try coder.messages(3, "tasks", &tasks)
        try coder.messages(4, "held", &held)
        coder.dropUnknown()
    }
}

/// What was reported is safe: terminal states are committed. Type 41. `ReportTasksAnswer` in
/// `proto/session.proto`.
@frozen
public struct ReportTasksAnswer: Message {
    public var session = SessionID.none
    public var number: UInt64 = 0

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "session", &session)
        try coder.uint64(2, "number", &number)
        coder.dropUnknown()
    }
}
