import Bytes
import CProtobuf
import Model
import Raft
import Wire

/// The three messages that are measured.
enum Messages {
    /// A worker's sign of life.
    static var heartbeat: Heartbeat {
        var heartbeat = Heartbeat()
        heartbeat.session = id()
        heartbeat.applied = 123_456
        return heartbeat
    }

    /// What a worker is sent: two tasks, each with two secrets, a config, labels and a volume, and the values that they need.
    static var assignment: Assignment {
        var assignment = Assignment()
        assignment.session = id()
        assignment.kind = .complete
        assignment.number = 41
        for number in 1...2 {
            let task = task(UInt64(number))
            for secret in task.spec?.program?.secrets ?? [] {
                var value = AssignedValue()
                value.taskID = task.id
                value.secretID = secret.secretID
                value.version = 7
                value.sealed = bytes(360)
                assignment.changes.append(change(.value(value)))
            }
            assignment.changes.append(change(.task(task)))
        }
        return assignment
    }

    /// A batch of consensus: 100 entries with about 600 bytes each.
    static var batch: RaftMessage {
        var message = RaftMessage()
        message.kind = .append
        message.from = MemberID(1)
        message.to = MemberID(2)
        message.term = Term(7)
        message.index = Index(1_000_000)
        message.logTerm = Term(7)
        message.commit = Index(999_990)
        for place in 1...100 {
            let index = Index(1_000_000 + UInt64(place))
            message.entries.append(Entry(term: Term(7), index: index, body: bytes(560 + place % 60)))
        }
        return message
    }

    private static func task(_ number: UInt64) -> StoredTask {
        var program = ProgramSpec()
        program.command = ["/usr/local/bin/postgres", "-c", "config_file=/etc/postgres.conf", "-D", "/data"]
        program.environment = ["PGDATA=/data", "LANG=C.UTF-8", "TZ=Europe/Berlin"]
        program.user = "postgres"
        program.secrets = [secret("db-password"), secret("tls-private-key")]
        program.configs = [config("postgres.conf")]
        program.stopGraceMilliseconds = 30_000
        program.mounts = [volume("postgres-data", at: "/data")]
        var container = ContainerSpec()
        container.image = "registry.example.org/postgres:17.2"
        container.labels = ["app": "postgres", "owner": "storage-team", "stage": "production", "tier": "database"]
        var limits = Resources()
        limits.cpuNano = 2_000_000_000
        limits.memoryBytes = 4 << 30
        var placement = Placement()
        placement.constraints = ["node.labels.disk==ssd"]
        var spec = TaskSpec()
        spec.program = program
        spec.container = container
        spec.limits = limits
        spec.placement = placement
        var meta = Meta()
        meta.revision = Index(81_234)
        meta.specRevision = Index(81_234)
        meta.created = Timestamp(seconds: 1_700_000_000)
        meta.updated = Timestamp(seconds: 1_700_000_000)
        var task = StoredTask()
        task.id = id()
        task.meta = meta
        task.serviceID = id()
        task.serviceName = "postgres-main"
        task.slot = number
        task.nodeID = id()
        task.spec = spec
        task.serviceRevision = Index(81_200)
        task.desired = .running
        return task
    }

    private static func secret(_ name: String) -> SecretReference {
        var secret = SecretReference()
        secret.secretID = id()
        secret.secretName = name
        secret.target = target(name)
        return secret
    }

    private static func config(_ name: String) -> ConfigReference {
        var config = ConfigReference()
        config.configID = id()
        config.configName = name
        config.target = target(name)
        return config
    }

    private static func volume(_ name: String, at path: String) -> Mount {
        var mount = Mount()
        mount.type = .volume
        mount.source = name
        mount.target = path
        mount.volumeOptions = ["size": "200G", "type": "xfs"]
        return mount
    }

    private static func target(_ name: String) -> FileTarget {
        var target = FileTarget()
        target.name = name
        target.mode = 0o400
        return target
    }

    private static func change(_ thing: AssignedThing) -> AssignmentChange {
        var change = AssignmentChange()
        change.thing = thing
        return change
    }

    private static func bytes(_ count: Int) -> Bytes { Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }) }
    private static func id<Kind>() -> ID<Kind> { unsafe bytes(16).withUnsafeBytes { unsafe ID(bytes: $0) } }
}
