import Bytes
import CommandLine
import Glibc
import Model
import Wire

/// `conclave swarm`.
enum SwarmCommands {
    static let group: Verb = Verb(
        "swarm", "Make, join and leave a cluster", commands: [initialise, join, token, leave])

    private static let advertise = Flag.text(
        "advertise-addr", nil, "string", "Where other nodes reach this one, as host or host:port",
        aliases: ["advertise"])
    private static let availability = Flag.text(
        "availability", nil, "string", "Whether the node takes tasks: \"active\", \"pause\" or \"drain\"",
        standard: "active")
    private static let name = Flag.text("name", nil, "string", "Name of the node; the host's when empty")

    private static let initialise: Verb = Verb(
        "init", "Make a cluster with this node as its first manager",
        discussion: """
            Make a cluster with this node as its first manager.

            Prints the command that joins a worker. The token in it is a secret.
            """,
        flags: [advertise, availability, name]
    ) { session throws(Failure) in
        var request = InitCluster()
        request.advertise = session.parsed.text("advertise-addr") ?? ""
        request.availability = try NodeCommands.availability(session.parsed.text("availability"))
        request.name = session.parsed.text("name") ?? ""
        guard case .joined(let joined)? = try session.ask(.initCluster(request)).result else { throw .unexpected }
        session.print("Swarm initialized: current node (\(joined.nodeID)) is now a manager.\n")
        if let token = joined.workerToken {
            session.print("To add a worker to this swarm, run the following command:\n")
            session.putJoin(token)
            session.print("")
        }
        session.print(
            """
            To add a manager to this swarm, run 'conclave swarm join-token manager' and
            follow the instructions.
            """)
        return 0
    }

    private static let join: Verb = Verb(
        "join", "Join a cluster as a worker or a manager",
        discussion: """
            Join a cluster as a worker or a manager.

            The token says as which. Every process of this host can read a token that stands on the command line; \
            --token - reads it from standard input.
            """,
        examples: [Example("conclave swarm join --token CNCLT-1-w-… host1:7377", "As a worker")],
        flags: [
            advertise, availability, name,
            .text("token", nil, "string", "Token of the cluster; - reads it from standard input"),
        ],
        arguments: [Argument("HOST:PORT", .several)]
    ) { session throws(Failure) in
        guard let token = session.parsed.text("token"), !token.isEmpty else {
            throw Failure(
                .invalid, "a token is needed to join", try: "on a manager: conclave swarm join-token worker")
        }
        var request = JoinCluster()
        request.token = try secret(token)
        request.managers = session.parsed.arguments
        request.advertise = session.parsed.text("advertise-addr") ?? ""
        request.availability = try NodeCommands.availability(session.parsed.text("availability"))
        request.name = session.parsed.text("name") ?? ""
        guard case .joined(let joined)? = try session.ask(.joinCluster(request)).result else { throw .unexpected }
        session.print("This node joined a swarm as a \(joined.role == .manager ? "manager" : "worker").")
        return 0
    }

    private static let token: Verb = Verb(
        "join-token", "Show or change a join token", discussion: "Show or change the token of a role.",
        flags: [
            .truth("quiet", "q", "Show the token only"),
            .truth("rotate", nil, "Make a new token first; the old one is void"),
        ],
        arguments: [Argument("worker|manager")]
    ) { session throws(Failure) in
        var request = GetJoinToken()
        request.rotate = session.parsed.has("rotate")
        let role = session.parsed.arguments[0]
        switch role {
        case "worker": request.role = .worker
        case "manager": request.role = .manager
        default: throw Failure(.invalid, "unknown role \(role)", try: "worker or manager")
        }
        guard case .token(let shown)? = try session.ask(.getJoinToken(request)).result else { throw .unexpected }
        if session.parsed.has("quiet") {
            session.put(shown)
            session.print("")
            return 0
        }
        if request.rotate { session.print("Successfully rotated \(role) join token.\n") }
        session.print("To add a \(role) to this swarm, run the following command:\n")
        session.putJoin(shown)
        session.print("")
        return 0
    }

    private static let leave: Verb = Verb(
        "leave", "Leave the cluster and forget its state",
        flags: [.truth("force", "f", "Leave even if the cluster suffers, or ends with this node")]
    ) { session throws(Failure) in
        var request = LeaveCluster()
        request.force = session.parsed.has("force")
        _ = try session.ask(.leaveCluster(request))
        session.print("Node left the swarm.")
        return 0
    }

    private static func secret(_ text: String) throws(Failure) -> SecretBox {
        guard text == "-" else {
            let bytes = Array(text.utf8)
            return SecretBox(unsafe SecretBytes(count: bytes.count) { unsafe $0.copyBytes(from: bytes) })
        }
        let read = try ValueInput.secret("-", asking: "Token: ")
        // The line end of `echo` is no part of a token.
        let count = unsafe read.borrow { bytes in
            unsafe bytes.count
                - (bytes.reversed().prefix { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.count)
        }
        guard count > 0 else { throw Failure(.invalid, "error reading from STDIN: data is empty") }
        return SecretBox(
            unsafe read.borrow { unsafe SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) })
    }
}

extension Session {
    /// Puts out a token, which exists to be shown, without a copy of it.
    func put(_ token: ShownToken) {
        unsafe token.token?.borrow { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = unsafe write(
                    STDOUT_FILENO, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
                if count < 0, errno != EINTR, errno != EAGAIN { exit(1) }
                offset += max(0, count)
            }
        }
    }

    /// The indented line that joins with a token.
    func putJoin(_ token: ShownToken) {
        put("    conclave swarm join --token ")
        put(token)
        print(" \(token.address)")
    }
}
