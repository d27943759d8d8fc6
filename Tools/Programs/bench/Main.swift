import Glibc
import Linux
import Model
import Seams

/// Measures a cluster of real daemons on this machine. No figure here is right or wrong: nothing is asserted.
@main
struct Bench {
    static let help = """
        Usage: Tools/bench [WHAT] [OPTIONS]

        Measures a cluster of real daemons on this machine; needs root. All in one run without WHAT.

          secrets     secrets created a second, by 1, 16 and 64 clients, at leader and follower
          rotate      from secret update to the new value read inside a task
          services    from service create to running, and from a changed secret to its reading, beside Docker Swarm
          raft        what consensus alone costs an entry
          planner     what a plan costs with 10000 tasks
          failover    from the loss of the leader, killed, stopped or cut off, to the next write
          codec       the codec alone against libprotobuf; has options of its own

          --seconds N     of each row of secrets (default 3)
          --clients N     in each row of secrets (default 1, 16 and 64 in turn)
          --rotations N   updates of rotate (default 100)
          --tasks N       tasks of rotate (default 1)
          --starts N      of a single task in services (default 20)
          --swaps N       of each kind in services (default 10)
          --entries N     of raft (default 500000)
          --losses N      of each kind in failover (default 20)
          --dir PATH      where the daemons' directories are made (default /tmp)
          --help          this text

        """

    private static let all = ["secrets", "rotate", "services", "raft", "planner", "failover"]
    private(set) var seconds = 3
    private(set) var clients = [1, 16, 64]
    private(set) var rotations = 100
    private(set) var tasks = 1
    private(set) var losses = 20
    private(set) var starts = 20
    private(set) var swaps = 10
    private var entries = 500_000
    private var parent = "/tmp"
    private var wanted: [String] = []
    let loop = Loop()
    /// This program's own path.
    let program: String
    private let current = Current()

    /// The cluster that there is now, for an interrupted run to end.
    private final class Current {
        var cluster: Cluster?
    }

    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.count == 2, words[0] == "watch" { return Rotate.watch(words[1]) }
        guard let bench = Bench(words) else {
            Show.note(help)
            exit(words.contains("--help") || words.contains("-h") ? 0 : 2)
        }
        guard getuid() == 0 else {
            Show.note("bench: daemons need to be root")
            exit(4)
        }
        do throws(Failure) {
            try bench.run()
        } catch {
            Show.note("bench: \(error.message)\(error.why.isEmpty ? "" : "\n    why: \(error.why)")")
            exit(1)
        }
    }

    /// `nil`: the words are not understood, or ask for help.
    private init?(_ words: [String]) {
        var path = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &path, path.count)
        program = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case let name where Self.all.contains(name): wanted.append(word)
            case "--seconds", "--clients", "--rotations", "--tasks", "--losses", "--entries", "--starts", "--swaps":
                guard let number = rest.popFirst().flatMap({ Int($0) }), (1...100_000_000).contains(number) else {
                    return nil
                }
                if word == "--seconds" { seconds = number }
                if word == "--clients" { clients = [number] }
                if word == "--rotations" { rotations = number }
                if word == "--tasks" { tasks = number }
                if word == "--losses" { losses = number }
                if word == "--starts" { starts = number }
                if word == "--swaps" { swaps = number }
                if word == "--entries" { entries = max(number, 5000) }
            case "--dir":
                guard let path = rest.popFirst(), path.hasPrefix("/") else { return nil }
                parent = path
            default: return nil
            }
        }
        if wanted.isEmpty { wanted = Self.all }
    }

    private func run() throws(Failure) {
        do throws(SystemError) {
            for signal in [SIGINT, SIGTERM] {
                try loop.onSignal(signal) { [current] in
                    let cluster = current.cluster
                    current.cluster = nil
                    cluster?.tearDown()
                    exit(130)
                }
            }
        } catch {
            throw Failure(.unspecified, "signals can't be watched", why: "\(error)")
        }
        Show.print("load \(Clock.load); \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors; \(syncTime())")
        for name in wanted {
            switch name {
            case "secrets": try Secrets(bench: self).run()
            case "rotate": try Rotate(bench: self).run()
            case "services": try Services(bench: self).run()
            case "planner": PlannerRate.run()
            case "raft": CoreRate.run(entries: entries)
            default: try Failover(bench: self).run()
            }
        }
        Show.print("")
        Show.print("load \(Clock.load) at the end")
    }

    /// Gives `body` a folder for a cluster, and removes it and all that runs in it however `body` ends.
    func withCluster(_ body: (Cluster) throws(Failure) -> Void) throws(Failure) {
        let folder = program[..<(program.lastIndex(of: "/") ?? program.startIndex)]
        let cluster = try Cluster(loop, in: parent, program: "\(folder)/conclaved")
        current.cluster = cluster
        defer {
            current.cluster?.tearDown()
            current.cluster = nil
        }
        try body(cluster)
    }

    /// What the disk below the figures is like: the median of 50 small appends that are synced.
    private func syncTime() -> String {
        var path = Array("\(parent)/conclave-bench-XXXXXX".utf8CString)
        let file = unsafe mkstemp(&path)
        guard file >= 0 else { return "no file can be made in \(parent)" }
        defer {
            close(file)
            unsafe unlink(path)
        }
        let block = [UInt8](repeating: 1, count: 4096)
        var times = Sample()
        for _ in 0..<50 {
            let begin = Clock.nanoseconds
            guard unsafe write(file, block, block.count) == block.count, fdatasync(file) == 0 else { break }
            times.add(Clock.nanoseconds - begin)
        }
        return "4 KiB synced in \(parent) in \(Show.milliseconds(times.quantile(0.5))) ms"
    }
}
