import Bytes
import Glibc
import Linux
import Model
import Seams
import Testing

@testable import Runners

/// Memory and processes by control groups of version 1, as little as these tests need.
private final class TestCgroups: Cgroups {
    static let roots = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"]
    static let isHere = geteuid() == 0 && roots.allSatisfy { exists("\($0)/cgroup.procs") }
    let layout = "v1"

    func make(_ name: String, _ limits: TaskLimits) throws(SystemError) -> any Cgroup {
        let group = TestCgroup(Self.roots.map { "\($0)/conclave-test-\(name)" })
        for folder in group.directories { _ = unsafe mkdir(folder, 0o755) }
        if let bytes = limits.memoryBytes {
            try Self.set("\(group.directories[0])/memory.limit_in_bytes", "\(bytes)")
        }
        if let count = limits.processes { try Self.set("\(group.directories[1])/pids.max", "\(count)") }
        return group
    }

    private static func set(_ path: String, _ text: String) throws(SystemError) {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        guard unsafe write(file, text, text.utf8.count) == text.utf8.count else {
            throw SystemError("write", path, code: errno, detail: "errno \(errno)")
        }
    }

    func find(_ name: String) -> (any Cgroup)? {
        let folders = Self.roots.map { "\($0)/conclave-test-\(name)" }
        return exists(folders[0]) ? TestCgroup(folders) : nil
    }
}

private final class TestCgroup: Cgroup {
    let directories: [String]
    init(_ directories: [String]) { self.directories = directories }
    private var members: [Int32] {
        (text("\(directories[1])/cgroup.procs") ?? "").split(separator: "\n").compactMap { Int32($0) }
    }
    func isPopulated() -> Bool { !members.isEmpty }
    func kill() throws(SystemError) { for pid in members { _ = Glibc.kill(pid, SIGKILL) } }
    func memoryKills() -> UInt64 {
        let words = (text("\(directories[0])/memory.oom_control") ?? "").split(whereSeparator: \.isWhitespace)
        return words.firstIndex(of: "oom_kill").flatMap { UInt64(words[$0 + 1]) } ?? 0
    }
    func usage() -> TaskUsage { TaskUsage() }
    func destroy() throws(SystemError) {
        for folder in directories where unsafe rmdir(folder) != 0 && errno != ENOENT {
            throw SystemError("remove", folder, code: errno, detail: "errno \(errno)")
        }
    }
}

@Suite(
    .enabled(if: canSandbox && TestCgroups.isHere, "needs user 0, bwrap and control groups of version 1"), .serialized)
struct LimitsTests {
    @Test func `a task over its memory is killed, and the reason is told`() throws {
        let node = try TestNode(cgroups: TestCgroups())
        var task = try node.launch("x=x; while :; do x=$x$x; done")
        task.limits.memoryBytes = 16 << 20
        try node.start(task)
        #expect(node.end(task) == .ended(code: 137, reason: "killed for memory"))
        #expect(node.finish(task) == [])
        #expect(node.host.cgroups.find(ProcessRunner.groupName(task.task)) == nil)
    }

    @Test func `the program alone counts for the number of processes, and exec counts too`() throws {
        let node = try TestNode(cgroups: TestCgroups())
        var task = try node.launch("echo ready; sleep 600; :")
        task.limits.processes = 3
        try node.start(task)
        node.waitLog(task, "ready")
        // The shell, its `sleep`, and one more: which may not fork.
        let ran = node.exec(task, ExecLaunch("cat /proc/self/cgroup; echo done"))
        #expect(ran.errors.lowercased().contains("fork") && !ran.output.contains("done"), "\(ran)")
        node.runner.kill(task.task)
        #expect(node.end(task) == .ended(code: 137, reason: ""))
        #expect(node.finish(task) == [])
    }
}

@Suite(.enabled(if: canSandbox, "sandboxes need user 0 and /usr/bin/bwrap"), .serialized)
struct UsageTests {
    @Test func `a task's usage is that of its control group`() throws {
        let node = try TestNode(cgroups: LinuxCgroups())
        let task = try node.launch("echo ready; while :; do :; done")
        try node.start(task)
        node.waitLog(task, "ready")
        let group = try #require(node.host.cgroups.find(ProcessRunner.groupName(task.task)))
        let before = group.usage()
        node.wait {
            guard let now = try? node.usage(task) else { return false }
            return (now.processorNanoseconds ?? .max) > (before.processorNanoseconds ?? 0)
        }
        let usage = try node.usage(task)
        // The shell is alone in it: neither the sandbox nor its monitor counts.
        #expect(usage.processes == before.processes && (usage.processes ?? 1) == 1)
        #expect((usage.memoryBytes == nil) == (before.memoryBytes == nil))
        // The next agent goes on counting where this one was.
        node.replaceAgent()
        node.adopt(task)
        node.wait { node.isRunning(task) }
        let later = try node.usage(task)
        #expect(later.processes == usage.processes)
        #expect((later.processorNanoseconds ?? 0) >= (usage.processorNanoseconds ?? 0))
        node.runner.kill(task.task)
        #expect(node.end(task) == .ended(code: 137, reason: ""))
        #expect(node.finish(task) == [])
    }

    @Test func `without a control group nothing is told, and nothing is zero`() throws {
        let node = try TestNode(cgroups: NoCgroups())
        let task = try node.launch("exec sleep 600")
        try node.start(task)
        node.wait { node.isRunning(task) }
        #expect(try node.usage(task) == TaskUsage())
        node.runner.kill(task.task)
        _ = node.end(task)
        #expect(node.finish(task) == [])
    }
}

@Suite(.enabled(if: canSandbox, "sandboxes need user 0 and /usr/bin/bwrap"), .serialized)
struct WatchdogTests {
    @Test func `when no agent is left, the watchdog wipes and unmounts after the task's end`() throws {
        let node = try TestNode()
        let task = try node.launch("echo ready; exec sleep 600")
        let folder = "\(node.tasks)/\(task.task)"
        try node.start(task)
        node.waitLog(task, "ready")
        node.wait { node.isRunning(task) }
        let record = TaskRecord(parsing: text("\(task.stateDirectory)/record") ?? "")
        #expect(record.watchdog != nil)
        // A second one, without the patience of the first.
        let reaper = try node.host.processes.adopt(pid: try #require(record.reaper).pid, startTime: nil)
        var request = SpawnRequest(
            program: node.runner.helperPath,
            arguments: ["watchdog", "watch", "task=3", "patience=0", "folder=\(folder)"], environment: [])
        request.descriptors = [(child: 3, ours: reaper.pidfd)]
        let watchdog = try node.host.processes.spawn(request)
        var end: Seams.ExitStatus?
        watchdog.onExit { end = $0 }
        let value = try Folder("\(folder)/secrets/..g1")
        let file = unsafe openat(value.descriptor, "db", O_RDONLY)
        #expect(end == nil)
        node.runner.kill(task.task)
        node.wait { end != nil }
        #expect(end == .exited(0))
        #expect(MountTable.current()?.last(at: folder) == nil && !exists(folder))
        var buffer = [UInt8](repeating: 1, count: 5)
        #expect(unsafe read(file, &buffer, 5) == 5)
        #expect(buffer == [0, 0, 0, 0, 0])
        close(file)
        _ = node.end(task)
        #expect(node.finish(task) == [])
    }
}
