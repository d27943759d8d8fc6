import Model
import Testing
import Text

@testable import conclave

private func shown(limit: UInt64 = 0) -> ShownTask {
    var task = StoredTask()
    task.serviceName = "web"
    task.slot = 1
    task.spec = TaskSpec()
    task.spec?.limits = Resources()
    task.spec?.limits?.memoryBytes = limit
    var shown = ShownTask()
    shown.task = task
    shown.nodeName = "w1"
    return shown
}

private func usage(at milliseconds: UInt64, processor: UInt64?, memory: UInt64? = nil) -> TaskUsage {
    var usage = TaskUsage()
    usage.clockMilliseconds = milliseconds
    usage.processorNanoseconds = processor
    usage.memoryBytes = memory
    return usage
}

@Test func `the share of a processor is that of the time between two readings`() {
    func cells(_ first: TaskUsage, _ second: TaskUsage, limit: UInt64 = 0) -> [String?] {
        let row = StatsCommand.Row(shown(limit: limit), first, second)
        let object = StatsCommand.listing([row], full: false).rows[0]
        return ["Name", "Node", "CPUPerc", "MemUsage", "PIDs"].map { object[$0]?.string }
    }
    let first = usage(at: 5000, processor: 100_000_000)
    #expect(
        cells(first, usage(at: 7000, processor: 3_151_000_000, memory: 3 << 19), limit: 64 << 20)
            == ["web.1", "w1", "152.55%", "1.5MiB / 64MiB", "-"])
    #expect(cells(first, usage(at: 6000, processor: 100_500_000))[2] == "0.05%")
    // What can't be told is not zero: no counter, a clock that stands, a counter of another run.
    #expect(cells(first, usage(at: 6000, processor: nil)) == ["web.1", "w1", "-", "- / -", "-"])
    #expect(cells(first, usage(at: 5000, processor: 200_000_000))[2] == "-")
    #expect(cells(first, usage(at: 6000, processor: 1))[2] == "-")
}

@Test func `a task is shown with the versions it sees and the memory they are in`() {
    var shown = shown()
    shown.task?.spec?.program = ProgramSpec()
    var reference = SecretReference()
    reference.secretID = SecretID(high: 1, low: 2)
    reference.secretName = "db"
    shown.task?.spec?.program?.secrets = [reference]
    shown.task?.status = TaskStatus()
    shown.task?.status?.state = .running
    shown.task?.status?.containerID = "abc"
    #expect(TaskShowing.json(shown)["Protection"] == "")
    var held = HeldVersion()
    held.secretID = reference.secretID
    held.version = 3
    held.stage = .swapped
    held.protection = .weak
    shown.held = [held]
    let json = TaskShowing.json(shown)
    #expect(json["Protection"] == "weak")
    #expect(
        json["Secrets"] == [
            [
                "SecretID": .string(reference.secretID.description), "SecretName": "db", "Version": 3,
                "Stage": "swapped",
                "Err": "",
            ]
        ])
    #expect(json["Status"]?["State"] == "running")
    #expect(json["Status"]?["ContainerStatus"]?["ContainerID"] == "abc")
}
