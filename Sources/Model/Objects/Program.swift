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

/// Something mounted into a task. `Mount` in `proto/model.proto`.
@frozen
public struct Mount: Message {
    public var type = MountType.unspecified
    /// A path, or a volume's name; empty: a volume without a name.
    public var source = ""
    /// An absolute path in the task.
    public var target = ""
    public var readOnly = false
    /// `rprivate`, `private`, `rshared`, `shared`, `rslave` or `slave`; empty: `rprivate`.
    public var propagation = ""
    /// Of a volume: begins empty, not with what the image has at the target.
    public var noCopy = false
    /// Of a tmpfs; 0: no limit but the task's.
    public var sizeBytes: UInt64 = 0
    /// Permission bits of a tmpfs; 0: 01777.
    public var mode: UInt32 = 0
    /// Of a new volume; empty: the engine's own.
    public var volumeDriver = ""
    public var volumeOptions = StringMap()
    public var volumeLabels = StringMap()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "type", &type)
        try coder.string(2, "source", &source)
        try coder.string(3, "target", &target)
        try coder.bool(4, "read_only", &readOnly)
        try coder.string(5, "propagation", &propagation)
        try coder.bool(6, "no_copy", &noCopy)
        try coder.uint64(7, "size_bytes", &sizeBytes)
        try coder.uint32(8, "mode", &mode)
        try coder.string(9, "volume_driver", &volumeDriver)
        try coder.map(10, "volume_options", &volumeOptions)
        try coder.map(11, "volume_labels", &volumeLabels)
        try coder.unknown(&unknown)
    }
}

/// How it is found out whether a running task is well. `HealthCheck` in `proto/model.proto`.
@frozen
public struct HealthCheck: Message {
    /// `NONE`, or `CMD` and a program with its arguments, or `CMD-SHELL` and a line for a shell. Empty: the image's.
    public var test: [String] = []
    /// Between two checks; 0: 30 s.
    public var intervalMilliseconds: UInt64 = 0
    /// How long one may take; 0: 30 s.
    public var timeoutMilliseconds: UInt64 = 0
    /// Failures in a row that make a task unhealthy; 0: 3.
    public var retries: UInt32 = 0
    /// After the start, while failures do not count.
    public var startPeriodMilliseconds: UInt64 = 0
    /// Between checks within the start period; 0: 5 s.
    public var startIntervalMilliseconds: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.strings(1, "test", &test)
        try coder.uint64(2, "interval_ms", &intervalMilliseconds)
        try coder.uint64(3, "timeout_ms", &timeoutMilliseconds)
        try coder.uint32(4, "retries", &retries)
        try coder.uint64(5, "start_period_ms", &startPeriodMilliseconds)
        try coder.uint64(6, "start_interval_ms", &startIntervalMilliseconds)
        try coder.unknown(&unknown)
    }
}

/// A bound on what a process may use; -1: none. `Ulimit` in `proto/model.proto`.
@frozen
public struct Ulimit: Message {
    /// As in `setrlimit`, in small letters without the prefix: `nofile`.
    public var name = ""
    public var soft: Int64 = 0
    public var hard: Int64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.int64(2, "soft", &soft)
        try coder.int64(3, "hard", &hard)
        try coder.unknown(&unknown)
    }
}

/// What a task runs and its surroundings, whatever runs it. `ProgramSpec` in `proto/model.proto`.
@frozen
public struct ProgramSpec: Message {
    /// The program, an absolute path or a name for PATH, and what always follows it. Of a container: its entry point;
    /// empty: the image's.
    public var command: [String] = []
    /// `NAME=value`.
    public var environment: [String] = []
    /// Working directory.
    public var directory = ""
    /// `uid`, `uid:gid` or a name; empty: the service's own, or the image's.
    public var user = ""
    public var hostname = ""
    /// Empty: SIGTERM, or the image's.
    public var stopSignal = ""
    /// Absent: 10 s.
    public var stopGraceMilliseconds: UInt64?
    public var secrets: [SecretReference] = []
    public var configs: [ConfigReference] = []
    /// Follow the command. Of a container: in the place of those of the image.
    public var arguments: [String] = []
    /// Further groups of its user, by name or number.
    public var groups: [String] = []
    public var terminal = false
    /// Keeps standard input open, though nobody writes to it.
    public var openInput = false
    /// The root file system can't be written. A process's never can.
    public var readOnly = false
    /// A small program as process 1 that hands on signals; absent: as the runner does.
    public var usesInit: Bool?
    public var mounts: [Mount] = []
    public var health: HealthCheck?
    public var ulimits: [Ulimit] = []
    /// Such as `CAP_NET_BIND_SERVICE`, or `ALL`.
    public var capabilitiesAdded: [String] = []
    public var capabilitiesDropped: [String] = []
    /// Further lines of `/etc/hosts`: `address name`.
    public var hosts: [String] = []
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
        try coder.strings(10, "arguments", &arguments)
        try coder.strings(11, "groups", &groups)
        try coder.bool(12, "terminal", &terminal)
        try coder.bool(13, "open_input", &openInput)
        try coder.bool(14, "read_only", &readOnly)
        try coder.bool(15, "init", &usesInit)
        try coder.messages(16, "mounts", &mounts)
        try coder.message(17, "health", &health)
        try coder.messages(18, "ulimits", &ulimits)
        try coder.strings(19, "capabilities_added", &capabilitiesAdded)
        try coder.strings(20, "capabilities_dropped", &capabilitiesDropped)
        try coder.strings(21, "hosts", &hosts)
        try coder.unknown(&unknown)
    }
}
