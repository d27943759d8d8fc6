import Bytes
import Glibc
import Model
import Seams

/// The file systems in memory of all tasks of a node, below one folder.
package final class MemoryTaskFiles: TaskFiles {
    package let protection: Protection
    private let time: any Time
    private let folder: String
    private var systems: [TaskID: SecretsFileSystem] = [:]
    /// What each task's configs hold now: the same ones are not written again with each new secret.
    private var configs: [TaskID: [Config]] = [:]
    private var timer: (any Seams.Timer)?
    private var timerDue = Moment.zero

    fileprivate struct Config: Equatable {
        var path: String
        var data: Bytes
        var uid: UInt32
        var gid: UInt32
        var mode: UInt32
    }

    /// - Parameter folder: `<run>/tasks`, whose parent exists; made and marked when it is not yet.
    package init(time: any Time, folder: String) throws(RunnerError) {
        try TasksFolder.open(folder)
        self.time = time
        self.folder = folder
        let probe = "\(folder)/\(Self.probeName)"
        if let mounted = try? SecretsFileSystem.mount(at: probe, capacity: 1 << 20, demand: .preferred) {
            protection = Self.protection(mounted.protection)
            mounted.wipe()
        } else {
            protection = .unspecified
        }
    }

    /// Not the name of any task.
    private static let probeName = "probe"

    package func prepare(_ task: TaskID, _ files: [TaskFile], required: Bool) throws(SystemError) -> TaskFolders {
        precondition(systems[task] == nil, "the files of task \(task) are prepared a second time")
        do {
            let system = try SecretsFileSystem.mount(
                at: path(task), capacity: SecretsFileSystem.capacity(for: files.reduce(0) { $0 + $1.count }),
                demand: required ? .required : .preferred)
            systems[task] = system
        } catch {
            throw Self.error(error, task)
        }
        try publish(task, files)
        return folders(systems[task]!)
    }

    package func adopt(_ task: TaskID) -> TaskFolders? {
        // How large it was made is not noted anywhere; only ramfs, which has no size of its own, is counted by it.
        guard
            let system = SecretsFileSystem.adopt(
                at: path(task), capacity: Self.adoptedCapacity, now: time.now)
        else { return nil }
        systems[task] = system
        collect(after: system)
        return folders(system)
    }

    private static let adoptedCapacity = SecretsFileSystem.capacity(for: 16 << 20)

    package func protection(of task: TaskID) -> Protection {
        systems[task].map { Self.protection($0.protection) } ?? .unspecified
    }

    package func publish(_ task: TaskID, _ files: [TaskFile]) throws(SystemError) {
        guard let system = systems[task] else {
            throw SystemError("write the files of", "task \(task)", detail: "they are not mounted")
        }
        defer { collect(after: system) }
        let secrets = files.filter { $0.isSecret }
        let others = files.filter { !$0.isSecret }
        let wanted = files.compactMap { Config($0) }
        do throws(RunnerError) {
            let staged = try system.stage(secrets, in: .secrets, now: time.now)
            if configs[task] != wanted {
                do throws(RunnerError) {
                    try system.replace(others, in: .configs, now: time.now)
                } catch {
                    try system.discard(staged, in: .secrets)
                    throw error
                }
                configs[task] = wanted
            }
            try system.flip(to: staged, in: .secrets, now: time.now)
        } catch {
            throw Self.error(error, task)
        }
    }

    package func wipe(_ task: TaskID) {
        configs[task] = nil
        if let system = systems.removeValue(forKey: task) {
            system.wipe()
        } else if let left = SecretsFileSystem.adopt(at: path(task), capacity: Self.adoptedCapacity, now: time.now) {
            left.wipe()
        }
    }

    package func sweep(keeping tasks: [TaskID]) {
        SecretsFileSystem.sweep(folder, keeping: Set(tasks.map { "\($0)" } + systems.keys.map { "\($0)" }))
    }

    // MARK: - Old generations

    /// What is replaced close together goes together, or each of many tasks' files would have a look of its own.
    private static let batch = Duration.milliseconds(100)

    /// Sees to it that what `system` has replaced goes in time.
    private func collect(after system: SecretsFileSystem) {
        if let due = system.nextDue { collect(at: due) }
    }

    private func collect(at due: Moment) {
        guard timer == nil || due < timerDue else { return }
        timer?.cancel()
        timerDue = due
        timer = time.after(due - time.now + Self.batch) { [weak self] in
            guard let self else { return }
            timer = nil
            let next = systems.values.compactMap { $0.collect(now: self.time.now) }.min()
            if let next { collect(at: next) }
        }
    }

    // MARK: - Helpers

    private func path(_ task: TaskID) -> String { "\(folder)/\(task)" }

    private func folders(_ system: SecretsFileSystem) -> TaskFolders {
        TaskFolders(secrets: system.path(of: .secrets), configs: system.path(of: .configs))
    }

    private static func protection(_ protection: SecretsFileSystem.Protection) -> Protection {
        switch protection {
        case .secure: .secure
        case .weak: .weak
        case .insecure: .insecure
        }
    }

    private static func error(_ error: RunnerError, _ task: TaskID) -> SystemError {
        var code: Int32 = 0
        switch error {
        case .full: code = ENOSPC
        case .system(_, let number): code = number
        case .unsupported, .refused, .gone: break
        }
        return SystemError("write the files of", "task \(task)", code: code, detail: "\(error)")
    }
}

extension MemoryTaskFiles.Config {
    fileprivate init?(_ file: TaskFile) {
        guard case .config(let data) = file.content else { return nil }
        self.init(path: file.path, data: data, uid: file.uid, gid: file.gid, mode: file.mode)
    }
}

extension TaskFile {
    fileprivate var isSecret: Bool { if case .secret = content { true } else { false } }
}
