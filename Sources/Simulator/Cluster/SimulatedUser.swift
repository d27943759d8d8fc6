import Bytes
import Model
import Raft
import Wire

/// Somebody who changes secrets and services of their own, one request at a time, and knows what must be there.
///
/// A request of unknown outcome is sent again with its ID, to any manager, until its outcome is known. So what is
/// believed is exact: what was acknowledged is there, and what was refused is not.
final class SimulatedUser {
    enum Load {
        case all
        /// Secrets and services are made and updated; none goes away, and no node is drained.
        case updates
    }

    struct BelievedService {
        var replicas: UInt64
        var secrets: [String]
        var order = UpdateOrder.stopFirst
    }

    /// Of a service's name: its new tasks may run beside the old ones.
    static let startFirst = "first"

    private struct Asked {
        var request: Request
        var what: String
        var done: (Reply) -> Void
        /// Refusals that may be.
        var refusals: [FailureCode]
    }

    private unowned let cluster: ClusterSimulation
    private let number: Int
    /// Names of secrets with their current version and value.
    private(set) var secrets: [(name: String, version: UInt64, value: [UInt8])] = []
    private(set) var services: [(name: String, believed: BelievedService)] = []
    private var made = 0
    private(set) var isIdle = true
    var isEnding = false

    init(_ cluster: ClusterSimulation, _ number: Int) {
        self.cluster = cluster
        self.number = number
    }

    private var world: SimulatedWorld { cluster.world }

    func begin() { world.plan(after: world.below(500_000)) { [self] in act() } }

    private func act() {
        guard !isEnding, isIdle else { return }
        isIdle = false
        let asked = choose()
        cluster.note("user \(number) asks: \(asked.what)")
        ask(asked)
    }

    // MARK: - What is asked

    private func choose() -> Asked {
        cluster.load == .all ? chooseAny() : chooseUpdate()
    }

    private func chooseUpdate() -> Asked {
        if secrets.count < 3 { return createSecret() }
        if services.count < 2 { return createService() }
        return world.below(2) == 0 ? updateSecret(Int(world.below(3))) : updateService(Int(world.below(2)))
    }

    private func chooseAny() -> Asked {
        switch world.below(16) {
        case 0...2 where secrets.count < 4: return createSecret()
        case 3...7 where !secrets.isEmpty: return updateSecret(Int(world.below(UInt64(secrets.count))))
        case 8 where secrets.count > 1: return removeSecret(Int(world.below(UInt64(secrets.count))))
        case 9...11 where services.count < 3: return createService()
        case 12 where !services.isEmpty: return scaleService(Int(world.below(UInt64(services.count))))
        case 13 where !services.isEmpty: return updateService(Int(world.below(UInt64(services.count))))
        case 14 where services.count > 1: return removeService(Int(world.below(UInt64(services.count))))
        case 15: return changeNode()
        default: return secrets.isEmpty ? createSecret() : updateSecret(0)
        }
    }

    private func request(_ operation: Operation) -> Request {
        var request = Request()
        request.id = RequestID(random: &world.random)
        request.timeoutMilliseconds = 5000
        request.operation = operation
        return request
    }

    /// A value that is of this secret's next version alone.
    private func value(of name: String) -> (SecretBox, [UInt8]) {
        made += 1
        let size = world.below(16) == 0 ? 4000 + Int(world.below(60_000)) : 40
        var bytes = Array("\(name) value \(made) ".utf8)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "."), count: size))
        return (unsafe bytes.withUnsafeBytes { unsafe SecretBox(SecretBytes(copying: $0)) }, bytes)
    }

    private func createSecret() -> Asked {
        made += 1
        let name = "s\(number)-\(made)"
        let (box, bytes) = value(of: name)
        var put = PutSecret()
        var spec = SecretSpec()
        spec.name = name
        put.spec = spec
        put.value = box
        return Asked(
            request: request(.putSecret(put)), what: "create secret \(name)",
            done: { [self] reply in
                secrets.append((name, 1, bytes))
                if reply.version > 1 { cluster.fault("secret \(name) is new and has version \(reply.version)") }
            }, refusals: [])
    }

    private func updateSecret(_ place: Int) -> Asked {
        let (name, version, _) = secrets[place]
        let (box, bytes) = value(of: name)
        var replace = ReplaceSecret()
        replace.reference = name
        replace.value = box
        return Asked(
            request: request(.replaceSecret(replace)), what: "update secret \(name)",
            done: { [self] reply in
                secrets[place] = (name, version + 1, bytes)
                guard reply.version == version + 1 else {
                    return cluster.fault("version \(version) of \(name) was followed by \(reply.version) (S5)")
                }
            }, refusals: [])
    }

    private func removeSecret(_ place: Int) -> Asked {
        let name = secrets[place].name
        var delete = DeleteObject()
        delete.reference = name
        return Asked(
            request: request(.deleteSecret(delete)), what: "remove secret \(name)",
            done: { [self] _ in
                secrets.remove(at: place)
                if let user = services.first(where: { $0.believed.secrets.contains(name) }) {
                    cluster.fault("S3: secret \(name) was removed while \(user.name) used it")
                }
            }, refusals: [.conflict])
    }

    private func spec(_ name: String, _ believed: BelievedService) -> ServiceSpec {
        var program = ProgramSpec()
        program.command = ["/bin/service"]
        program.environment = ["BUILD=\(made)"]
        program.stopGraceMilliseconds = 2000
        program.secrets = believed.secrets.map { secret in
            var reference = SecretReference()
            reference.secretName = secret
            var target = FileTarget()
            target.name = secret
            reference.target = target
            return reference
        }
        var restart = RestartPolicy()
        restart.delayMilliseconds = 500
        var task = TaskSpec()
        task.program = program
        task.restart = restart
        task.onPartition = number % 2 == 0 ? .stop : .keep
        var mode = ReplicatedMode()
        mode.replicas = believed.replicas
        var spec = ServiceSpec()
        spec.name = name
        spec.task = task
        spec.replicated = mode
        // What fails under faults, such as a full disk, is tried again; a paused update would wait for its user.
        spec.update = UpdateConfig()
        spec.update?.order = believed.order
        spec.update?.failureAction = .continue
        return spec
    }

    private func someSecrets() -> [String] { secrets.map(\.name).filter { _ in world.below(2) == 0 } }

    private func createService() -> Asked {
        made += 1
        var believed = BelievedService(replicas: 1 + world.below(4), secrets: someSecrets())
        if cluster.load == .all, world.below(3) == 0 { believed.order = .startFirst }
        let name = "\(believed.order == .startFirst ? Self.startFirst : "web")\(number)-\(made)"
        var put = PutService()
        put.spec = spec(name, believed)
        return Asked(
            request: request(.putService(put)), what: "create service \(name)",
            done: { [self, believed] _ in services.append((name, believed)) }, refusals: [])
    }

    private func scaleService(_ place: Int) -> Asked {
        var (name, believed) = services[place]
        believed.replicas = world.below(6)
        var replace = ReplaceService()
        replace.reference = name
        replace.replicas = believed.replicas
        return Asked(
            request: request(.replaceService(replace)), what: "scale service \(name) to \(believed.replicas)",
            done: { [self, believed] _ in services[place].believed = believed }, refusals: [])
    }

    private func updateService(_ place: Int) -> Asked {
        made += 1
        var (name, believed) = services[place]
        believed.secrets = someSecrets()
        var replace = ReplaceService()
        replace.reference = name
        replace.spec = spec(name, believed)
        return Asked(
            request: request(.replaceService(replace)), what: "update service \(name)",
            done: { [self, believed] _ in services[place].believed = believed }, refusals: [])
    }

    private func removeService(_ place: Int) -> Asked {
        let name = services[place].name
        var delete = DeleteObject()
        delete.reference = name
        return Asked(
            request: request(.deleteService(delete)), what: "remove service \(name)",
            done: { [self] _ in services.remove(at: place) }, refusals: [])
    }

    private func changeNode() -> Asked {
        var change = ChangeNode()
        change.reference = world.pick(cluster.workers).host.name
        change.availability = world.below(3) == 0 ? .drain : .active
        // Two users may ask at once.
        return Asked(
            request: request(.changeNode(change)), what: "change node \(change.reference)", done: { _ in },
            refusals: [.conflict])
    }

    // MARK: - Asking

    private func ask(_ asked: Asked) {
        guard let process = world.pick(cluster.managers).client() else { return again(asked) }
        let began = world.now
        _ = SimulatedClient(process, socket: SimulatedNode.socket, asked.request) { [self] answer in
            if cluster.isCalm { checkCalm(answer, asked, after: world.now - began) }
            switch answer {
            case .success(let reply):
                cluster.acknowledged += 1
                asked.done(reply)
                settled(asked, "done")
            case .failure(let failure) where Self.isOpen(failure.code): again(asked)
            case .failure(let failure):
                settled(asked, failure.message)
                guard asked.refusals.contains(failure.code) else {
                    return cluster.fault("\"\(asked.what)\" was refused: \(failure.message) \(failure.why)")
                }
            }
        }
    }

    /// While nothing is wrong a request is answered when it is asked for the first time, and soon.
    private func checkCalm(_ answer: SimulatedClient.Answer, _ asked: Asked, after microseconds: UInt64) {
        var isAnswered = true
        if case .failure(let failure) = answer { isAnswered = !Self.isOpen(failure.code) }
        guard !isAnswered || microseconds > 1_000_000 else { return }
        cluster.fault("\"\(asked.what)\" is not answered within a second, and nothing is wrong")
    }

    /// Whether the request may or may not have been executed.
    private static func isOpen(_ code: FailureCode) -> Bool {
        [.unavailable, .timedOut, .notLeader].contains(code)
    }

    private func again(_ asked: Asked) {
        world.plan(after: 20_000 + world.below(200_000)) { [self] in ask(asked) }
    }

    private func settled(_ asked: Asked, _ how: String) {
        cluster.note("user \(number): \(asked.what): \(how)")
        isIdle = true
        world.plan(after: 10_000 + world.below(cluster.thinking)) { [self] in act() }
    }
}
