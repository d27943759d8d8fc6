import Model
import Text
import Wire

extension ServiceReader {
    mutating func readDeploy(_ spec: inout ServiceSpec, _ task: inout TaskSpec) {
        var replicated = ReplicatedMode()
        replicated.replicas = 1
        spec.replicated = replicated
        task.restart = readRestart()
        guard var deploy = section.section("deploy") else { return }
        for (key, value) in deploy.pairs("labels") { spec.labels[key] = value ?? "" }
        readMode(&deploy, &spec)
        spec.update = deploy.section("update_config").map { update($0, isRollback: false) }
        spec.rollback = deploy.section("rollback_config").map { update($0, isRollback: true) }
        if let restart = deploy.section("restart_policy") { task.restart = policy(restart) }
        if let placement = deploy.section("placement") { task.placement = self.placement(placement) }
        if var resources = deploy.section("resources") {
            task.limits = resources.section("limits").map(limits)
            task.reservations = resources.section("reservations").map(reservations)
            resources.unsupported(["memory_swap": Self.oneEngine, "memory_swappiness": Self.oneEngine])
            resources.end()
        }
        if let mode = deploy.text("endpoint_mode") {
            deploy.report.unsupported(
                deploy.mark(of: "endpoint_mode"),
                "\(deploy.name("endpoint_mode")) \(mode.printable) is not supported: services have no address of their "
                    + "own")
        }
        deploy.end()
    }

    private func readMode(_ deploy: inout Section, _ spec: inout ServiceSpec) {
        let replicas = deploy.number("replicas")
        switch deploy.text("mode") {
        case nil, "replicated":
            if let replicas { spec.replicated?.replicas = replicas }
        case "global":
            spec.replicated = nil
            spec.global = GlobalMode()
            if replicas != nil {
                report.error(
                    deploy.mark(of: "replicas"), "\(deploy.name("replicas")): a global service has one task a node")
            }
        case let mode? where ["replicated-job", "global-job"].contains(mode):
            report.unsupported(
                deploy.mark(of: "mode"), "\(deploy.name("mode")) \(mode) is not supported: there are no jobs")
        case _?: report.error(deploy.mark(of: "mode"), "\(deploy.name("mode")) must be one of replicated, global")
        }
    }

    private func update(_ given: Section, isRollback: Bool) -> UpdateConfig {
        var inner = given
        var config = UpdateConfig()
        config.parallelism = inner.number("parallelism")
        config.delayMilliseconds = inner.milliseconds("delay") ?? 0
        let actions: KeyValuePairs<String, FailureAction> =
            isRollback
            ? ["pause": .pause, "continue": .continue]
            : ["pause": .pause, "continue": .continue, "rollback": .rollback]
        config.failureAction = inner.choice("failure_action", actions) ?? .unspecified
        config.monitorMilliseconds = inner.milliseconds("monitor")
        config.maxFailureRatio = inner.ratio("max_failure_ratio") ?? 0
        config.order =
            inner.choice("order", ["stop-first": UpdateOrder.stopFirst, "start-first": .startFirst]) ?? .unspecified
        inner.end()
        return config
    }

    private func policy(_ given: Section) -> RestartPolicy {
        var inner = given
        var policy = RestartPolicy()
        policy.condition =
            inner.choice("condition", ["none": RestartCondition.none, "on-failure": .onFailure, "any": .any])
            ?? .unspecified
        policy.delayMilliseconds = inner.milliseconds("delay")
        policy.maxAttempts = UInt32(clamping: inner.number("max_attempts") ?? 0)
        policy.windowMilliseconds = inner.milliseconds("window") ?? 0
        inner.end()
        return policy
    }

    /// `restart`, the older word: `no`, `always`, `unless-stopped`, `on-failure[:times]`.
    private mutating func readRestart() -> RestartPolicy? {
        guard let text = section.text("restart") else { return nil }
        var policy = RestartPolicy()
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch parts.first {
        case "no", "false": policy.condition = .none
        case "always", "unless-stopped": policy.condition = .any
        case "on-failure":
            policy.condition = .onFailure
            if parts.count == 2 {
                guard let times = UInt32(parts[1]) else { fallthrough }
                policy.maxAttempts = times
            }
        default:
            report.error(
                section.mark(of: "restart"),
                "\(section.name("restart")) must be no, always, unless-stopped or on-failure:TIMES")
        }
        return policy
    }

    private func placement(_ given: Section) -> Placement {
        var inner = given
        var placement = Placement()
        placement.constraints = inner.texts("constraints")
        for (place, item) in inner.items("preferences").enumerated() {
            guard
                var preference = Section(item, path: inner.name("preferences[\(place)]"), report: report)
            else { continue }
            if let spread = preference.text("spread") { placement.spread.append(spread) }
            preference.end()
        }
        placement.maxReplicas = inner.number("max_replicas_per_node") ?? 0
        inner.end()
        return placement
    }

    private func limits(_ given: Section) -> Resources {
        var inner = given
        var resources = amount(&inner)
        resources.pids = inner.number("pids") ?? 0
        inner.end()
        return resources
    }

    private func reservations(_ given: Section) -> Resources {
        var inner = given
        let resources = amount(&inner)
        let devices = "nodes do not count devices"
        inner.unsupported(["devices": devices, "generic_resources": devices])
        inner.end()
        return resources
    }

    private func amount(_ inner: inout Section) -> Resources {
        var resources = Resources()
        resources.cpuNano = inner.processors("cpus") ?? 0
        resources.memoryBytes = inner.bytes("memory") ?? 0
        return resources
    }

    private static let oneEngine = "it is for one engine; services say it under deploy"

    /// What compose files have and nothing here can follow, with the reason.
    mutating func refuse() {
        let engine = Self.oneEngine
        let isolation = "tasks keep the isolation that the node gives them"
        section.unsupported([
            "build": "images are not built here; build and push it, and name it with image",
            "ports": "there is no ingress network; use network_mode: host and let the program listen",
            "expose": "tasks of a network reach each other's ports anyway",
            "depends_on": "tasks start when they can and are started again when they fail",
            "container_name": "names are those of the service and its slot", "links": "use a network and aliases",
            "external_links": "use a network and aliases", "scale": "write deploy.replicas",
            "profiles": "a stack is deployed whole", "extends": "use YAML anchors, or several -c",
            "pull_policy": "an image is pulled where it is absent",
            "pull_refresh_after": "an image is pulled where it is absent", "label_file": "write labels",
            "models": "language models are not run here", "platform": "write a placement constraint",
            "privileged": isolation, "security_opt": isolation, "userns_mode": isolation, "pid": isolation,
            "ipc": isolation, "uts": isolation, "cgroup": isolation, "cgroup_parent": isolation,
            "cgroupns_mode": isolation,
            "credential_spec": "it is for Windows", "isolation": "it is for Windows",
            "devices": "devices of the host are not handed on", "gpus": "devices of the host are not handed on",
            "device_cgroup_rules": "devices of the host are not handed on",
            "sysctls": "kernel settings are the node's", "dns": "names are resolved as on the node",
            "dns_search": "names are resolved as on the node", "dns_opt": "names are resolved as on the node",
            "domainname": "write it into hostname", "mac_address": "addresses are the engine's",
            "logging": "output is kept by the node; see conclave service logs",
            "shm_size": "mount a tmpfs at /dev/shm", "runtime": "it is the engine's",
            "volumes_from": "name a volume in both services", "volume_driver": "name it under volumes",
            "storage_opt": "it is the engine's", "oom_kill_disable": engine, "oom_score_adj": engine,
            "mem_limit": engine, "mem_reservation": engine, "memswap_limit": engine, "mem_swappiness": engine,
            "cpus": engine, "cpu_shares": engine, "cpu_quota": engine, "cpu_period": engine, "cpu_count": engine,
            "cpu_percent": engine, "cpu_rt_period": engine, "cpu_rt_runtime": engine, "cpuset": engine,
            "pids_limit": engine, "blkio_config": engine, "annotations": "the engine has no use for them",
            "attach": "nothing is attached to a stack", "develop": "it is for building",
            "provider": "services are containers or processes", "post_start": "run it from the program itself",
            "pre_stop": "run it from the program itself", "use_api_socket": isolation,
        ])
    }
}
