import Bytes
import Glibc
import Model
import Seams
import Wire
import Worker

// MARK: - Effects

extension AgentDriver {
    func carryOut(_ effect: Agent.Effect) {
        switch effect {
        case .dial(let manager):
            isLinked = true
            link.dial(manager)
        case .hangUp:
            guard isLinked else { return }
            unlink()
            link.hangUp()
        case .register(var message):
            stamp(&message.tasks)
            stamp(&message.held)
            send(.register, message)
        case .heartbeat(let message): send(.heartbeat, message)
        case .acknowledge(var message):
            stamp(&message.held)
            send(.assignmentApplied, message)
        case .report(var message):
            stamp(&message.tasks)
            stamp(&message.held)
            send(.reportTasks, message)
        case .open(let value):
            link.open(value) { [weak self] opened in
                self?.deliver(.opened(value.taskID, value.secretID, version: value.version, opened))
            }
        case .prepare(let task, let files, let credentials): prepare(task, files, credentials)
        case .start(let id): start(id)
        case .publish(let id, let generation, let files):
            generations[id] = generation
            publish(id, generation, files, tries: Self.mostTries)
        case .check(let id, let number, let check): self.check(id, number, check)
        case .stop(let id, let grace): runner(of: id).stop(id, grace: .milliseconds(min(grace, Self.longestGrace)))
        case .cleanUp(let id):
            // How it ended is noted before the runner forgets it.
            noteChange(of: id) { [self] in cleanUp(id, pause: .seconds(1)) }
        case .forget(let id): forget(id)
        case .remember(let managers): link.remember(managers)
        case .wakeAt: break  // `rearm` has it.
        }
    }

    /// Beyond a day somebody meant something else.
    private static let longestGrace: UInt64 = 86_400_000
    /// How often a generation without room is tried again, once a second: longer than an older one stays.
    private static let mostTries = 8

    /// Fills in since when each task is in its state, by the wall clock, which the core does not know.
    private func stamp(_ reports: inout [TaskReport]) {
        for place in reports.indices {
            guard var status = reports[place].status else { continue }
            stamp(&status, of: reports[place].taskID)
            reports[place].status = status
        }
    }

    /// Fills in which memory the values are in.
    private func stamp(_ held: inout [HeldVersion]) {
        for place in held.indices { held[place].protection = taskFiles.protection(of: held[place].taskID) }
    }

    /// Fills in since when a task is in its state, and since when it ran before that.
    private func stamp(_ status: inout TaskStatus, of id: TaskID) {
        let known = since[id]
        if known?.state != status.state {
            let began = known?.state == .running ? known?.at : nil
            since[id] = (status.state, environment.time.wallClock, began ?? .zero)
        }
        status.since = since[id]?.at ?? .zero
        status.started = since[id]?.began ?? .zero
    }

    // MARK: - Start

    private func prepare(_ task: StoredTask, _ files: [PublishedFile], _ credentials: SecretBox?) {
        let plan = plan
        let world = environment.files
        let find = { @Sendable in Result { () throws(SystemError) in try plan.user(of: task, in: world) } }
        let found = { [self] (user: Result<UserTable.User, SystemError>) in
            switch user {
            case .success(let user): note(task, files, credentials, as: user)
            case .failure(let error): refuse(task.id, error)
            }
        }
        if plan.readsUserTable(task) { environment.work.job(find, done: found) } else { found(find()) }
    }

    /// Notes a task before anything of it exists, so that no crash leaves what nobody knows.
    private func note(
        _ task: StoredTask, _ files: [PublishedFile], _ credentials: SecretBox?, as user: UserTable.User
    ) {
        var note = TaskNote()
        note.task = task
        note.uid = user.uid
        note.gid = user.gid
        noted[task.id] = note
        records.save(task.id, note) { [self] error in
            if let error { return refuse(task.id, error) }
            do throws(SystemError) {
                try prepare(task, files, credentials, as: user)
            } catch {
                refuse(task.id, error)
            }
        }
    }

    private func prepare(
        _ task: StoredTask, _ files: [PublishedFile], _ credentials: SecretBox?, as user: UserTable.User
    ) throws(SystemError) {
        let owned = try plan.files(files, of: task.spec, uid: user.uid, gid: user.gid)
        // A program that can't be started must not get its values first.
        _ = try plan.launch(of: task, as: user, folders: nil)
        let folders = try taskFiles.prepare(task.id, owned, required: plan.requiresMemory(task))
        let launch = try plan.launch(of: task, as: user, folders: folders)
        launches[task.id] = launch
        runner(of: task.id).prepare(launch, credentials: credentials) { [self] result in
            switch result {
            case .success(let prepared): deliver(.runner(task.id, .prepared(prepared)))
            case .failure(let error): refuse(task.id, error)
            }
        }
    }

    private func refuse(_ id: TaskID, _ error: SystemError) {
        deliver(.runner(id, .failed("\(error)")))
    }

    private func start(_ id: TaskID) {
        guard let launch = launches[id] else { preconditionFailure("task \(id) is started and was not prepared") }
        runner(of: id).start(launch) { [weak self] event in self?.happened(id, event) }
    }

    func happened(_ id: TaskID, _ event: TaskEvent) {
        if let adopt = adopting.removeValue(forKey: id) { return adopt(event) }
        switch event {
        case .started(let pid): deliver(.runner(id, .started(pid: UInt32(max(pid, 0)))))
        case .ended(let code, let reason): deliver(.runner(id, .exited(code: code, message: reason)))
        case .failed(let reason): deliver(.runner(id, .failed(reason)))
        }
    }

    // MARK: - Files

    private func publish(_ id: TaskID, _ generation: UInt64, _ files: [PublishedFile], tries: Int) {
        guard generations[id] == generation, let launch = launches[id] else { return }
        do throws(SystemError) {
            try taskFiles.publish(id, try plan.files(files, of: launch.spec, uid: launch.uid, gid: launch.gid))
            deliver(.runner(id, .published(generation: generation)))
        } catch {
            guard error.code == ENOSPC, tries > 0 else {
                deliver(.runner(id, .publishFailed(generation: generation, "\(error)")))
                return
            }
            environment.time.after(.seconds(1)) { [weak self] in
                self?.publish(id, generation, files, tries: tries - 1)
            }
        }
    }

    // MARK: - End

    /// The runner first: nothing is wiped while a process of the task may live (W2).
    private func cleanUp(_ id: TaskID, pause: Duration) {
        generations[id] = nil
        runner(of: id).cleanUp(id) { [self] result in
            switch result {
            case .success:
                taskFiles.wipe(id)
                deliver(.runner(id, .cleaned))
            case .failure(let error):
                notice("task \(id) is not cleaned up yet: \(error)")
                environment.time.after(pause) { [weak self] in
                    self?.cleanUp(id, pause: min(pause * 2, .seconds(60)))
                }
            }
        }
    }

    private func forget(_ id: TaskID) {
        launches[id] = nil
        noted[id] = nil
        lateNotes.remove(id)
        since[id] = nil
        records.remove(id) { [self] error in
            if let error { notice("the folder of task \(id) was not removed: \(error)") }
        }
    }

    /// Notes what the next agent must know: what the files show, and that and how the task ended.
    ///
    /// - Parameter done: when it is on disk, or could not be written, or is there already.
    func noteChange(of id: TaskID, done: @escaping () -> Void = {}) {
        guard let held = agent.task(id), let note = noted[id] else { return done() }
        let isKnown =
            note.isOver == (held.phase == .cleaning) && note.isHealthy == held.isHealthy
            && note.task?.status?.containerID ?? "" == held.status.containerID
        guard isKnown else { return write(noteOf: held, done: done) }
        guard note.shown != held.shown else { return done() }
        guard !note.shown.isEmpty else { return write(noteOf: held, done: done) }
        writeLater(noteOf: id)
        done()
    }

    /// A note in which only the versions shown are out of date can wait: an agent that does not know of the last one is
    /// sent it once more. So the disk has no part in bringing a new version to many tasks.
    private func writeLater(noteOf id: TaskID) {
        lateNotes.insert(id)
        guard noteTimer == nil else { return }
        noteTimer = environment.time.after(.seconds(1)) { [weak self] in self?.writeLateNotes() }
    }

    /// One after the other: all at once would keep every thread of the pool from what is urgent.
    private func writeLateNotes() {
        guard !isShut, let id = lateNotes.min() else {
            noteTimer = nil
            return
        }
        lateNotes.remove(id)
        guard let held = agent.task(id) else { return writeLateNotes() }
        write(noteOf: held) { [weak self] in self?.writeLateNotes() }
    }

    private func write(noteOf held: HeldTask, done: @escaping () -> Void = {}) {
        let id = held.task.id
        lateNotes.remove(id)
        guard held.phase != .cleaned, var note = noted[id] else { return done() }
        note.shown = held.shown
        note.isOver = held.phase == .cleaning
        note.isHealthy = held.isHealthy
        var status = held.status
        stamp(&status, of: id)
        note.task?.status = status
        // With what the image says about its health.
        note.task?.spec = held.task.spec
        noted[id] = note
        records.save(id, note) { [self] error in
            if let error { notice("the note about task \(id) was not written: \(error)") }
            done()
        }
    }

    // MARK: - Leaving

    func concludeLeave() {
        guard leaveDone != nil, agent.unfinishedTasks.isEmpty, let done = leaveDone else { return }
        leaveDone = nil
        taskFiles.sweep(keeping: [])
        var left = 1
        let one = {
            left -= 1
            if left == 0 { done() }
        }
        for id in noted.keys.sorted() {
            left += 1
            records.remove(id) { _ in one() }
        }
        environment.time.atEndOfTurn { one() }
    }
}
