import Bytes
import Glibc
import Linux
import Model
import Seams
import Wire

/// How many secrets a second three managers take, from one client and from many, at the leader and at a follower.
///
/// Every row has a cluster of its own, so that none pays for what an earlier one stored.
struct Secrets {
    var bench: Bench
    static let valueBytes = 1024
    private static let widths = [9, 9, 9, 10, 10, 10, 11, 11]

    func run() throws(Failure) {
        Show.print("")
        Show.print("secret create: \(Self.valueBytes) B values, three managers, \(bench.seconds) s a row;")
        Show.print("CPU a secret: of the three daemons together, and of this load generator")
        Show.print("")
        Show.row(["to", "clients", "ops/s", "p50 ms", "p99 ms", "max ms", "daemons us", "load us"], Self.widths)
        for atLeader in [true, false] {
            for clients in bench.clients { try row(atLeader, clients) }
        }
    }

    private func row(_ atLeader: Bool, _ clients: Int) throws(Failure) {
        try bench.withCluster { (cluster) throws(Failure) in
            try cluster.form(managers: 3)
            let asked = atLeader ? try cluster.leader() : try cluster.follower()
            let load = try SecretLoad(cluster, asked, clients: clients)
            let result = try load.run(seconds: bench.seconds)
            var latencies = result.latencies
            let count = max(1, Double(latencies.count))
            Show.row(
                [
                    atLeader ? "leader" : "follower", "\(clients)",
                    Show.fixed(count * 1e9 / Double(result.nanoseconds), 0),
                    Show.milliseconds(latencies.quantile(0.5)), Show.milliseconds(latencies.quantile(0.99)),
                    Show.milliseconds(latencies.quantile(1)), Show.microseconds(Double(result.daemons) / count),
                    Show.microseconds(Double(result.own) / count),
                ], Self.widths)
            if result.failures > 0 { Show.print("  \(result.failures) failed: \(result.why)") }
        }
    }
}

/// Clients that each create one secret after the other, on connections of their own.
final class SecretLoad {
    struct Result {
        var latencies = Sample()
        var failures = 0
        var why = ""
        /// How long was measured, and the processor time in it; nanoseconds.
        var nanoseconds: UInt64 = 0
        var daemons: UInt64 = 0
        var own: UInt64 = 0
    }

    private let cluster: Cluster
    private var connections: [ControlConnection] = []
    private var isMeasuring = false
    private var isOver = false
    private var underWay = 0
    private var made = 0
    private var result = Result()
    private let value: SecretBox

    init(_ cluster: Cluster, _ asked: Cluster.Node, clients: Int) throws(Failure) {
        self.cluster = cluster
        // Not a secret: bytes that don't compress to nothing.
        value = SecretBox(
            unsafe SecretBytes(count: Secrets.valueBytes) { buffer in
                for place in 0..<buffer.count { unsafe buffer[place] = UInt8(truncatingIfNeeded: place &* 167 &+ 13) }
            })
        for _ in 0..<clients { connections.append(try ControlConnection(cluster.loop, socket: asked.socket)) }
    }

    /// Warms up for half a second, measures, and waits for what is still under way.
    func run(seconds: Int) throws(Failure) -> Result {
        for connection in connections { next(connection) }
        cluster.pause(.milliseconds(500))
        let (begin, daemons, own) = (Clock.nanoseconds, processor(), Clock.ownProcessor)
        isMeasuring = true
        cluster.pause(.seconds(seconds))
        isMeasuring = false
        result.nanoseconds = Clock.nanoseconds - begin
        result.daemons = processor() - daemons
        result.own = Clock.ownProcessor - own
        isOver = true
        guard cluster.loop.run(until: { self.underWay == 0 }, limit: .seconds(30)) else {
            throw Failure(.timedOut, "\(underWay) requests were not answered")
        }
        for connection in connections { connection.close() }
        return result
    }

    private func processor() -> UInt64 {
        cluster.nodes.reduce(0) { $0 + Clock.processor(of: $1.process?.pid ?? 0) }
    }

    private func next(_ connection: ControlConnection) {
        guard !isOver, connection.isOpen else { return }
        made += 1
        underWay += 1
        var spec = SecretSpec()
        spec.name = "bench-\(made)"
        var put = PutSecret()
        put.spec = spec
        put.value = value
        let begin = Clock.nanoseconds
        connection.ask(.putSecret(put), timeout: .seconds(20)) { [self] answer in
            underWay -= 1
            switch answer {
            case .success: if isMeasuring { result.latencies.add(Clock.nanoseconds - begin) }
            case .failure(let failure):
                result.failures += 1
                result.why = failure.message
            }
            next(connection)
        }
    }
}
