import Glibc
import Testing

@testable import Runners

struct PlanTests {
    private let table = MountTable(
        parsing: """
            27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
            30 27 0:30 / /run rw,nosuid - tmpfs tmpfs rw,size=1k
            31 27 254:0 /var /mnt/all\\040of rw - ext4 /dev/vda rw
            32 27 254:0 / /host rw master:1 - ext4 /dev/vda rw
            40 30 0:40 / /run/c/tasks/1 rw - tmpfs tmpfs rw,noswap
            """)

    @Test func `a folder is found again wherever its file system is mounted`() {
        let aliases = table.aliases(of: "/var/lib/c")
        #expect(aliases == ["/host/var/lib/c", "/mnt/all of/lib/c", "/var/lib/c"])
        #expect(table.aliases(of: "/run/c") == ["/run/c"])
    }

    @Test func `masks cover every alias, and none lies below another`() {
        let masks = Sandbox.masks(for: ["/var/lib/c", "/var/lib/c/tasks", "/gone"], in: table) {
            $0 != "/gone" && !$0.hasSuffix("/gone")
        }
        #expect(masks == ["/host/var/lib/c", "/mnt/all of/lib/c", "/var/lib/c"])
    }

    @Test(arguments: [
        ("helper: the program was not found: error 2", "the program was not found: No such file or directory"),
        ("helper: the environment is cut off", "the environment is cut off"),
        ("bwrap: Can't chdir to /x: Permission denied", "bwrap: Can't chdir to /x: Permission denied"),
        ("helper: a: error 13 b", "a: error 13 b"), ("", ""),
    ])
    func `the number of an error is told in words`(line: String, reason: String) {
        #expect(HelperReport.reason(line[...]) == reason)
    }

    @Test func `bwrap's status is read whatever is missing of it`() {
        let full = """
            { "child-pid": 7637, "ipc-namespace": 4026532179, "pid-namespace": 4026532180 }
            { "exit-code": 5 }
            """
        let status = TaskStatus(parsing: full)
        #expect(status.reaper == 7637 && status.pidNamespace == 4_026_532_180 && status.exitCode == 5)
        for count in 0..<full.utf8.count { _ = TaskStatus(parsing: String(full.prefix(count))) }
        #expect(TaskStatus(parsing: "").exitCode == nil)
    }

    @Test func `a record is read back as it was written`() {
        var record = TaskRecord()
        record.boot = "a-b"
        record.uid = 200_000
        record.gid = 4
        record.monitor = .init(pid: 1, startTime: 2)
        record.program = .init(pid: 3, startTime: .max)
        #expect(TaskRecord(parsing: record.text) == record)
        #expect(TaskRecord(parsing: "user x y\n\nmonitor 1\n") == TaskRecord())
    }

    @Test func `daemons of a host know each other's folders`() throws {
        let scratch = Scratch()
        let registry = DaemonRegistry("\(scratch.path)/registry")
        #expect(registry.paths() == [])
        try registry.announce("one", ["/var/lib/one", "/run/one"])
        try registry.announce("two", ["/var/lib/two"])
        #expect(registry.paths() == ["/run/one", "/var/lib/one", "/var/lib/two"])
        registry.withdraw("one")
        #expect(registry.paths() == ["/var/lib/two"])
        #expect(throws: RunnerError.self) { try registry.announce("three", ["relative"]) }
    }
}
