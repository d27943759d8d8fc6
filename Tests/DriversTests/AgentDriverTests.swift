import Bytes
import Model
import Seams
import TestSupport
import Testing
import Wire

@testable import Drivers

@Suite struct AgentDriverTests {
    @Test func `a task gets its values, runs, sees a new version and leaves nothing`() throws {
        let bench = AgentBench()
        #expect(bench.register())
        let task = AgentBench.task(1)
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .running })
        #expect(bench.files.shown[task.id] == ["db=first 400"])
        #expect(bench.files.owners[task.id] == [200_007])
        let launch = try #require(bench.fake.prepared.first)
        #expect(launch.uid == 200_007)
        #expect(launch.name == "web.1")
        #expect(launch.hostname == task.id.short)
        #expect(launch.environment.contains(LaunchPlan.path))
        #expect(launch.secretsDirectory == "/m/\(task.id)/secrets")
        #expect(bench.exists("tasks/\(task.id)/task"))
        #expect(bench.link.last(.assignmentApplied, AssignmentApplied.self)?.number == 1)

        bench.assign(2, value: (2, "second"), for: task.id)
        #expect(bench.wait { bench.files.shown[task.id] == ["db=second 400"] })
        #expect(!bench.fake.log.contains("stop 10000"))

        bench.assign(3, removed: task.id)
        #expect(bench.wait { !bench.exists("tasks/\(task.id)") })
        #expect(bench.files.wiped == [task.id])
        #expect(Array(bench.fake.log.suffix(2)) == ["stop 10000", "cleanUp"])
    }

    @Test func `reports tell since when by the wall clock, and the process`() throws {
        let bench = AgentBench()
        #expect(bench.register())
        let task = AgentBench.task(1)
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .running })
        let report = try #require(bench.link.last(.reportTasks, ReportTasks.self))
        let status = try #require(report.tasks.last?.status)
        #expect(status.since > .zero)
        #expect(status.pid == 77)
    }

    @Test func `user 0 is refused with the reason unless allowed`() throws {
        let bench = AgentBench()
        #expect(bench.register())
        var task = AgentBench.task(1)
        task.spec?.program?.user = "root"
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .rejected })
        #expect(bench.fake.prepared.isEmpty)
        #expect(bench.files.shown.isEmpty)
        let reports = bench.link.sent.filter { $0.type == .reportTasks }.compactMap { try? ReportTasks.decode($0.body) }
        #expect(reports.last?.tasks.last?.status?.error.contains("--allow-root-tasks") == true)
    }

    @Test func `the next agent adopts what runs, and its values are not wiped`() {
        let bench = AgentBench()
        #expect(bench.register())
        let task = AgentBench.task(1)
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .running })
        bench.replaceAgent()
        bench.fake.adopted[task.id] = .started(pid: 78)
        #expect(bench.register())
        let register = bench.link.last(.register, Register.self)
        #expect(register?.tasks.first?.status?.state == .running)
        #expect(register?.tasks.first?.status?.pid == 78)
        #expect(register?.held.first?.version == 1)
        #expect(bench.files.wiped.isEmpty)
        #expect(bench.files.kept.last == [task.id])
        bench.assign(1, task, value: (2, "second"))
        #expect(bench.wait { bench.files.shown[task.id] == ["db=second 400"] })
    }

    @Test func `the next agent knows how a task ended that was not reported yet`() {
        let bench = AgentBench()
        #expect(bench.register())
        let task = AgentBench.task(1)
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .running })
        bench.fake.events[task.id]?(.ended(code: 0, reason: ""))
        #expect(bench.wait { bench.files.wiped == [task.id] && bench.state(task.id) == .complete })
        bench.replaceAgent()
        #expect(bench.register())
        let status = bench.link.last(.register, Register.self)?.tasks.first?.status
        #expect(status?.state == .complete)
        #expect(status?.exitCode == 0)
    }

    @Test func `a folder without a readable note is cleaned up and removed`() throws {
        let bench = AgentBench()
        let id = TaskID(high: 5, low: 9)
        let files = bench.environment.files
        try files.makeDirectory(bench.folder["tasks"], mode: 0o700)
        try files.makeDirectory(bench.folder["tasks/\(id)"], mode: 0o700)
        try files.replace(bench.folder["tasks/\(id)/task"], with: [0xFF, 0xFF], mode: 0o600)
        #expect(bench.register())
        #expect(bench.wait { !bench.exists("tasks/\(id)") })
        #expect(bench.files.wiped == [id])
        #expect(bench.link.last(.register, Register.self)?.tasks.isEmpty == true)
    }

    @Test func `files stay while the runner can't clean up`() {
        let bench = AgentBench()
        #expect(bench.register())
        let task = AgentBench.task(1)
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .running })
        bench.fake.cleanUpFailures = 1
        bench.assign(2, removed: task.id)
        #expect(bench.wait { bench.fake.log.last == "cleanUp" })
        #expect(bench.files.wiped.isEmpty)
        #expect(bench.wait { bench.files.wiped == [task.id] })
    }

    @Test func `leaving stops all tasks, wipes them and removes the notes`() {
        let bench = AgentBench()
        #expect(bench.register())
        let task = AgentBench.task(1)
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .running })
        var isDone = false
        bench.driver.leave { isDone = true }
        #expect(bench.wait { isDone })
        #expect(bench.files.wiped == [task.id])
        #expect(!bench.exists("tasks/\(task.id)"))
        #expect(bench.files.kept.last == [])
    }

    @Test func `a lost link is dialled again, and nonsense ends one`() {
        let bench = AgentBench()
        #expect(bench.register())
        bench.driver.lost()
        #expect(bench.wait { bench.link.dialled.count == 2 })
        bench.driver.connected()
        bench.driver.received(.registered, stream: 1, flags: [], [0xFF])
        #expect(bench.link.hangUps == 1)
        #expect(bench.wait { bench.link.dialled.count == 3 })
    }

    @Test func `the description tells what the node is`() {
        let bench = AgentBench()
        let description = bench.driver.description
        #expect(description.cpuNano >= 1_000_000_000)
        #expect(description.memoryBytes > 1 << 20)
        #expect(!description.hostname.isEmpty)
        #expect(description.os == "linux" && description.attributes["distribution"]?.isEmpty == false)
        #expect(description.runners == ["fake"])
        #expect(description.attributes["cgroup"] == "none")
        #expect(description.protection == .secure)
    }

    @Test(
        arguments: [
            ("", 15), ("SIGINT", 2), ("usr1", 10), ("9", 9), ("SIGRTMIN", 34), ("SIGRTMIN+3", 37), ("rtmax-14", 50),
            ("RTMAX", 64),
        ] as [(String, Int32)])
    func `signals have names and numbers`(_ text: String, _ number: Int32) {
        #expect(SignalName.number(text) == number)
        for none in ["SIGNOTHING", "RTMIN+31", "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN+-3", "RTMIN3", "TERM+1"] {
            #expect(SignalName.number(none) == nil, "\(none)")
        }
        #expect(SignalName.number("65") == nil)
    }

    @Test func `a check of health is a program inside the task, and its first line the reason`() throws {
        let bench = AgentBench()
        #expect(bench.register())
        var task = AgentBench.task(1)
        var check = HealthCheck()
        check.test = ["CMD-SHELL", "probe || exit 1"]
        check.intervalMilliseconds = 1
        check.retries = 1
        task.spec?.program?.health = check
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.fake.execution != nil })
        #expect(bench.wait { bench.state(task.id) == .starting })
        #expect(bench.fake.execution?.launch.arguments == ["/bin/sh", "-c", "probe || exit 1"])
        let first = bench.fake.execution
        first?.events(.ended(code: 0))
        #expect(bench.wait { bench.state(task.id) == .running })
        #expect(bench.wait { bench.fake.execution !== first })
        bench.fake.execution?.events(.output(Bytes(utf8: "no database\nmore")))
        bench.fake.execution?.events(.ended(code: 1))
        #expect(bench.wait { bench.state(task.id) == .failed })
        #expect(bench.fake.log.contains("stop 10000"))
        let reports = bench.link.sent.filter { $0.type == .reportTasks }.compactMap { try? ReportTasks.decode($0.body) }
        let errors = reports.flatMap(\.tasks).compactMap { $0.status?.error }
        #expect(errors.contains("task: unhealthy: exit code 1: no database"), "\(errors)")
    }

    @Test func `a check that takes too long is killed, and counts as failed`() {
        let bench = AgentBench()
        #expect(bench.register())
        var task = AgentBench.task(1)
        var check = HealthCheck()
        check.test = ["CMD", "probe"]
        check.intervalMilliseconds = 1
        check.timeoutMilliseconds = 1
        check.retries = 1
        task.spec?.program?.health = check
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .failed })
        #expect(bench.fake.execution?.log.contains("kill") == true)
    }

    @Test func `a container's files are for all to read, and its users its own`() throws {
        let bench = AgentBench()
        #expect(bench.register())
        var task = AgentBench.task(1)
        task.spec?.program?.user = "somebody-of-the-image"
        var container = ContainerSpec()
        container.image = "app"
        task.spec?.container = container
        bench.assign(1, task, value: (1, "first"))
        #expect(bench.wait { bench.state(task.id) == .running })
        #expect(bench.files.shown[task.id] == ["db=first 444"])
        #expect(bench.files.owners[task.id] == [0])
        #expect(bench.fake.prepared.first?.spec.container?.image == "app")
    }

    @Test func `a node tells anew what it can do when a runner changes`() {
        let bench = AgentBench()
        #expect(bench.register())
        bench.fake.unavailable = "the engine went away"
        bench.fake.changed()
        #expect(bench.wait { bench.link.dialled.count == 2 })
        bench.driver.connected()
        #expect(bench.wait { bench.link.count(.register) == 2 })
        let register = bench.link.last(.register, Register.self)
        #expect(register?.description?.runners == [])
        #expect(register?.description?.attributes["fake-unavailable"] == "the engine went away")
    }
}
