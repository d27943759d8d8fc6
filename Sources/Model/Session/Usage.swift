import Wire

/// Asks what a running task uses. Type 58, the only frame of who asks. `GetUsage` in `proto/session.proto`.
@frozen
public struct GetUsage: Message {
    public var taskID = TaskID.none
    /// As the user named it; used until `taskID` is known.
    public var task = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.string(2, "task", &task)
        try coder.unknown(&unknown)
    }
}

/// What a task uses, read when it was asked; the last frame of the stream. Type 59. `TaskUsage` in
/// `proto/session.proto`.
///
/// What is `nil` its node can't tell.
@frozen
public struct TaskUsage: Message {
    /// When it was read, by a clock of its node that never goes back.
    public var clockMilliseconds: UInt64 = 0
    /// Of all processors together, since the task began.
    public var processorNanoseconds: UInt64?
    /// Without the cache of files that was not used lately.
    public var memoryBytes: UInt64?
    /// With their threads.
    public var processes: UInt64?
    /// It could not be read.
    public var failure: Failure?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "clock_ms", &clockMilliseconds)
        try coder.uint64(2, "processor_ns", &processorNanoseconds)
        try coder.uint64(3, "memory_bytes", &memoryBytes)
        try coder.uint64(4, "processes", &processes)
        try coder.message(5, "failure", &failure)
        try coder.unknown(&unknown)
    }
}
