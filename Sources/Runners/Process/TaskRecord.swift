/// What a restarted agent needs to find a task again: processes by number and start, and who it runs as. No value.
///
/// A text file `record` in the task's state directory, one `name number…` a line, beside bwrap's own `status`:
///
///     boot 5f0c…            the host's boot; numbers of another boot name nothing
///     user 200000 200000
///     groups 4 24           beside the user's; no line: none
///     monitor 4711 998877   bwrap outside; writes the exit code
///     reaper 4712 998878    number 1 inside
///     program 4713 998879
///     watchdog 4714 998880
struct TaskRecord: Equatable {
    struct Process: Equatable {
        var pid: Int32
        /// Clock ticks after boot.
        var startTime: UInt64
    }

    var boot = ""
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var groups: [UInt32] = []
    var monitor: Process?
    var reaper: Process?
    var program: Process?
    var watchdog: Process?

    var text: String {
        var lines = ["boot \(boot)", "user \(uid) \(gid)"]
        if !groups.isEmpty { lines.append("groups " + groups.map { String($0) }.joined(separator: " ")) }
        let processes = [("monitor", monitor), ("reaper", reaper), ("program", program), ("watchdog", watchdog)]
        for (name, process) in processes {
            if let process { lines.append("\(name) \(process.pid) \(process.startTime)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    init() {}

    /// Reads what `text` wrote; lines of another shape are passed over.
    init(parsing text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map { String($0) }
            if words.count == 2, words[0] == "boot" { boot = words[1] }
            if words[0] == "groups" { groups = words.dropFirst().compactMap { UInt32($0) } }
            guard words.count == 3, let second = UInt64(words[2]) else { continue }
            if words[0] == "user", let first = UInt32(words[1]), let group = UInt32(exactly: second) {
                uid = first
                gid = group
            }
            guard let pid = Int32(words[1]) else { continue }
            let process = Process(pid: pid, startTime: second)
            switch words[0] {
            case "monitor": monitor = process
            case "reaper": reaper = process
            case "program": program = process
            case "watchdog": watchdog = process
            default: break
            }
        }
    }
}
