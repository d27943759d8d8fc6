import Bytes
import Glibc
import Linux
import Model
import Wire

/// How long a write through a follower takes that is sent when the leader has just been killed.
struct Failover {
    var bench: Bench

    func run() throws(Failure) {
        Show.print("")
        Show.print("failover: the leader is killed \(bench.kills) times; until a write through a follower, sent at")
        Show.print("once, is answered; in ms")
        Show.print("")
        try bench.withCluster { (cluster) throws(Failure) in
            try cluster.form(managers: 3)
            var times = Sample()
            for number in 1...bench.kills {
                let leader = try cluster.leader()
                let asked = cluster.nodes.filter { $0 !== leader }[number % 2]
                // The connection stands before the clock starts: a client's own dialling is not measured.
                _ = try cluster.connection(to: asked)
                // Kills at any moment of the heartbeat's rhythm.
                cluster.pause(.milliseconds(Int64.random(in: 200...400)))
                let begin = Clock.nanoseconds
                cluster.kill(leader)
                var spec = SecretSpec()
                spec.name = "failover-\(number)"
                var put = PutSecret()
                put.spec = spec
                put.value = SecretBox(unsafe SecretBytes(count: 16) { _ in })
                try cluster.ask(asked, .putSecret(put), timeout: .seconds(30))
                times.add(Clock.nanoseconds - begin)
                try cluster.restart(leader)
                try cluster.settle(managers: 3, nodes: 3)
            }
            let widths = [10, 10, 10, 10]
            Show.row(["min", "p50", "p99", "max"], widths)
            Show.row([0, 0.5, 0.99, 1].map { Show.milliseconds(times.quantile($0), 0) }, widths)
        }
    }
}
