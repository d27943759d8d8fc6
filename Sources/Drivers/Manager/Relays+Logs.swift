import Bytes
import Dispatching
import Link
import Model
import Seams
import Store
import Wire

/// Somebody who reads logs, at the leader: which tasks' streams are joined to theirs.
final class LogReaders {
    let start: LogsStart
    weak var port: Port?
    let stream: UInt32
    /// Whose tasks are read, also those to come; `nil`: one task alone.
    let service: ServiceID?
    /// Tasks that there were when it was asked: of those that came later all output is new.
    let first: Set<TaskID>
    /// Tasks that the reader was told of.
    var known: Set<TaskID> = []
    /// How far each was read, of those that are followed.
    var places: [TaskID: LogsPosition] = [:]
    /// Tasks that wait for their turn.
    var waiting: ArraySlice<StoredTask> = []
    /// Tasks whose node is not heard of, and that are read on when it is again.
    var lost: Set<TaskID> = []
    /// Tasks whose output comes, by their stream.
    var open: [Relays.Key: TaskID] = [:]
    /// Connections that are being opened.
    var opening = 0

    init(_ start: LogsStart, _ port: Port, _ stream: UInt32, service: ServiceID?, first: [StoredTask]) {
        self.start = start
        // Who was told of tasks before has seen what there was.
        self.first = start.known.isEmpty ? Set(first.map(\.id)) : []
        self.port = port
        self.stream = stream
        self.service = service
    }

    var key: Relays.Key? { port.map { Relays.Key(port: $0.number, stream: stream) } }

    /// Output that waits here to be taken.
    var heldBytes: Int { port?.heldBytes(of: stream) ?? 0 }

    /// What is asked of a task's node.
    func inner(_ task: TaskID) -> LogsStart {
        var inner = start
        inner.reference = ""
        inner.taskID = task
        if !first.contains(task) { inner.tail = nil }
        inner.known = places[task].map { [$0] } ?? []
        return inner
    }
}

// MARK: - The leader, for readers of logs

extension Relays {
    /// Tasks read at once for one reader: each may have a stream's credit under way, together half of what ends a
    /// connection whose peer does not read.
    static let mostTasksRead = 128
    /// What may wait here for all readers together: as much as one reader can cost, so that it takes several who stand
    /// still. The one for whom most waits then has to ask again.
    static let mostHeldBytes = mostTasksRead * (Multiplexer.initialCredit + Limits.workerFrameBytes)
    /// How often it is looked whether a service that is followed has new tasks.
    static let newTasksPause = Duration.milliseconds(250)

    /// Opens a stream to the node of each task.
    func read(_ start: LogsStart, from port: Port, _ stream: UInt32, _ manager: Manager) throws(Failure) {
        let (service, tasks) = try manager.store.logSources(start.reference)
        let live = tasks.filter { !$0.hasEnded }
        guard !start.follow || live.count <= Self.mostTasksRead else {
            throw Failure(
                .invalid, "\(live.count) tasks are too many to follow", why: "at most \(Self.mostTasksRead) at once",
                try: "one task: conclave service logs --follow TASK")
        }
        let reader = LogReaders(start, port, stream, service: service, first: tasks)
        for place in start.known { reader.places[place.taskID] = place }
        let key = Key(port: port.number, stream: stream)
        readers[key] = reader
        others[key] = []
        forgetEarly(key)
        // What has ended makes room again.
        add(tasks.filter(\.hasEnded) + live, to: reader)
        advance(reader)
        if start.follow { lookAgain(reader) }
    }

    private func add(_ tasks: [StoredTask], to reader: LogReaders) {
        for task in tasks where reader.known.insert(task.id).inserted || reader.lost.remove(task.id) != nil {
            reader.waiting.append(task)
        }
    }

    /// Opens what there is room for; without anything open or to come, that was all.
    private func advance(_ reader: LogReaders) {
        guard let key = reader.key, readers[key] === reader, let port = reader.port, port.isOpen, let manager else {
            return
        }
        while reader.open.count + reader.opening < Self.mostTasksRead, let task = reader.waiting.popFirst() {
            open(task, for: reader)
        }
        let isFollowed =
            !reader.lost.isEmpty
            || reader.start.follow && reader.service.map { manager.store.service($0) != nil } ?? false
        guard reader.open.isEmpty, reader.opening == 0, reader.waiting.isEmpty, !isFollowed else { return }
        forget(key)
        port.send(.logsEnd, stream: reader.stream, flags: [.response, .end], LogsEnd().encoded())
        port.closeSent(reader.stream)
    }

    private func open(_ task: StoredTask, for reader: LogReaders) {
        var source = LogsSource()
        source.taskID = task.id
        source.serviceID = task.serviceID
        source.service = task.serviceName
        source.slot = task.slot
        source.nodeID = task.nodeID
        source.node = manager?.store.node(task.nodeID)?.name ?? task.nodeID.short
        reader.port?.send(.logsSource, stream: reader.stream, flags: .response, source.encoded())
        guard let worker = manager?.leading?.port(of: task.nodeID) else {
            return lose(task.id, reader, Failure(.unavailable, "its node can't be reached"))
        }
        let inner = reader.inner(task.id)
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
                lose(task.id, reader, Failure(.unavailable, "no connection to its node could be opened"))
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
            guard manager.leading != nil else {
                return giveUp(reader, Failure(.unavailable, "the leader has changed"))
            }
            let room = Self.mostTasksRead - reader.open.count - reader.opening - reader.waiting.count
            reader.lost = reader.lost.filter { manager.store.task($0)?.hasEnded == false }
            let tasks =
                reader.service.map { manager.store.tasks(of: $0) } ?? reader.known.compactMap(manager.store.task)
            let new = tasks.filter { self.isToRead($0, reader) }
            add(Array(new.prefix(max(0, room))), to: reader)
            advance(reader)
            lookAgain(reader)
        }
    }

    /// Whether a task is new and its node has heard of it, before which there is nothing to read; or its node is back.
    private func isToRead(_ task: StoredTask, _ reader: LogReaders) -> Bool {
        guard task.nodeID != .none, let leading = manager?.leading else { return false }
        let status = leading.dispatcher.observed[task.id] ?? task.status
        guard (status?.state ?? .unspecified).rawValue >= TaskState.running.rawValue else { return false }
        if reader.lost.contains(task.id) { return leading.port(of: task.nodeID) != nil }
        return !reader.known.contains(task.id)
    }

    /// Ends a stream of logs; who follows asks again, and is told anew what waited here.
    private func giveUp(_ reader: LogReaders, _ failure: Failure) {
        guard let key = reader.key, let port = reader.port else { return }
        let ends = others[key] ?? []
        forget(key)
        for end in ends { lost(key, end) }
        port.closeStream(reader.stream)
        refuse(failure, .logs, port, reader.stream)
    }

    /// Something more waits for `reader`: if too much does for all together, the one for whom most waits is ended.
    func boundHeld(_ reader: LogReaders) {
        guard reader.heldBytes >= Self.heldBytes else { return }
        let held = readers.mapValues(\.heldBytes)
        guard held.values.reduce(0, +) > Self.mostHeldBytes else { return }
        let slowest = held.max { ($0.value, $0.key.port, $0.key.stream) < ($1.value, $1.key.port, $1.key.stream) }
        guard let slowest, let reader = readers[slowest.key] else { return }
        giveUp(reader, Failure(.unavailable, "too much waits here to be read"))
    }

    /// A task's last word: its reader may wait for others. `false`: this manager only passes the stream on.
    func readEnded(_ message: Multiplexer.Incoming, _ key: Key, _ end: End) -> Bool {
        let failure =
            message.type == .logsEnd
            ? (try? LogsEnd.decode(message.body))?.failure : try? Failure.decode(message.body)
        return readEnded(failure, key, end)
    }

    func readEnded(_ failure: Failure?, _ key: Key, _ end: End) -> Bool {
        guard let reader = reader(at: end), let task = reader.open[key] else { return false }
        end.sender?.closeStream(key.stream)
        remove(key, from: reader)
        tell(reader, task, failure)
        return true
    }

    /// The connection to a task is gone. `false`: this manager only passes the stream on.
    func readLost(_ key: Key, _ end: End, _ failure: Failure) -> Bool {
        guard let reader = reader(at: end), let task = reader.open[key] else { return false }
        remove(key, from: reader)
        lose(task, reader, failure)
        return true
    }

    /// A task can't be read now; a reader that follows is told once, and reads on when its node is back.
    private func lose(_ task: TaskID, _ reader: LogReaders, _ failure: Failure) {
        tell(reader, task, failure)
        if reader.start.follow { reader.lost.insert(task) }
    }

    /// Notes how far a task that is followed was read. `false`: what came is not that task's output.
    func note(_ chunk: Bytes, _ key: Key, _ reader: LogReaders) -> Bool {
        guard let task = reader.open[key], var place = try? LogsPosition.decode(chunk), place.taskID == task else {
            return false
        }
        guard reader.start.follow else { return true }
        // The lines.
        place.unknown = UnknownFields()
        place.time = max(place.time, reader.places[task]?.time ?? .zero)
        reader.places[task] = place
        return true
    }

    func reader(at end: End) -> LogReaders? {
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
