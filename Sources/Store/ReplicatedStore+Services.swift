import Bytes
import Model
import Wire

extension ReplicatedStore {
    mutating func create(_ command: CreateService, _ at: Circumstances) throws(Failure) -> Outcome {
        var spec = command.spec ?? ServiceSpec()
        try Names.checkService(spec.name)
        try check(&spec)
        if let other = indexes.serviceNames[spec.name.folded] {
            let name = services[other]?.name ?? spec.name
            throw Failure(.conflict, "name conflicts with an existing object: service \(name) already exists")
        }
        guard command.id != .none, services[command.id] == nil, !hasTasks(command.id) else {
            throw Self.idTaken(command.id)
        }
        var ordinal: UInt32 = 0
        while indexes.ordinals[ordinal] != nil { ordinal += 1 }
        guard ordinal < StoreLimits.userOrdinals else {
            throw Failure(.unavailable, "there can be no more than \(StoreLimits.userOrdinals) services")
        }
        var service = Service()
        service.id = command.id
        service.spec = spec
        service.userOrdinal = ordinal
        put(service, at, spec: true)
        return Self.done(service.id, at)
    }

    mutating func update(_ command: UpdateService, _ at: Circumstances) throws(Failure) -> Outcome {
        guard var service = services[command.id] else { throw Self.notFound("service", command.id) }
        try Self.check(command.expected, service.meta?.specRevision ?? .zero, "service", service.name)
        if command.rollback { return try rollBack(service, at) }
        var spec = command.spec ?? ServiceSpec()
        guard spec.name == service.name else { throw Failure(.invalid, "renaming services is not supported") }
        guard (spec.global == nil) == (service.spec?.global == nil) else {
            throw Failure(.unimplemented, "service mode change is not allowed")
        }
        try check(&spec)
        if spec != service.spec {
            service.replaceSpec(by: spec)
        } else if service.updateStatus?.state != .paused, service.updateStatus?.state != .rollbackPaused {
            var outcome = Self.done(service.id, at)
            outcome.revision = service.meta?.revision ?? .zero
            return outcome
        }
        // The same spec again is another try at an update that is paused.
        service.updateStatus = nil
        put(service, at, spec: true)
        return Self.done(service.id, at)
    }

    /// Swaps the spec with the previous one, so that the same again undoes it.
    private mutating func rollBack(_ service: Service, _ at: Circumstances) throws(Failure) -> Outcome {
        var service = service
        guard let previous = service.previousSpec else {
            throw Failure(.conflict, "service \(service.name) does not have a previous spec")
        }
        try checkPresent(previous.task, previousOf: service.name)
        service.swapSpecs()
        service.previousUnusable = false
        var status = UpdateStatus()
        status.state = .rollbackStarted
        status.started = at.time
        status.message = "manually requested rollback"
        service.updateStatus = status
        put(service, at, spec: true)
        return Self.done(service.id, at)
    }

    /// Its tasks are asked to stop, and forgotten once they have: see `change(_:_:)`.
    mutating func remove(_ command: RemoveService, _ at: Circumstances) throws(Failure) -> Outcome {
        guard let service = services[command.id] else { throw Self.notFound("service", command.id) }
        remove(.service(service.id), at)
        for var task in tasks(of: service.id) {
            if task.hasEnded || task.nodeID == .none {
                remove(.task(task.id), at)
            } else if task.desired != .remove {
                task.desired = .remove
                put(task, at)
            }
        }
        return Self.done(service.id, at)
    }

    private func hasTasks(_ service: ServiceID) -> Bool {
        indexes.tasksByService.first(from: Joint(service, .none))?.key.first == service
    }
}
