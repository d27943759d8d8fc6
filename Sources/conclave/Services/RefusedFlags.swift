/// Options of Swarm's commands that nothing here can follow, with the reason. A stack file hears the same of its keys.
enum RefusedFlags {
    static let create: [String: String] = all.reduce(into: [:]) { flags, flag in
        flags[flag.name] = flag.reason
        if flag.name == "publish" { flags["p"] = flag.reason }
    }

    /// Lists are changed by `-add` and `-rm` there.
    static let update: [String: String] = all.reduce(
        into: ["mode": "a service keeps its mode", "name": "a service keeps its name"]
    ) { flags, flag in
        for suffix in flag.isList ? ["-add", "-rm"] : [""] { flags[flag.name + suffix] = flag.reason }
    }

    /// Of `secret create` and `config create`.
    static let value: [String: String] = [
        "driver": provider, "d": provider,
        "template-driver": "tasks get a value as it is; variables, mounts and host names may have placeholders",
    ]

    private static let provider = "there are no outside providers; a value comes from a file or standard input"
    private static let dns = "names are resolved as on the node"
    private static let output = "output is kept by the node; see conclave service logs"
    private static let windows = "it is for Windows"

    private static let all: [(name: String, isList: Bool, reason: String)] = [
        ("publish", true, "there is no ingress network; use --network host and let the program listen"),
        ("endpoint-mode", false, "services have no address of their own"),
        ("dns", true, dns), ("dns-search", true, dns), ("dns-option", true, dns),
        ("sysctl", true, "kernel settings are the node's"),
        ("log-driver", false, output), ("log-opt", false, output),
        ("credential-spec", false, windows), ("isolation", false, windows),
        ("generic-resource", true, "nodes do not count devices"),
        ("max-concurrent", false, "there are no jobs"),
        (
            "no-resolve-image", false,
            "the first node that pulls the image resolves it; name it with its digest to pin it"
        ),
    ]
}
