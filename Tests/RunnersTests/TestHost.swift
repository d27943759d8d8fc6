import Glibc
import Linux
import Model
import Primitives
import Seams

@testable import Runners

/// Whether sandboxes can be made here: user 0 and bubblewrap.
let canSandbox = geteuid() == 0 && exists("/usr/bin/bwrap")

/// The real host with control groups that a test chooses, and with time that passes faster if it wants that.
final class TestHost: Host {
    let linux = LinuxEnvironment()
    let cgroups: any Cgroups
    let time: any Time
    init(cgroups: any Cgroups, isHurried: Bool = false) {
        self.cgroups = cgroups
        time = isHurried ? HurriedTime(linux.time) : linux.time
    }
    var work: any Work { linux.work }
    var network: any Network { linux.network }
    var files: any Files { linux.files }
    func makeGenerator() -> SecureGenerator { linux.makeGenerator() }
    var processes: any Processes { linux.processes }
}

/// A host without control groups.
final class NoCgroups: Cgroups {
    let layout = "none"
    func make(_ name: String, _ limits: TaskLimits) throws(SystemError) -> any Cgroup {
        throw SystemError("make a control group", name, detail: "this host has none")
    }
    func find(_ name: String) -> (any Cgroup)? { nil }
}
