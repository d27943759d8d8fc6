import Bytes
import Glibc
import Linux
import Model
import NetworkHosts
import Wire

/// How long a write through a follower takes that is sent when the leader has just been lost.
struct Failover {
    /// What becomes of a leader.
    enum Loss: String, CaseIterable {
        /// Its process ends, and its connections with it.
        case killed
        /// It does nothing any more, and its connections stay.
        case stopped
        /// Nothing reaches it and nothing comes from it, without a word to either end.
        case cut
    }

    var bench: Bench

    func run() throws(Failure) {
        Show.print("")
        Show.print("failover: the leader is lost \(bench.losses) times; until a write through a follower, sent at")
        Show.print("once, is answered; in ms")
        Show.print("")
        let widths = [10, 10, 10, 10, 10]
        Show.row(["", "min", "p50", "p99", "max"], widths)
        for loss in Loss.allCases {
            var times = Sample()
            switch loss {
            case .cut:
                let hosts = try NetworkHosts("cnclb-\(getpid())", subnet: "10.214.0", count: 3) {
                    words throws(Failure) in
                    try bench.loop.runToEnd(["/usr/sbin/ip"] + words)
                }
                defer { hosts.tearDown() }
                try measure(loss, hosts, &times)
            case .killed, .stopped: try measure(loss, nil, &times)
            }
            Show.row([loss.rawValue] + [0, 0.5, 0.99, 1].map { Show.milliseconds(times.quantile($0), 0) }, widths)
        }
    }

    private func measure(_ loss: Loss, _ hosts: NetworkHosts<Failure>?, _ times: inout Sample) throws(Failure) {
        var taken = times
        try bench.withCluster { (cluster) throws(Failure) in
            cluster.hosts = hosts
            try cluster.form(managers: 3)
            for number in 1...bench.losses {
                let leader = try cluster.leader()
                let asked = cluster.nodes.filter { $0 !== leader }[number % 2]
                // The connection stands before the clock starts: a client's own dialling is not measured.
                _ = try cluster.connection(to: asked)
                // Lost at any moment of the heartbeat's rhythm.
                cluster.pause(.milliseconds(Int64.random(in: 200...400)))
                let begin = Clock.nanoseconds
                try cluster.lose(leader, loss)
                var spec = SecretSpec()
                spec.name = "failover-\(number)"
                var put = PutSecret()
                put.spec = spec
                put.value = SecretBox(unsafe SecretBytes(count: 16) { _ in })
                try cluster.ask(asked, .putSecret(put), timeout: .seconds(30))
                taken.add(Clock.nanoseconds - begin)
                try cluster.regain(leader, loss)
                try cluster.settle(managers: 3, nodes: 3)
            }
        }
        times = taken
    }
}
