import CommandLine
import Model
import Text
import Wire

/// Tasks as `service ps` and `node ps` show them: by service and slot, what ran before below what runs now.
enum TaskListing {
    static func show(_ request: ListTasks, _ session: Session) throws(Failure) {
        try show(try TaskCommands.list(request, session), session)
    }

    /// The tasks of each service or node that is named; what is not found is reported, and the rest shown.
    ///
    /// - Returns: the exit code.
    static func show(
        each references: [String], _ session: Session, _ request: (String) throws(Failure) -> ListTasks
    ) throws(Failure) -> Int32 {
        let filters = try session.filters()
        var seen: Set<TaskID> = []
        var tasks: [ShownTask] = []
        var found = 0
        let code = session.each(references) { (reference) throws(Failure) in
            var request = try request(reference)
            request.filters = filters
            let new = try TaskCommands.list(request, session)
            tasks += new.filter { seen.insert($0.task?.id ?? .none).inserted }
            found += 1
        }
        if found > 0 { try show(tasks, session) }
        return code
    }

    private static func show(_ tasks: [ShownTask], _ session: Session) throws(Failure) {
        var listing = Listing([
            .id, .init("Name", "NAME", least: 16), .init("Image", "IMAGE"), .init("Node", "NODE"),
            .init("DesiredState", "DESIRED STATE"), .init("CurrentState", "CURRENT STATE", least: 16),
            .init("Error", "ERROR"), .init("Ports", "PORTS"),
        ])
        let isFull = session.parsed.has("no-trunc")
        let isBare = session.parsed.has("no-resolve")
        var previous = ""
        for shown in tasks {
            let task = shown.task ?? StoredTask()
            let status = task.status ?? TaskStatus()
            let name = isBare ? "\(task.serviceID).\(position(task))" : name(task)
            let digest = task.imageDigest.isEmpty ? ImageName(status.imageDigest).digest : task.imageDigest
            let program = ServiceCommands.program(task.spec, digest: digest, full: isFull)
            let error = reason(task, status, now: session.now).quotedError(full: isFull)
            listing.append(
                id: task.id.description,
                [
                    "ID": .string(task.id.description), "Name": .string(name), "Image": .string(program),
                    "Node": .string(isBare && task.nodeID != .none ? task.nodeID.description : shown.nodeName),
                    "DesiredState": .string(word(task.desired)),
                    "CurrentState": .string(state(status, task, session)), "Error": .string(error), "Ports": "",
                    "Pid": status.pid == 0 ? "" : JSON(status.pid), "Service": .string(task.serviceName),
                    "ContainerID": .string(status.containerID), "ImageDigest": .string(status.imageDigest),
                    "Slot": JSON(task.slot), "ExitCode": status.exitCode.map { JSON($0) } ?? "",
                    "Secrets": .string(
                        shown.held.map { held in
                            let secret = task.spec?.program?.secrets.first { $0.secretID == held.secretID }
                            return "\(secret?.secretName ?? held.secretID.short)@\(held.version)"
                        }.joined(separator: ",")),
                ],
                cells: [
                    "ID": isFull ? task.id.description : task.id.short,
                    "Name": name == previous ? " \\_ " + name : name,
                ])
            previous = name
        }
        try listing.show(session)
    }

    /// `web.1`; of a global service `web.` and the node's ID.
    static func name(_ task: StoredTask) -> String { "\(task.serviceName).\(position(task))" }

    private static func position(_ task: StoredTask) -> String {
        task.slot > 0 ? "\(task.slot)" : task.boundNode.description
    }

    /// Why a task waits or failed; of one that follows a failed one, when it will be tried.
    static func reason(_ task: StoredTask, _ status: TaskStatus, now: Int64) -> String {
        // What was given up with its node had no chance to say a word.
        guard status.state != .orphaned else { return status.error.isEmpty ? status.message : status.error }
        let second: Int64 = 1_000_000_000
        let wait = Int64(clamping: task.startAfter.rawValue) - now
        guard status.error.isEmpty, status.state == .pending, task.desired == .running, wait > 0 else {
            return status.error
        }
        return "next try in \(Moments.duration((wait + second - 1) / second * second))"
    }

    /// `Running 5 seconds ago`.
    private static func state(_ status: TaskStatus, _ task: StoredTask, _ session: Session) -> String {
        let since = status.since == .zero ? task.meta?.created ?? .zero : status.since
        let ago = session.ago(since)
        return word(status.state) + (ago.isEmpty ? "" : " " + ago.prefix(1).lowercased() + ago.dropFirst())
    }

    static func word(_ state: TaskState) -> String {
        switch state {
        case .unspecified: "New"
        case .pending: "Pending"
        case .assigned: "Assigned"
        case .accepted: "Accepted"
        case .preparing: "Preparing"
        case .ready: "Ready"
        case .starting: "Starting"
        case .running: "Running"
        case .complete: "Complete"
        case .shutdown: "Shutdown"
        case .failed: "Failed"
        case .rejected: "Rejected"
        case .remove: "Remove"
        case .orphaned: "Orphaned"
        default: "State \(state.rawValue)"
        }
    }
}
