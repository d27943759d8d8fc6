import Bytes
import Model
import Seams
import Wire

/// What a node says of itself, read from its kernel once, at the start.
package enum NodeFacts {
    /// - Parameters:
    ///   - files: to read `/proc` and `/etc/os-release` through.
    ///   - version: of Conclave.
    package static func describe(
        files: any Files, runners: [any Runner], taskFiles: any TaskFiles, version: String
    ) -> NodeDescription {
        var description = NodeDescription()
        description.hostname = line(files, "/proc/sys/kernel/hostname")
        // By this name constraints and placeholders ask for it, as with Swarm.
        description.os = "linux"
        description.attributes[distribution] = system(files)
        description.architecture = architecture
        description.cpuNano = processors(files) * 1_000_000_000
        description.memoryBytes = memory(files)
        description.version = version
        describe(runners, in: &description)
        description.protection = taskFiles.protection
        return description
    }

    /// Tells anew what the runners can do.
    static func describe(_ runners: [any Runner], in description: inout NodeDescription) {
        let system = description.attributes[distribution]
        description.attributes = StringMap()
        description.attributes[distribution] = system
        for runner in runners {
            for (name, value) in runner.attributes { description.attributes.set(name, value) }
            if let reason = runner.unavailable { description.attributes.set("\(runner.name)-unavailable", reason) }
        }
        description.runners = runners.filter { $0.unavailable == nil }.map { $0.name }
    }

    /// The attribute that says which Linux it is, such as `Debian GNU/Linux 12 (bookworm)`.
    private static let distribution = "distribution"

    private static func text(_ files: any Files, _ path: String) -> String {
        (try? files.read(path, limit: 4 << 20))?.text ?? ""
    }

    private static func line(_ files: any Files, _ path: String) -> String {
        text(files, path).split(separator: "\n").first.map { String($0) } ?? ""
    }

    private static func system(_ files: any Files) -> String {
        for line in text(files, "/etc/os-release").split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return String(line.dropFirst("PRETTY_NAME=".count)).filter { $0 != "\"" }
        }
        return "Linux"
    }

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            "unknown"
        #endif
    }

    /// Of `0-3,8`: five.
    private static func processors(_ files: any Files) -> UInt64 {
        var count: UInt64 = 0
        for range in line(files, "/sys/devices/system/cpu/online").split(separator: ",") {
            let ends = range.split(separator: "-").compactMap { UInt64($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 20 else { continue }
            count += last - first + 1
        }
        return max(count, 1)
    }

    private static func memory(_ files: any Files) -> UInt64 {
        for line in text(files, "/proc/meminfo").split(separator: "\n") where line.hasPrefix("MemTotal:") {
            let words = line.split(separator: " ")
            return words.count > 1 ? (UInt64(words[1]) ?? 0) * 1024 : 0
        }
        return 0
    }
}
