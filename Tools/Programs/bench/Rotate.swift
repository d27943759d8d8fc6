import Bytes
import Glibc
import Linux
import Model
import Wire

/// How long from the sending of `secret update` until a program inside the last of the tasks reads the new value.
///
/// The value is the moment it was sent at. A task is this program (`bench watch`), which reads the file whenever its
/// folder changes, and writes to its output how old each new value is.
struct Rotate {
    var bench: Bench

    func run() throws(Failure) {
        Show.print("")
        Show.print("secret update: \(bench.rotations) times, three managers, tasks on one worker: \(bench.tasks);")
        Show.print("asked of a follower; times from the sending of the request to the last task, in ms")
        Show.print("")
        try bench.withCluster { (cluster) throws(Failure) in
            try cluster.form(managers: 3, workers: 1)
            let outputs = try startTasks(cluster)
            let asked = try cluster.follower()
            var (committed, read) = (Sample(), Sample())
            for number in 1...bench.rotations {
                let begin = Clock.nanoseconds
                var replace = ReplaceSecret()
                replace.reference = "bench"
                replace.value = Self.value(number, begin)
                try cluster.ask(asked, .replaceSecret(replace))
                committed.add(Clock.nanoseconds - begin)
                var (oldest, missing) = (UInt64(0), outputs)
                while !missing.isEmpty, Clock.nanoseconds - begin < 30_000_000_000 {
                    // No look at the files every turn: that would take the processor from those who are measured.
                    cluster.pause(.milliseconds(1))
                    while let last = missing.last, let age = Self.age(number, last) {
                        oldest = max(oldest, age)
                        missing.removeLast()
                    }
                }
                guard missing.isEmpty else { throw lost(number, cluster, missing) }
                read.add(oldest)
                // Updates in a row would be measured while the last one's traces are still being cleared away.
                cluster.pause(.milliseconds(50))
            }
            let widths = [16, 10, 10, 10, 10]
            Show.row(["", "min", "p50", "p99", "max"], widths)
            for (name, sample) in [("answered", committed), ("read in the task", read)] {
                var sample = sample
                Show.row([name] + [0, 0.5, 0.99, 1].map { Show.milliseconds(sample.quantile($0)) }, widths)
            }
        }
    }

    /// What can be said about a value that did not arrive.
    private func lost(_ number: Int, _ cluster: Cluster, _ missing: [String]) -> Failure {
        var text = ""
        if case .tasks(let list)? = try? cluster.ask(cluster.nodes[0], .listTasks(ListTasks())).result {
            for shown in list.tasks {
                let held = shown.held.map { "\($0.version)" }.joined(separator: " ")
                text += "task \(shown.task?.id ?? .none): \(shown.task?.status?.state.rawValue ?? 0), holds \(held)\n"
                if let status = shown.task?.status { text += "    \(status)\n" }
            }
        }
        for node in cluster.nodes { text += smallFile(node.log) }
        let last = smallFile(missing[missing.count - 1]).split(separator: "\n").last ?? ""
        return Failure(.timedOut, "value \(number) did not reach a task", why: "it wrote \(last) last;\n\(text)")
    }

    private static func value(_ number: Int, _ moment: UInt64) -> SecretBox {
        let text = Bytes(utf8: "\(number) \(moment)\n")
        return SecretBox(unsafe text.withUnsafeBytes { unsafe SecretBytes(copying: $0) })
    }

    /// What the task wrote about value `number`; nothing yet: `nil`.
    private static func age(_ number: Int, _ output: String) -> UInt64? {
        for line in smallFile(output).split(separator: "\n").reversed() {
            let words = line.split(separator: " ")
            if words.count == 2, Int(words[0]) == number { return UInt64(words[1]) }
        }
        return nil
    }

    /// Creates secret and service, and waits until all tasks have read the first value; returns their outputs' paths.
    private func startTasks(_ cluster: Cluster) throws(Failure) -> [String] {
        var secret = SecretSpec()
        secret.name = "bench"
        var put = PutSecret()
        put.spec = secret
        put.value = Self.value(0, Clock.nanoseconds)
        try cluster.ask(cluster.nodes[0], .putSecret(put))
        var reference = SecretReference()
        reference.secretName = "bench"
        var target = FileTarget()
        target.name = "bench"
        target.mode = 0o444
        reference.target = target
        var program = ProgramSpec()
        program.command = [bench.program, "watch", "/run/secrets/bench"]
        program.secrets = [reference]
        var task = TaskSpec()
        task.program = program
        task.memory = .preferred
        var mode = ReplicatedMode()
        mode.replicas = UInt64(bench.tasks)
        var make = PutService()
        make.spec = ServiceSpec("bench", mode, task)
        try cluster.ask(cluster.nodes[0], .putService(make))
        var outputs: [String] = []
        let worker = cluster.nodes[cluster.nodes.count - 1]
        try cluster.eventually(within: .seconds(120), "the tasks did not start:\n\(smallFile(worker.log))") {
            outputs = try cluster.tasks(cluster.nodes[0], of: "bench").filter { $0.status?.state == .running }
                .map { "\(worker.folder)/state/logs/\($0.id).log" }
            return outputs.count == bench.tasks && outputs.allSatisfy { Self.age(0, $0) != nil }
        }
        return outputs
    }

    /// The task's side: writes `NUMBER AGE` for each new value of `path`, for ever, woken by what changes beside it.
    static func watch(_ path: String) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let changes = inotify_init1(0)
        guard unsafe inotify_add_watch(changes, folder, UInt32(IN_MOVED_TO)) >= 0 else { exit(1) }
        var events = [UInt8](repeating: 0, count: 4096)
        var last = ""
        repeat {
            let text = smallFile(path)
            guard text != last, text.hasSuffix("\n") else { continue }
            let now = Clock.nanoseconds
            last = text
            let words = text.dropLast().split(separator: " ")
            if words.count == 2, let moment = UInt64(words[1]) { Show.print("\(words[0]) \(now - moment)") }
        } while unsafe read(changes, &events, events.count) > 0
    }
}
