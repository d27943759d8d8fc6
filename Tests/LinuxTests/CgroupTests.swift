import Glibc
import Model
import Seams
import TestSupport
import Testing

@testable import Linux

@Suite(.serialized, .enabled(if: isRoot, needsRoot)) struct CgroupTests {
    private let cgroups = LinuxCgroups()
    private let name = "test-\(getpid())"

    private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    @Test func `a group's members are killed with their children, and nothing is left of it`() throws {
        let loop = Loop()
        let group = try cgroups.make(name, TaskLimits())
        let directories = group.directories
        defer {
            try? group.kill()
            try? group.destroy()
        }
        try #require(!directories.isEmpty, "this host has no control groups that can be written")
        #expect(!group.isPopulated())
        let process = try loop.shell("sleep 600 & sleep 600 & wait", in: group)
        #expect(loop.watch { group.isPopulated() })
        #expect(cgroups.find(name)?.directories == directories)
        #expect(throws: SystemError.self) { try group.destroy() }
        try group.kill()
        #expect(loop.end(of: process) == .signalled(9))
        #expect(loop.watch { !group.isPopulated() })
        try group.destroy()
        try group.destroy()
        #expect(cgroups.find(name) == nil)
        #expect(!directories.contains(where: exists))
    }

    @Test func `what a group's members use is counted, and what the host does not count is not told`() throws {
        let loop = Loop()
        let group = try cgroups.make(name, TaskLimits())
        defer {
            try? group.kill()
            _ = loop.watch { !group.isPopulated() }
            try? group.destroy()
        }
        // The shell keeps 32 MiB and spins.
        _ = try loop.shell("x=$(head -c 32M /dev/zero | tr '\\0' x); while :; do :; done", in: group)
        let first = group.usage()
        #expect(
            loop.watch {
                let usage = group.usage()
                return (usage.memoryBytes ?? .max) > 32 << 20
                    && (usage.processorNanoseconds ?? .max) > (first.processorNanoseconds ?? 0) && usage.processes != 0
            })
        func has(_ files: String...) -> Bool {
            group.directories.contains { directory in files.contains { exists("\(directory)/\($0)") } }
        }
        let usage = group.usage()
        #expect((usage.memoryBytes != nil) == has("memory.current", "memory.usage_in_bytes"))
        #expect((usage.processorNanoseconds != nil) == has("cpu.stat", "cpuacct.usage"))
        #expect((usage.processes != nil) == has("pids.current"))
    }

    @Test func `the limit of processes holds for a member`() throws {
        let loop = Loop()
        let group: any Cgroup
        do throws(SystemError) { group = try cgroups.make(name, TaskLimits(processes: 1)) } catch {
            // A host without the controller refuses, which is the rule too.
            #expect("\(error)".contains("number of processes"))
            return
        }
        defer { try? group.destroy() }
        // Not a shell, which waits for seconds and tries again.
        let process = try loop.shell("exec perl -e 'exit(defined(fork) ? 0 : 3)'", in: group)
        #expect(loop.end(of: process) == .exited(3))
        #expect(loop.watch { !group.isPopulated() })
    }

    @Test func `a member that takes more memory than the limit is killed, and that is counted`() throws {
        let loop = Loop()
        let group: any Cgroup
        do throws(SystemError) { group = try cgroups.make(name, TaskLimits(memoryBytes: 16 << 20)) } catch {
            #expect("\(error)".contains("memory"))
            return
        }
        defer { try? group.destroy() }
        #expect(group.memoryKills() == 0)
        // The shell survives `head`'s death and tells of it; what is killed first is the kernel's choice.
        let process = try loop.shell("head -c 64M /dev/zero | tail -c 64M >/dev/null", in: group)
        #expect(loop.end(of: process) != .exited(0))
        // Where swap is not accounted for, memory goes there instead.
        let accountsForSwap = group.directories.contains {
            exists("\($0)/memory.swap.max") || exists("\($0)/memory.memsw.limit_in_bytes")
        }
        #expect(group.memoryKills() > 0 || !accountsForSwap)
        #expect(loop.watch { !group.isPopulated() })
    }

    @Test func `a group that was left behind gets the limits of its next task`() throws {
        let wanted = [
            TaskLimits(memoryBytes: 16 << 20), TaskLimits(memoryBytes: 64 << 20, nanoCPUs: 500_000_000),
            TaskLimits(memoryBytes: 8 << 20, nanoCPUs: 5_000_000), TaskLimits(),
        ]
        for limits in wanted {
            do throws(SystemError) { _ = try cgroups.make(name, limits) } catch {
                #expect("\(error)".contains("has no control group controller"))
            }
        }
        try cgroups.find(name)?.destroy()
    }

    @Test func `a limit below what the kernel can do is refused by name and leaves nothing`() {
        #expect {
            _ = try cgroups.make(name, TaskLimits(nanoCPUs: 10))
        } throws: {
            "\($0)".contains("processor time")
        }
        #expect(cgroups.find(name) == nil)
    }

    @Test func `a group with two parts takes its own parent along`() throws {
        let group = try cgroups.make("\(name)/inner", TaskLimits())
        let directories = group.directories
        try group.destroy()
        #expect(cgroups.find(name) == nil)
        #expect(!directories.contains(where: exists))
    }
}

/// A host that has version 2 alone, played by plain files: what is written where.
@Suite struct UnifiedCgroupTests {
    private let folder = TemporaryFolder("cgroup")
    private var group: String { "\(folder.path)/conclave/web" }

    private func put(_ path: String, _ text: String) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        #expect(unsafe write(file, text, text.utf8.count) == text.utf8.count)
    }

    /// The groups of a kernel that has these controllers, with the files that it makes for each.
    private func make(_ controllers: [String: [String]]) -> LinuxCgroups {
        unsafe mkdir("\(folder.path)/conclave", 0o755)
        unsafe mkdir(group, 0o755)
        put("\(folder.path)/cgroup.controllers", controllers.keys.sorted().joined(separator: " ") + "\n")
        for path in [folder.path, "\(folder.path)/conclave"] { put("\(path)/cgroup.subtree_control", "") }
        for name in controllers.values.joined() + ["cgroup.events", "cgroup.procs", "cgroup.kill"] {
            put("\(group)/\(name)", "")
        }
        let mounts = "30 24 0:26 / \(folder.path) rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
        return LinuxCgroups(CgroupLayout(mounts: "24 1 0:1 / / rw - ext4 /dev/vda rw\n" + mounts))
    }

    private let all = [
        "cpu": ["cpu.max", "cpu.stat"], "pids": ["pids.max", "pids.current"],
        "memory": ["memory.max", "memory.swap.max", "memory.current", "memory.stat", "memory.events"],
    ]

    @Test func `limits are written where version 2 has them, and controllers handed down`() throws {
        let cgroups = make(all)
        #expect(cgroups.layout == "v2")
        let made = try cgroups.make("web", TaskLimits(memoryBytes: 1 << 26, processes: 20, nanoCPUs: 500_000_000))
        #expect(made.directories == [group])
        #expect(readSmall("\(group)/memory.max") == "67108864")
        #expect(readSmall("\(group)/memory.swap.max") == "0")
        #expect(readSmall("\(group)/pids.max") == "20")
        #expect(readSmall("\(group)/cpu.max") == "50000 100000")
        for path in [folder.path, "\(folder.path)/conclave"] {
            #expect(readSmall("\(path)/cgroup.subtree_control").hasPrefix("+pids"))
        }
        #expect(cgroups.find("web")?.directories == [group])
    }

    @Test func `what is used, and killed for memory, is read where version 2 tells it`() throws {
        let cgroups = make(all)
        let made = try cgroups.make("web", TaskLimits())
        put("\(group)/cpu.stat", "usage_usec 5000\nuser_usec 1\n")
        put("\(group)/memory.current", "9000\n")
        put("\(group)/memory.stat", "anon 1\ninactive_file 2000\n")
        put("\(group)/pids.current", "3\n")
        put("\(group)/memory.events", "low 0\noom 2\noom_kill 1\n")
        let usage = made.usage()
        #expect(usage.processorNanoseconds == 5_000_000 && usage.memoryBytes == 7000 && usage.processes == 3)
        #expect(made.memoryKills() == 1)
        #expect(!made.isPopulated())
        put("\(group)/cgroup.events", "populated 1\nfrozen 0\n")
        #expect(made.isPopulated())
        #expect(throws: SystemError.self) { try cgroups.make("web", TaskLimits()) }
        try made.kill()
        #expect(readSmall("\(group)/cgroup.kill") == "1")
    }

    @Test func `a limit without its controller is refused by name`() {
        let cgroups = make(["pids": ["pids.max"]])
        for (limits, what) in [
            (TaskLimits(memoryBytes: 1 << 26), "memory"), (TaskLimits(nanoCPUs: 500_000_000), "processor time"),
        ] {
            #expect {
                _ = try cgroups.make("web", limits)
            } throws: {
                "\($0)".contains("limit \(what)") && "\($0)".contains("no control group controller")
            }
        }
    }
}

extension Loop {
    /// Starts a shell command as a member of `group`.
    fileprivate func shell(_ script: String, in group: any Cgroup) throws -> any ProcessHandle {
        let joining = group.directories.map { "echo 0 > \($0)/cgroup.procs; " }.joined()
        return try shell(joining + script)
    }
}
