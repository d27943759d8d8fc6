import Compose
import Testing

/// The keys of the compose specification, by where they stand; `[]` is an item of a list.
private let specification: [(place: String, keys: String)] = [
    ("", "version name include models networks volumes secrets configs services"),
    (
        "services.web",
        """
        annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent cgroupns_mode command configs container_name \
        cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec \
        depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file \
        environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc \
        isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit \
        models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop \
        privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets \
        security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits \
        use_api_socket user userns_mode uts volume_driver volumes volumes_from working_dir
        """
    ),
    ("services.web.env_file[]", "path required format"),
    ("services.web.secrets[]", "source target uid gid mode"),
    ("services.web.configs[]", "source target uid gid mode"),
    ("services.web.volumes[]", "type source target read_only consistency bind image volume tmpfs"),
    ("services.web.volumes[].bind", "propagation create_host_path recursive selinux"),
    ("services.web.volumes[].volume", "labels nocopy subpath"),
    ("services.web.volumes[].tmpfs", "size mode"),
    ("services.web.ulimits.nofile", "soft hard"),
    ("services.web.healthcheck", "disable interval retries start_interval start_period test timeout"),
    (
        "services.web.networks.default",
        "aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address priority"
    ),
    (
        "services.web.deploy",
        "endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config"
    ),
    ("services.web.deploy.placement", "constraints max_replicas_per_node preferences"),
    ("services.web.deploy.placement.preferences[]", "spread"),
    ("services.web.deploy.resources", "limits memory_swap memory_swappiness reservations"),
    ("services.web.deploy.resources.limits", "cpus memory pids"),
    ("services.web.deploy.resources.reservations", "cpus memory devices generic_resources"),
    ("services.web.deploy.restart_policy", "condition delay max_attempts window"),
    ("services.web.deploy.update_config", "delay failure_action max_failure_ratio monitor order parallelism"),
    ("services.web.deploy.rollback_config", "delay failure_action max_failure_ratio monitor order parallelism"),
    ("networks.back", "attachable driver driver_opts enable_ipv4 enable_ipv6 external internal ipam labels name"),
    ("volumes.data", "driver driver_opts external labels name"),
    ("secrets.key", "driver driver_opts environment external file labels name template_driver"),
    ("configs.site", "content environment external file labels name template_driver"),
]

/// A stack file with one key at a place, and where the key stands.
private struct OneKey {
    private(set) var text = ""
    private var line = 1
    private var column = 1

    init(_ key: String, at place: String) {
        var dash = ""
        var indent = 0
        for part in place.split(separator: ".") {
            let isList = part.hasSuffix("[]")
            text += String(repeating: " ", count: indent) + dash + part.dropLast(isList ? 2 : 0) + ":\n"
            indent += dash.count + 2
            dash = isList ? "- " : ""
            line += 1
        }
        column = indent + dash.count + 1
        text += String(repeating: " ", count: indent) + dash + key + ":\n"
    }

    /// What the reader says of it, by its place.
    var said: [String] {
        var reader = StackReader(
            StackContext(stack: "shop", variables: [:], folder: "/srv") { _ in
                .failure(ComposeError.Reason("no such file", isAbsent: true))
            })
        do throws(StackProblems) {
            return try reader.read([StackReader.File(name: "f", text: Array(text.utf8))]).warnings.map(\.message)
        } catch {
            return error.problems.map { "\($0.mark): \($0.message)" }
        }
    }

    /// What must be said of a key that nobody knows.
    func unknown(_ key: String) -> (place: String, end: String) { ("f:\(line):\(column): ", "has no key '\(key)'") }
}

@Test(arguments: specification.map(\.place))
func `every key of the specification is known, and any other is named with its place`(place: String) throws {
    let keys = try #require(specification.first { $0.place == place }?.keys)
    for key in keys.split(separator: " ").map(String.init) {
        let said = OneKey(key, at: place).said
        #expect(!said.contains { $0.hasSuffix("has no key '\(key)'") }, "\(place): \(key): \(said)")
    }
    let file = OneKey("nonsense", at: place)
    let (start, end) = file.unknown("nonsense")
    #expect(file.said.contains { $0.hasPrefix(start) && $0.hasSuffix(end) }, "\(place): \(file.said)")
}
