import Glibc
import Linux
import Model
import NetworkHosts
import Seams
import Wire

/// Real daemons on this machine, each with its own directories, socket and port; ended and removed by `tearDown`.
final class Cluster {
    /// One daemon, running or not.
    final class Node {
        let name: String
        let folder: String
        let port: UInt16
        /// Which of the cluster's hosts it is on, from 1; `nil`: this machine.
        fileprivate let host: Int?
        private let ip: String
        fileprivate(set) var process: (any ProcessHandle)?
        fileprivate var connection: ControlConnection?

        fileprivate init(_ name: String, _ folder: String, _ port: UInt16, host: Int?, ip: String) {
            self.name = name
            self.folder = folder
            self.port = port
            self.host = host
            self.ip = ip
        }

        var socket: String { "\(folder)/control.sock" }
        var address: String { "\(ip):\(port)" }
        var log: String { "\(folder)/log" }
    }

    let loop: Loop
    let base: String
    private(set) var nodes: [Node] = []
    /// Where its nodes are, one on each in turn; `nil`: all on this machine. Set before the first one starts.
    var hosts: NetworkHosts<Failure>?
    /// The workers' container engine; `nil`: none. Removed with the cluster; set before the first one starts.
    var engine: EngineHost?
    /// The program to start; beside this one.
    private let program: String

    /// - Parameter parent: the folder to make the cluster's own in.
    init(_ loop: Loop, in parent: String, program: String) throws(Failure) {
        self.loop = loop
        self.program = program
        var template = Array("\(parent)/conclave-bench-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw Failure(.unspecified, "no folder can be made in \(parent)")
        }
        base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Tasks are users of their own, who must get through to what is theirs.
        unsafe chmod(base, 0o755)
    }

    // MARK: - Daemons

    func start(_ name: String) throws(Failure) {
        let node: Node
        if let known = nodes.first(where: { $0.name == name }) {
            node = known
        } else {
            let host = hosts.map { nodes.count % $0.count + 1 }
            let ip = host.flatMap { hosts?.address($0) } ?? "127.0.0.1"
            node = Node(name, "\(base)/\(name)", try freePort(), host: host, ip: ip)
            unsafe mkdir(node.folder, 0o755)
            nodes.append(node)
        }
        var request = SpawnRequest(
            program: program,
            arguments: [
                "conclaved", "--name", name, "--listen", node.address, "--advertise", node.address, "--state-dir",
                "\(node.folder)/state", "--run-dir", "\(node.folder)/run", "--socket", node.socket, "--log-level",
                "warning", "--engine", name.hasPrefix("w") ? engine?.address ?? "none" : "none",
            ], environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
        if let host = node.host, let hosts {
            let words = ["nsenter", "--net=/run/netns/\(hosts.namespace(host))", program]
            request = SpawnRequest(
                program: "/usr/bin/nsenter", arguments: words + request.arguments.dropFirst(),
                environment: request.environment)
        }
        // A benchmark that is killed leaves no daemons behind.
        request.diesWithParent = true
        do throws(SystemError) {
            let log = try loop.openFile(node.log, append: true)
            defer { loop.closeDescriptor(log) }
            request.descriptors = [(1, log), (2, log)]
            node.process = try loop.spawn(request)
        } catch {
            throw Failure(.unspecified, "\(name) can't be started", why: "\(error)")
        }
        try eventually("\(name) did not come up:\n\(smallFile(node.log))") {
            (try? ControlConnection(self.loop, socket: node.socket).close()) != nil
        }
    }

    /// Ends a daemon at once, as a crash would; returns when the kernel has taken the signal.
    func kill(_ node: Node) {
        _ = try? node.process?.signal(SIGKILL)
        node.connection = nil
    }

    /// Takes a node away as `loss` says; returns when it holds.
    func lose(_ node: Node, _ loss: Failover.Loss) throws(Failure) {
        switch loss {
        case .killed: kill(node)
        case .stopped: _ = try? node.process?.signal(SIGSTOP)
        case .cut: if let host = node.host { try hosts?.cut(host) }
        }
    }

    /// Brings it back.
    func regain(_ node: Node, _ loss: Failover.Loss) throws(Failure) {
        switch loss {
        case .killed: try restart(node)
        case .stopped: _ = try? node.process?.signal(SIGCONT)
        case .cut: if let host = node.host { try hosts?.heal(host) }
        }
    }

    /// Waits for the end of a daemon that was told to end.
    private func awaitEnd(_ node: Node, _ limit: Duration) -> Bool {
        guard let process = node.process else { return true }
        var isOver = false
        process.onExit { _ in isOver = true }
        guard loop.run(until: { isOver }, limit: limit) else { return false }
        node.process = nil
        return true
    }

    func restart(_ node: Node) throws(Failure) {
        guard awaitEnd(node, .seconds(10)) else { throw Failure(.timedOut, "\(node.name) does not end") }
        try start(node.name)
    }

    private func freePort() throws(Failure) -> UInt16 {
        do throws(SystemError) {
            let listener = try loop.listen(.tcp(host: "127.0.0.1", port: 0), ListenOptions()) { $0.abort() }
            defer { listener.close() }
            if case .tcp(_, let port) = listener.address { return port }
        } catch {
            throw Failure(.unspecified, "no free port", why: "\(error)")
        }
        throw Failure(.unspecified, "no free port")
    }

    /// Ends every daemon and task, and removes all files. Safe at any time, also twice.
    func tearDown() {
        for node in nodes where node.process != nil {
            // A node that leaves stops its tasks in good order.
            if node.name.hasPrefix("w") {
                var leave = LeaveCluster()
                leave.force = true
                _ = try? ask(node, .leaveCluster(leave), timeout: .seconds(15))
            }
            node.connection?.close()
            node.connection = nil
        }
        for node in nodes {
            _ = try? node.process?.signal(SIGCONT)
            _ = try? node.process?.signal(SIGTERM)
        }
        for node in nodes where !awaitEnd(node, .seconds(10)) {
            _ = try? node.process?.signal(SIGKILL)
            _ = awaitEnd(node, .seconds(10))
        }
        engine?.tearDown()
        for line in smallFile("/proc/self/mountinfo").split(separator: "\n").reversed() {
            let fields = line.split(separator: " ")
            if fields.count > 4, fields[4].hasPrefix(base + "/") {
                unsafe umount2(String(fields[4]), Int32(MNT_DETACH))
            }
        }
        try? loop.runToEnd(["/bin/rm", "-rf", "--one-file-system", base], limit: .seconds(60))
    }
}

// MARK: - Asking

extension Cluster {
    /// Asks a daemon and waits for its answer.
    @discardableResult
    func ask(_ node: Node, _ operation: Operation, timeout: Duration = .seconds(10)) throws(Failure) -> Reply {
        var answer: Result<Reply, Failure>?
        try connection(to: node).ask(operation, timeout: timeout) { answer = $0 }
        _ = loop.run(until: { answer != nil }, limit: timeout + .seconds(5))
        guard let answer else { throw Failure(.timedOut, "\(node.name) did not answer") }
        return try answer.get()
    }

    /// The standing connection to a daemon, made when there is none.
    func connection(to node: Node) throws(Failure) -> ControlConnection {
        if let connection = node.connection, connection.isOpen { return connection }
        let made = try ControlConnection(loop, socket: node.socket)
        node.connection = made
        return made
    }

    /// Lets the loop run for a while.
    func pause(_ duration: Duration) {
        _ = loop.run(until: { false }, limit: duration)
    }

    /// Waits until `condition` holds, looking every 20 ms; what it throws counts as not yet.
    func eventually(
        within limit: Duration = .seconds(30), _ complaint: @autoclosure () -> String, _ condition: () throws -> Bool
    ) throws(Failure) {
        let end = Clock.nanoseconds + limit.milliseconds * 1_000_000
        while true {
            if (try? condition()) == true { return }
            guard Clock.nanoseconds < end else { throw Failure(.timedOut, complaint()) }
            pause(.milliseconds(20))
        }
    }

    func status(_ asked: Node) throws(Failure) -> ClusterStatus {
        guard case .status(let status)? = try ask(asked, .getStatus(GetStatus())).result else {
            throw Failure(.integrity, "no status")
        }
        return status
    }

    /// The tasks of a service, or of all.
    func tasks(_ asked: Node, of service: String? = nil) throws(Failure) -> [StoredTask] {
        var list = ListTasks()
        list.services = service.map { [$0] } ?? []
        guard case .tasks(let tasks)? = try ask(asked, .listTasks(list)).result else {
            throw Failure(.integrity, "no list of tasks")
        }
        return tasks.tasks.compactMap(\.task)
    }

    func leader() throws(Failure) -> Node {
        for asked in nodes where asked.name.hasPrefix("m") && asked.process != nil {
            guard let status = try? status(asked), let member = status.members.first(where: \.leader),
                let node = nodes.first(where: { $0.name == member.name })
            else { continue }
            return node
        }
        throw Failure(.unavailable, "there is no leader")
    }

    func follower() throws(Failure) -> Node {
        let leader = try leader()
        guard let node = nodes.first(where: { $0.name.hasPrefix("m") && $0 !== leader && $0.process != nil }) else {
            throw Failure(.unavailable, "there is no follower")
        }
        return node
    }

    /// Starts `managers` and `workers`, and makes a cluster of them in which all are ready.
    ///
    /// The managers take no tasks: they are what is measured.
    func form(managers: Int, workers: Int = 0) throws(Failure) {
        let names = (1...managers).map { "m\($0)" } + (0..<workers).map { "w\($0 + 1)" }
        for name in names { try start(name) }
        var found = InitCluster()
        found.availability = .drain
        try ask(nodes[0], .initCluster(found), timeout: .seconds(20))
        for node in nodes.dropFirst() {
            let isManager = node.name.hasPrefix("m")
            var get = GetJoinToken()
            get.role = isManager ? .manager : .worker
            guard case .token(let token)? = try ask(nodes[0], .getJoinToken(get)).result else {
                throw Failure(.integrity, "no token")
            }
            var join = JoinCluster()
            join.token = token.token
            join.managers = [nodes[0].address]
            join.availability = isManager ? .drain : .active
            try ask(node, .joinCluster(join), timeout: .seconds(30))
        }
        try settle(managers: managers, nodes: names.count)
    }

    /// Waits until every manager votes, is reached and has the whole log.
    func settle(managers: Int, nodes count: Int) throws(Failure) {
        try eventually("the cluster did not settle:\n\(nodes.map { smallFile($0.log) }.joined())") {
            let status = try self.status(self.leader())
            return status.nodesReady == UInt64(count)
                && status.members.count { $0.voter && $0.reachable && ($0.leader || $0.match >= status.commit) }
                    == managers
        }
    }
}
