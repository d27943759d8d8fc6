import Foundation

/// Real daemons on this machine, each with its own directories and port; ended and removed by `tearDown`.
final class TestCluster: @unchecked Sendable {
    let base: URL
    private(set) var daemons: [String: Running] = [:]
    private var ports: [String: Int] = [:]
    /// Runs a daemon or a command inside this network namespace; none: the machine's own.
    private var namespaces: [String: String] = [:]
    private var addresses: [String: String] = [:]

    /// - Parameter parent: where its folder is made. What is below `/tmp` no task sees, whatever its daemon hides.
    init(_ name: String, below parent: String = "/tmp") throws {
        base = URL(filePath: "\(parent)/conclave-test-\(name)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
    }

    func folder(_ node: String) -> URL { base.appending(path: node) }
    func socket(_ node: String) -> String { folder(node).appending(path: "control.sock").path }
    func address(_ node: String) -> String { "\(addresses[node] ?? "127.0.0.1"):\(port(node))" }
    func log(_ node: String) -> String {
        (try? String(contentsOf: folder(node).appending(path: "log"), encoding: .utf8)) ?? ""
    }

    /// A port that was free a moment ago.
    private func port(_ node: String) -> Int {
        if let port = ports[node] { return port }
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        var length = size
        _ = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
        }
        let port = Int(UInt16(bigEndian: address.sin_port))
        ports[node] = port
        return port
    }

    /// Puts a node on a host of its own.
    func place(_ node: String, in namespace: String, address: String, port: Int = 7377) {
        namespaces[node] = namespace
        addresses[node] = address
        ports[node] = port
    }

    private func wrapped(_ node: String, _ program: String, _ arguments: [String]) -> (String, [String]) {
        guard let namespace = namespaces[node] else { return (program, arguments) }
        return ("/usr/bin/nsenter", ["--net=/run/netns/\(namespace)", program] + arguments)
    }

    /// What every daemon is started with beside its own places.
    var flags: [String] = []

    /// Starts a daemon and waits until its socket answers.
    func start(_ node: String, _ extra: [String] = []) throws {
        try FileManager.default.createDirectory(at: folder(node), withIntermediateDirectories: true)
        let shell =
            "exec \"$0\" \"$@\" >>\(folder(node).appending(path: "log").path) 2>&1"
        let (program, arguments) = wrapped(
            node, "/bin/sh",
            [
                "-c", shell, productsFolder.appending(path: "conclaved").path, "--name", node, "--listen",
                address(node), "--advertise", address(node), "--state-dir", folder(node).appending(path: "state").path,
                "--run-dir", folder(node).appending(path: "run").path, "--socket", socket(node),
            ] + flags + extra)
        daemons[node] = try Running(program, arguments)
        let isUp = try eventually { try conclave(node, "status").code != 6 }
        if !isUp { throw Trouble("\(node) did not come up:\n\(log(node))") }
    }

    /// Ends a daemon at once, as a crash would.
    func kill(_ node: String) {
        guard let daemon = daemons.removeValue(forKey: node) else { return }
        Glibc.kill(daemon.pid, SIGKILL)
        _ = daemon.wait()
    }

    func signal(_ node: String, _ number: Int32) {
        if let daemon = daemons[node] { Glibc.kill(daemon.pid, number) }
    }

    func stop(_ node: String) {
        guard let daemon = daemons.removeValue(forKey: node) else { return }
        Glibc.kill(daemon.pid, SIGTERM)
        _ = daemon.wait()
    }

    func isAlive(_ node: String) -> Bool { daemons[node]?.isRunning ?? false }

    /// Runs a command against a node's daemon.
    @discardableResult
    func conclave(_ node: String, _ arguments: String..., input: String? = nil) throws -> Finished {
        try conclave(node, arguments: arguments, input: input.map { Data($0.utf8) })
    }

    func conclave(_ node: String, arguments: [String], input: Data? = nil) throws -> Finished {
        try run(
            productsFolder.appending(path: "conclave").path, ["--host", "unix://\(socket(node))"] + arguments,
            input: input)
    }

    /// Runs a command that must succeed, and returns its standard output without the last line end.
    @discardableResult
    func must(_ node: String, _ arguments: String..., input: String? = nil) throws -> String {
        let finished = try conclave(node, arguments: arguments, input: input.map { Data($0.utf8) })
        guard finished.code == 0 else {
            throw Trouble("conclave \(arguments.joined(separator: " ")) on \(node): \(finished.all)\n\(log(node))")
        }
        return finished.output.hasSuffix("\n") ? String(finished.output.dropLast()) : finished.output
    }

    /// Makes a cluster: the first manager initialises it, the others join; all are ready when it returns.
    func form(managers: [String], workers: [String] = []) throws {
        for node in managers + workers where daemons[node] == nil { try start(node) }
        try must(managers[0], "swarm", "init")
        let managerToken = try must(managers[0], "swarm", "join-token", "-q", "manager")
        let workerToken = try must(managers[0], "swarm", "join-token", "-q", "worker")
        for node in managers.dropFirst() {
            try must(node, "swarm", "join", "--token", managerToken, address(managers[0]))
        }
        for node in workers { try must(node, "swarm", "join", "--token", workerToken, address(managers[0])) }
        let isFormed = try eventually(within: 30) {
            let voters = try conclave(managers[0], "status", "--format", "{{range .Members}}{{.Voter}} {{end}}").output
            let ready = try conclave(managers[0], "node", "ls", "--format", "{{.Status}}").lines
            return voters.components(separatedBy: "true").count - 1 == managers.count
                && ready.filter { $0 == "Ready" }.count == managers.count + workers.count
        }
        if !isFormed {
            let nodes = try conclave(managers[0], "node", "ls").all
            throw Trouble("the cluster did not form: \(nodes)\n\(log(managers[0]))")
        }
    }

    /// The node that leads, as `asked` sees it.
    func leader(_ asked: String) throws -> String? {
        try conclave(asked, "node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}").lines
            .first { $0.hasSuffix(" Leader") }.map { String($0.dropLast(7)) }
    }

    /// A manager that does not lead, so that a request goes over a link.
    func follower() throws -> String? {
        let leader = try leader("m1")
        return daemons.keys.sorted().first { $0.hasPrefix("m") && $0 != leader }
    }

    /// Waits until a service has `count` running tasks.
    func waitRunning(_ asked: String, _ service: String, _ count: Int) throws {
        let isRunning = try eventually(within: 30) {
            try conclave(asked, "service", "ps", service, "--format", "{{.DesiredState}} {{.CurrentState}}").lines
                .filter { $0.hasPrefix("Running Running") }.count == count
        }
        if !isRunning {
            throw Trouble(
                "\(service) does not run \(count) tasks:\n\(try conclave(asked, "service", "ps", "--no-trunc", service).all)"
            )
        }
    }

    /// Waits until each of the nodes has found its container engine.
    func waitEngines(_ asked: String, _ nodes: [String]) throws {
        let areFound = try eventually {
            try nodes.allSatisfy { try must(asked, "node", "inspect", $0).contains("\"container\"") }
        }
        if !areFound {
            throw Trouble("an engine is not found: \(try nodes.map { try must(asked, "node", "inspect", $0) })")
        }
    }

    /// Whether any file of any state directory, or any daemon's log, holds `canary`.
    func isOnDisk(_ canary: String) throws -> Bool {
        for node in try FileManager.default.contentsOfDirectory(atPath: base.path) {
            for place in ["state", "log"] {
                let path = folder(node).appending(path: place).path
                guard FileManager.default.fileExists(atPath: path) else { continue }
                if try run("/bin/grep", ["-rqF", canary, path]).code == 0 { return true }
            }
        }
        return false
    }

    /// Ends every daemon and task and removes all files.
    func tearDown() {
        // A daemon that is alive stops its tasks in good order; what a killed one left is ended by its cgroups' and
        // sandboxes' own records when it leaves.
        for node in daemons.keys.sorted() { _ = try? conclave(node, "swarm", "leave", "--force") }
        for node in daemons.keys.sorted() { stop(node) }
        for pid in sandboxes() { Glibc.kill(pid, SIGKILL) }
        removeGroups()
        withdrawFolders()
        // The watchdog of a task that was killed may still be unmounting.
        _ = eventually(within: 10) {
            unmount()
            try? FileManager.default.removeItem(at: base)
            return !FileManager.default.fileExists(atPath: base.path)
        }
    }

    private func unmount() {
        let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n").reversed() {
            let path = String(line.split(separator: " ")[4])
            if path.hasPrefix(base.path + "/") { _ = try? run("/bin/umount", ["-l", path]) }
        }
    }

    /// What a killed daemon told those of the host about its folders: every later task would hide them.
    private func withdrawFolders() {
        let announced = "/run/conclave.d"
        let own = base.path.replacing("/", with: "_") + "_"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: announced)) ?? [] where name.hasPrefix(own) {
            try? FileManager.default.removeItem(atPath: "\(announced)/\(name)")
        }
    }

    /// Control groups of tasks whose daemon was killed and did not come back; empty, since their sandboxes are ended.
    private func removeGroups() {
        let files = FileManager.default
        let nodes = (try? files.contentsOfDirectory(atPath: base.path)) ?? []
        let tasks = nodes.flatMap { node in
            (try? files.contentsOfDirectory(atPath: folder(node).appending(path: "state/tasks").path)) ?? []
        }
        guard !tasks.isEmpty else { return }
        let tops =
            ["/sys/fs/cgroup"]
            + ((try? files.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? [])
            .map { "/sys/fs/cgroup/\($0)" }
        for top in tops {
            for task in tasks {
                let group = "\(top)/conclave/task-\(task)"
                guard files.fileExists(atPath: group) else { continue }
                _ = eventually(within: 5) { unsafe rmdir(group) == 0 || errno == ENOENT }
            }
            _ = unsafe rmdir("\(top)/conclave")  // Only when it was the last.
        }
    }

    /// Processes whose command line names this cluster's folder.
    func sandboxes() -> [Int32] {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
        return numbers.filter { pid in
            guard pid != getpid(), let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
                return false
            }
            // A sandbox's command line names every daemon's folders, to hide them: only its own task's folder tells.
            let text = String(decoding: data, as: UTF8.self)
            guard let range = text.range(of: base.path + "/") else { return false }
            if text.contains("--state-dir\0\(base.path)/") { return true }
            return text[range.lowerBound...].prefix { $0 != "\0" }.contains("/run/tasks/")
                || text.range(of: "\(base.path)/[^/]*/run/tasks/", options: .regularExpression) != nil
        }
    }
}

struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
