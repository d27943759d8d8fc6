import Bytes
import Linux
import Model
import Runners
import Seams
import Wire

/// How long from the first request of a change until a program in a container reads the new value, and how long no
/// container of the service says anything meanwhile.
///
/// The program writes what it reads to a pipe, every few milliseconds; it ends when it is asked to.
struct Swaps {
    /// How a value is changed.
    private enum Way: CaseIterable {
        case update, stopFirst, startFirst, swarmStopFirst, swarmStartFirst

        var title: String {
            switch self {
            case .update: "secret update"
            case .stopFirst: "swap"
            case .startFirst: "swap, start-first"
            case .swarmStopFirst: "Swarm: swap"
            case .swarmStartFirst: "Swarm: swap, start-first"
            }
        }
        var isSwarm: Bool { self == .swarmStopFirst || self == .swarmStartFirst }
        var startsFirst: Bool { self == .startFirst || self == .swarmStartFirst }
    }

    var bench: Bench
    var cluster: Cluster
    var engine: EngineHost

    func run() throws(Failure) {
        Show.print("")
        Show.print(
            "a changed secret, one container, \(bench.swaps) times, in ms: from the first request to the new value")
        Show.print("read in a container, and the longest time in which none said a word (it says one every 5 ms);")
        Show.print("swap: secret create, then service update --secret-rm --secret-add")
        Show.print("")
        let widths = [26, 9, 9, 11, 9, 9, 12]
        Show.row(["", "read p50", "p99", "to update", "silent", "p99", "new process"], widths)
        var update: UInt64 = 0
        for way in Way.allCases {
            var (read, silent) = try measure(way)
            if way == .update { update = read.quantile(0.5) }
            Show.row(
                [
                    way.title, Show.milliseconds(read.quantile(0.5), 1), Show.milliseconds(read.quantile(0.99), 1),
                    Show.ratio(read.quantile(0.5), update), Show.milliseconds(silent.quantile(0.5), 1),
                    Show.milliseconds(silent.quantile(0.99), 1), way == .update ? "no" : "yes",
                ], widths)
        }
    }

    private func measure(_ way: Way) throws(Failure) -> (read: Sample, silent: Sample) {
        let beats = try Beats(bench.loop, folder: "\(cluster.base)/beats")
        defer { beats.close() }
        let asked = try cluster.follower()
        try put(way, 0, beats, asked)
        try hear(0, beats, within: .seconds(60))
        var (read, silent) = (Sample(), Sample())
        for number in 1...bench.swaps {
            // What the last change left behind is not measured with the next one.
            try cluster.eventually("the last container stays") { try engine.containers(ended: false) == 1 }
            cluster.pause(.milliseconds(300))
            let version = way.isSwarm ? try engine.swarmServiceVersion() : 0
            let begin = Clock.nanoseconds
            beats.begin()
            try change(way, number, beats, asked, version)
            try hear(number, beats, within: .seconds(60))
            read.add(Clock.nanoseconds - begin)
            silent.add(beats.longestSilence)
        }
        try remove(way, asked)
        return (read, silent)
    }

    private func hear(_ number: Int, _ beats: Beats, within limit: Duration) throws(Failure) {
        guard bench.loop.run(until: { beats.heard == number }, limit: limit) else {
            throw Failure(
                .timedOut, "value \(number) was not read", why: cluster.nodes.map { smallFile($0.log) }.joined())
        }
    }

    // MARK: - The service

    private static let loop = """
        trap 'exit 0' TERM; exec 3>/beats/pipe; \
        while :; do read -r value </run/secrets/key && echo "$value" >&3; usleep 5000; done
        """

    private func put(_ way: Way, _ number: Int, _ beats: Beats, _ asked: Cluster.Node) throws(Failure) {
        guard !way.isSwarm else {
            return try engine.createSwarmService(try swarmService(way, number, beats))
        }
        try putSecret(way == .update ? "key" : "key-0", 0, asked)
        var make = PutService()
        make.spec = service(way, number, beats)
        try cluster.ask(asked, .putService(make))
    }

    private func change(
        _ way: Way, _ number: Int, _ beats: Beats, _ asked: Cluster.Node, _ version: Int64
    ) throws(Failure) {
        switch way {
        case .update:
            var replace = ReplaceSecret()
            replace.reference = "key"
            replace.value = Self.value(number)
            try cluster.ask(asked, .replaceSecret(replace))
        case .stopFirst, .startFirst:
            try putSecret("key-\(number)", number, asked)
            var replace = ReplaceService()
            replace.reference = "bench"
            replace.spec = service(way, number, beats)
            try cluster.ask(asked, .replaceService(replace))
        case .swarmStopFirst, .swarmStartFirst:
            try engine.updateSwarmService(try swarmService(way, number, beats), version: version)
        }
    }

    private func remove(_ way: Way, _ asked: Cluster.Node) throws(Failure) {
        if way.isSwarm {
            try engine.removeSwarmService()
        } else {
            var delete = DeleteObject()
            delete.reference = "bench"
            try cluster.ask(asked, .deleteService(delete))
        }
        try cluster.eventually("the service's container stays") { try engine.containers() == 0 }
        guard !way.isSwarm else { return }
        // The next way begins with secrets of the same names.
        for number in 0...(way == .update ? 0 : bench.swaps) {
            var delete = DeleteObject()
            delete.reference = way == .update ? "key" : "key-\(number)"
            try cluster.eventually("a secret stays in use") {
                try cluster.ask(asked, .deleteSecret(delete))
                return true
            }
        }
    }

    private func service(_ way: Way, _ number: Int, _ beats: Beats) -> ServiceSpec {
        var target = FileTarget()
        target.name = "key"
        var reference = SecretReference()
        reference.secretName = way == .update ? "key" : "key-\(number)"
        reference.target = target
        var mount = Mount()
        mount.type = .bind
        mount.source = beats.folder
        mount.target = "/beats"
        var program = ProgramSpec()
        program.command = ["/bin/sh", "-c", Self.loop]
        program.secrets = [reference]
        program.mounts = [mount]
        var container = ContainerSpec()
        container.image = "centos:latest"
        var task = TaskSpec()
        task.program = program
        task.container = container
        var mode = ReplicatedMode()
        mode.replicas = 1
        var update = UpdateConfig()
        update.order = way.startsFirst ? .startFirst : .stopFirst
        var spec = ServiceSpec("bench", mode, task)
        spec.update = update
        return spec
    }

    /// With a secret of its own, which is made first.
    private func swarmService(
        _ way: Way, _ number: Int, _ beats: Beats
    ) throws(Failure) -> EngineHost.SwarmService {
        let name = "key-\(way)-\(number)"
        let id = try engine.createSwarmSecret(name, "\(number)\n")
        return EngineHost.SwarmService(
            command: ["/bin/sh", "-c", Self.loop], secret: (id, name), mount: (beats.folder, "/beats"),
            startsFirst: way.startsFirst)
    }

    private func putSecret(_ name: String, _ number: Int, _ asked: Cluster.Node) throws(Failure) {
        var spec = SecretSpec()
        spec.name = name
        var put = PutSecret()
        put.spec = spec
        put.value = Self.value(number)
        try cluster.ask(asked, .putSecret(put))
    }

    private static func value(_ number: Int) -> SecretBox {
        SecretBox(unsafe Bytes(utf8: "\(number)\n").withUnsafeBytes { unsafe SecretBytes(copying: $0) })
    }
}
