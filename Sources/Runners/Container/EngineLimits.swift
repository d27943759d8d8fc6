import Glibc
import Model

/// How many of a thing a process of the engine may have: no container can be given more where the engine lacks the
/// capability to raise it, and engines ask for more by default.
struct EngineLimits: Equatable {
    /// `nil`: as many as it likes.
    var openFiles: UInt64?
    var processes: UInt64?

    /// What engines give a container that says nothing, where they can.
    private static let usualOpenFiles: UInt64 = 1_048_576

    /// Those of process `pid`, or of this one where that can't be read.
    static func of(_ pid: Int32) -> EngineLimits {
        let text = SmallFile.text("/proc/\(pid)/limits") ?? SmallFile.text("/proc/self/limits") ?? ""
        return EngineLimits(parsing: text)
    }

    /// Reads the hard limits of a file `limits` of `/proc`.
    init(parsing text: String) {
        openFiles = Self.number("Max open files", in: text)
        processes = Self.number("Max processes", in: text)
    }

    private static func number(_ name: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let words = line.dropFirst(name.utf8.count).split(separator: " ")
            return words.count > 1 ? UInt64(words[1]) : nil
        }
        return nil
    }

    /// The bounds of a container: those that its spec names, and always one for files and one for processes.
    func ulimits(of given: [Ulimit]) -> [Ulimit] {
        var all = given
        let files = min(openFiles ?? Self.usualOpenFiles, Self.usualOpenFiles)
        for (name, value) in [("nofile", Int64(files)), ("nproc", processes.map { Int64(clamping: $0) } ?? -1)]
        where !given.contains(where: { $0.name == name }) {
            var limit = Ulimit()
            limit.name = name
            limit.soft = value
            limit.hard = value
            all.append(limit)
        }
        return all
    }
}
