import Bytes
import Model
import Wire

extension ReplicatedStore {
    mutating func create(_ command: CreateSecret, _ at: Circumstances) throws(Failure) -> Outcome {
        let spec = command.spec ?? SecretSpec()
        try Self.check(spec)
        try Self.check(envelope: at.sealed)
        guard indexes.secretNames[spec.name.folded] == nil else {
            throw Failure(.conflict, "secret \(spec.name) already exists")
        }
        guard command.id != .none, secrets[command.id] == nil else { throw Self.idTaken(command.id) }
        try checkRoom(at.sealed.count)
        var secret = Secret()
        secret.id = command.id
        secret.spec = spec
        secret.versions = [Self.version(1, at)]
        put(secret, at, spec: true)
        var outcome = Self.done(secret.id, at)
        outcome.version = 1
        return outcome
    }

    mutating func update(_ command: UpdateSecret, _ at: Circumstances) throws(Failure) -> Outcome {
        guard var secret = secrets[command.id] else { throw Self.notFound("secret", command.id) }
        let revision = secret.meta?.specRevision ?? .zero
        try Self.check(command.expected, revision, "secret", secret.name)
        if let spec = command.spec {
            guard spec.name == secret.name else { throw Failure(.invalid, "only updates to Labels are allowed") }
            try Self.check(spec)
            secret.spec = spec
        }
        if !at.sealed.isEmpty {
            try Self.check(envelope: at.sealed)
            try checkRoom(at.sealed.count)
            secret.versions.append(Self.version((secret.current?.number ?? 0) + 1, at))
        } else if command.spec == nil {
            throw Failure(.invalid, "nothing was to be changed of secret \(secret.name)")
        }
        prune(&secret)
        put(secret, at, spec: true)
        var outcome = Self.done(secret.id, at)
        outcome.version = secret.current?.number ?? 0
        return outcome
    }

    mutating func remove(_ command: RemoveSecret, _ at: Circumstances) throws(Failure) -> Outcome {
        guard let secret = secrets[command.id] else { throw Self.notFound("secret", command.id) }
        try checkUnused("secret", secret.name, by: users(of: secret.id))
        remove(.secret(secret.id), at)
        spoilPrevious(at) { $0.task.secretIDs.contains(secret.id) }
        return Self.done(secret.id, at)
    }

    mutating func create(_ command: CreateConfig, _ at: Circumstances) throws(Failure) -> Outcome {
        let spec = command.spec ?? ConfigSpec()
        try Names.check(spec.name)
        try Names.check(labels: spec.labels)
        try Self.check(templating: spec.templating)
        try Self.check(data: command.data)
        guard indexes.configNames[spec.name.folded] == nil else {
            throw Failure(.conflict, "config \(spec.name) already exists")
        }
        guard command.id != .none, configs[command.id] == nil else { throw Self.idTaken(command.id) }
        try checkRoom(command.data.count)
        var config = Config()
        config.id = command.id
        config.spec = spec
        config.data = command.data.copied()
        put(config, at)
        return Self.done(config.id, at)
    }

    mutating func remove(_ command: RemoveConfig, _ at: Circumstances) throws(Failure) -> Outcome {
        guard let config = configs[command.id] else { throw Self.notFound("config", command.id) }
        try checkUnused("config", config.name, by: users(of: config.id))
        remove(.config(config.id), at)
        spoilPrevious(at) { $0.task.configIDs.contains(config.id) }
        return Self.done(config.id, at)
    }
}

// MARK: - Versions

extension ReplicatedStore {
    private static func version(_ number: UInt64, _ at: Circumstances) -> SecretVersion {
        var version = SecretVersion()
        version.number = number
        version.created = at.time
        version.sealed = Bytes(at.sealed.array).copied()
        version.actor = at.actor
        return version
    }

    /// Keeps the last so many, and every one that a service or a task that has not ended pins.
    private func prune(_ secret: inout Secret) {
        let keep = secret.spec.map { $0.keep == 0 ? StoreLimits.versionsKept : Int($0.keep) } ?? 0
        guard secret.versions.count > keep else { return }
        let id = secret.id
        var pinned: [UInt64] = []
        func collect(_ spec: TaskSpec?) {
            for reference in spec?.secrets ?? [] where reference.secretID == id && reference.version != 0 {
                pinned.append(reference.version)
            }
        }
        for service in indexes.servicesBySecret.seconds(of: id, from: ServiceID.none) {
            collect(services[service]?.spec?.task)
        }
        for task in indexes.tasksBySecret.seconds(of: id, from: TaskID.none) { collect(tasks[task]?.spec) }
        let surplus = secret.versions.count - max(1, keep)
        secret.versions = secret.versions.enumerated()
            .filter { $0.offset >= surplus || pinned.contains($0.element.number) }.map(\.element)
    }
}

// MARK: - Checks

extension ReplicatedStore {
    private static func check(_ spec: SecretSpec) throws(Failure) {
        try Names.check(spec.name)
        try Names.check(labels: spec.labels)
        try check(templating: spec.templating)
        if let driver = spec.driver {
            guard !driver.name.isEmpty else { throw Failure(.invalid, "secret driver must have a name") }
            throw Failure(.notFound, "plugin \"\(driver.name)\" not found")
        }
        guard spec.keep <= StoreLimits.versionsKeptMost else {
            throw Failure(.invalid, "at most \(StoreLimits.versionsKeptMost) versions of a secret can be kept")
        }
    }

    private static func check(templating driver: Driver?) throws(Failure) {
        guard let driver else { return }
        throw Failure(
            .invalid, "template driver '\(driver.name)' is not known", why: "this version has no template drivers")
    }

    static func check(data: Bytes) throws(Failure) {
        guard (1..<StoreLimits.configBytes).contains(data.count) else {
            throw Failure(.invalid, "config data must be larger than 0 and less than \(StoreLimits.configBytes) bytes")
        }
    }

    static func check(envelope: Bytes) throws(Failure) {
        guard (1...StoreLimits.envelopeBytes).contains(envelope.count) else {
            throw Failure(.invalid, "secret data must be larger than 0 and less than \(StoreLimits.secretBytes) bytes")
        }
    }

    func checkRoom(_ bytes: Int) throws(Failure) {
        guard weight + bytes <= StoreLimits.stateBytes else {
            throw Failure(
                .unavailable, "the cluster's state is full",
                why: "it has \(weight) bytes of at most \(StoreLimits.stateBytes)",
                try: "remove secrets and configs that nothing uses")
        }
    }

    static func idTaken<Kind>(_ id: ID<Kind>) -> Failure {
        Failure(.conflict, "ID \(id) is taken", try: "send the request again")
    }

    static func notFound<Kind>(_ kind: String, _ id: ID<Kind>) -> Failure {
        Failure(.notFound, "\(kind) \(id) not found")
    }

    /// A spec may be changed by one who has seen it as it is.
    static func check(
        _ expected: Revision, _ revision: Revision, _ kind: String, _ name: String
    ) throws(Failure) {
        guard expected == .zero || expected == revision else {
            throw Failure(
                .conflict, "\(kind) \"\(name)\" was not changed",
                why: "it is at revision \(revision); you read revision \(expected)",
                try: "conclave \(kind) inspect \(name), then repeat your change")
        }
    }

    /// Names of the services whose current spec, or one of whose tasks that has not ended, names the secret; sorted.
    package func users(of secret: SecretID) -> [String] {
        names(
            indexes.servicesBySecret.seconds(of: secret, from: ServiceID.none),
            indexes.tasksBySecret.seconds(of: secret, from: TaskID.none))
    }

    /// The same of a config.
    package func users(of config: ConfigID) -> [String] {
        names(
            indexes.servicesByConfig.seconds(of: config, from: ServiceID.none),
            indexes.tasksByConfig.seconds(of: config, from: TaskID.none))
    }

    private func names(_ services: [ServiceID], _ tasks: [TaskID]) -> [String] {
        let names = services.compactMap { self.services[$0]?.name } + tasks.compactMap { self.tasks[$0]?.serviceName }
        return Set(names).sorted()
    }

    private func checkUnused(_ kind: String, _ name: String, by users: [String]) throws(Failure) {
        guard !users.isEmpty else { return }
        throw Failure(
            .conflict,
            "\(kind) '\(name)' is in use by the following service\(users.count == 1 ? "" : "s"): "
                + users.joined(separator: ", "))
    }

    /// Marks the previous specs that name what was just removed: a rollback to them would destroy the service.
    private mutating func spoilPrevious(_ at: Circumstances, where names: (ServiceSpec) -> Bool) {
        let spoilt = services.filter { pair in
            !pair.value.previousUnusable && pair.value.previousSpec.map(names) ?? false
        }
        for var service in spoilt.map(\.value) {
            service.previousUnusable = true
            put(service, at, spec: false)
        }
    }
}
