import Glibc

/// How fast a simulation is, and whether all of it went well.
struct Pace {
    private let begin = clock()
    private var events = 0
    private var milliseconds: UInt64 = 0
    private var failures = 0

    mutating func add(events: Int, milliseconds: UInt64) {
        self.events += events
        self.milliseconds += milliseconds
    }

    mutating func failed(_ error: some Error) {
        print(error)
        failures += 1
    }

    /// Prints the figures; ends the process with 1 when something failed.
    func finish() {
        let seconds = max(Double(clock() - begin) / 1e6, 1e-6)
        print(
            "\(Int(Double(events) / seconds)) events a CPU second, simulated time",
            "\(Int(Double(milliseconds) / 1000 / seconds)) times CPU time, \(failures) failures")
        if failures > 0 { exit(1) }
    }
}
