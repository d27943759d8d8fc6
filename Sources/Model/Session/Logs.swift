import Bytes
import Wire

/// Asks for what tasks wrote. Type 54, the first frame of its stream; of a client, or of the leader to an agent.
/// `LogsStart` in `proto/session.proto`.
@frozen
public struct LogsStart: Message {
    /// A service or a task, as the user named it; of a client.
    public var reference = ""
    /// Of the leader.
    public var taskID = TaskID.none
    /// Goes on with what is written from now on.
    public var follow = false
    /// The last lines of each task; `nil`: all that are kept.
    public var tail: UInt64?
    /// What was written before is left out.
    public var since = Timestamp.zero
    /// Tasks that were read before: each goes on where that ended, of others all is new. Of the leader: its one task.
    public var known: [LogsPosition] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "reference", &reference)
        try coder.bytes(2, "task_id", &taskID)
        try coder.bool(3, "follow", &follow)
        try coder.uint64(4, "tail", &tail)
        try coder.uint64(5, "since", &since)
        try coder.messages(6, "known", &known)
        try coder.unknown(&unknown)
    }
}

/// How far a task's output was read. `LogsPosition` in `proto/session.proto`.
///
/// The fields are those of `LogsChunk`, which says it of itself.
@frozen
public struct LogsPosition: Message {
    public var taskID = TaskID.none
    /// Where the task's runner goes on; `nil`: it goes on after `time`.
    public var next: UInt64?
    /// Of the last line; zero: there was none.
    public var time = Timestamp.zero
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.uint64(4, "next", &next)
        try coder.uint64(5, "time", &time)
        try coder.unknown(&unknown)
    }
}

/// A task whose output comes in this stream, before the first of it. Type 55. `LogsSource` in `proto/session.proto`.
@frozen
public struct LogsSource: Message {
    public var taskID = TaskID.none
    public var serviceID = ServiceID.none
    public var service = ""
    public var slot: UInt64 = 0
    public var nodeID = NodeID.none
    public var node = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.bytes(2, "service_id", &serviceID)
        try coder.string(3, "service", &service)
        try coder.uint64(4, "slot", &slot)
        try coder.bytes(5, "node_id", &nodeID)
        try coder.string(6, "node", &node)
        try coder.unknown(&unknown)
    }
}

/// Output of one task, in the order in which it was written. Type 56. `LogsChunk` in `proto/session.proto`.
@frozen
public struct LogsChunk: Message {
    public var taskID = TaskID.none
    public var lines: [LogLine] = []
    /// Bytes that were cut off before the reader came to them, between the chunk before and this one.
    public var missed: UInt64 = 0
    /// Where the task's runner goes on; `nil`: it goes by time.
    public var next: UInt64?
    /// Of the last line; zero: there is none.
    public var time = Timestamp.zero
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.messages(2, "lines", &lines)
        try coder.uint64(3, "missed", &missed)
        try coder.uint64(4, "next", &next)
        try coder.uint64(5, "time", &time)
        try coder.unknown(&unknown)
    }
}

/// A line of output. `LogLine` in `proto/session.proto`.
@frozen
public struct LogLine: Message {
    /// When it was written.
    public var time = Timestamp.zero
    /// Without its newline; any bytes.
    public var data = Bytes()
    /// On standard error, where the runner can tell.
    public var error = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "time", &time)
        try coder.bytes(2, "data", &data)
        try coder.bool(3, "error", &error)
        try coder.unknown(&unknown)
    }
}

/// No more comes: of one task, or with END of all. With END from who asked: no more is wanted. Type 57. `LogsEnd` in
/// `proto/session.proto`.
@frozen
public struct LogsEnd: Message {
    public var taskID = TaskID.none
    /// Why not all of it came.
    public var failure: Failure?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.message(2, "failure", &failure)
        try coder.unknown(&unknown)
    }
}
