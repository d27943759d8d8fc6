import Bytes
import Raft

/// Hosts, the network between them and everything that is going to happen, from one seed and in one thread.
///
/// Time is in microseconds. What happens belongs to a process, and is void when that has ended; each happening is a
/// turn of that process's loop, as on Linux.
package final class SimulatedWorld {
    private struct Happening {
        var process: SimulatedProcess?
        /// Whether it is a turn of the process's loop, or happens below it, in its kernel.
        var isTurn: Bool
        var run: () -> Void
    }

    package var random: SplitMix
    private var schedule = Schedule<Happening>()
    package private(set) var hosts: [SimulatedHost] = []
    /// Happenings so far.
    package private(set) var events = 0
    /// One-way cuts, by the places of the hosts.
    package var cuts: Set<[Int]> = []
    /// Of a way over the network, beside what the bytes take: from the least to the most, in microseconds.
    package var delays: ClosedRange<UInt64> = 100...400
    /// Whether one delay in a hundred is a hundred times as long, and data comes in pieces.
    package var isRough = false
    /// Called when a task's program has begun to run.
    package var started: ((SimulatedHost, SimulatedProgram) -> Void)?
    /// What broke a rule that the simulated parts know, such as a wipe under a live task.
    package var wrong: String?

    package init(seed: UInt64) { random = SplitMix(seed: seed) }

    package var now: UInt64 { schedule.now }

    package func makeHost(_ name: String) -> SimulatedHost {
        let host = SimulatedHost(self, place: hosts.count, name: name)
        hosts.append(host)
        return host
    }

    /// A number below `bound`.
    package func below(_ bound: UInt64) -> UInt64 { random.next() % bound }

    package func pick<T>(_ list: [T]) -> T { list[Int(below(UInt64(list.count)))] }

    // MARK: - What happens

    /// Plans what belongs to no process.
    package func plan(after microseconds: UInt64, _ run: @escaping () -> Void) {
        schedule.plan(at: now + microseconds, Happening(isTurn: false, run: run))
    }

    package func plan(
        after microseconds: UInt64, in process: SimulatedProcess, isTurn: Bool = true, _ run: @escaping () -> Void
    ) {
        schedule.plan(at: now + microseconds, Happening(process: process, isTurn: isTurn, run: run))
    }

    /// The next happening; the process whose turn it was, if it was one's.
    package func advance() -> SimulatedProcess? {

        while let next = schedule.next() {
            guard let process = next.process else {
                events += 1
                next.run()
                return nil
            }
            guard process.isAlive else { continue }
            if process.pausedUntil > now, next.isTurn {
                schedule.plan(at: process.pausedUntil, next)
                continue
            }
            events += 1
            if next.isTurn { process.turn(next.run) } else { next.run() }
            return process
        }
        preconditionFailure("nothing is planned any more")
    }

    // MARK: - The network

    package func host(at address: String) -> SimulatedHost? { hosts.first { $0.address == address } }

    func isCut(_ from: SimulatedHost, _ to: SimulatedHost) -> Bool {
        !cuts.isEmpty && cuts.contains([from.place, to.place])
    }

    /// How long `bytes` are on their way, at a gigabit a second.
    func delay(_ bytes: Int) -> UInt64 {
        var delay = delays.lowerBound + below(delays.upperBound - delays.lowerBound + 1)
        if isRough, below(100) == 0 { delay *= 100 }
        return delay + UInt64(bytes) / 125
    }
}
