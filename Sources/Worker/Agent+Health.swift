import Model

// MARK: - Whether tasks are well

extension Agent {
    /// What was found out about a task before it starts. The credentials for its image have served.
    mutating func learn(_ prepared: PreparedTask, of id: TaskID) {
        guard let held = tasks[id] else { return }
        tasks[id]?.status.containerID = prepared.containerID
        tasks[id]?.status.imageDigest = prepared.imageDigest
        tasks[id]?.status.imageFetched = prepared.imageFetched
        tasks[id]?.values.removeAll { !held.isShown($0.secretID) }
        guard let image = prepared.health else { return }
        tasks[id]?.task.spec?.program?.health = (held.task.spec?.program?.health ?? HealthCheck()).over(image)
    }

    /// Its program runs. With a check of its health the task itself runs only once that has succeeded.
    mutating func runs(_ id: TaskID, isHealthy: Bool, at now: Moment) {
        guard let check = tasks[id]?.task.spec?.program?.health, check.isOn else {
            return note(id, .running, "started")
        }
        tasks[id]?.health = HealthWatch(check, started: now, isHealthy: isHealthy)
        watched.append(id)
        if isHealthy { note(id, .running, "started") } else { note(id, .starting, "waiting for the health check") }
    }

    /// Begins the checks that are due.
    mutating func check(at now: Moment, _ effects: inout [Effect]) {
        for id in watched {
            guard let number = tasks[id]?.health?.begin(at: now), let check = tasks[id]?.health?.check else { continue }
            effects.append(.check(id, number: number, check))
        }
    }

    mutating func checked(
        _ id: TaskID, _ number: UInt64, _ result: HealthWatch.Result, at now: Moment, _ effects: inout [Effect]
    ) {
        guard let held = tasks[id], held.phase == .running, held.complaint == nil,
            let verdict = tasks[id]?.health?.finished(number, result, at: now)
        else { return }
        switch verdict {
        case .unchanged: return
        case .healthy: if !held.isStopping { note(id, .running, "started") }
        case .unhealthy(let why):
            watched.removeAll { $0 == id }
            guard !held.isStopping else { return }
            tasks[id]?.complaint = "task: unhealthy: \(why)"
            effects.append(.stop(id, graceMilliseconds: held.graceMilliseconds))
        }
    }
}
