import Model
import Seams

/// One reader of a container's output: from the engine while that has the container, then from the file.
///
///     waiting ──there──▶ engine ⟲ away, or it ended early
///        └────removed────▶ file ◀──removed──┘
///
/// Whoever wants only what comes has what is there counted first, or lines with the same time could not be told from it.
/// Whoever follows from the last lines on, or from within a second on, may be told some of that second twice, when Podman
/// removes a container in it, or is asked by another leader.
final class ContainerLogReader: LogReading {
    private let runner: ContainerRunner
    private let launch: TaskLaunch
    /// What is asked of the engine; its position is the cursor's.
    private var query: LogQuery
    private let events: (LogEvent) -> Void
    private var source: (any LogReading)?
    private var cursor: LogCursor
    private var isCounting: Bool
    private let begun: Timestamp
    private var isPaused = false
    private var isStopped = false

    /// Between two looks for a container that is to come, or for an engine that is away.
    private static let pause = Duration.milliseconds(100)
    private static let longPause = Duration.seconds(1)
    /// Lines that are read again, since Podman takes a time for a little less or more than it is.
    private static let overlap: UInt64 = 1_000_000
    private static let second: UInt64 = 1_000_000_000
    /// What is counted of what is there already: Podman's times are whole seconds.
    private static let counted = 2 * second

    init(
        _ runner: ContainerRunner, _ launch: TaskLaunch, _ query: LogQuery, events: @escaping (LogEvent) -> Void
    ) {
        self.runner = runner
        self.launch = launch
        self.query = query
        self.events = events
        begun = runner.host.time.wallClock
        cursor = LogCursor(next: query.position ?? 0)
        isCounting = query.follow && query.tail == 0 && query.position == nil
        self.query.position = nil
        if query.position != nil {
            self.query.tail = nil
            self.query.since = .zero
        }
        guard isCounting else { return }
        self.query.tail = nil
        self.query.since = max(query.since, Timestamp(rawValue: begun.rawValue - min(begun.rawValue, Self.counted)))
    }

    func start() { look(after: .zero) }

    func pause() {
        isPaused = true
        source?.pause()
    }

    func resume() {
        isPaused = false
        source?.resume()
    }

    func stop() {
        isStopped = true
        source?.stop()
        source = nil
    }

    // MARK: - Sources

    private func look(after delay: Duration) {
        source = nil
        runner.host.time.after(delay) { [weak self] in
            guard let self, !isStopped else { return }
            switch runner.output(of: launch.task) {
            case .nobody where query.follow:
                isCounting = false
                query.tail = nil
                look(after: Self.pause)
            case .nobody: over(.ended)
            case .engine(let id, let isOver): read(id, isLast: !isCounting && (isOver || !query.follow))
            case .file: readFile()
            }
        }
    }

    /// What is still wanted.
    private func rest(follow: Bool) -> LogQuery {
        cursor.begin()
        var rest = query
        rest.follow = follow
        if cursor.next > 0 {
            let again = cursor.time.rawValue
            rest.tail = nil
            rest.since = max(query.since, Timestamp(rawValue: again - min(again, Self.overlap)))
        }
        return rest
    }

    private func read(_ container: String, isLast: Bool) {
        guard let engine = runner.engine else { return failed(.unreachable(runner.unavailable ?? "")) }
        let terminal = launch.spec.program?.terminal ?? false
        begin(
            EngineLogs(engine, container, rest(follow: !isCounting && !isLast), terminal: terminal) {
                [weak self] event in
                guard let self, !isStopped else { return }
                switch event {
                case .lines(let lines): tell(lines, missed: 0)
                case .ended: isLast ? over(.ended) : goOn()
                case .failed(let error): failed(error)
                }
            })
    }

    private func goOn() {
        look(after: isCounting ? .zero : Self.pause)
        guard isCounting else { return }
        isCounting = false
        // Whoever reads knows from now on where to go on.
        let beginning = begun.rawValue - begun.rawValue % Self.second
        events(.lines([], missed: 0, next: cursor.next > 0 ? cursor.next : beginning))
    }

    private func failed(_ error: EngineError) {
        if error.isMissing {
            look(after: Self.pause)
        } else if query.follow {
            look(after: Self.longPause)
        } else {
            over(.failed(reason: "\(error)"))
        }
    }

    private func readFile() {
        guard let file = runner.logFile(launch) else { return over(.ended) }
        let reader = LogReader(runner.host, file, rest(follow: false), isOver: { true }) { [weak self] event in
            guard let self, !isStopped else { return }
            switch event {
            case .lines(let lines, let missed, _): tell(lines, missed: missed)
            case .ended: over(.ended)
            case .failed(let reason): over(.failed(reason: reason))
            }
        }
        begin(reader)
        reader.start()
    }

    private func begin(_ source: any LogReading) {
        self.source = source
        if isPaused { source.pause() }
    }

    private func tell(_ lines: [LogLine], missed: UInt64) {
        let new = lines.filter { cursor.isNew($0) && (!isCounting || $0.time > begun) }
        if !new.isEmpty || missed > 0 { events(.lines(new, missed: missed, next: cursor.next)) }
    }

    private func over(_ event: LogEvent) {
        stop()
        events(event)
    }
}
