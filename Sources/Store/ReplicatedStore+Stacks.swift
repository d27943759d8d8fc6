import Bytes
import Model
import Wire

// A stack of any size is one transaction: its pieces are staged by entries of their own, where nobody sees them, and one
// small entry publishes them all, or is refused and leaves everything as it was.

extension ReplicatedStore {
    mutating func stage(_ command: StagePiece, _ at: Circumstances) throws(Failure) -> Outcome {
        guard command.deployment != .none, let content = command.piece else {
            throw Failure(.invalid, "a piece of a stack must say which deployment it belongs to, and what it is")
        }
        if case .config(let config) = content { try Self.check(data: config.data) }
        if !at.sealed.isEmpty { try Self.check(envelope: at.sealed) }
        let piece = Deployment.Piece(content: content.owned, sealed: Bytes(at.sealed.array).copied())
        let kept = deployments.filter { !Self.isExpired($0.value, at.time) }
        var deployment = kept.first { $0.key == command.deployment }?.value ?? Deployment(begun: at.time)
        guard deployment.pieces.count < StoreLimits.pieces else {
            throw Failure(.invalid, "a stack can have at most \(StoreLimits.pieces) services, secrets and configs")
        }
        guard kept.count < StoreLimits.deployments || !deployment.pieces.isEmpty else {
            throw Failure(
                .unavailable, "too many stacks are being deployed at once",
                why: "a deployment that does not end counts for ten minutes", try: "again later")
        }
        try checkRoom(piece.weight)
        drop(expiredAt: at.time)
        deployment.pieces.append(piece)
        weight += piece.weight
        deployments[command.deployment] = deployment
        return Self.done(command.deployment, at)
    }

    /// All or nothing: the pieces are carried out on a copy, which becomes the store only when none was refused. They are
    /// gone in either case.
    mutating func publish(_ command: PublishStack, _ at: Circumstances) throws(Failure) -> Outcome {
        guard let deployment = deployments[command.deployment], !Self.isExpired(deployment, at.time) else {
            throw Failure(
                .notFound, "the deployment of stack \(command.stack) is not there",
                why: "it was published already, or took longer than ten minutes", try: "deploy the stack again")
        }
        guard deployment.pieces.count == command.pieces else {
            throw Failure(
                .conflict, "the deployment of stack \(command.stack) is not whole",
                why: "\(deployment.pieces.count) of \(command.pieces) pieces arrived", try: "deploy the stack again")
        }
        var trial = self
        trial.forget(command.deployment)
        do throws(Failure) {
            try trial.carryOut(deployment, command, at)
        } catch {
            // Whoever deploys again begins anew; these pieces would only take the room of others.
            forget(command.deployment)
            throw error
        }
        trial.drop(expiredAt: at.time)
        self = trial
        return Self.done(command.deployment, at)
    }

    private mutating func carryOut(
        _ deployment: Deployment, _ command: PublishStack, _ at: Circumstances
    ) throws(Failure) {
        var named: Set<ServiceID> = []
        // Secrets and configs first: the services name them.
        for piece in deployment.pieces {
            switch piece.content {
            case .secret(let secret): try publish(secret, piece.sealed, command.stack, at)
            case .config(let config): try publish(config, command.stack, at)
            case .service: break
            }
        }
        for piece in deployment.pieces {
            guard case .service(let service) = piece.content else { continue }
            named.insert(try publish(service, command.stack, at))
        }
        if command.prune { try prune(command.stack, keeping: named, at) }
    }

    private static func isExpired(_ deployment: Deployment, _ time: Timestamp) -> Bool {
        time.rawValue > deployment.begun.rawValue
            && time.rawValue - deployment.begun.rawValue > StoreLimits.stagedNanoseconds
    }

    private mutating func drop(expiredAt time: Timestamp) {
        for (id, deployment) in deployments where Self.isExpired(deployment, time) { forget(id) }
    }

    private mutating func forget(_ id: DeploymentID) {
        weight -= deployments[id]?.weight ?? 0
        deployments[id] = nil
    }
}

// MARK: - One piece

extension ReplicatedStore {
    private mutating func publish(
        _ staged: StagedSecret, _ sealed: Bytes, _ stack: String, _ at: Circumstances
    ) throws(Failure) {
        var at = at
        at.sealed = sealed
        let spec = staged.spec ?? SecretSpec()
        guard let held = indexes.secretNames[spec.name.folded].flatMap({ secrets[$0] }) else {
            guard staged.current == 0 else { throw Self.moved("secret", spec.name) }
            var command = CreateSecret()
            command.id = staged.id
            command.spec = spec
            _ = try create(command, at)
            return
        }
        try Self.checkOwner(held.spec?.labels, stack, "secret", spec.name)
        guard held.id == staged.id, held.current?.number == staged.current else {
            throw Self.moved("secret", spec.name)
        }
        guard spec != held.spec || !sealed.isEmpty else { return }
        var command = UpdateSecret()
        command.id = held.id
        // The name is the one that it has, also in its letters' case.
        var kept = spec
        kept.name = held.name
        kept.keep = held.spec?.keep ?? 0
        command.spec = kept
        guard kept != held.spec || !sealed.isEmpty else { return }
        _ = try update(command, at)
    }

    private mutating func publish(_ staged: StagedConfig, _ stack: String, _ at: Circumstances) throws(Failure) {
        let spec = staged.spec ?? ConfigSpec()
        guard var held = indexes.configNames[spec.name.folded].flatMap({ configs[$0] }) else {
            var command = CreateConfig()
            command.id = staged.id
            command.spec = spec
            command.data = staged.data
            _ = try create(command, at)
            return
        }
        try Self.checkOwner(held.spec?.labels, stack, "config", spec.name)
        try Names.check(labels: spec.labels)
        guard held.data != staged.data || held.spec?.labels != spec.labels else { return }
        try checkRoom(staged.data.count)
        held.spec?.labels = spec.labels
        held.data = staged.data
        put(held, at)
    }

    /// - Returns: the service that the piece is now.
    private mutating func publish(
        _ staged: StagedService, _ stack: String, _ at: Circumstances
    ) throws(Failure) -> ServiceID {
        var spec = try resolved(staged.spec ?? ServiceSpec())
        guard let held = indexes.serviceNames[spec.name.folded].flatMap({ services[$0] }) else {
            var command = CreateService()
            command.id = staged.id
            command.spec = spec
            _ = try create(command, at)
            return staged.id
        }
        try Self.checkOwner(held.spec?.labels, stack, "service", spec.name)
        var command = UpdateService()
        command.id = held.id
        spec.task?.keepRequests(of: held.spec?.task)
        command.spec = spec
        _ = try update(command, at)
        return held.id
    }

    private mutating func prune(
        _ stack: String, keeping named: Set<ServiceID>, _ at: Circumstances
    ) throws(Failure) {
        let surplus = services.filter { pair in
            pair.value.spec?.labels[StackLabel.namespace] == stack && !named.contains(pair.key)
        }
        for pair in surplus {
            var command = RemoveService()
            command.id = pair.key
            _ = try remove(command, at)
        }
    }

    private static func checkOwner(
        _ labels: StringMap?, _ stack: String, _ kind: String, _ name: String
    ) throws(Failure) {
        guard labels?[StackLabel.namespace] == stack else {
            throw Failure(
                .conflict, "\(kind) \(name) exists and does not belong to stack \(stack)",
                try: kind == "service" ? "give one of them another name" : "write external: true, or another name")
        }
    }

    private static func moved(_ kind: String, _ name: String) -> Failure {
        Failure(
            .conflict, "\(kind) \(name) was changed while the stack was being deployed", try: "deploy the stack again")
    }
}

extension StagedPiece {
    /// The same without a share in the frame that it came in.
    fileprivate var owned: StagedPiece {
        guard case .config(var config) = self else { return self }
        config.data = config.data.copied()
        return .config(config)
    }
}
