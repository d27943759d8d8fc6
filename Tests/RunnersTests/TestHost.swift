import Glibc
import Linux
import Model
import Primitives
import Seams

@testable import Runners

/// Whether sandboxes can be made here: user 0 and bubblewrap.
let canSandbox = geteuid() == 0 && exists("/usr/bin/bwrap")

/// The real host with control groups that a test chooses.
final class TestHost: Host {
    let linux = LinuxEnvironment()
    let cgroups: any Cgroups
    init(cgroups: any Cgroups) { self.cgroups = cgroups }
    var time: any Time { linux.time }
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
