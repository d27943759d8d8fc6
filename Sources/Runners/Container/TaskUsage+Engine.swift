import Model
import Text

extension TaskUsage {
    /// What an engine says of a container.
    ///
    /// Whatever runs uses some of each: zero is what an engine says of what it can't tell.
    init(engine answer: JSON) {
        self.init()
        func told(_ number: JSON?) -> UInt64? { number?.integer.flatMap { $0 > 0 ? UInt64($0) : nil } }
        processorNanoseconds = told(answer["cpu_stats"]?["cpu_usage"]?["total_usage"])
        processes = told(answer["pids_stats"]?["current"])
        let stats = answer["memory_stats"]?["stats"]
        // Without the cache of files that was not used lately, by its names in both versions of control groups.
        let cache = told(stats?["total_inactive_file"]) ?? told(stats?["inactive_file"]) ?? 0
        memoryBytes = told(answer["memory_stats"]?["usage"]).map { $0 - min($0, cache) }
    }
}
