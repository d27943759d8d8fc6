import Disks
import Model
import Primitives
import Raft
import Seams

/// One life of a process on a simulated host, as its `Environment`: ends when it is killed or the power goes.
package final class SimulatedProcess: Environment {
    package let host: SimulatedHost
    let world: SimulatedWorld
    package private(set) var isAlive = true
    /// Stopped, as by a debugger or a starved machine, until then; the world goes on.
    package var pausedUntil: UInt64 = 0
    private var endOfTurn: [() -> Void] = []
    private var isInTurn = false
    private var moment = Moment.zero
    /// Connections and the order in which they came, so that all is the same in each run.
    var connections: [SimulatedConnection] = []
    var listeners: [SimulatedListener] = []

    init(_ host: SimulatedHost) {
        self.host = host
        world = host.world
        moment = Moment(milliseconds: host.clock / 1000)
    }

    package var time: any Time { self }
    package var work: any Work { self }
    package var network: any Network { self }
    package var files: any Files { host.files }
    package func makeGenerator() -> SecureGenerator { SecureGenerator(insecureSeed: random()) }

    /// Runs `body` as a turn of this process's loop.
    package func turn(_ body: () -> Void) {
        precondition(isAlive && !isInTurn, "a turn inside a turn")
        isInTurn = true
        moment = max(moment, Moment(milliseconds: host.clock / 1000))
        body()
        var next = 0
        while next < endOfTurn.count, isAlive {
            let handler = endOfTurn[next]
            next += 1
            handler()
        }
        endOfTurn = []
        isInTurn = false
    }

    /// Killed: its kernel closes what it had open, and its peers see that.
    package func kill() {
        guard isAlive else { return }
        isAlive = false
        for connection in connections { connection.processEnded() }
        release()
        host.ended(self)
    }

    /// Gone with its host, without a word to anybody.
    func vanish() {
        isAlive = false
        release()
    }

    private func release() {
        for listener in listeners { listener.close() }
        for connection in connections { connection.forget() }
        connections = []
        listeners = []
        endOfTurn = []
    }
}

// MARK: - Time

private final class SimulatedTimer: Seams.Timer {
    var handler: (() -> Void)?
    init(_ handler: @escaping () -> Void) { self.handler = handler }
    func cancel() { handler = nil }
}

extension SimulatedProcess: Time {
    package var now: Moment { moment }
    package var wallClock: Timestamp { host.wallClock }

    package func after(_ delay: Duration, _ handler: @escaping () -> Void) -> any Seams.Timer {
        let timer = SimulatedTimer(handler)
        let parts = delay.components
        let microseconds =
            UInt64(max(0, parts.seconds)) * 1_000_000 + UInt64(max(0, parts.attoseconds / 1_000_000_000_000))
        world.plan(after: host.worldTime(microseconds) + world.below(300), in: self) {
            timer.handler?()
            timer.handler = nil
        }
        return timer
    }

    package func atEndOfTurn(_ handler: @escaping () -> Void) {
        endOfTurn.append(handler)
        // Outside of a turn, as when a daemon is started, it comes with the next one.
        if !isInTurn, endOfTurn.count == 1 { world.plan(after: 0, in: self) {} }
    }

    package func random() -> UInt64 { world.random.next() }
}

// MARK: - Work

extension SimulatedProcess: Work {
    package func job<R: Sendable>(_ work: @escaping @Sendable () -> R, done: @escaping (R) -> Void) {
        perform(after: 20 + world.below(180), work) { result, microseconds in
            self.world.plan(after: microseconds + 20, in: self) { done(result) }
        }
    }

    package func makeSerial(_ name: String, bound: Int) -> any SerialWorker { SimulatedWorker(self, bound) }

    /// Runs `work` below the loop; `done` gets its result and how long the disk took for it.
    func perform<R: Sendable>(
        after microseconds: UInt64, _ work: @escaping @Sendable () -> R, done: @escaping (R, UInt64) -> Void
    ) {
        world.plan(after: microseconds, in: self, isTurn: false) { [self] in
            let disk = host.files.disk
            let (syncs, bytes) = (disk.syncs, disk.writtenBytes)
            let result = work()
            if host.losesPowerAtDisk, disk.hasFailed { return host.losePower() }

            let synchronised = UInt64(disk.syncs - syncs)
            let written = UInt64(disk.writtenBytes - bytes)
            done(result, synchronised * (150 + world.below(400) + host.diskDelay) + written / 500)
        }
    }
}

/// The log's writer thread: one piece of work after the other, each as long as the disk takes.
private final class SimulatedWorker: SerialWorker {
    private typealias Piece = (_ ended: @escaping () -> Void) -> Void

    private let process: SimulatedProcess
    private let bound: Int
    private var queue: [Piece] = []
    private var isWorking = false
    private(set) var pending = 0

    init(_ process: SimulatedProcess, _ bound: Int) {
        self.process = process
        self.bound = bound
    }

    func submit<R: Sendable>(_ work: @escaping @Sendable () -> R, done: @escaping (R) -> Void) {
        precondition(pending < bound, "\(pending) pieces of work wait, the bound is \(bound)")
        pending += 1
        queue.append { [self] ended in
            process.perform(after: 5 + process.world.below(20), work) { [self] result, microseconds in
                process.world.plan(after: microseconds, in: process) { [self] in
                    pending -= 1
                    done(result)
                    ended()
                }
            }
        }
        next()
    }

    func finish(_ done: @escaping () -> Void) {
        queue.append { [self] _ in process.world.plan(after: 5, in: process) { done() } }
        next()
    }

    private func next() {
        guard !isWorking, !queue.isEmpty else { return }
        isWorking = true
        let piece = queue.removeFirst()
        piece { [self] in
            isWorking = false
            next()
        }
    }
}
