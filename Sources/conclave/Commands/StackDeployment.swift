import Bytes
import CommandLine
import Compose
import Glibc
import Model
import Text
import Wire

/// One deployment of a stack: its values are read, its pieces put, and all of them published at once.
struct StackDeployment {
    private let stack: String
    private let definition: StackDefinition
    private let variables: [String: String]
    private let session: Session
    private let id: DeploymentID
    private var pieces: UInt64 = 0

    init(_ stack: String, _ definition: StackDefinition, variables: [String: String], _ session: Session) {
        self.stack = stack
        self.definition = definition
        self.variables = variables
        self.session = session
        var generator = SystemRandomNumberGenerator()
        id = DeploymentID(random: &generator)
    }

    consuming func run() throws(Failure) {
        try checkSources()
        let before = try names()
        for item in definition.secrets where item.source != .external {
            var put = PutSecret()
            var spec = SecretSpec()
            spec.name = item.name
            for key in item.labels.keys.sorted() { spec.labels[key] = item.labels[key] }
            put.spec = spec
            put.value = try value(item)
            try self.put(.secret(put))
        }
        for item in definition.configs where item.source != .external {
            var put = PutConfig()
            var spec = ConfigSpec()
            spec.name = item.name
            for key in item.labels.keys.sorted() { spec.labels[key] = item.labels[key] }
            put.spec = spec
            put.data = try data(item)
            try self.put(.config(put))
        }
        for service in try withLogins() {
            var put = PutService()
            put.spec = service
            try self.put(.service(put))
        }
        var deploy = DeployStack()
        deploy.deployment = id
        deploy.stack = stack
        deploy.pieces = pieces
        deploy.prune = session.parsed.has("prune")
        do throws(Failure) {
            _ = try session.ask(.deployStack(deploy))
        } catch {
            throw failure(error)
        }
        guard let after = try? names() else {
            return session.note("Stack \(stack.printable) was deployed; what changed can't be shown")
        }
        tell(before, after)
    }

    /// The last request decides; when its answer is lost, so is what it did.
    private func failure(_ error: Failure) -> Failure {
        switch error.code {
        case .unavailable, .timedOut, .unknownOutcome:
            Failure(
                error.code, "it is not known whether stack \(stack.printable) was deployed",
                why: error.message, try: "deploy it again: what is as it should be is not touched")
        default:
            Failure(
                error.code, "stack \(stack.printable) was not deployed: \(error.message)", why: error.why,
                try: error.advice)
        }
    }

    private mutating func put(_ piece: PieceContent) throws(Failure) {
        var put = PutPiece()
        put.deployment = id
        put.piece = piece
        _ = try session.ask(.putPiece(put))
        pieces += 1
    }

    // MARK: Logins

    /// The services, each with the login to its image's registry: this user's, kept as a secret of the stack, or the one
    /// that it has.
    private mutating func withLogins() throws(Failure) -> [ServiceSpec] {
        let held = try StackCommands.stackServices(stack, session)
        var logins: [String: SecretReference] = [:]
        if session.parsed.has("with-registry-auth") {
            let images = definition.services.compactMap { $0.task?.container?.image }
            for registry in Set(images.map { ImageName($0).registry }).sorted() {
                logins[registry] = try login(registry)
            }
        }
        return definition.services.map { service in
            var service = service
            guard var container = service.task?.container else { return service }
            let before = held.first { $0.spec?.name == service.name }?.spec?.task?.container
            RegistryAuth.keep(before, in: &container)
            if let login = logins[ImageName(container.image).registry] { container.registry = login }
            service.task?.container = container
            return service
        }
    }

    private mutating func login(_ registry: String) throws(Failure) -> SecretReference? {
        guard let login = try RegistryAuth.credentials(for: registry, session) else { return nil }
        let name = "\(stack)_\(RegistryAuth.secretName(registry))"
        var put = PutSecret()
        var spec = RegistryAuth.spec(registry, name)
        spec.labels[StackLabel.namespace] = stack
        put.spec = spec
        put.value = login
        try self.put(.secret(put))
        return RegistryAuth.reference(name)
    }

    // MARK: Values

    /// Fails before anything is sent: what is sent and not published takes the room of others for a while.
    private func checkSources() throws(Failure) {
        for item in definition.secrets + definition.configs {
            switch item.source {
            case .file(let path): try ValueInput.check(path)
            case .environment(let name): _ = try variable(name, item)
            case .external, .content: break
            }
        }
    }

    /// A secret's value, in locked memory as far as it comes from a file.
    private func value(_ item: StackDefinition.Item) throws(Failure) -> SecretBox {
        let text: String
        switch item.source {
        case .file(let path): return try ValueInput.secret(path)
        case .content(let content): text = content
        case .environment(let name): text = try variable(name, item)
        case .external: preconditionFailure("an external secret has no value here")
        }
        guard (1..<ValueInput.secretBytes).contains(text.utf8.count) else {
            throw Failure(
                .invalid, "secret data must be larger than 0 and less than \(ValueInput.secretBytes) bytes",
                why: "\(item.mark): secret \(item.name) has \(text.utf8.count)")
        }
        let bytes = Bytes(utf8: text)
        defer { bytes.wipe() }
        return SecretBox(SecretBytes(copying: bytes))
    }

    private func data(_ item: StackDefinition.Item) throws(Failure) -> Bytes {
        switch item.source {
        case .file(let path): return try ValueInput.config(path)
        case .content(let content): return Bytes(utf8: content)
        case .environment(let name): return Bytes(utf8: try variable(name, item))
        case .external: preconditionFailure("an external config has no data here")
        }
    }

    private func variable(_ name: String, _ item: StackDefinition.Item) throws(Failure) -> String {
        guard let value = variables[name] else {
            throw Failure(.invalid, "\(item.mark): \(item.name) is the variable \(name.printable), which is not set")
        }
        return value
    }

    // MARK: What was done

    /// The stack's objects: how each is called, and what tells whether it changed.
    private struct Names: Equatable {
        struct OneService: Equatable {
            var name: String
            var id: ServiceID
            var revision: Index
        }

        var services: [OneService] = []
        /// The version of each.
        var secrets: [String: UInt64] = [:]
        var configs: [String: Index] = [:]
    }

    private func names() throws(Failure) -> Names {
        var list = ListObjects()
        list.filters = [StackCommands.namespace(stack)]
        var names = Names()
        guard case .secrets(let secrets)? = try session.ask(.listSecrets(list)).result,
            case .configs(let configs)? = try session.ask(.listConfigs(list)).result
        else { throw .unexpected }
        for shown in secrets.secrets { names.secrets[shown.secret?.spec?.name ?? ""] = shown.current }
        for shown in configs.configs {
            names.configs[shown.config?.spec?.name ?? ""] = shown.config?.meta?.specRevision ?? .zero
        }
        for service in try StackCommands.stackServices(stack, session) {
            names.services.append(
                Names.OneService(
                    name: service.spec?.name ?? "", id: service.id, revision: service.meta?.specRevision ?? .zero))
        }
        return names
    }

    /// In Docker's words; what did not change is not mentioned.
    private func tell(_ before: Names, _ after: Names) {
        if before == after { return session.note("Nothing has changed in stack \(stack.printable)") }
        for name in after.secrets.keys.sorted(by: { $0.precedesNaturally($1) }) {
            guard let version = after.secrets[name], version != before.secrets[name] else { continue }
            session.note(
                before.secrets[name] == nil ? "Creating secret \(name)" : "Updating secret \(name) (version \(version))"
            )
        }
        for name in after.configs.keys.sorted(by: { $0.precedesNaturally($1) })
        where after.configs[name] != before.configs[name] {
            session.note("\(before.configs[name] == nil ? "Creating" : "Updating") config \(name)")
        }
        for service in after.services {
            guard let held = before.services.first(where: { $0.id == service.id }) else {
                session.note("Creating service \(service.name)")
                continue
            }
            if held.revision != service.revision {
                session.note("Updating service \(service.name) (id: \(service.id))")
            }
        }
        for service in before.services where !after.services.contains(where: { $0.id == service.id }) {
            session.note("Removing service \(service.name)")
        }
    }
}
