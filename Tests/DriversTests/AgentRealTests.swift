import Bytes
import Glibc
import Linux
import Model
import Runners
import Seams
import TestSupport
import Testing
import Wire

@testable import Drivers

/// Whether sandboxes can be made here: user 0 and bubblewrap.
private let canSandbox = unsafe access("/usr/bin/bwrap", X_OK) == 0 && geteuid() == 0

@Suite(.serialized) struct AgentRealTests {
    private func mountPoints(below folder: String) -> [Substring] {
        let table = (try? LinuxFiles().read("/proc/self/mountinfo", limit: 1 << 20).text) ?? ""
        return table.split(separator: "\n").map { $0.split(separator: " ")[4] }.filter { $0.hasPrefix(folder + "/") }
    }

    @Test(.enabled(if: canSandbox))
    func `a real task reads its secret and each new version, and leaves no mount, process or file`() throws {
        let host = LinuxEnvironment()
        let folder = AgentBench.makeFolder()
        let run = AgentBench.makeFolder()
        let memory = try MemoryTaskFiles(time: host.time, folder: run["tasks"])
        defer { TasksFolder.close(run["tasks"]) }
        var options = ProcessRunner.Options(stateDirectory: folder.path)
        options.registry = DaemonRegistry(folder["registry"])
        let runner = ProcessRunner(host: host, options: options)
        let bench = AgentBench(host, folder: folder, runner: runner, taskFiles: memory)
        #expect(bench.driver.description.protection == memory.protection)
        try #require(bench.register())
        var task = AgentBench.task(1)
        task.spec?.program?.command = [
            "/bin/sh", "-c",
            "cat /run/secrets/db; while [ \"$(cat /run/secrets/db)\" = first ]; do sleep 0.05; done; "
                + "cat /run/secrets/db; while :; do sleep 1; done",
        ]
        task.spec?.program?.stopGraceMilliseconds = 1
        bench.assign(1, task, value: (1, "first"))
        let log = folder["logs/\(task.id).log"]
        func output() -> String { (try? host.files.read(log, limit: 1 << 16))?.text ?? "" }
        try #require(bench.wait { bench.state(task.id) == .running && output() == "first" })

        // Another agent finds it alive and goes on.
        bench.replaceAgent(
            runner: ProcessRunner(host: host, options: options),
            taskFiles: try MemoryTaskFiles(time: host.time, folder: run["tasks"]))
        try #require(bench.register())
        #expect(bench.link.last(.register, Register.self)?.tasks.first?.status?.state == .running)
        bench.assign(1, task, value: (2, "second"))
        try #require(bench.wait { output() == "firstsecond" })
        #expect(mountPoints(below: run["tasks"]).count == 1)

        var start = ExecStart()
        start.taskID = task.id
        start.command = ["/bin/cat", "/run/secrets/db"]
        bench.receive(.execStart, stream: 2, start)
        try #require(bench.wait { bench.link.count(.execExit) == 1 })
        #expect(bench.link.last(.execOutput, ExecOutput.self)?.data.text == "second")

        let pid = try #require(bench.link.last(.register, Register.self)?.tasks.first?.status?.pid)
        bench.assign(2, removed: task.id)
        try #require(bench.wait { !bench.exists("tasks/\(task.id)") })
        #expect(mountPoints(below: run["tasks"]).isEmpty)
        #expect(try host.files.list(run["tasks"]).isEmpty)
        #expect(try host.files.status("/proc/\(pid)") == nil)
    }
}
