import Model

// What objects say of themselves beside their fields.

extension Secret {
    package var name: String { spec?.name ?? "" }
    /// The version that those who follow the secret get.
    package var current: SecretVersion? { versions.last }
}

extension Config {
    package var name: String { spec?.name ?? "" }
}

extension Service {
    package var name: String { spec?.name ?? "" }
    /// Whether there is a previous spec and all that it names.
    package var canRollBack: Bool { previousSpec != nil && !previousUnusable }
    /// An update that runs may fail, and then needs the spec before it.
    private var specsInUse: [ServiceSpec?] { updateStatus?.state == .updating ? [spec, previousSpec] : [spec] }
    /// What its image means is known only once a node has fetched it.
    package var awaitsDigest: Bool {
        guard imageDigest.isEmpty, let image = spec?.task?.container?.image else { return false }
        return ImageName(image).digest == nil
    }
    /// The digest goes with the image that it is of, and stays with the spec that it was found for.
    mutating func replaceSpec(by new: ServiceSpec) {
        previousSpec = spec
        previousImageDigest = imageDigest
        // What the current spec names was in use until now, so it is there.
        previousUnusable = false
        if new.task?.isOfSameImage(as: spec?.task) != true { imageDigest = "" }
        spec = new
    }

    mutating func swapSpecs() {
        swap(&spec, &previousSpec)
        swap(&imageDigest, &previousImageDigest)
    }

    var namedSecrets: [SecretID] { specsInUse.flatMap { ($0?.task).secretIDs } }
    var namedConfigs: [ConfigID] { specsInUse.flatMap { ($0?.task).configIDs } }
}

extension TaskSpec? {
    package var secretIDs: [SecretID] { self?.secrets.map(\.secretID) ?? [] }
    package var configIDs: [ConfigID] { self?.program?.configs.map(\.configID) ?? [] }
}

extension TaskState {
    /// The task runs no more, and never will again.
    package var hasEnded: Bool { self >= .complete }
}

extension TaskState: Comparable {
    public static func < (left: TaskState, right: TaskState) -> Bool { left.rawValue < right.rawValue }
}

extension StoredTask {
    /// As stored: the leader's observations are newer.
    package var state: TaskState { status?.state ?? .unspecified }
    package var hasEnded: Bool { state.hasEnded }
    /// It holds, or may come to hold, what its spec names: not ended, and not given up before it had a node.
    package var isAlive: Bool { !hasEnded && !(nodeID == .none && desired > .running) }
    /// Such as `web.1`; of a global service `web.` and the node's ID.
    package var name: String { slot > 0 ? "\(serviceName).\(slot)" : "\(serviceName).\(boundNode)" }
}
