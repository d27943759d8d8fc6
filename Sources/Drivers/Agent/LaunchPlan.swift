import Model
import Seams
import Store
import Worker

/// Makes of a task what its runner and its file system need: users, paths and numbers of this node.
struct LaunchPlan: Sendable {
    var options: AgentDriver.Options

    /// What is in the environment of a task that says nothing else.
    static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The task's user: the one that its service names, else its service's own of the node's range.
    ///
    /// - Throws: when the named user is not there, or is 0 and that is not allowed.
    func user(of task: StoredTask, in files: any Files) throws(SystemError) -> UserTable.User {
        // A container's users are its own; its files belong to its user 0, as Swarm has it.
        if task.spec?.container != nil { return UserTable.User(uid: 0, gid: 0) }
        let named = task.spec?.program?.user ?? ""
        let own = options.firstTaskUser + task.userOrdinal % max(options.taskUsers, 1)
        var user = named.isEmpty ? UserTable.User(uid: own, gid: own) : try UserTable.resolve(named, in: files)
        for group in task.spec?.program?.groups ?? [] { user.groups.append(try UserTable.group(group, in: files)) }
        return try allowed(user)
    }

    /// Whether `user` has files to read, which takes a while.
    func readsUserTable(_ task: StoredTask) -> Bool {
        guard task.spec?.container == nil, let program = task.spec?.program else { return false }
        return !program.user.isEmpty || !program.groups.isEmpty
    }

    func allowed(_ user: UserTable.User) throws(SystemError) -> UserTable.User {
        guard user.uid != 0 || options.allowsRootTasks else {
            throw SystemError("start a task", detail: "user 0 is not allowed on this node (--allow-root-tasks)")
        }
        guard !user.groups.contains(0) || options.allowsRootTasks else {
            throw SystemError("start a task", detail: "group 0 is not allowed on this node (--allow-root-tasks)")
        }
        return user
    }

    /// - Throws: for a stop signal that there is not.
    func launch(
        of task: StoredTask, as user: UserTable.User, folders: TaskFolders?
    ) throws(SystemError) -> TaskLaunch {
        let program = task.spec?.program ?? ProgramSpec()
        guard let stopSignal = SignalName.number(program.stopSignal) else {
            throw SystemError("start a task", detail: "there is no signal \(program.stopSignal)")
        }
        var launch = TaskLaunch()
        launch.task = task.id
        launch.name = task.name
        launch.spec = task.spec ?? TaskSpec()
        if let image = task.image { launch.spec.container?.image = image }
        launch.arguments = program.command + program.arguments
        launch.uid = user.uid
        launch.gid = user.gid
        launch.groups = user.groups
        launch.directory = program.directory.isEmpty ? nil : program.directory
        launch.hostname = program.hostname.isEmpty ? task.id.short : program.hostname
        launch.environment = environment(program, hostname: launch.hostname)
        launch.limits = limits(task)
        launch.stopSignal = stopSignal
        launch.secretsDirectory = folders?.secrets
        launch.configsDirectory = folders?.configs
        launch.stateDirectory = options.folder(of: task.id)
        launch.logPath = options.logPath(of: task.id)
        launch.maskedPaths = [options.stateDirectory, options.runDirectory] + options.maskedPaths
        return launch
    }

    /// What is left of a task that has ended: its output.
    func ended(_ task: TaskID) -> TaskLaunch {
        var launch = TaskLaunch()
        launch.task = task
        launch.logPath = options.logPath(of: task)
        return launch
    }

    private func environment(_ program: ProgramSpec, hostname: String) -> [String] {
        var words = program.environment
        for word in [Self.path, "HOSTNAME=\(hostname)"] {
            let name = word.prefix { $0 != "=" } + "="
            if !words.contains(where: { $0.hasPrefix(name) }) { words.append(word) }
        }
        return words
    }

    private func limits(_ task: StoredTask) -> TaskLimits {
        func given(_ value: UInt64?) -> UInt64? { value == 0 ? nil : value }
        var limits = TaskLimits(
            memoryBytes: given(task.spec?.limits?.memoryBytes), processes: given(task.spec?.limits?.pids),
            nanoCPUs: given(task.spec?.limits?.cpuNano))
        limits.forbidsSwap = requiresMemory(task)
        return limits
    }

    func requiresMemory(_ task: StoredTask) -> Bool { task.spec?.memory != .preferred }

    // MARK: - Files

    /// The files of a generation with their owners: those of the target, else the task's user.
    ///
    /// Of a process only its user may read them; in a container all may, as Swarm has it.
    ///
    /// - Throws: for an owner that is not a number.
    func files(
        _ published: [PublishedFile], of spec: TaskSpec?, uid: UInt32, gid: UInt32
    ) throws(SystemError) -> [TaskFile] {
        let usualMode: UInt32 = spec?.container == nil ? 0o400 : 0o444
        var files: [TaskFile] = []
        for file in published {
            let content: TaskFile.Content =
                switch file.content {
                case .secret(let box): .secret(box)
                case .config(let bytes): .config(bytes)
                }
            let mode = file.target.mode == 0 ? usualMode : file.target.mode
            files.append(
                TaskFile(
                    path: Self.path(file.target.name, below: file.isSecret ? "/run/secrets/" : "/run/configs/"),
                    content: content, uid: try Self.owner(file.target.uid, else: uid),
                    gid: try Self.owner(file.target.gid, else: gid), mode: mode))
        }
        return files
    }

    private static func path(_ name: String, below folder: String) -> String {
        if name.hasPrefix(folder) { return String(name.dropFirst(folder.utf8.count)) }
        return name.hasPrefix("/") ? TaskFile.absoluteFolder + name : name
    }

    private static func owner(_ text: String, else own: UInt32) throws(SystemError) -> UInt32 {
        if text.isEmpty { return own }
        guard let number = UserTable.number(text) else {
            throw SystemError("write a task's files", detail: "the owner \(text) is not a number")
        }
        return number
    }
}
