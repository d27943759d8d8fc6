import Bytes
import Model
import Seams
import Wire
import Worker

// MARK: - The tasks of an earlier agent

extension AgentDriver {
    /// Finds all tasks of which there are notes; `done` gets those that the core must know.
    func adoptAll(done: @escaping ([AdoptedTask]) -> Void) {
        records.load { [self] found in
            // What has a note may be alive; what has none is nobody's.
            taskFiles.sweep(keeping: found.map(\.id))
            beginRunners(keeping: found.map(\.id))
            for (id, note) in found where note == nil { discard(id) }
            adopt(found.compactMap { $0.note }, done)
        }
    }

    private func adopt(_ notes: [TaskNote], _ done: @escaping ([AdoptedTask]) -> Void) {
        var adopted: [AdoptedTask?] = Array(repeating: nil, count: notes.count)
        var left = notes.count
        guard left > 0 else { return done([]) }
        for (place, note) in notes.enumerated() {
            guard let task = note.task else { preconditionFailure("a note without its task was loaded") }
            noted[task.id] = note
            if let status = task.status { since[task.id] = (status.state, status.since, status.started) }
            let launch = launch(of: task, as: UserTable.User(uid: note.uid, gid: note.gid))
            launches[task.id] = launch
            adopting[task.id] = { event in
                adopted[place] = AdoptedTask(
                    task: task, found: note.isOver ? .over : Self.found(event), shown: note.shown,
                    isHealthy: note.isHealthy)
                left -= 1
                if left == 0 { done(adopted.compactMap(\.self)) }
            }
            runner(of: task.id).adopt(launch) { [weak self] event in self?.happened(task.id, event) }
        }
    }

    /// The launch of a task that runs already: what of it can't be found any more is not needed any more.
    private func launch(of task: StoredTask, as user: UserTable.User) -> TaskLaunch {
        let folders = taskFiles.adopt(task.id)
        if let launch = try? plan.launch(of: task, as: user, folders: folders) { return launch }
        var launch = TaskLaunch()
        launch.task = task.id
        launch.spec = task.spec ?? TaskSpec()
        launch.stateDirectory = plan.options.folder(of: task.id)
        launch.secretsDirectory = folders?.secrets
        launch.configsDirectory = folders?.configs
        return launch
    }

    private static func found(_ event: TaskEvent) -> AdoptedTask.Found {
        switch event {
        case .started(let pid): .running(pid: UInt32(max(pid, 0)))
        case .ended(let code, let reason): .exited(code: code, message: reason)
        case .failed(let reason): .lost(reason)
        }
    }

    /// Ends and removes a task whose note is unreadable: the manager will hear nothing of it and make another one.
    private func discard(_ id: TaskID) {
        notice("the note about task \(id) is unreadable; the task is ended and removed")
        var launch = TaskLaunch()
        launch.task = id
        launch.stateDirectory = plan.options.folder(of: id)
        if let folders = taskFiles.adopt(id) {
            launch.secretsDirectory = folders.secrets
            launch.configsDirectory = folders.configs
        }
        discard(launch, from: runners[...])
    }

    /// Which runner it was is not known either, so each is asked.
    private func discard(_ launch: TaskLaunch, from rest: ArraySlice<any Runner>) {
        let id = launch.task
        guard let runner = rest.first else {
            taskFiles.wipe(id)
            return records.remove(id) { _ in }
        }
        adopting[id] = { [self] _ in
            finishDiscard(id, runner, pause: .seconds(1)) { [self] in discard(launch, from: rest.dropFirst()) }
        }
        runner.adopt(launch) { [weak self] event in self?.happened(id, event) }
    }

    private func finishDiscard(
        _ id: TaskID, _ runner: any Runner, pause: Duration, done: @escaping () -> Void
    ) {
        runner.kill(id)
        runner.cleanUp(id) { [self] result in
            if case .success = result { return done() }
            environment.time.after(pause) { [weak self] in
                self?.finishDiscard(id, runner, pause: min(pause * 2, .seconds(60)), done: done)
            }
        }
    }
}
