/// What a restarted agent needs to find a task's container again. No value.
///
/// A text file `container` in the task's state directory, one `name word…` a line, there from before the container is
/// asked for until it is gone:
///
///     boot 5f0c…            the host's boot; process numbers of another boot name nothing
///     id 2d64e3e8…          the engine's; none: whether it was made is not known
///     program 4713 998879   number 1 inside, and its start in clock ticks
///     signal 15             what stops it
///     watchdog 4714 998880
struct ContainerRecord: Equatable {
    var boot = ""
    var id: String?
    var program: TaskRecord.Process?
    var stopSignal: Int32?
    var watchdog: TaskRecord.Process?

    var text: String {
        var lines = ["boot \(boot)"]
        if let id { lines.append("id \(id)") }
        for (name, process) in [("program", program), ("watchdog", watchdog)] {
            if let process { lines.append("\(name) \(process.pid) \(process.startTime)") }
        }
        if let stopSignal { lines.append("signal \(stopSignal)") }
        return lines.joined(separator: "\n") + "\n"
    }

    init() {}

    /// Reads what `text` wrote; lines of another shape are passed over.
    init(parsing text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map { String($0) }
            switch (words.first, words.count) {
            case ("boot", 2): boot = words[1]
            case ("id", 2): id = words[1]
            case ("signal", 2): stopSignal = Int32(words[1])
            case ("program", 3): program = Self.process(words)
            case ("watchdog", 3): watchdog = Self.process(words)
            default: continue
            }
        }
    }

    private static func process(_ words: [String]) -> TaskRecord.Process? {
        guard let pid = Int32(words[1]), let startTime = UInt64(words[2]) else { return nil }
        return TaskRecord.Process(pid: pid, startTime: startTime)
    }
}
