/// What a runner found out while it made a task ready.
public struct PreparedTask: Equatable, Sendable {
    /// The engine's; empty: no container.
    public var containerID = ""
    /// The digest of the image, or the engine's own ID of one that came from no registry; empty: no image.
    public var imageDigest = ""
    /// Its tag was looked up at the registry, and the image fetched: it was not there already.
    public var imageFetched = false
    /// What the image itself says about how to check its health.
    public var health: HealthCheck?

    public init() {}
}

extension HealthCheck {
    /// Whether there is anything to check.
    public var isOn: Bool { !test.isEmpty && test[0] != "NONE" }

    /// This check, and where it says nothing the image's own.
    public func over(_ image: HealthCheck?) -> HealthCheck {
        guard let image else { return self }
        func given<T: BinaryInteger>(_ mine: T, _ other: T) -> T { mine == 0 ? other : mine }
        var check = self
        if test.isEmpty { check.test = image.test }
        check.intervalMilliseconds = given(intervalMilliseconds, image.intervalMilliseconds)
        check.timeoutMilliseconds = given(timeoutMilliseconds, image.timeoutMilliseconds)
        check.retries = given(retries, image.retries)
        check.startPeriodMilliseconds = given(startPeriodMilliseconds, image.startPeriodMilliseconds)
        check.startIntervalMilliseconds = given(startIntervalMilliseconds, image.startIntervalMilliseconds)
        return check
    }
}
