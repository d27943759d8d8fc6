import Wire

/// The image that a program runs from, in a container. `ContainerSpec` in `proto/model.proto`.
@frozen
public struct ContainerSpec: Message {
    /// As the user named it; with `@sha256:…` it is pinned.
    public var image = ""
    /// Of the container.
    public var labels = StringMap()
    /// Credentials for the image's registry: a secret whose value is the engine's `X-Registry-Auth`. Absent: none.
    public var registry: SecretReference?
    /// Raised to have the tag looked up again: a node fetches the image then even if it has one of that name.
    public var lookup: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "image", &image)
        try coder.map(2, "labels", &labels)
        try coder.message(3, "registry", &registry)
        try coder.uint64(4, "lookup", &lookup)
        try coder.unknown(&unknown)
    }
}

/// A network of a container. `NetworkAttachment` in `proto/model.proto`.
@frozen
public struct NetworkAttachment: Message {
    /// `none`, `host`, `bridge`, or the name of a bridge network that is made on each node as it is needed.
    public var network = ""
    /// Further names of the task in it.
    public var aliases: [String] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "network", &network)
        try coder.strings(2, "aliases", &aliases)
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
    /// Labels to spread over, most important first: `node.labels.zone`.
    public var spread: [String] = []
    /// Tasks of the service on one node; 0: no limit.
    public var maxReplicas: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.strings(1, "constraints", &constraints)
        try coder.strings(2, "spread", &spread)
        try coder.uint64(3, "max_replicas", &maxReplicas)
        try coder.unknown(&unknown)
    }
}

/// What one task of a service is. `TaskSpec` in `proto/model.proto`.
@frozen
public struct TaskSpec: Message {
    public var program: ProgramSpec?
    /// Absent: a program of the host, run in a sandbox.
    public var container: ContainerSpec?
    /// Of a container; none: the engine's own bridge.
    public var networks: [NetworkAttachment] = []
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
        try coder.message(1, "program", &program)
        try coder.message(2, "container", &container)
        try coder.messages(4, "networks", &networks)
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

extension TaskSpec {
    /// The kind of runner that it needs, as `NodeDescription.runners` names it.
    public var runner: String { container == nil ? "process" : "container" }

    /// All secrets that a task of it is given: those that it sees, then the credentials of its image's registry.
    public var secrets: [SecretReference] {
        (program?.secrets ?? []) + (container?.registry.map { [$0] } ?? [])
    }
}
