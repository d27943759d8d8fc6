import Wire

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

/// One task on every node that can take it. `GlobalMode` in `proto/model.proto`.
@frozen
public struct GlobalMode: Message {
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.unknown(&unknown)
    }
}

/// How tasks are replaced when a service changes. `UpdateConfig` in `proto/model.proto`.
@frozen
public struct UpdateConfig: Message {
    /// Tasks at a time; absent: 1; 0: all at once.
    public var parallelism: UInt64?
    /// Between a batch and the next.
    public var delayMilliseconds: UInt64 = 0
    public var failureAction = FailureAction.unspecified
    /// How long a new task is watched; absent: 5 s.
    public var monitorMilliseconds: UInt64?
    /// Share of tasks that may fail, 0 … 1.
    public var maxFailureRatio: Double = 0
    public var order = UpdateOrder.unspecified
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "parallelism", &parallelism)
        try coder.uint64(2, "delay_ms", &delayMilliseconds)
        try coder.enumeration(3, "failure_action", &failureAction)
        try coder.uint64(4, "monitor_ms", &monitorMilliseconds)
        try coder.double(5, "max_failure_ratio", &maxFailureRatio)
        try coder.enumeration(6, "order", &order)
        try coder.unknown(&unknown)
    }

    public func check() throws(WireError) {
        // What is not a number is not equal to itself, so a spec with one would never be unchanged.
        guard maxFailureRatio >= 0, maxFailureRatio <= 1 else {
            throw .invalid(field: 5, "a share of tasks is between 0 and 1")
        }
    }
}

/// What a user wants run. Exactly one of `replicated` and `global`. `ServiceSpec` in `proto/model.proto`.
@frozen
public struct ServiceSpec: Message {
    /// At most 63 bytes, a DNS label.
    public var name = ""
    public var labels = StringMap()
    public var replicated: ReplicatedMode?
    public var global: GlobalMode?
    public var task: TaskSpec?
    public var update: UpdateConfig?
    public var rollback: UpdateConfig?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.map(2, "labels", &labels)
        try coder.message(3, "replicated", &replicated)
        try coder.message(4, "global", &global)
        try coder.message(7, "task", &task)
        try coder.message(8, "update", &update)
        try coder.message(9, "rollback", &rollback)
        try coder.unknown(&unknown)
    }
}

/// How the last update of a service, or its rollback, goes or went. `UpdateStatus` in `proto/model.proto`.
@frozen
public struct UpdateStatus: Message {
    public var state = UpdateState.unspecified
    public var started = Timestamp.zero
    /// 0: not yet.
    public var completed = Timestamp.zero
    public var message = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "state", &state)
        try coder.uint64(2, "started", &started)
        try coder.uint64(3, "completed", &completed)
        try coder.string(4, "message", &message)
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
    /// Absent: it was never updated.
    public var updateStatus: UpdateStatus?
    /// `sha256:…`, of the image that the spec names by its tag: what it was when a node first fetched it; empty: no node
    /// has yet. It goes with the image, and with its `lookup`.
    public var imageDigest = ""
    /// The same of the previous spec: a rollback leads to what ran before, wherever the tag has gone.
    public var previousImageDigest = ""
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
        try coder.message(7, "update_status", &updateStatus)
        try coder.string(8, "image_digest", &imageDigest)
        try coder.string(9, "previous_image_digest", &previousImageDigest)
        try coder.unknown(&unknown)
    }
}

extension Service {
    /// The image of its tasks, by its digest once that is known; `nil`: they are programs of the host.
    public var image: String? { spec?.task?.container.map { ImageName.pinned($0.image, imageDigest) } }
}
