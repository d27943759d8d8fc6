import Model
import Text

extension PreparedTask {
    /// What the engine says of the image `name`.
    init(_ image: JSON, _ name: ImageName) {
        self.init()
        let digests = (image["RepoDigests"]?.array ?? []).compactMap { $0.string }
        imageDigest =
            name.digest.map { "\(name.repository)@\($0)" } ?? name.digest(among: digests) ?? image["Id"]?.string ?? ""
        health = image["Config"]?["Healthcheck"].flatMap { HealthCheck($0) }
    }
}

extension HealthCheck {
    /// As images have it: durations in billionths of a second. `nil`: it says nothing.
    init?(_ given: JSON) {
        func milliseconds(_ name: String) -> UInt64 { UInt64(clamping: (given[name]?.integer ?? 0) / 1_000_000) }
        self.init()
        test = (given["Test"]?.array ?? []).compactMap { $0.string }
        guard !test.isEmpty else { return nil }
        intervalMilliseconds = milliseconds("Interval")
        timeoutMilliseconds = milliseconds("Timeout")
        startPeriodMilliseconds = milliseconds("StartPeriod")
        startIntervalMilliseconds = milliseconds("StartInterval")
        retries = UInt32(clamping: given["Retries"]?.integer ?? 0)
    }
}
