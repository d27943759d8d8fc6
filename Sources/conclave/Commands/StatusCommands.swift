import CommandLine
import Model
import Text
import Wire

/// The version of this program.
let programVersion = "0.1.0"

/// `conclave status` and `conclave version`.
enum StatusCommands {
    static let status: Verb = Verb(
        "status", "Show how this daemon and its cluster are",
        discussion: """
            Show how this daemon and its cluster are: the managers, how many of them may still fail, how far each lags, \
            and when the certificate ends.
            """,
        flags: [
            Flags.inspectFormat, .truth("local", nil, "Show what this daemon knows, without asking the leader"),
        ]
    ) { session throws(Failure) in
        let (answer, note) = try ask(session)
        if let format = session.parsed.text("format") {
            let object = json(answer)
            if format == "json" {
                session.print(object.indentedText)
            } else {
                try session.show([object], format)
            }
        } else {
            session.put(text(answer, session))
        }
        if let note { session.report(note) }
        return 0
    }

    static let version: Verb = Verb(
        "version", "Show the versions of this program and of the daemon",
        flags: [.text("format", "f", "string", "\"json\", or a template, such as '{{.Client.Version}}'")]
    ) { session throws(Failure) in
        var object: JSONObject = ["Client": ["Version": .string(programVersion)]]
        var trouble: Failure?
        do throws(Failure) {
            object["Server"] = ["Version": .string(try local(session).version)]
        } catch {
            trouble = error
        }
        if let format = session.parsed.text("format") {
            if format == "json" {
                session.print(JSON.object(object).text)
            } else {
                try session.show([.object(object)], format)
            }
        } else {
            session.print("Client version:  \(programVersion)")
            if let server = object["Server"]?["Version"]?.string {
                session.print("Daemon version:  \(server.printable)")
            }
        }
        if let trouble { session.report(trouble) }
        return trouble?.code.exitCode ?? 0
    }

    // MARK: - Asking

    /// The cluster's status from the leader, or this daemon's own if there is none, and then why.
    private static func ask(_ session: Session) throws(Failure) -> (ClusterStatus, Failure?) {
        let own = try local(session)
        guard own.role == .manager, !session.parsed.has("local") else { return (own, nil) }
        // Asking for a leader that is not there would only wait.
        if own.leader == .none {
            return (
                own,
                Failure(
                    .unavailable, "The swarm does not have a leader.",
                    why: "It's possible that too few managers are online.",
                    try: "make sure that more than half of the managers are online")
            )
        }
        do throws(Failure) {
            guard case .status(let status)? = try session.ask(.getStatus(GetStatus())).result else {
                throw .unexpected
            }
            return (status, nil)
        } catch {
            return (own, error)
        }
    }

    private static func local(_ session: Session) throws(Failure) -> ClusterStatus {
        var request = GetStatus()
        request.local = true
        guard case .status(let status)? = try session.ask(.getStatus(request)).result else { throw .unexpected }
        return status
    }

    // MARK: - Showing

    /// How many voters may be lost before nothing can be decided any more; negative: it is so already.
    static func survivable(_ status: ClusterStatus) -> Int {
        let voters = status.members.filter(\.voter)
        return voters.count { $0.reachable || $0.leader } - (voters.count / 2 + 1)
    }

    private static func word(_ role: Role) -> String {
        switch role {
        case .manager: "manager"
        case .worker: "worker"
        default: "none"
        }
    }

    private static func lag(_ member: MemberStatus, _ status: ClusterStatus) -> UInt64 {
        status.last > member.match && !member.leader ? status.last - member.match : 0
    }

    static func json(_ status: ClusterStatus) -> JSON {
        [
            "Node": .string(status.nodeID == .none ? "" : status.nodeID.description), "Name": .string(status.name),
            "Role": .string(word(status.role)), "Address": .string(status.address),
            "State": .string(status.state), "Version": .string(status.version),
            "Cluster": .string(status.clusterID == .none ? "" : status.clusterID.description),
            "Term": JSON(status.term.rawValue), "Commit": JSON(status.commit.rawValue),
            "Applied": JSON(status.applied.rawValue), "Last": JSON(status.last.rawValue),
            "Snapshot": JSON(status.snapshot.rawValue), "Leader": JSON(status.leader.rawValue),
            "Members": .array(
                status.members.map { member in
                    [
                        "Member": JSON(member.member.rawValue), "Node": .string(member.nodeID.description),
                        "Name": .string(member.name), "Address": .string(member.address),
                        "Voter": .bool(member.voter), "Leader": .bool(member.leader),
                        "Reachable": .bool(member.reachable), "Match": JSON(member.match.rawValue),
                        "Lag": JSON(lag(member, status)),
                    ]
                }),
            "SurvivableFailures": JSON(max(0, survivable(status))), "LogBytes": JSON(status.logBytes),
            "Nodes": JSON(status.nodes), "NodesReady": JSON(status.nodesReady), "Services": JSON(status.services),
            "TasksRunning": JSON(status.tasksRunning), "Secrets": JSON(status.secrets),
            "CertificateEnd": Showing.time(status.certificateEnd), "MemoryLocked": .bool(status.memoryLocked),
        ]
    }

    private static func text(_ status: ClusterStatus, _ session: Session) -> String {
        var head = [("Node", status.name + (status.nodeID == .none ? "" : " (\(status.nodeID.short))"))]
        guard status.role != .unspecified else {
            return Showing.block(head + [("Cluster", "this node is not part of a swarm"), ("Version", status.version)])
        }
        head += [("Role", word(status.role)), ("Address", status.address)]
        if !status.state.isEmpty { head.append(("State", status.state)) }
        head.append(("Version", status.version))
        if status.certificateEnd != .zero { head.append(("Certificate ends", end(status, session))) }
        head.append(("Memory of secrets", status.memoryLocked ? "locked" : "not locked: it may be swapped"))
        guard status.role == .manager else { return Showing.block(head) }

        let leader = status.members.first { $0.member == status.leader }
        head += [
            ("Cluster", status.clusterID.description),
            (
                "Leader",
                status.leader == .none ? "none" : "\(leader?.name ?? "member \(status.leader)"), term \(status.term)"
            ),
            ("May still fail", survival(status)),
            (
                "Log",
                "commit \(status.commit), applied \(status.applied), snapshot \(status.snapshot), "
                    + "\(Quantities.bytes(Int64(clamping: status.logBytes))) on this disk"
            ),
            ("Nodes", "\(status.nodesReady) of \(status.nodes) ready"),
            ("Services", "\(status.services), \(status.tasksRunning) tasks running"), ("Secrets", "\(status.secrets)"),
        ]
        var table = Table(["MEMBER", "NAME", "ADDRESS", "STATUS", "LAG"])
        for member in status.members {
            let part = member.leader ? "Leader" : member.reachable ? "Reachable" : "Unreachable"
            table.append([
                "\(member.member)", member.name, member.address, part + (member.voter ? "" : ", learner"),
                member.reachable || member.leader ? "\(lag(member, status))" : "",
            ])
        }
        return Showing.block(head) + "\n" + table.text
    }

    private static func survival(_ status: ClusterStatus) -> String {
        let voters = status.members.filter(\.voter)
        let count = survivable(status)
        if count < 0 { return "none: too few of \(voters.count) managers are reachable to decide anything" }
        return "\(count) of \(voters.count) managers"
            + (voters.count == 2 ? "; a second manager is no safety, a third one is" : "")
    }

    private static func end(_ status: ClusterStatus, _ session: Session) -> String {
        let end = Int64(clamping: status.certificateEnd.rawValue)
        let time = Moments.timestamp(end)
        if end <= session.now { return "\(time), passed" }
        return "\(time), in \(Moments.humanDuration(end - session.now).lowercased())"
    }
}
