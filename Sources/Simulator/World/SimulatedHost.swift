import Model
import Seams

/// A machine: its disk, its memory, its clocks, the tasks that run on it. Outlives the daemons on it.
package final class SimulatedHost {
    package unowned let world: SimulatedWorld
    package let place: Int
    package let name: String
    package let files = SimulatedFiles()
    package private(set) var isUp = true
    package private(set) var processes: [SimulatedProcess] = []
    /// Added to the time of each synchronisation, in microseconds: a slow disk.
    package var diskDelay: UInt64 = 0
    /// The power goes at the disk's next failing operation, rather than between two happenings.
    package var losesPowerAtDisk = false
    /// Programs of tasks, by task; kept until they are cleaned up.
    package internal(set) var programs: [TaskID: SimulatedProgram] = [:]
    /// What the tasks' file systems show: path and content.
    package internal(set) var shown: [TaskID: [String: [UInt8]]] = [:]
    /// Of a program that runs undisturbed: the chance in a thousand that it fails by itself.
    package var failuresInThousand: UInt64 = 0
    /// What listens here, by port or path.
    var listeners: [SocketAddress: SimulatedListener] = [:]

    // Clocks: each host's runs at its own rate, from its own beginning.
    private let rate: Int64
    private let beginning: UInt64
    /// How far the wall clock is off, in microseconds.
    package var wallOffset: Int64 = 0

    init(_ world: SimulatedWorld, place: Int, name: String) {
        self.world = world
        self.place = place
        self.name = name
        rate = Int64(world.below(401)) - 200
        beginning = world.below(1_000_000_000)
    }

    package var address: String { "10.0.0.\(place + 1)" }

    /// Microseconds of the monotonic clock, which drifts by at most 200 in a million.
    package var clock: UInt64 { beginning + UInt64(Int64(world.now) + Int64(world.now) * rate / 1_000_000) }

    /// How long the world takes for what this host's clock takes `microseconds` for, rounded up.
    func worldTime(_ microseconds: UInt64) -> UInt64 {
        UInt64(Int64(microseconds) - Int64(microseconds) * rate / 1_000_000) + 1
    }

    package var wallClock: Timestamp {
        Timestamp(rawValue: UInt64(Int64(1_800_000_000_000_000) + Int64(world.now) + wallOffset) * 1000)
    }

    // MARK: - Processes and power

    package func makeProcess() -> SimulatedProcess {
        let process = SimulatedProcess(self)
        processes.append(process)
        return process
    }

    func ended(_ process: SimulatedProcess) {
        processes.removeAll { $0 === process }
        files.releaseLocks()
    }

    /// Everything that runs here is gone at once, and what was only in memory with it. Nobody is told.
    package func losePower() {
        isUp = false
        losesPowerAtDisk = false
        for process in processes { process.vanish() }
        processes = []
        listeners = [:]
        programs = [:]
        shown = [:]
        files.crash(&world.random)
    }

    package func powerOn() { isUp = true }
}
