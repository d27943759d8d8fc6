import Bytes
import Model
import Testing
import Wire

@testable import Store

/// What a service may say, and what becomes of its specs: SwarmKit's own cases of `controlapi/service_test.go` and
/// beyond.
@Suite struct ServiceTests {
    private func refusal(_ edit: (inout ServiceSpec) -> Void) -> String {
        var hand = Hand()
        _ = hand.secret("db")
        _ = hand.config("conf")
        var spec = hand.spec("web", [hand.reference("db")])
        edit(&spec)
        return hand.service(spec).failure?.message ?? "none"
    }

    private func container(_ edit: (inout TaskSpec) -> Void) -> String {
        refusal { spec in
            spec.task?.container = ContainerSpec()
            spec.task?.container?.image = "centos:latest"
            spec.task?.program?.command = []
            edit(&spec.task!)
        }
    }

    // MARK: - Names and modes

    @Test(arguments: ["web", "a", "A9", "web-1", "web_1", "a--b", String(repeating: "a", count: 63)])
    func `a name that is a DNS label is taken`(name: String) {
        #expect(refusal { $0.name = name } == "none")
    }

    @Test(arguments: ["-web", "web-", "_web", "web.1", "web 1", "wéb", "web/1"])
    func `a name that is none is refused`(name: String) {
        #expect(refusal { $0.name = name } == "name must be valid as a DNS name component")
    }

    @Test func `a name is given, and not too long`() {
        #expect(refusal { $0.name = "" } == "meta: name must be provided")
        #expect(
            refusal { $0.name = String(repeating: "a", count: 64) } == "name must be 63 characters or fewer")
    }

    @Test func `a mode is one of two`() {
        #expect(refusal { $0.replicated = nil } == "Unrecognized service mode")
        #expect(refusal { $0.global = GlobalMode() } == "Unrecognized service mode")
        #expect(
            refusal { spec in
                spec.replicated = nil
                spec.global = GlobalMode()
            } == "none")
        #expect(
            refusal { spec in
                spec.replicated = nil
                spec.global = GlobalMode()
                spec.task?.placement = Placement()
                spec.task?.placement?.maxReplicas = 1
            } == "replicas-max-per-node can only be used with replicated mode")
    }

    @Test func `the mode and the name of a service stay`() {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        var other = hand.spec("web")
        other.replicated = nil
        other.global = GlobalMode()
        #expect(
            hand.update("web", other).failure == Failure(.unimplemented, "service mode change is not allowed"))
        #expect(hand.update("web", hand.spec("api")).failure?.message == "renaming services is not supported")
    }

    // MARK: - Updates

    @Test func `a rollback has no rollback`() {
        #expect(
            refusal { spec in
                spec.rollback = UpdateConfig()
                spec.rollback?.failureAction = .rollback
            } == "a rollback that fails can't be rolled back")
    }

    @Test func `an update keeps the spec before it, and forgets how the last update went`() throws {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        let first = try hand.store.findService("web").spec
        try hand.progress("web", .completed)
        #expect(hand.update("web", hand.spec("web", replicas: 3)).failure == nil)
        let service = try hand.store.findService("web")
        #expect(service.previousSpec == first)
        #expect(service.updateStatus == nil)
        #expect(service.meta?.specRevision == service.meta?.revision)
    }

    @Test func `a rollback needs a previous spec`() throws {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        #expect(hand.rollBack("web").failure == Failure(.conflict, "service web does not have a previous spec"))
        _ = hand.update("web", hand.spec("web", replicas: 3))
        #expect(hand.rollBack("web").failure == nil)
        let service = try hand.store.findService("web")
        #expect(service.spec?.replicated?.replicas == 1)
        #expect(service.previousSpec?.replicated?.replicas == 3)
        #expect(service.updateStatus?.state == .rollbackStarted)
        #expect(service.updateStatus?.message == "manually requested rollback")
    }

    @Test func `a rollback to a secret that was removed is refused, naming it, and changes nothing`() throws {
        var hand = Hand()
        _ = hand.secret("old")
        _ = hand.secret("new")
        _ = hand.service(hand.spec("web", [hand.reference("old")]))
        _ = hand.update("web", hand.spec("web", [hand.reference("new")]))
        #expect(hand.removeSecret("old").failure == nil)
        let before = try hand.store.findService("web")
        #expect(before.previousUnusable)
        let failure = hand.rollBack("web").failure
        #expect(failure?.code == .conflict)
        #expect(failure?.message == "service web can't be rolled back")
        #expect(failure?.why == "its previous spec names what was removed since: secret 'old'")
        #expect(try hand.store.findService("web") == before)
        // And the service can still be changed.
        var labelled = hand.spec("web", [hand.reference("new")])
        labelled.labels["a"] = "b"
        #expect(hand.update("web", labelled).failure == nil)
    }

    @Test func `while an update runs, what it may go back to is in use`() throws {
        var hand = Hand()
        _ = hand.secret("old")
        _ = hand.secret("new")
        _ = hand.service(hand.spec("web", [hand.reference("old")]))
        _ = hand.update("web", hand.spec("web", [hand.reference("new")]))
        try hand.progress("web", .updating)
        #expect(
            hand.removeSecret("old").failure?.message == "secret 'old' is in use by the following service: web")
        try hand.progress("web", .completed)
        #expect(hand.removeSecret("old").failure == nil)
    }

    @Test func `an automatic rollback swaps the specs, unless another spec came in between`() throws {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        _ = hand.update("web", hand.spec("web", replicas: 2))
        let late = try hand.store.findService("web").meta?.specRevision ?? .zero
        _ = hand.update("web", hand.spec("web", replicas: 3))
        try hand.progress("web", .rollbackStarted, rollback: true, revision: late)
        #expect(try hand.store.findService("web").spec?.replicated?.replicas == 3)
        #expect(try hand.store.findService("web").updateStatus == nil)
        try hand.progress("web", .rollbackStarted, rollback: true)
        #expect(try hand.store.findService("web").spec?.replicated?.replicas == 2)
        #expect(try hand.store.findService("web").previousSpec?.replicated?.replicas == 3)
    }

    @Test func `the same spec again changes nothing, but tries a paused update again`() throws {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        _ = hand.update("web", hand.spec("web", replicas: 2))
        let before = try hand.store.findService("web")
        _ = hand.update("web", hand.spec("web", replicas: 2))
        #expect(try hand.store.findService("web") == before)
        try hand.progress("web", .paused)
        _ = hand.update("web", hand.spec("web", replicas: 2))
        let after = try hand.store.findService("web")
        #expect(after.updateStatus == nil)
        #expect(after.previousSpec == before.previousSpec)
        #expect((after.meta?.specRevision ?? .zero) > (before.meta?.specRevision ?? .zero))
    }

    // MARK: - References

    @Test func `a reference names what there is, under its name`() {
        #expect(refusal { $0.task?.program?.secrets[0].secretID = .none } == "malformed secret reference")
        #expect(refusal { $0.task?.program?.secrets[0].secretName = "" } == "malformed secret reference")
        #expect(
            refusal { $0.task?.program?.secrets[0].target = nil } == "malformed secret reference, no target provided")
        #expect(
            refusal { $0.task?.program?.secrets[0].target?.name = "" }
                == "malformed file secret reference, invalid target file name provided")
        #expect(refusal { $0.task?.program?.secrets[0].secretName = "other" } == "secret not found: other")
        #expect(
            refusal { spec in
                var second = spec.task!.program!.secrets[0]
                second.secretName = "b"
                second.target?.name = "b"
                spec.task?.program?.secrets[0].secretName = "a"
                spec.task?.program?.secrets.append(second)
            } == "secrets not found: a, b")
    }

    @Test(arguments: [("x", "/run/secrets/x"), ("x", "./x"), ("a/b", "a/b"), ("a", "a/b"), ("x", "x")])
    func `two secrets at one place are refused, however it is written`(first: String, second: String) {
        let said = refusal { spec in
            var other = spec.task!.program!.secrets[0]
            spec.task?.program?.secrets[0].target?.name = first
            other.target?.name = second
            spec.task?.program?.secrets.append(other)
        }
        #expect(said.hasPrefix("secret references 'db' and 'db' have a conflicting target"))
    }

    @Test(arguments: [
        "../../etc/x", "/", "/run/secrets/", "/run/secrets/../x", "..data", "a/../../x", "/etc/x", "a\u{0}b",
    ])
    func `a program's targets are below its directories`(target: String) {
        let said = refusal { $0.task?.program?.secrets[0].target?.name = target }
        #expect(said.hasPrefix("invalid target"))
    }

    @Test func `in a container a target may be elsewhere, but not twice`() {
        #expect(container { $0.program?.secrets[0].target?.name = "/etc/app/key" } == "none")
        for target in ["/", "/etc/../key"] {
            let said = container { $0.program?.secrets[0].target?.name = target }
            #expect(said.hasPrefix("invalid target"), "\(target)")
        }
        let said = container { task in
            var hand = Hand()
            _ = hand.secret("db")
            _ = hand.config("conf")
            task.program?.secrets[0].target?.name = "/etc/key"
            var reference = ConfigReference()
            reference.configID = (try? hand.store.findConfig("conf"))?.id ?? .none
            reference.configName = "conf"
            reference.target = FileTarget()
            reference.target?.name = "//etc/./key"
            task.program?.configs = [reference]
        }
        #expect(said.hasPrefix("secret and config references 'db' and 'conf' have a conflicting target: '/etc/key'"))
    }

    @Test func `a template driver that is not known is refused where it is named, not where a task starts`() {
        var hand = Hand()
        var spec = SecretSpec()
        spec.name = "x"
        spec.templating = Driver()
        spec.templating?.name = "bogus"
        var command = CreateSecret()
        command.id = SecretID(high: 1, low: 1)
        command.spec = spec
        let failure = hand.run(.createSecret(command), sealed: [1]).failure
        #expect(failure?.message == "template driver 'bogus' is not known")
    }

    @Test func `a stale update is a conflict, not an internal error, and a change of state makes none stale`() throws {
        var hand = Hand()
        _ = hand.service(hand.spec("web"))
        let read = try hand.store.findService("web").meta?.specRevision ?? .zero
        try hand.progress("web", .completed)
        #expect(hand.update("web", hand.spec("web", replicas: 2), expected: read).failure == nil)
        #expect(hand.update("web", hand.spec("web", replicas: 3), expected: read).failure?.code == .conflict)
    }

    // MARK: - Tasks

    @Test(arguments: [
        "centos", "centos:latest", "library/centos", "localhost:5000/a/b_c:1.0", "host.example/x",
        "x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ])
    func `an image's name is taken`(image: String) {
        #expect(container { $0.container?.image = image } == "none")
    }

    @Test(arguments: ["CENTOS", "a b", "a//b", "-a", "a:", "a:b:c", "x@sha256:short", "/a", "a/"])
    func `what is no image's name is refused`(image: String) {
        #expect(
            container { $0.container?.image = image } == "ContainerSpec: \"\(image)\" is not a valid repository/tag")
    }

    @Test func `a container needs an image, a process a command`() {
        #expect(container { $0.container?.image = "" } == "ContainerSpec: image reference must be provided")
        #expect(refusal { $0.task?.program?.command = [] } == "ProgramSpec: a command must be provided")
        #expect(refusal { $0.task?.program = nil } == "TaskSpec: missing runtime")
    }

    @Test func `what a process can't have is refused, not ignored`() {
        var network = NetworkAttachment()
        network.network = "host"
        #expect(refusal { $0.task?.networks = [network] } == "a process can't have a network")
        let volume = mount(.volume, "v", "/v")
        #expect(refusal { $0.task?.program?.mounts = [volume] } == "a process can't have a volume")
        let bind = mount(.bind, "/srv", "/srv")
        #expect(refusal { $0.task?.program?.mounts = [bind] } == "none")
        #expect(refusal { $0.task?.program?.terminal = true } == "a process can't have a terminal")
        #expect(refusal { $0.task?.program?.capabilitiesAdded = ["ALL"] } == "a process can't have a capability")
    }

    @Test func `resources have a least`() {
        #expect(
            refusal { spec in
                spec.task?.reservations = Resources()
                spec.task?.reservations?.cpuNano = 999_999
            } == "invalid cpu value 0.000999999: Must be at least 0.001")
        let said = refusal { spec in
            spec.task?.limits = Resources()
            spec.task?.limits?.memoryBytes = (4 << 20) - 1
        }
        #expect(said.hasSuffix("Must be at least 4MiB"))
    }

    private func mount(_ type: MountType, _ source: String, _ target: String) -> Mount {
        var mount = Mount()
        mount.type = type
        mount.source = source
        mount.target = target
        return mount
    }

    @Test func `mounts are absolute, of a kind, and one at a place`() {
        func said(_ mounts: Mount...) -> String { container { $0.program?.mounts = mounts } }
        #expect(said(mount(.bind, "/a", "/x"), mount(.volume, "v", "/y"), mount(.tmpfs, "", "/z")) == "none")
        #expect(
            said(mount(.bind, "/a", "/x"), mount(.volume, "v", "//x")) == "ContainerSpec: duplicate mount point: //x")
        #expect(said(mount(.bind, "a", "/x")) == "invalid mount path, must be an absolute path: 'a'")
        #expect(said(mount(.bind, "/a", "x")) == "invalid mount target, must be an absolute path: x")
        #expect(said(mount(.bind, "/a", "/x/../y")) == "invalid mount target, must be an absolute path: /x/../y")
        #expect(said(mount(.bind, "/a", "/")) == "invalid specification: destination can't be '/'")
        #expect(said(mount(.volume, "/a", "/x")) == "invalid volume mount source: \"/a\"")
        #expect(said(mount(.tmpfs, "x", "/x")) == "invalid tmpfs mount: source must not be set")
        #expect(said(mount(.unspecified, "", "/x")) == "mount type unknown")
        #expect(said(mount(.tmpfs, "", "/run/secrets")).hasPrefix("invalid mount target /run/secrets"))
    }

    @Test func `health checks, limits, capabilities, networks and preferences have forms`() {
        func health(_ test: String...) -> String {
            container { task in
                task.program?.health = HealthCheck()
                task.program?.health?.test = test
            }
        }
        #expect(health("CMD", "true") == "none")
        #expect(health("CMD-SHELL", "true") == "none")
        #expect(health("NONE") == "none")
        for test in [["CMD"], ["NONE", "x"], ["true"]] {
            #expect(
                container { task in
                    task.program?.health = HealthCheck()
                    task.program?.health?.test = test
                } == "ContainerSpec: invalid healthcheck")
        }
        func ulimit(_ name: String, _ soft: Int64, _ hard: Int64) -> String {
            container { task in
                var ulimit = Ulimit()
                (ulimit.name, ulimit.soft, ulimit.hard) = (name, soft, hard)
                task.program?.ulimits = [ulimit]
            }
        }
        #expect(ulimit("nofile", 1, 2) == "none")
        #expect(ulimit("nofile", -1, -1) == "none")
        #expect(ulimit("files", 1, 2) == "invalid ulimit type: files")
        #expect(ulimit("nofile", 3, 2) == "ulimit soft limit must be less than or equal to hard limit: 3 > 2")
        #expect(container { $0.program?.capabilitiesDropped = ["CAP_FLY"] } == "invalid capability: \"CAP_FLY\"")
        #expect(container { $0.program?.capabilitiesAdded = ["CAP_NET_ADMIN", "ALL"] } == "none")
        func networks(_ names: String...) -> String {
            container { task in
                task.networks = names.map { name in
                    var network = NetworkAttachment()
                    network.network = name
                    return network
                }
            }
        }
        #expect(networks("back", "front") == "none")
        #expect(networks("back", "back") == "network back is attached twice")
        #expect(networks("host", "back") == "the networks none and host can't be combined with others")
        #expect(networks("a b") == "invalid network name: 'a b'")
        #expect(
            container { task in
                task.placement = Placement()
                task.placement?.spread = ["node.role"]
            } == "invalid placement preference 'spread=node.role'")
    }

    @Test func `a directory is absolute, a host's name is one, and a signal is known`() {
        #expect(container { $0.program?.directory = "/srv" } == "none")
        #expect(
            container { $0.program?.directory = "srv" }
                == "the working directory 'srv' is invalid, it needs to be an absolute path")
        #expect(container { $0.program?.hostname = "db-1.example" } == "none")
        for name in ["a b", "-a", String(repeating: "a", count: 65)] {
            #expect(container { $0.program?.hostname = name } == "invalid hostname format: \(name)")
        }
        for signal in ["", "SIGINT", "usr1", "9"] { #expect(container { $0.program?.stopSignal = signal } == "none") }
        #expect(container { $0.program?.stopSignal = "SIGNOTHING" } == "Invalid signal: SIGNOTHING")
    }

    // MARK: - Constraints

    @Test func `a constraint that no node can match is refused, not waited for`() {
        func said(_ constraint: String) -> String {
            container { task in
                task.placement = Placement()
                task.placement?.constraints = [constraint]
            }
        }
        #expect(said("node.labels.zone==a") == "none")
        #expect(said("node.label.zone==a") == "no node can match the constraint 'node.label.zone==a'")
        #expect(said("node.ip==nonsense") == "no node can match the constraint 'node.ip==nonsense'")
    }

    @Test func `constraints are read as SwarmKit reads them`() {
        for text in ["node.name != ", "==x", "a=x", "node.labels.x", "no~de==x", "node.ip == "] {
            #expect(throws: Failure.self, "\(text)") { try Constraint(text) }
        }
        for text in ["node.labels.x==a b", " node.role == manager ", "node.id!=x.*", "engine.labels.y==a/b"] {
            #expect(throws: Never.self, "\(text)") { try Constraint(text) }
        }
    }

    @Test func `a constraint looks at addresses, roles, platforms and labels without regard to case`() throws {
        var node = Node()
        node.role = .worker
        node.spec = NodeSpec()
        node.spec?.labels["Zone"] = "East"
        node.description = NodeDescription()
        node.description?.os = "linux"
        node.description?.architecture = "x86_64"
        node.status = NodeStatus()
        node.status?.address = "172.16.5.9:33412"
        for text in [
            "node.role==Worker", "node.labels.Zone==east", "node.labels.none!=x", "node.platform.os==LINUX",
            "node.platform.arch!=arm64", "node.ip==172.16.5.9", "node.ip==172.16.0.0/12", "node.ip!=10.0.0.1",
        ] {
            #expect(try Constraint(text).matches(node), "\(text)")
        }
        for text in [
            "node.role==manager", "node.ip==172.32.0.0/12", "node.ip==nonsense", "node.bogus==x", "node.bogus!=x",
        ] {
            #expect(try !Constraint(text).matches(node), "\(text)")
        }
        node.status?.address = "[fe80::1:2]:80"
        for (text, isMatch) in [
            ("node.ip==fe80:0:0:0:0:0:1:2", true), ("node.ip==fe80::/10", true), ("node.ip==fe80::1:3", false),
            ("node.ip==fe80::1::2", false), ("node.ip==172.16.5.9", false),
        ] {
            #expect(try Constraint(text).matches(node) == isMatch, "\(text)")
        }
    }
}
