import CProtobuf
import Glibc

/// One thing that is measured: a message, one way.
struct Cell {
    let name: String
    let byteCount: Int
    /// What each contender does, as often as it is told to.
    let contenders: [(who: Contender, work: (Int) -> Void)]

    /// A contender's part of a round: short, so that all of them see the same noise.
    static let partNanoseconds = 1_000_000.0

    /// Nanoseconds a message, by round.
    struct Times {
        var who: Contender
        var rounds: [Double] = []
        var allocations = 0.0

        var median: Double { rounds.sorted()[rounds.count / 2] }

        /// How often it is slower than `other`, as the median of what each round says.
        func ratio(to other: Times) -> Double {
            let ratios = zip(rounds, other.rounds).map { $0 / $1 }.sorted()
            return ratios[ratios.count / 2]
        }
    }

    /// Measures all contenders in turn, `rounds` times.
    func measure(rounds: Int) -> [Times] {
        var times = contenders.map { Times(who: $0.who) }
        let counts = contenders.map { repeats($0.work) }
        for round in 0..<rounds {
            for step in contenders.indices {
                // Nobody is always the first, or always after the same.
                let place = (step + round) % contenders.count
                let start = Self.now()
                contenders[place].work(counts[place])
                times[place].rounds.append((Self.now() - start) / Double(counts[place]))
            }
        }
        for place in contenders.indices {
            let before = allocation_count()
            contenders[place].work(1000)
            times[place].allocations = Double(allocation_count() - before) / 1000
        }
        return times
    }

    /// How often `work` fits into its part of a round.
    private func repeats(_ work: (Int) -> Void) -> Int {
        var count = 1
        while true {
            let start = Self.now()
            work(count)
            let spent = Self.now() - start
            if spent > Self.partNanoseconds / 4 { return max(1, Int(Double(count) * Self.partNanoseconds / spent)) }
            count *= 2
        }
    }

    /// The processor's time, not the wall's: other programs take turns with us.
    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
