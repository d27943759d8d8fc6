import Glibc
import Linux
import Model
import Seams
import Testing

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

extension Loop {
    /// Starts a shell command as a member of `group`.
    fileprivate func shell(_ script: String, in group: any Cgroup) throws -> any ProcessHandle {
        let joining = group.directories.map { "echo 0 > \($0)/cgroup.procs; " }.joined()
        return try shell(joining + script)
    }
}
