import Linux
import Model
import Runners
import Seams
import Wire

/// How long from `service create` until all its tasks run, beside what starts them alone and beside Docker Swarm.
///
/// All looked at every few milliseconds, each round of one after a round of the other, so that what disturbs one
/// disturbs all.
struct Services {
    /// What a row is about.
    private enum Kind: String {
        case process, container
    }

    var bench: Bench
    private static let many = 50
    private static let command = ["/bin/sleep", "1000000"]

    func run() throws(Failure) {
        try bench.withCluster { (cluster) throws(Failure) in
            let engine = try EngineHost(bench.loop, folder: "\(cluster.base)/engine")
            cluster.engine = engine
            try cluster.form(managers: 3, workers: 1)
            try cluster.eventually("the worker has no container runner") {
                guard case .nodes(let list)? = try cluster.ask(cluster.nodes[0], .listNodes(ListObjects())).result
                else { return false }
                return list.nodes.contains { $0.node?.description?.runners.contains("container") == true }
            }
            try starts(cluster, engine)
            try Swaps(bench: bench, cluster: cluster, engine: engine).run()
        }
    }

    // MARK: - Create to running

    private func starts(_ cluster: Cluster, _ engine: EngineHost) throws(Failure) {
        Show.print("")
        Show.print("service create to all tasks running, in ms: three managers, asked of a follower, one worker;")
        Show.print("alone: the same programs in bubblewrap or in the engine, with nobody to ask; Docker Swarm: one")
        Show.print("manager on the same engine, without Conclave's work in between")
        Show.print("")
        let widths = [10, 6, 7, 9, 9, 11, 9, 9, 11, 9, 8]
        Show.row(
            ["runner", "tasks", "rounds", "p50", "p99", "alone p50", "p99", "to alone", "Swarm p50", "p99", "to ours"],
            widths)
        for kind in [Kind.process, .container] {
            for tasks in [1, Self.many] {
                let rounds = tasks == 1 ? bench.starts : max(2, bench.starts / 10)
                var (ours, alone, swarm) = (Sample(), Sample(), Sample())
                for _ in 0..<rounds {
                    ours.add(try start(kind, tasks, cluster, engine))
                    switch kind {
                    case .process: alone.add(try startSandboxes(tasks))
                    case .container:
                        alone.add(try engine.start(tasks, Self.command))
                        swarm.add(try startSwarm(tasks, cluster, engine))
                    }
                }
                var row = [kind.rawValue, "\(tasks)", "\(rounds)"]
                row += Self.pair(&ours) + Self.pair(&alone) + [Self.ratio(&ours, &alone)]
                row += kind == .process ? ["-", "-", "-"] : Self.pair(&swarm) + [Self.ratio(&swarm, &ours)]
                Show.row(row, widths)
            }
        }
    }

    private static func pair(_ sample: inout Sample) -> [String] {
        [0.5, 0.99].map { Show.milliseconds(sample.quantile($0), 1) }
    }

    private static func ratio(_ left: inout Sample, _ right: inout Sample) -> String {
        Show.ratio(left.quantile(0.5), right.quantile(0.5))
    }

    /// Creates a service, waits until its tasks run, and removes it with all that it left.
    private func start(
        _ kind: Kind, _ tasks: Int, _ cluster: Cluster, _ engine: EngineHost
    ) throws(Failure) -> UInt64 {
        var program = ProgramSpec()
        program.command = Self.command
        program.stopGraceMilliseconds = 0
        var task = TaskSpec()
        task.program = program
        if kind == .container {
            var container = ContainerSpec()
            container.image = "centos:latest"
            task.container = container
        }
        var mode = ReplicatedMode()
        mode.replicas = UInt64(tasks)
        var make = PutService()
        make.spec = ServiceSpec("bench", mode, task)
        let asked = try cluster.follower()
        let begin = Clock.nanoseconds
        try cluster.ask(asked, .putService(make))
        try awaitRunning(tasks, cluster) { () throws(Failure) in
            try cluster.tasks(asked, of: "bench").count { $0.status?.state == .running }
        }
        let taken = Clock.nanoseconds - begin
        var delete = DeleteObject()
        delete.reference = "bench"
        try cluster.ask(asked, .deleteService(delete))
        try cluster.eventually(within: .seconds(120), "the service's tasks stay") {
            try cluster.tasks(asked, of: nil).isEmpty && engine.containers() == 0
        }
        return taken
    }

    private func startSwarm(_ tasks: Int, _ cluster: Cluster, _ engine: EngineHost) throws(Failure) -> UInt64 {
        let begin = Clock.nanoseconds
        try engine.createSwarmService(EngineHost.SwarmService(command: Self.command, replicas: tasks))
        try awaitRunning(tasks, cluster) { () throws(Failure) in try engine.runningSwarmTasks() }
        let taken = Clock.nanoseconds - begin
        try engine.removeSwarmService()
        try cluster.eventually(within: .seconds(120), "Swarm's tasks stay") { try engine.containers() == 0 }
        return taken
    }

    /// One look costs as much as it finds: many tasks are looked at less often.
    private func awaitRunning(
        _ tasks: Int, _ cluster: Cluster, _ running: () throws(Failure) -> Int
    ) throws(Failure) {
        let begin = Clock.nanoseconds
        while try running() < tasks {
            guard Clock.nanoseconds - begin < 120_000_000_000 else {
                let log = cluster.nodes.last.map { smallFile($0.log) } ?? ""
                throw Failure(.timedOut, "the tasks did not start", why: log)
            }
            cluster.pause(.milliseconds(tasks == 1 ? 1 : 10))
        }
    }

    /// How long so many programs in sandboxes take that end at once, all started at once; nanoseconds.
    private func startSandboxes(_ count: Int) throws(Failure) -> UInt64 {
        let words = [
            "bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/", "/", "--proc", "/proc",
            "--dev", "/dev", "--tmpfs", "/run", "--tmpfs", "/tmp", "--", "/bin/true",
        ]
        var ended = 0
        let begin = Clock.nanoseconds
        for _ in 0..<count {
            do throws(SystemError) {
                try bench.loop.spawn(SpawnRequest(program: "/usr/bin/bwrap", arguments: words, environment: []))
                    .onExit { _ in ended += 1 }
            } catch {
                throw Failure(.unspecified, "bwrap can't be run", why: "\(error)", try: "apt-get install bubblewrap")
            }
        }
        _ = bench.loop.run(until: { ended == count }, limit: .seconds(60))
        return Clock.nanoseconds - begin
    }
}

extension ServiceSpec {
    init(_ name: String, _ mode: ReplicatedMode, _ task: TaskSpec) {
        self.init()
        self.name = name
        replicated = mode
        self.task = task
    }
}
