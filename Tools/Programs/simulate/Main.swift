import Glibc
import Simulator

/// Runs simulations: of consensus alone, or of whole daemons.
///
///     simulate [--seed N] [--seeds N] [--steps N]              consensus, for so many events each
///     simulate --cluster [--seed N] [--seeds N] [--seconds N]  daemons, for so many seconds of faults each
///     simulate --lost-node [--seed N] [--seeds N]              daemons, of which one is lost and returns
@main
struct Main {
    static let usage = "usage: simulate [--cluster | --lost-node] [--seed N] [--seeds N] [--steps N | --seconds N]"

    static func main() {
        var options: [String: UInt64] = [
            "--seed": 1, "--seeds": 1, "--steps": 20_000, "--seconds": 60,
        ]
        var kind = ""
        var arguments = CommandLine.arguments.dropFirst()
        while let name = arguments.popFirst() {
            if name == "--cluster" || name == "--lost-node" {
                kind = name
                continue
            }
            guard options[name] != nil, let value = arguments.popFirst().flatMap({ UInt64($0) }) else {
                print(usage)
                exit(2)
            }
            options[name] = value
        }
        let seeds = options["--seed"]!..<(options["--seed"]! + options["--seeds"]!)
        switch kind {
        case "--cluster":
            let seconds = options["--seconds"]!
            runCluster(seeds, kind, "--seconds \(seconds)") { simulation throws(ClusterSimulation.Failure) in
                try simulation.run(seconds: seconds)
            }
        case "--lost-node":
            runCluster(seeds, kind, "") { simulation throws(ClusterSimulation.Failure) in try simulation.loseNode() }
        default: runConsensus(seeds, steps: Int(options["--steps"]!))
        }
    }

    private static func runConsensus(_ seeds: Range<UInt64>, steps: Int) {
        var pace = Pace()
        var totals = (entries: 0, elections: 0, changes: 0, installs: 0, crashes: 0, reads: 0)
        for seed in seeds {
            LastWords.set("repeat: Tools/simulate --seed \(seed) --steps \(steps)")
            var simulation = ConsensusSimulation(seed: seed)
            do throws(ConsensusSimulation.Failure) {
                try simulation.run(steps: steps)
            } catch {
                pace.failed(error)
            }
            pace.add(events: simulation.steps, milliseconds: simulation.milliseconds)
            totals.entries += simulation.committed.count - 1
            totals.elections += simulation.elections
            totals.changes += simulation.changes
            totals.installs += simulation.installs
            totals.crashes += simulation.crashes
            totals.reads += simulation.readsServed
        }
        print(totals)
        pace.finish()
    }

    private static func runCluster(
        _ seeds: Range<UInt64>, _ kind: String, _ length: String,
        _ run: (ClusterSimulation) throws(ClusterSimulation.Failure) -> Void
    ) {
        var pace = Pace()
        var totals = (requests: 0, crashes: 0, deliveries: 0, tasks: 0)
        for seed in seeds {
            LastWords.set("repeat: Tools/simulate \(kind) --seed \(seed) \(length)")
            let simulation = ClusterSimulation(seed: seed)
            do throws(ClusterSimulation.Failure) {
                try run(simulation)
            } catch {
                pace.failed(error)
            }
            pace.add(events: simulation.events, milliseconds: simulation.milliseconds)
            totals.requests += simulation.acknowledged
            totals.crashes += simulation.crashes
            totals.deliveries += simulation.delivered
            totals.tasks += simulation.started
        }
        print(totals)
        pace.finish()
    }
}
