import CLinux
import Glibc
import Model
import Seams

/// One group: a directory in each hierarchy.
final class LinuxCgroup: Cgroup {
    private let name: String
    private let host: CgroupLayout
    private let places: [(top: String, path: String)]
    /// Rounds of reading the members and killing them, where nothing stops them from multiplying meanwhile.
    private static let killRounds = 64

    init(_ name: String, _ host: CgroupLayout, _ places: [(top: String, path: String)]) {
        self.name = name
        self.host = host
        self.places = places
    }

    var directories: [String] { places.map(\.path) }

    /// The directory in the unified hierarchy.
    private var unified: String? { places.first { $0.top == host.unified }?.path }

    /// The directory in a version 1 hierarchy.
    private func separate(_ controller: String) -> String? {
        guard let top = host.top(controller) else { return nil }
        return places.first { $0.top == top }?.path
    }

    private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    // MARK: - Limits

    func update(_ limits: TaskLimits) throws(SystemError) {
        try limitMemory(limits)
        try limit(
            "the number of processes", limits.processes != nil, unified: "pids.max", separate: ("pids", "pids.max"),
            limits.processes.map(String.init) ?? "max")
        try limitProcessor(limits)
    }

    /// Writes one limit where it is kept. A limit not `wanted` may have no place.
    private func limit(
        _ what: String, _ wanted: Bool, unified file: String, separate old: (controller: String, file: String),
        _ value: String, _ oldValue: String? = nil
    ) throws(SystemError) {
        if let unified, Self.exists(unified + "/" + file) {
            try set(unified + "/" + file, value, what)
        } else if let directory = separate(old.controller) {
            try set(directory + "/" + old.file, oldValue ?? value, what)
        } else if wanted {
            throw SystemError(
                "limit \(what) of", name, code: ENOTSUP, detail: "this host has no control group controller for it")
        }
    }

    private func set(_ path: String, _ value: String, _ what: String) throws(SystemError) {
        let code = writeControl(path, value)
        guard code == 0 else { throw SystemError("limit \(what) of", name, code: code) }
    }

    private func limitMemory(_ limits: TaskLimits) throws(SystemError) {
        let wanted = limits.memoryBytes
        if let directory = separate("memory"), unified.map({ Self.exists($0 + "/memory.max") }) != true {
            try limitOldMemory(directory, limits)
        } else {
            try limit(
                "memory", wanted != nil, unified: "memory.max", separate: ("memory", ""),
                wanted.map(String.init) ?? "max")
            if let unified {
                // Absent where the kernel doesn't account for swap.
                _ = writeControl(unified + "/memory.swap.max", limits.forbidsSwap ? "0" : "max")
            }
        }
    }

    /// Version 1 has one limit for memory and one for memory with swap, which is never below the first.
    private func limitOldMemory(_ directory: String, _ limits: TaskLimits) throws(SystemError) {
        let both = directory + "/memory.memsw.limit_in_bytes"
        let memory = directory + "/memory.limit_in_bytes"
        let value = limits.memoryBytes.map(String.init) ?? "-1"
        let swapless = limits.forbidsSwap && limits.memoryBytes != nil
        // Out of the way first: either order of two new values is refused in one of the directions.
        _ = writeControl(both, "-1")
        try set(memory, value, "memory")
        if swapless { _ = writeControl(both, value) }
    }

    private func limitProcessor(_ limits: TaskLimits) throws(SystemError) {
        let what = "processor time"
        // A tenth of a second; ten times as long where the quota would fall below the kernel's least, 1 ms.
        var period: UInt64 = 100_000
        var quota: UInt64?
        if let wanted = limits.nanoCPUs {
            guard wanted >= 1_000_000 else {
                throw SystemError("limit \(what) of", name, code: EINVAL, detail: "the least is 0.001 processors")
            }
            if wanted < 10_000_000 { period = 1_000_000 }
            quota = (wanted / 1000).multipliedReportingOverflow(by: period / 1000).partialValue / 1000
        }
        if let directory = separate("cpu"), unified.map({ Self.exists($0 + "/cpu.max") }) != true {
            _ = writeControl(directory + "/cpu.cfs_quota_us", "-1")
            try set(directory + "/cpu.cfs_period_us", "\(period)", what)
            try set(directory + "/cpu.cfs_quota_us", quota.map(String.init) ?? "-1", what)
        } else {
            let value = quota.map(String.init) ?? "max"
            try limit(what, quota != nil, unified: "cpu.max", separate: ("cpu", ""), "\(value) \(period)")
        }
    }

    func memoryKills() -> UInt64 {
        var text = unified.map { readSmall($0 + "/memory.events") } ?? ""
        if text.isEmpty, let directory = separate("memory") { text = readSmall(directory + "/memory.oom_control") }
        return Self.value("oom_kill", in: text) ?? 0
    }

    // MARK: - Usage

    func usage() -> TaskUsage {
        var usage = TaskUsage()
        usage.processorNanoseconds =
            separate("cpuacct").flatMap { Self.number($0 + "/cpuacct.usage") }
            ?? unified.flatMap { Self.value("usage_usec", in: readSmall($0 + "/cpu.stat")) }.map { $0 &* 1000 }
        usage.memoryBytes = usedMemory()
        usage.processes =
            unified.flatMap { Self.number($0 + "/pids.current") }
            ?? separate("pids").flatMap { Self.number($0 + "/pids.current") }
        return usage
    }

    /// Without the cache of files that was not used lately: the kernel takes it when it is needed.
    private func usedMemory() -> UInt64? {
        if let unified, let all = Self.number(unified + "/memory.current") {
            return all - min(all, Self.value("inactive_file", in: readSmall(unified + "/memory.stat")) ?? 0)
        }
        guard let directory = separate("memory"), let all = Self.number(directory + "/memory.usage_in_bytes") else {
            return nil
        }
        return all - min(all, Self.value("total_inactive_file", in: readSmall(directory + "/memory.stat")) ?? 0)
    }

    private static func number(_ path: String) -> UInt64? { UInt64(readSmall(path).dropLast()) }

    /// The number in the line of `name`.
    private static func value(_ name: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + " ") {
            return UInt64(line.dropFirst(name.count + 1))
        }
        return nil
    }

    // MARK: - Members

    func isPopulated() -> Bool {
        if let unified, readSmall(unified + "/cgroup.events").contains("populated 1") { return true }
        return !members().isEmpty
    }

    /// Numbers in any of the directories, in order; a process that joined only some of them counts.
    private func members() -> [Int32] {
        var all: [Int32] = []
        for path in directories {
            all += readSmall(path + "/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
        }
        // 0 is a process of a namespace that we don't see.
        return Array(Set(all)).filter { $0 > 0 }.sorted()
    }

    func kill() throws(SystemError) {
        if let unified { _ = writeControl(unified + "/cgroup.kill", "1") }
        // Frozen, the members can't have children that are missed.
        let freezer = separate("freezer").map { $0 + "/freezer.state" }
        if let freezer { _ = writeControl(freezer, "FROZEN") }
        killEach()
        if let freezer {
            let code = writeControl(freezer, "THAWED")
            guard code == 0 || code == ENOENT else { throw SystemError("thaw the control group", name, code: code) }
        }
    }

    private func killEach() {
        var killed: Set<Int32> = []
        for _ in 0..<Self.killRounds {
            let found = members().filter { !killed.contains($0) }
            if found.isEmpty { return }
            let handles = found.map { cl_pidfd_open($0) }
            // The number may have been another's when it was opened; one that is still a member was not.
            let still = members()
            for (pid, pidfd) in zip(found, handles) where pidfd >= 0 {
                if still.contains(pid) { cl_pidfd_signal(pidfd, SIGKILL) }
                Glibc.close(pidfd)
            }
            killed.formUnion(found)
        }
    }

    // MARK: - The end

    func destroy() throws(SystemError) {
        for (top, path) in places {
            let code = Self.removeTree(path)
            guard code == 0 else { throw SystemError("remove the control group", name, code: code) }
            var above = name.split(separator: "/").dropLast().joined(separator: "/")
            above = "\(top)/\(LinuxCgroups.parent)" + (above.isEmpty ? "" : "/" + above)
            while above.count > top.count {
                // In use by another group: the last one takes it along.
                guard unsafe rmdir(above) == 0 || errno == ENOENT else { break }
                above = String(above[..<above.lastIndex(of: "/")!])
            }
        }
    }

    /// Removes what was made in vain.
    func abandon() { try? destroy() }

    /// A group with those that its members made in it; 0 or an errno.
    private static func removeTree(_ path: String) -> Int32 {
        if unsafe rmdir(path) == 0 || errno == ENOENT { return 0 }
        let code = errno
        guard let names = try? LinuxFiles().list(path) else { return code }
        var found = false
        for name in names {
            var status = stat()
            let inner = path + "/" + name
            guard unsafe lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
            found = true
            let code = removeTree(inner)
            if code != 0 { return code }
        }
        guard found, unsafe rmdir(path) == 0 else { return code }
        return 0
    }
}
