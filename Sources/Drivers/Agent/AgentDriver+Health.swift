import Bytes
import Model
import Seams
import Worker

// MARK: - Checks of tasks' health

extension AgentDriver {
    /// Runs a check inside the task; what comes of it goes to the core as one event.
    func check(_ id: TaskID, _ number: UInt64, _ check: HealthCheck) {
        let timeout = check.timeoutMilliseconds == 0 ? HealthWatch.usualTimeout : check.timeoutMilliseconds
        let probe = HealthProbe(time: environment.time, timeout: .milliseconds(timeout)) { [weak self] result in
            self?.deliver(.checked(id, number: number, result))
        }
        var launch = ExecLaunch()
        launch.arguments =
            check.test.first == "CMD-SHELL"
            ? ["/bin/sh", "-c", check.test.dropFirst().joined(separator: " ")] : Array(check.test.dropFirst())
        probe.begin(runner(of: id).exec(id, launch) { event in probe.happened(event) })
    }
}

/// One run of a check, by a program inside the task.
private final class HealthProbe {
    private var done: ((HealthWatch.Result) -> Void)?
    private var execution: (any Execution)?
    private var timer: (any Seams.Timer)?
    private var said: [UInt8] = []
    private let timeout: Duration

    /// As much as a line of `service ps` can use.
    private static let mostBytes = 200

    init(time: any Time, timeout: Duration, done: @escaping (HealthWatch.Result) -> Void) {
        self.timeout = timeout
        self.done = done
        timer = time.after(timeout) { [weak self] in self?.expired() }
    }

    func begin(_ execution: any Execution) { self.execution = execution }

    func happened(_ event: ExecEvent) {
        switch event {
        case .started, .inputDrained: break
        case .output(let bytes), .errorOutput(let bytes):
            said += bytes.prefix(Self.mostBytes - said.count)
            event.wipe()
        case .ended(let code): conclude(code == 0 ? .passed : .failed("exit code \(code)\(words)"))
        case .failed(_, let reason): conclude(.failed(reason))
        }
    }

    private func expired() {
        execution?.kill()
        conclude(.failed("the health check took over \(timeout.components.seconds) s"))
    }

    /// The first line of what it wrote.
    private var words: String {
        let line = String(decoding: said.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
        return line.isEmpty ? "" : ": \(line)"
    }

    private func conclude(_ result: HealthWatch.Result) {
        timer?.cancel()
        execution = nil
        done?(result)
        done = nil
    }
}
