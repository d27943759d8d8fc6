import Model
import Seams

@testable import Runners

/// A node that runs programs of the host.
final class TestNode: RunnerNode<ProcessRunner> {
    init(allowsRoot: Bool = false, cgroups: any Cgroups = NoCgroups()) throws {
        let host = TestHost(cgroups: cgroups)
        try super.init(host: host, patience: .seconds(20)) { scratch, state in
            var options = ProcessRunner.Options(stateDirectory: state)
            options.registry = DaemonRegistry("\(scratch.path)/registry")
            options.allowsRoot = allowsRoot
            return ProcessRunner(host: host, options: options)
        }
    }

    deinit {
        for task in launches.keys { runner.kill(task) }
    }

    /// A task that runs `script` in a shell, as `uid`, with one secret `db` of value `hello`.
    func launch(_ script: String, uid: UInt32 = 200_007, value: String = "hello") throws -> TaskLaunch {
        var launch = newTask()
        launch.arguments = ["/bin/sh", "-c", script]
        launch.environment = ["PATH=/usr/bin:/bin", "GREETING=good day"]
        launch.uid = uid
        launch.gid = uid
        launch.logPath = "\(launch.stateDirectory)/log"
        launch.maskedPaths = [state, "\(scratch.path)/run"]
        try mount(&launch, value: value)
        return launch
    }

    func log(_ launch: TaskLaunch) -> String { text(launch.logPath!) ?? "" }

    /// Waits until the task has written `text` to its log, or has ended.
    func waitLog(_ launch: TaskLaunch, _ text: String) {
        wait {
            log(launch).contains(text)
                || !(events[launch.task] ?? []).allSatisfy { if case .started = $0 { true } else { false } }
        }
    }
}
