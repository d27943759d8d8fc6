import Glibc
import Seams

/// Where this host's control groups are, as the table of mounts tells.
struct CgroupLayout {
    /// The top of the unified hierarchy.
    var unified: String?
    /// Controllers of the unified hierarchy.
    var unifiedControllers: [String] = []
    /// Version 1: the controllers used here, and the top of each one's hierarchy; sorted by controller.
    var separate: [(controller: String, top: String)] = []

    /// What limits, kills and counts need; others are left alone.
    private static let used = ["cpu", "cpuacct", "freezer", "memory", "pids"]

    var name: String {
        switch (unified != nil, !separate.isEmpty) {
        case (true, true): "hybrid"
        case (true, false): "v2"
        case (false, true): "v1"
        case (false, false): "none"
        }
    }

    /// - Parameter mounts: as `/proc/self/mountinfo` has them.
    init(mounts: String = readSmall("/proc/self/mountinfo")) {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash > 4, dash + 3 < fields.count else { continue }
            let top = String(fields[4])
            switch fields[dash + 1] {
            case "cgroup2" where unified == nil: unified = top
            case "cgroup":
                let controllers = fields[dash + 3].split(separator: ",").map(String.init)
                for each in Self.used where controllers.contains(each) && self.top(each) == nil {
                    separate.append((each, top))
                }
            default: break
            }
        }
        separate.sort { $0.controller < $1.controller }
        if let unified {
            unifiedControllers = readSmall(unified + "/cgroup.controllers").split(whereSeparator: \.isWhitespace)
                .map(String.init)
        }
    }

    /// The top of a version 1 controller's hierarchy.
    func top(_ controller: String) -> String? {
        separate.first { $0.controller == controller }?.top
    }

    /// All hierarchies in which a group is made, the unified one first, each once.
    var tops: [String] {
        var all = unified.map { [$0] } ?? []
        for (_, top) in separate where !all.contains(top) { all.append(top) }
        return all
    }
}

/// Writes to a control file in one call; 0 or an errno.
func writeControl(_ path: String, _ text: String) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno }
    defer { _ = close(descriptor) }
    var text = text
    let count = text.utf8.count
    let written = text.withUTF8 { unsafe write(descriptor, $0.baseAddress, $0.count) }
    return written == count ? 0 : errno
}
