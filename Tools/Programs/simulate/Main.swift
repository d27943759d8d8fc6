import Glibc
import Simulator

/// Runs the consensus simulation: `--seed N` for one seed, `--seeds N` for many from there on, `--steps N` each.
@main
struct Main {
    static func main() {
        var options: [String: UInt64] = ["--seed": 1, "--seeds": 1, "--steps": 20_000]
        var arguments = CommandLine.arguments.dropFirst()
        while let name = arguments.popFirst() {
            guard options[name] != nil, let value = arguments.popFirst().flatMap({ UInt64($0) }) else {
                print("usage: simulate [--seed N] [--seeds N] [--steps N]")
                return
            }
            options[name] = value
        }
        let begin = clock()
        var (steps, milliseconds) = (0, 0 as UInt64)
        let first = options["--seed"]!
        var failures = 0
        var totals = (entries: 0, elections: 0, changes: 0, installs: 0, crashes: 0, reads: 0)
        for seed in first..<(first + options["--seeds"]!) {
            var simulation = ConsensusSimulation(seed: seed)
            do throws(ConsensusSimulation.Failure) {
                try simulation.run(steps: Int(options["--steps"]!))
            } catch {
                print(error)
                failures += 1
            }
            steps += simulation.steps
            milliseconds += simulation.milliseconds
            totals.entries += simulation.committed.count - 1
            totals.elections += simulation.elections
            totals.changes += simulation.changes
            totals.installs += simulation.installs
            totals.crashes += simulation.crashes
            totals.reads += simulation.readsServed
        }
        let seconds = max(Double(clock() - begin) / 1e6, 1e-6)
        print(
            "\(Int(Double(steps) / seconds)) events a CPU second, simulated time",
            "\(Int(Double(milliseconds) / 1000 / seconds)) times CPU time")
        print("\(totals), \(failures) failures")
        if failures > 0 { exit(1) }
    }
}
