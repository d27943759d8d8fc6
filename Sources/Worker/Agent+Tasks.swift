import Model

// MARK: - The life of a task on this node
//
//     accepted ──values held──▶ preparing ──▶ ready ──▶ starting ──▶ running
//         │                        │            │           │           │
//         └────────────────────────┴────────────┴───────────┴───────────┴──▶ cleaning ──▶ cleaned
//
// A program that may be alive is first stopped; only its end leads to `cleaning` (W2).

extension Agent {
    mutating func adopt(_ adopted: AdoptedTask, at now: Moment, _ effects: inout [Effect]) {
        let id = adopted.task.id
        guard tasks[id] == nil else { return }
        var held = HeldTask(adopted.task)
        held.shown = adopted.shown
        order.append(id)
        switch adopted.found {
        case .running(let pid):
            held.phase = .running
            held.status.pid = pid
            tasks[id] = held
            runs(id, isHealthy: adopted.isHealthy, at: now)
        case .exited(let code, let message):
            held.phase = .running
            tasks[id] = held
            ended(id, code: code, message: message, &effects)
        case .lost(let why):
            tasks[id] = held
            fail(id, .failed, why, &effects)
        case .over:
            held.shown = []
            tasks[id] = held
            clean(id, &effects)
        }
    }

    mutating func take(_ task: StoredTask, at now: Moment, _ effects: inout [Effect]) {
        if tasks[task.id] == nil {
            var held = HeldTask(task)
            held.status = TaskStatus()
            order.append(task.id)
            tasks[task.id] = held
            note(task.id, .accepted, "accepted")
        } else if let known = tasks[task.id], task.desired.rawValue >= known.task.desired.rawValue {
            // Desired states only grow; the status is this node's own to tell.
            tasks[task.id]?.task.desired = task.desired
            tasks[task.id]?.isRemoved = false
        }
        if task.desired.rawValue >= TaskState.shutdown.rawValue { end(task.id, at: now, &effects) }
    }

    mutating func remove(_ id: TaskID, at now: Moment, _ effects: inout [Effect]) {
        guard let held = tasks[id] else { return }
        tasks[id]?.isRemoved = true
        if held.phase == .cleaned { forget(id, &effects) } else { end(id, at: now, &effects) }
    }

    /// Moves a task on as far as what it waits for is there.
    mutating func advance(_ id: TaskID, at now: Moment, _ effects: inout [Effect]) {
        guard let held = tasks[id], !held.isStopping else { return }
        switch held.phase {
        case .accepted:
            guard let files = files(of: held) else { return }
            let credentials = held.values.first { $0.secretID == held.registry?.secretID }?.value
            if held.registry != nil, credentials == nil { return }
            tasks[id]?.phase = .preparing
            tasks[id]?.generation = 1
            tasks[id]?.isStale = false
            note(id, .preparing, "preparing")
            effects.append(.prepare(held.task, files, credentials: credentials))
        case .ready:
            // Without a lease the slot may be another node's by now: what runs goes on, and nothing new begins (D2).
            guard held.task.desired.rawValue >= TaskState.running.rawValue, holdsLease(at: now) else { return }
            tasks[id]?.phase = .starting
            note(id, .starting, "starting")
            effects.append(.start(id))
        case .running, .starting:
            guard held.isStale, let files = files(of: held) else { return }
            tasks[id]?.isStale = false
            tasks[id]?.generation += 1
            effects.append(.publish(id, generation: held.generation + 1, files))
        case .preparing, .cleaning, .cleaned: return
        }
    }

    /// Ends a task: stops its program if it may be alive, else cleans up at once.
    mutating func end(_ id: TaskID, at now: Moment, _ effects: inout [Effect]) {
        guard let held = tasks[id], !held.isStopping else { return }
        switch held.phase {
        case .starting, .running:
            tasks[id]?.isStopping = true
            effects.append(.stop(id, graceMilliseconds: held.graceMilliseconds))
        case .preparing:
            tasks[id]?.isStopping = true  // `prepared` or `failed` will come, and then it is cleaned.
        case .accepted, .ready:
            tasks[id]?.isStopping = true
            note(id, .shutdown, "shutdown")
            clean(id, &effects)
        case .cleaning, .cleaned: return
        }
    }

    mutating func runner(_ id: TaskID, _ event: RunnerEvent, at now: Moment, _ effects: inout [Effect]) {
        guard let held = tasks[id] else { return }
        switch event {
        case .prepared(let prepared):
            guard held.phase == .preparing else { return }
            tasks[id]?.phase = .ready
            learn(prepared, of: id)
            show(id)
            note(id, .ready, "prepared")
            if held.isStopping {
                note(id, .shutdown, "shutdown")
                clean(id, &effects)
            } else {
                advance(id, at: now, &effects)
            }
        case .started(let pid):
            guard held.phase == .starting else { return }
            tasks[id]?.phase = .running
            tasks[id]?.status.pid = pid
            runs(id, isHealthy: false, at: now)
            advance(id, at: now, &effects)
        case .exited(let code, let message): ended(id, code: code, message: message, &effects)
        case .failed(let why):
            guard held.phase == .preparing || held.phase == .starting else { return }
            fail(id, held.phase == .preparing ? .rejected : .failed, why, &effects)
        case .published(let generation):
            guard generation == held.generation else { return }
            show(id)
        case .publishFailed(let generation, let why):
            guard generation == held.generation else { return }
            for value in held.values {
                var failed = HeldVersion()
                failed.taskID = id
                failed.secretID = value.secretID
                failed.version = value.version
                failed.stage = .failed
                failed.error = why
                dirtyHeld.append(failed)
            }
        case .cleaned:
            guard held.phase == .cleaning else { return }
            tasks[id]?.phase = .cleaned
            if held.isRemoved { forget(id, &effects) }
        }
    }

    /// The task's files now show the values held.
    private mutating func show(_ id: TaskID) {
        guard let held = tasks[id] else { return }
        var shown: [HeldVersion] = []
        for value in held.values {
            var version = HeldVersion()
            version.taskID = id
            version.secretID = value.secretID
            version.version = value.version
            version.stage = .swapped
            shown.append(version)
        }
        tasks[id]?.shown = shown
        dirtyHeld.append(contentsOf: shown)
    }

    private mutating func ended(_ id: TaskID, code: Int32, message: String, _ effects: inout [Effect]) {
        guard let held = tasks[id], held.isLive else { return }
        tasks[id]?.status.exitCode = code
        if held.isStopping {
            note(id, .shutdown, "shutdown")
        } else if let complaint = held.complaint {
            tasks[id]?.status.error = complaint
            note(id, .failed, "started")
        } else if code == 0 {
            note(id, .complete, "finished")
        } else {
            tasks[id]?.status.error = message.isEmpty ? "task: non-zero exit (\(code))" : message
            note(id, .failed, "started")
        }
        clean(id, &effects)
    }

    private mutating func fail(_ id: TaskID, _ state: TaskState, _ why: String, _ effects: inout [Effect]) {
        if tasks[id]?.isStopping == true {
            // It was to end anyway; that it never ran is no failure of its own.
            note(id, .shutdown, "shutdown")
        } else {
            tasks[id]?.status.error = why
            note(id, state, state == .rejected ? "preparing" : "starting")
        }
        clean(id, &effects)
    }

    private mutating func clean(_ id: TaskID, _ effects: inout [Effect]) {
        tasks[id]?.phase = .cleaning
        watched.removeAll { $0 == id }
        tasks[id]?.values = []
        tasks[id]?.shown = []
        effects.append(.cleanUp(id))
    }

    private mutating func forget(_ id: TaskID, _ effects: inout [Effect]) {
        tasks[id] = nil
        order.removeAll { $0 == id }
        dirty.removeAll { $0 == id }
        effects.append(.forget(id))
    }

    mutating func note(_ id: TaskID, _ state: TaskState, _ message: String) {
        tasks[id]?.status.state = state
        tasks[id]?.status.message = message
        if !dirty.contains(id) { dirty.append(id) }
    }

    /// One report is under way at a time; what changes meanwhile goes with the next one.
    mutating func sendReport(_ effects: inout [Effect]) {
        guard case .active(let session) = session, reporting == 0, !dirty.isEmpty || !dirtyHeld.isEmpty else { return }
        reportNumber += 1
        reporting = reportNumber
        var report = ReportTasks()
        report.session = session
        report.number = reportNumber
        for id in dirty {
            guard let held = tasks[id] else { continue }
            var one = TaskReport()
            one.taskID = id
            one.status = held.status
            report.tasks.append(one)
        }
        report.held = dirtyHeld
        dirty = []
        dirtyHeld = []
        effects.append(.report(report))
    }
}
