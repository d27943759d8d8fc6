import Wire

/// Where and how a task sees a secret or a config. `FileTarget` in `proto/model.proto`.
@frozen
public struct FileTarget: Message {
    /// Below `/run/secrets` or `/run/configs`, normalised; or absolute where the runner can do it.
    public var name = ""
    /// Decimal; empty: the task's user.
    public var uid = ""
    /// Decimal; empty: the task's group.
    public var gid = ""
    /// Permission bits; 0: the runner's default.
    public var mode: UInt32 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.string(2, "uid", &uid)
        try coder.string(3, "gid", &gid)
        try coder.uint32(4, "mode", &mode)
        try coder.unknown(&unknown)
    }
}

/// A service's use of a secret. `SecretReference` in `proto/model.proto`.
@frozen
public struct SecretReference: Message {
    public var secretID = SecretID.none
    public var secretName = ""
    public var target: FileTarget?
    /// Pins a version; 0 follows the current one.
    public var version: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "secret_id", &secretID)
        try coder.string(2, "secret_name", &secretName)
        try coder.message(3, "target", &target)
        try coder.uint64(4, "version", &version)
        try coder.unknown(&unknown)
    }
}

/// A service's use of a config. `ConfigReference` in `proto/model.proto`.
@frozen
public struct ConfigReference: Message {
    public var configID = ConfigID.none
    public var configName = ""
    public var target: FileTarget?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "config_id", &configID)
        try coder.string(2, "config_name", &configName)
        try coder.message(3, "target", &target)
        try coder.unknown(&unknown)
    }
}

/// A program of the host, run in a sandbox. `ProcessSpec` in `proto/model.proto`.
@frozen
public struct ProcessSpec: Message {
    /// The program, an absolute path or a name for PATH, and its arguments.
    public var command: [String] = []
    /// `NAME=value`.
    public var environment: [String] = []
    /// Working directory.
    public var directory = ""
    /// `uid`, `uid:gid` or a name; empty: the service's own.
    public var user = ""
    public var hostname = ""
    /// Empty: SIGTERM.
    public var stopSignal = ""
    /// Absent: 10 s.
    public var stopGraceMilliseconds: UInt64?
    public var secrets: [SecretReference] = []
    public var configs: [ConfigReference] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.strings(1, "command", &command)
        try coder.strings(2, "environment", &environment)
        try coder.string(3, "directory", &directory)
        try coder.string(4, "user", &user)
        try coder.string(5, "hostname", &hostname)
        try coder.string(6, "stop_signal", &stopSignal)
        try coder.uint64(7, "stop_grace_ms", &stopGraceMilliseconds)
        try coder.messages(8, "secrets", &secrets)
        try coder.messages(9, "configs", &configs)
        try coder.unknown(&unknown)
    }
}

/// An amount of what a node has. `Resources` in `proto/model.proto`.
@frozen
public struct Resources: Message {
    public var cpuNano: UInt64 = 0
    public var memoryBytes: UInt64 = 0
    public var pids: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "cpu_nano", &cpuNano)
        try coder.uint64(2, "memory_bytes", &memoryBytes)
        try coder.uint64(3, "pids", &pids)
        try coder.unknown(&unknown)
    }
}

/// What follows the end of a task. `RestartPolicy` in `proto/model.proto`.
@frozen
public struct RestartPolicy: Message {
    public var condition = RestartCondition.unspecified
    /// The first delay; it doubles up to 5 min. Absent: 5 s.
    public var delayMilliseconds: UInt64?
    /// 0: no limit.
    public var maxAttempts: UInt32 = 0
    /// How long a task must run to count as healthy; 0: the default of 5 s.
    public var windowMilliseconds: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "condition", &condition)
        try coder.uint64(2, "delay_ms", &delayMilliseconds)
        try coder.uint32(3, "max_attempts", &maxAttempts)
        try coder.uint64(4, "window_ms", &windowMilliseconds)
        try coder.unknown(&unknown)
    }
}

/// Where tasks may run. `Placement` in `proto/model.proto`.
@frozen
public struct Placement: Message {
    /// `node.labels.zone==a` and the like.
    public var constraints: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.strings(1, "constraints", &constraints)
        try coder.unknown(&unknown)
    }
}

/// What one task of a service is. `TaskSpec` in `proto/model.proto`.
@frozen
public struct TaskSpec: Message {
    public var process: ProcessSpec?
    public var limits: Resources?
    public var reservations: Resources?
    public var restart: RestartPolicy?
    public var placement: Placement?
    /// Any change restarts the tasks.
    public var forceUpdate: UInt64 = 0
    public var onPartition = OnPartition.unspecified
    public var memory = MemoryDemand.unspecified
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "process", &process)
        try coder.message(5, "limits", &limits)
        try coder.message(6, "reservations", &reservations)
        try coder.message(7, "restart", &restart)
        try coder.message(8, "placement", &placement)
        try coder.uint64(9, "force_update", &forceUpdate)
        try coder.enumeration(10, "on_partition", &onPartition)
        try coder.enumeration(11, "memory", &memory)
        try coder.unknown(&unknown)
    }
}

/// So many tasks, wherever. `ReplicatedMode` in `proto/model.proto`.
@frozen
public struct ReplicatedMode: Message {
    public var replicas: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "replicas", &replicas)
        try coder.unknown(&unknown)
    }
}

/// What a user wants run. `ServiceSpec` in `proto/model.proto`.
@frozen
public struct ServiceSpec: Message {
    /// At most 63 bytes, a DNS label.
    public var name = ""
    public var labels = StringMap()
    public var replicated: ReplicatedMode?
    public var task: TaskSpec?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.map(2, "labels", &labels)
        try coder.message(3, "replicated", &replicated)
        try coder.message(7, "task", &task)
        try coder.unknown(&unknown)
    }
}

/// What a user wants run, kept running. `Service` in `proto/model.proto`.
@frozen
public struct Service: Message {
    public var id = ServiceID.none
    public var meta: Meta?
    public var spec: ServiceSpec?
    public var previousSpec: ServiceSpec?
    /// Picks the service's own user of a node's range.
    public var userOrdinal: UInt32 = 0
    /// The previous spec names a secret that was removed since.
    public var previousUnusable = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "meta", &meta)
        try coder.message(3, "spec", &spec)
        try coder.message(4, "previous_spec", &previousSpec)
        try coder.uint32(5, "user_ordinal", &userOrdinal)
        try coder.bool(6, "previous_unusable", &previousUnusable)
        try coder.unknown(&unknown)
    }
}
