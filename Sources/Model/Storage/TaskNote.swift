import Wire

/// What an agent notes about a task for the agent after it: the file `tasks/<id>/task` of a state directory. Versions,
/// never values. `TaskNote` in `proto/storage.proto`.
@frozen
public struct TaskNote: Message {
    public var task: StoredTask?
    /// What its files show.
    public var shown: [HeldVersion] = []
    /// It has ended, as the task's status tells.
    public var isOver = false
    /// Who it runs as, whatever becomes of the name or the range that this came from.
    public var uid: UInt32 = 0
    public var gid: UInt32 = 0
    /// It was found healthy.
    public var isHealthy = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "task", &task)
        try coder.messages(2, "shown", &shown)
        try coder.bool(3, "is_over", &isOver)
        try coder.uint32(4, "uid", &uid)
        try coder.uint32(5, "gid", &gid)
        try coder.bool(6, "is_healthy", &isHealthy)
        try coder.unknown(&unknown)
    }
}
