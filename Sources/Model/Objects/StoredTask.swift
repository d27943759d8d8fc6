import Wire

/// What was last observed of a task. `TaskStatus` in `proto/model.proto`.
@frozen
public struct TaskStatus: Message {
    public var state = TaskState.unspecified
    public var since = Timestamp.zero
    /// What happened, such as `started`.
    public var message = ""
    /// Why it failed; empty: it did not.
    public var error = ""
    /// 128 + n: ended by signal n.
    public var exitCode: Int32?
    /// On its node, in the node's own process namespace.
    public var pid: UInt32 = 0
    /// Of the engine; empty: no container.
    public var containerID = ""
    /// Of the image that runs: `name@sha256:…`, or the engine's own ID of one that came from no registry.
    public var imageDigest = ""
    /// Of an ended task: since when it ran, as the leader saw it; 0: it never did.
    public var started = Timestamp.zero
    /// Its tag was looked up at the registry, and the image fetched, for this task; what was there before may be old.
    public var imageFetched = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.enumeration(1, "state", &state)
        try coder.uint64(2, "since", &since)
        try coder.string(3, "message", &message)
        try coder.string(4, "error", &error)
        try coder.int32(5, "exit_code", &exitCode)
        try coder.uint32(6, "pid", &pid)
        try coder.string(7, "container_id", &containerID)
        try coder.string(8, "image_digest", &imageDigest)
        try coder.uint64(9, "started", &started)
        try coder.bool(10, "image_fetched", &imageFetched)
        try coder.unknown(&unknown)
    }
}

/// One run of a service on one node, never moved. `StoredTask` in `proto/model.proto`.
@frozen
public struct StoredTask: Message {
    public var id = TaskID.none
    public var meta: Meta?
    public var serviceID = ServiceID.none
    public var serviceName = ""
    /// From 1; 0: of a global service.
    public var slot: UInt64 = 0
    /// None: not yet assigned.
    public var nodeID = NodeID.none
    /// Copied from the service; it never changes.
    public var spec: TaskSpec?
    /// Spec revision of the service that it was made from.
    public var serviceRevision = Index.zero
    public var desired = TaskState.unspecified
    /// Committed when it ends, or could not start; what lies between is the leader's observation.
    public var status: TaskStatus?
    public var userOrdinal: UInt32 = 0
    /// Ends in a row of this slot before this task; sets its delay.
    public var failures: UInt32 = 0
    /// Not to be assigned before; 0: at once.
    public var startAfter = Timestamp.zero
    /// Of a global service: the one node that it may be assigned to.
    public var boundNode = NodeID.none
    /// The service's when it was assigned: the image is fetched by it. Empty: by the tag.
    public var imageDigest = ""
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "meta", &meta)
        try coder.bytes(3, "service_id", &serviceID)
        try coder.string(4, "service_name", &serviceName)
        try coder.uint64(5, "slot", &slot)
        try coder.bytes(6, "node_id", &nodeID)
        try coder.message(7, "spec", &spec)
        try coder.uint64(8, "service_revision", &serviceRevision)
        try coder.enumeration(9, "desired", &desired)
        try coder.message(10, "status", &status)
        try coder.uint32(11, "user_ordinal", &userOrdinal)
        try coder.uint32(12, "failures", &failures)
        try coder.uint64(13, "start_after", &startAfter)
        try coder.bytes(14, "bound_node", &boundNode)
        try coder.string(15, "image_digest", &imageDigest)
        try coder.unknown(&unknown)
    }
}

extension StoredTask {
    /// The image that its node fetches; `nil`: it is a program of the host.
    public var image: String? { spec?.container.map { ImageName.pinned($0.image, imageDigest) } }
}
