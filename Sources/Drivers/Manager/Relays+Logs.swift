import Bytes
import Dispatching
import Link
import Model
import Seams
import Store
import Wire

/// Somebody who reads logs, at the leader: which tasks' streams are joined to theirs.
final class LogReaders {
    /// What is asked of the next task's node.
    var start: LogsStart
    weak var port: Port?
    let stream: UInt32
    /// Whose tasks are read, also those to come; `nil`: one task alone.
    let service: ServiceID?
    /// Tasks that the reader was told of.
    var known: Set<TaskID> = []
    /// Tasks that wait for their turn.
    var waiting: [StoredTask] = []
    /// Tasks whose output comes, by their stream.
    var open: [Relays.Key: TaskID] = [:]
    /// Connections that are being opened.
    var opening = 0

    init(_ start: LogsStart, _ port: Port, _ stream: UInt32, service: ServiceID?) {
        self.start = start
        self.port = port
        self.stream = stream
        self.service = service
    }

    var key: Relays.Key? { port.map { Relays.Key(port: $0.number, stream: stream) } }
}

// MARK: - The leader, for readers of logs

extension Relays {
    /// Tasks read at once for one reader: each may have a stream's credit under way, together half of what ends a
    /// connection whose peer does not read.
    static let mostTasksRead = 128
    /// How often it is looked whether a service that is followed has new tasks.
    static let newTasksPause = Duration.milliseconds(250)

    /// Opens a stream to the node of each task.
    func read(_ start: LogsStart, from port: Port, _ stream: UInt32, _ manager: Manager) throws(Failure) {
        let (service, tasks) = try manager.store.logSources(start.reference)
        guard !start.follow || tasks.count <= Self.mostTasksRead else {
            throw Failure(
                .invalid, "\(tasks.count) tasks are too many to follow", why: "at most \(Self.mostTasksRead) at once",
                try: "one task: conclave service logs --follow TASK")
        }
        let reader = LogReaders(start, port, stream, service: service)
        let key = Key(port: port.number, stream: stream)
        readers[key] = reader
        others[key] = []
        forgetEarly(key)
        add(tasks, to: reader)
        advance(reader)
        guard start.follow, service != nil else { return }
        // All there are have been asked; of those to come, all output is new.
        reader.start.tail = nil
        lookAgain(reader)
    }

    private func add(_ tasks: [StoredTask], to reader: LogReaders) {
        for task in tasks where reader.known.insert(task.id).inserted {
            reader.waiting.append(task)
            var source = LogsSource()
            source.taskID = task.id
            source.serviceID = task.serviceID
            source.service = task.serviceName
            source.slot = task.slot
            source.nodeID = task.nodeID
            source.node = manager?.store.node(task.nodeID)?.name ?? task.nodeID.short
            reader.port?.send(.logsSource, stream: reader.stream, flags: .response, source.encoded())
        }
    }

    /// Opens what there is room for; without anything open or to come, that was all.
    private func advance(_ reader: LogReaders) {
        guard let key = reader.key, readers[key] === reader, let port = reader.port, port.isOpen, let manager else {
            return
        }
        while reader.open.count + reader.opening < Self.mostTasksRead, !reader.waiting.isEmpty {
            open(reader.waiting.removeFirst(), for: reader)
        }
        let isFollowed = reader.start.follow && reader.service.map { manager.store.service($0) != nil } ?? false
        guard reader.open.isEmpty, reader.opening == 0, reader.waiting.isEmpty, !isFollowed else { return }
        forget(key)
        port.send(.logsEnd, stream: reader.stream, flags: [.response, .end], LogsEnd().encoded())
        port.closeSent(reader.stream)
    }

    private func open(_ task: StoredTask, for reader: LogReaders) {
        guard let worker = manager?.leading?.port(of: task.nodeID) else {
            return tell(reader, task.id, Failure(.unavailable, "the node of task \(task.name) can't be reached"))
        }
        var inner = reader.start
        inner.reference = ""
        inner.taskID = task.id
        reader.opening += 1
        worker.bulk { [self, inner] other in
            reader.opening -= 1
            guard let manager, let key = reader.key, readers[key] === reader, let port = reader.port, port.isOpen else {
                return
            }
            if let other {
                let stream = join(port, reader.stream, to: other, .logs(inner))
                reader.open[Key(port: other.number, stream: stream)] = task.id
            } else {
                tell(reader, task.id, Failure(.unavailable, "no connection to task \(task.name) could be opened"))
            }
            manager.environment.time.atEndOfTurn { [weak self] in self?.advance(reader) }
        }
    }

    /// No more comes of one task.
    private func tell(_ reader: LogReaders, _ task: TaskID, _ failure: Failure?) {
        var end = LogsEnd()
        end.taskID = task
        end.failure = failure
        reader.port?.send(.logsEnd, stream: reader.stream, flags: .response, end.encoded())
    }

    private func lookAgain(_ reader: LogReaders) {
        manager?.environment.time.after(Self.newTasksPause) { [weak self] in
            guard let self, let manager, let key = reader.key, readers[key] === reader else { return }
            guard manager.leading != nil else { return giveUp(reader) }
            let room = Self.mostTasksRead - reader.open.count - reader.opening - reader.waiting.count
            let tasks = reader.service.map { manager.store.tasks(of: $0) } ?? []
            let new = tasks.filter { $0.nodeID != .none && !reader.known.contains($0.id) && self.isBegun($0) }
            add(Array(new.prefix(max(0, room))), to: reader)
            advance(reader)
            lookAgain(reader)
        }
    }

    /// Whether the task's node has heard of it: before, there is nothing to read.
    private func isBegun(_ task: StoredTask) -> Bool {
        let status = manager?.leading?.dispatcher.observed[task.id] ?? task.status
        return (status?.state ?? .unspecified).rawValue >= TaskState.running.rawValue
    }

    /// This manager leads no more, and can't tell what comes.
    private func giveUp(_ reader: LogReaders) {
        guard let key = reader.key, let port = reader.port else { return }
        let ends = others[key] ?? []
        forget(key)
        for end in ends { lost(key, end) }
        refuse(Failure(.unavailable, "the leader has changed"), .logs, port, reader.stream)
    }

    /// A task's last word: its reader may wait for others. `false`: this manager only passes the stream on.
    func readEnded(_ message: Multiplexer.Incoming, _ key: Key, _ end: End) -> Bool {
        guard let reader = reader(at: end), let task = reader.open[key] else { return false }
        end.sender?.closeStream(key.stream)
        remove(key, from: reader)
        let failure =
            message.type == .logsEnd
            ? (try? LogsEnd.decode(message.body))?.failure : try? Failure.decode(message.body)
        tell(reader, task, failure)
        return true
    }

    /// The connection to a task is gone. `false`: this manager only passes the stream on.
    func readLost(_ key: Key, _ end: End, _ failure: Failure) -> Bool {
        guard let reader = reader(at: end), let task = reader.open[key] else { return false }
        remove(key, from: reader)
        tell(reader, task, failure)
        return true
    }

    private func reader(at end: End) -> LogReaders? {
        end.port.flatMap { readers[Key(port: $0.number, stream: end.stream)] }
    }

    private func remove(_ key: Key, from reader: LogReaders) {
        others[key] = nil
        reader.open[key] = nil
        guard let own = reader.key else { return }
        others[own]?.removeAll { end in end.port.map { Key(port: $0.number, stream: end.stream) == key } ?? true }
        manager?.environment.time.atEndOfTurn { [weak self] in self?.advance(reader) }
    }
}

extension ReplicatedStore {
    /// The service and its tasks that a person means by `reference`, or one task.
    func logSources(_ reference: String) throws(Failure) -> (service: ServiceID?, tasks: [StoredTask]) {
        do throws(Failure) {
            let service = try findService(reference)
            return (service.id, tasks(of: service.id).filter { $0.nodeID != .none })
        } catch  where error.code == .notFound {
            guard let task = try? findTask(reference) else {
                throw Failure(.notFound, "no such task or service: \(reference)")
            }
            return (nil, task.nodeID == .none ? [] : [task])
        }
    }
}
