import Bytes
import Model
import Store
import Wire

/// Turns a client's request into a command for the log or into an answer from the store.
///
/// Who may ask is decided here: whoever reaches the control socket is a cluster administrator, a forwarding manager
/// speaks for the one it names. What is refused here is an early refusal; the preconditions are evaluated again
/// where the command is applied.
package struct Gateway {
    /// Where a request is to be answered.
    package enum Place: Equatable, Sendable {
        /// By the daemon that was asked: it concerns this process.
        case here
        /// By any manager, after it has applied what was committed when it was asked.
        case anyManager
        /// By the leader: it changes something, or needs what only the leader observes.
        case leader
    }

    /// A command that is ready for the log but for its value's envelope.
    package struct Planned: Sendable {
        package var command: Command
        /// The value to be sealed into the entry, and the secret that it belongs to.
        package var value: SecretBox?
        package var secret: SecretID = .none
        /// The envelope that the secret has now: the same value is not sealed again.
        package var current: Bytes?
    }

    let store: ReplicatedStore

    package init(_ store: ReplicatedStore) {
        self.store = store
    }

    package static func place(of request: Request) -> Place {
        switch request.operation {
        case .getStatus(let status): status.local ? .here : .leader
        case .initCluster, .joinCluster, .leaveCluster, nil: .here
        case .watchEvents: .anyManager
        case .listSecrets, .listConfigs, .getJoinToken: request.needsLeader ? .leader : .anyManager
        case .listNodes, .listServices, .listTasks: request.stale ? .anyManager : .leader
        case .changeNode, .deleteNode, .putSecret, .replaceSecret, .deleteSecret, .putConfig, .deleteConfig,
            .putService, .replaceService, .deleteService, .putPiece, .deployStack:
            .leader
        }
    }
}

extension Request {
    fileprivate var needsLeader: Bool {
        switch operation {
        case .getJoinToken(let token): token.rotate
        // How many tasks hold a version is the leader's to know.
        case .listSecrets: !stale
        default: false
        }
    }
}

// MARK: - Changes

extension Gateway {
    /// The command that a request asks for; IDs are drawn from `generator`.
    ///
    /// - Throws: `Failure` for what can be refused at once.
    package func plan(
        _ request: Request, generator: inout some RandomNumberGenerator
    ) throws(Failure) -> Planned {
        switch request.operation {
        case .putSecret(let put):
            try checkValue(put.value)
            var command = CreateSecret()
            command.id = SecretID(random: &generator)
            command.spec = put.spec
            return Planned(command: .createSecret(command), value: put.value, secret: command.id)
        case .replaceSecret(let replace): return try plan(replace)
        case .deleteSecret(let delete):
            var command = RemoveSecret()
            command.id = try store.findSecret(delete.reference).id
            return Planned(command: .removeSecret(command))
        case .putConfig(let put):
            guard (1..<StoreLimits.configBytes).contains(put.data.count) else {
                throw Failure(
                    .invalid, "config data must be larger than 0 and less than \(StoreLimits.configBytes) bytes")
            }
            var command = CreateConfig()
            command.id = ConfigID(random: &generator)
            command.spec = put.spec
            command.data = put.data
            return Planned(command: .createConfig(command))
        case .deleteConfig(let delete):
            var command = RemoveConfig()
            command.id = try store.findConfig(delete.reference).id
            return Planned(command: .removeConfig(command))
        case .putService(let put):
            var command = CreateService()
            command.id = ServiceID(random: &generator)
            command.spec = try store.resolved(put.spec)
            return Planned(command: .createService(command))
        case .replaceService(let replace): return try plan(replace)
        case .deleteService(let delete):
            var command = RemoveService()
            command.id = try store.findService(delete.reference).id
            return Planned(command: .removeService(command))
        case .putPiece(let put): return try plan(put, generator: &generator)
        case .deployStack(let deploy):
            guard !deploy.stack.isEmpty else { throw Failure(.invalid, "a stack must have a name") }
            var command = PublishStack()
            command.deployment = deploy.deployment
            command.stack = deploy.stack
            command.pieces = deploy.pieces
            command.prune = deploy.prune
            return Planned(command: .publishStack(command))
        case .changeNode(let change): return try plan(change)
        case .deleteNode(let delete):
            var command = RemoveNode()
            command.id = try store.findNode(delete.reference).id
            command.force = delete.force
            return Planned(command: .removeNode(command))
        case .getStatus, .initCluster, .joinCluster, .leaveCluster, .getJoinToken, .listNodes, .listSecrets,
            .listConfigs, .listServices, .listTasks, .watchEvents, nil:
            throw Failure(.unimplemented, "this manager does not know that request")
        }
    }

    private func checkValue(_ value: SecretBox?) throws(Failure) {
        guard let value, value.count < StoreLimits.secretBytes else {
            throw Failure(.invalid, "secret data must be larger than 0 and less than \(StoreLimits.secretBytes) bytes")
        }
    }

    private func plan(_ replace: ReplaceSecret) throws(Failure) -> Planned {
        let secret = try store.findSecret(replace.reference)
        if replace.value != nil { try checkValue(replace.value) }
        var command = UpdateSecret()
        command.id = secret.id
        command.expected = replace.expected
        if !replace.labelsAdded.pairs.isEmpty || !replace.labelsRemoved.isEmpty {
            var spec = secret.spec ?? SecretSpec()
            try change(&spec.labels, replace.labelsAdded, replace.labelsRemoved)
            command.spec = spec
            // Labels were computed from what is there now: a change in between must not be undone.
            if command.expected == .zero { command.expected = secret.meta?.specRevision ?? .zero }
        } else if replace.value == nil {
            throw Failure(.invalid, "nothing to change", try: "give a new value, or labels to add or remove")
        }
        return Planned(command: .updateSecret(command), value: replace.value, secret: secret.id)
    }

    private func plan(_ replace: ReplaceService) throws(Failure) -> Planned {
        let service = try store.findService(replace.reference)
        var command = UpdateService()
        command.id = service.id
        command.expected = replace.expected
        if replace.rollback {
            command.rollback = true
        } else if let replicas = replace.replicas {
            var spec = service.spec ?? ServiceSpec()
            guard spec.global == nil else {
                throw Failure(.invalid, "scale can only be used with replicated mode")
            }
            var mode = spec.replicated ?? ReplicatedMode()
            mode.replicas = replicas
            spec.replicated = mode
            command.spec = spec
            if command.expected == .zero { command.expected = service.meta?.specRevision ?? .zero }
        } else {
            command.spec = try store.resolved(replace.spec)
        }
        return Planned(command: .updateService(command))
    }

    private func plan(
        _ put: PutPiece, generator: inout some RandomNumberGenerator
    ) throws(Failure) -> Planned {
        var command = StagePiece()
        command.deployment = put.deployment
        switch put.piece {
        case .secret(let secret):
            try checkValue(secret.value)
            let held = store.secret(named: secret.spec?.name ?? "")
            var staged = StagedSecret()
            staged.id = held?.id ?? SecretID(random: &generator)
            staged.spec = secret.spec
            staged.current = held?.current?.number ?? 0
            command.piece = .secret(staged)
            return Planned(
                command: .stagePiece(command), value: secret.value, secret: staged.id, current: held?.current?.sealed)
        case .config(let config):
            var staged = StagedConfig()
            staged.id = ConfigID(random: &generator)
            staged.spec = config.spec
            staged.data = config.data
            command.piece = .config(staged)
        case .service(let service):
            var staged = StagedService()
            staged.id = ServiceID(random: &generator)
            staged.spec = service.spec
            command.piece = .service(staged)
        case nil: throw Failure(.invalid, "a piece of a stack must say what it is")
        }
        return Planned(command: .stagePiece(command))
    }

    private func plan(_ change: ChangeNode) throws(Failure) -> Planned {
        let node = try store.findNode(change.reference)
        var spec = node.spec ?? NodeSpec()
        if change.availability != .unspecified { spec.availability = change.availability }
        guard change.role == .unspecified || change.role == node.role else {
            throw Failure(
                .unimplemented, "a node's role can't be changed",
                try: "conclave swarm leave on that node, then join it again with the other role's token")
        }
        try self.change(&spec.labels, change.labelsAdded, change.labelsRemoved, of: "node")
        var command = UpdateNode()
        command.id = node.id
        command.expected = change.expected == .zero ? node.meta?.specRevision ?? .zero : change.expected
        command.spec = spec
        return Planned(command: .updateNode(command))
    }

    private func change(
        _ labels: inout StringMap, _ added: StringMap, _ removed: [String], of kind: String = "secret"
    ) throws(Failure) {
        for key in removed {
            guard labels.pairs.contains(where: { $0.key == key }) else {
                throw Failure(.invalid, "key \(key) doesn't exist in \(kind)'s labels")
            }
            labels[key] = nil
        }
        for pair in added.pairs { labels[pair.key] = pair.value }
    }
}
