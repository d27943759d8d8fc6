import Bytes
import Wire

/// Runs a program inside a task. Type 48, the first frame of its stream. `ExecStart` in `proto/session.proto`.
@frozen
public struct ExecStart: Message {
    public var taskID = TaskID.none
    public var command: [String] = []
    public var environment: [String] = []
    public var user = ""
    public var directory = ""
    public var terminal = false
    /// Whether input will come.
    public var input = false
    public var rows: UInt32 = 0
    public var columns: UInt32 = 0
    /// As the user named it; used until `task_id` is known.
    public var task = ""
    public var actor: Actor?
    /// Its end is not waited for, nor its output taken.
    public var detached = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "task_id", &taskID)
        try coder.strings(2, "command", &command)
        try coder.strings(3, "environment", &environment)
        try coder.string(4, "user", &user)
        try coder.string(5, "directory", &directory)
        try coder.bool(6, "terminal", &terminal)
        try coder.bool(7, "input", &input)
        try coder.uint32(8, "rows", &rows)
        try coder.uint32(9, "columns", &columns)
        try coder.string(10, "task", &task)
        try coder.message(11, "actor", &actor)
        try coder.bool(12, "detached", &detached)
        try coder.unknown(&unknown)
    }
}

/// Bytes for its standard input. Type 49. `ExecInput` in `proto/session.proto`.
@frozen
public struct ExecInput: Message {
    public var data = Bytes()
    public var end = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "data", &data)
        try coder.bool(2, "end", &end)
        try coder.unknown(&unknown)
    }
}

/// What it wrote. Type 50. `ExecOutput` in `proto/session.proto`.
@frozen
public struct ExecOutput: Message {
    public var data = Bytes()
    /// On standard error.
    public var error = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "data", &data)
        try coder.bool(2, "error", &error)
        try coder.unknown(&unknown)
    }
}

/// The terminal has a new size. Type 51. `ExecResize` in `proto/session.proto`.
@frozen
public struct ExecResize: Message {
    public var rows: UInt32 = 0
    public var columns: UInt32 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "rows", &rows)
        try coder.uint32(2, "columns", &columns)
        try coder.unknown(&unknown)
    }
}

/// A signal for the program. Type 52. `ExecSignal` in `proto/session.proto`.
@frozen
public struct ExecSignal: Message {
    public var number: UInt32 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "number", &number)
        try coder.unknown(&unknown)
    }
}

/// How it ended; the last frame of the stream. Type 53. `ExecExit` in `proto/session.proto`.
@frozen
public struct ExecExit: Message {
    public var code: Int32 = 0
    /// It could not be run.
    public var failure: Failure?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int32(1, "code", &code)
        try coder.message(2, "failure", &failure)
        try coder.unknown(&unknown)
    }
}
