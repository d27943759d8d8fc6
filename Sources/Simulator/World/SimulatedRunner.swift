import Bytes
import Model
import Seams

/// A task's program on a simulated host: goes on when the agent ends, and is gone with the power.
package final class SimulatedProgram {
    package let launch: TaskLaunch
    /// How it ended; `nil`: it runs.
    package internal(set) var ended: (code: Int32, reason: String)?
    /// Whether it has begun to run.
    package internal(set) var isStarted = false
    /// A moment of the world, in microseconds.
    package internal(set) var startedAt: UInt64 = 0
    /// The runner of the agent that there is now.
    var events: ((TaskEvent) -> Void)?
    fileprivate weak var process: SimulatedProcess?

    fileprivate init(_ launch: TaskLaunch) { self.launch = launch }

    package var isAlive: Bool { ended == nil }
}

/// Runs tasks that do nothing, some of which fail by themselves or do not end when they are asked to.
package final class SimulatedRunner: Runner {
    package let name = "process"
    package let unavailable: String? = nil
    package let attributes: [(name: String, value: String)] = []
    private let process: SimulatedProcess
    private var host: SimulatedHost { process.host }
    private var world: SimulatedWorld { process.world }

    package init(_ process: SimulatedProcess) { self.process = process }

    /// A program's host remembers it.
    package func begin(keeping tasks: [TaskID], changed: @escaping () -> Void) {}

    package func prepare(
        _ launch: TaskLaunch, credentials: SecretBox?, done: @escaping (Result<PreparedTask, SystemError>) -> Void
    ) {
        world.plan(after: 100 + world.below(1000), in: process) { [self] in
            guard world.below(1000) >= host.failuresInThousand else {
                return done(.failure(SystemError("prepare", launch.name, detail: "the host is not well")))
            }
            done(.success(PreparedTask()))
        }
    }

    package func start(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        let program = SimulatedProgram(launch)
        program.events = events
        program.process = process
        host.programs[launch.task] = program
        world.plan(after: 1000 + world.below(4000)) { [self] in run(program) }
    }

    private func run(_ program: SimulatedProgram) {
        guard isHere(program), program.isAlive else { return }
        program.isStarted = true
        program.startedAt = world.now
        world.started?(host, program)
        tell(program, .started(pid: 100))
        guard world.below(1000) < host.failuresInThousand * 20 else { return }
        end(program, after: world.below(20_000_000), code: 1, reason: "it failed")
    }

    package func adopt(_ launch: TaskLaunch, events: @escaping (TaskEvent) -> Void) {
        let program = host.programs[launch.task]
        program?.events = events
        program?.process = process
        world.plan(after: 100 + world.below(1000), in: process) {
            guard let program else { return events(.failed(reason: "there is no trace of it")) }
            if let ended = program.ended { return events(.ended(code: ended.code, reason: ended.reason)) }
            if program.isStarted { events(.started(pid: 100)) }
        }
    }

    package func stop(_ task: TaskID, grace: Duration) {
        guard let program = host.programs[task], program.isAlive else { return }
        if world.below(5) == 0 {
            end(program, after: grace.milliseconds * 1000, code: 137, reason: "")
        } else {
            end(program, after: 500 + world.below(50_000), code: 143, reason: "")
        }
    }

    package func kill(_ task: TaskID) {
        if let program = host.programs[task], program.isAlive { end(program, after: 200, code: 137, reason: "") }
    }

    package func exec(_ task: TaskID, _ launch: ExecLaunch, events: @escaping (ExecEvent) -> Void) -> any Execution {
        world.plan(after: 500, in: process) { events(.failed(code: 126, reason: "nothing runs in a simulation")) }
        return NoExecution()
    }

    package func usage(_ task: TaskID, done: @escaping (Result<TaskUsage, SystemError>) -> Void) {
        world.plan(after: 100, in: process) { done(.success(TaskUsage())) }
    }

    package func cleanUp(_ task: TaskID, done: @escaping (Result<Void, SystemError>) -> Void) {
        kill(task)
        world.plan(after: 1000 + world.below(2000), in: process) { [self] in
            host.programs[task] = nil
            done(.success(()))
        }
    }

    private func isHere(_ program: SimulatedProgram) -> Bool { host.programs[program.launch.task] === program }

    private func end(_ program: SimulatedProgram, after microseconds: UInt64, code: Int32, reason: String) {
        world.plan(after: microseconds) { [self] in
            guard isHere(program), program.isAlive else { return }
            program.ended = (code, reason)
            tell(program, .ended(code: code, reason: reason))
        }
    }

    /// Tells the agent that there is now, if there is one.
    private func tell(_ program: SimulatedProgram, _ event: TaskEvent) {
        guard let process = program.process, process.isAlive else { return }
        world.plan(after: 50, in: process) { program.events?(event) }
    }
}

private final class NoExecution: Execution {
    func input(_ bytes: Bytes) {}
    func endInput() {}
    func resize(_ size: WindowSize) {}
    func signal(_ number: Int32) {}
    func pauseOutput() {}
    func resumeOutput() {}
    func kill() {}
}
