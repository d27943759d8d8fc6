import Bytes
import Glibc
import Model
import Seams

/// The tasks' file systems in memory on a simulated host: what each task sees, for the simulation to look at.
package final class SimulatedTaskFiles: TaskFiles {
    package let protection = Protection.secure
    private let host: SimulatedHost

    package init(_ host: SimulatedHost) { self.host = host }

    package func prepare(
        _ task: TaskID, _ files: [TaskFile], required: Bool
    ) throws(SystemError) -> TaskFolders {
        host.shown[task] = [:]
        try publish(task, files)
        return folders(task)
    }

    package func protection(of task: TaskID) -> Protection { host.shown[task] == nil ? .unspecified : protection }

    package func adopt(_ task: TaskID) -> TaskFolders? { host.shown[task] == nil ? nil : folders(task) }

    package func publish(_ task: TaskID, _ files: [TaskFile]) throws(SystemError) {
        guard host.shown[task] != nil else { return note("files of \(task) are published and it has no file system") }
        if host.world.below(1000) < host.failuresInThousand {
            throw SystemError("publish", "\(task)", code: ENOSPC, detail: "no room beside the older ones")
        }
        host.shown[task] = [:]
        for file in files {
            guard case .secret(let value) = file.content else { continue }
            host.shown[task]?[file.path] = unsafe value.borrow { unsafe [UInt8]($0) }
        }
    }

    package func wipe(_ task: TaskID) {
        if let program = host.programs[task], program.isAlive {
            note("W2: the files of \(task) are wiped and it runs on \(host.name)")
        }
        host.shown[task] = nil
    }

    package func sweep(keeping tasks: [TaskID]) {
        for task in host.shown.keys.sorted() where !tasks.contains(task) { wipe(task) }
    }

    private func note(_ what: String) { host.world.wrong = host.world.wrong ?? what }

    private func folders(_ task: TaskID) -> TaskFolders {
        TaskFolders(secrets: "/m/\(task)/secrets", configs: "/m/\(task)/configs")
    }
}
