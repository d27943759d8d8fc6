import Model

/// Bounds of `setrlimit` by name.
enum ResourceLimits {
    /// The kernel's numbers, which are the same on all architectures that the helper knows.
    private static let kinds: [String: Int] = [
        "cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7, "memlock": 8,
        "locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14, "rttime": 15,
    ]

    /// The helper's options for `limits`; `nil`: there is no such limit.
    static func options(_ limits: [Ulimit]) -> [String]? {
        var words: [String] = []
        for limit in limits {
            guard let kind = kinds[limit.name] else { return nil }
            words.append("limit=\(kind):\(text(limit.soft)):\(text(limit.hard))")
        }
        return words
    }

    private static func text(_ value: Int64) -> String { value < 0 ? "max" : String(value) }
}
