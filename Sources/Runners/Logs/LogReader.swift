import Model
import Seams

/// One reader of a task's log: a piece at a time, off the loop, and the next one only when the last was taken.
final class LogReader: LogReading {
    private let environment: any Environment
    private let file: LogFile
    private let query: LogQuery
    private let isOver: () -> Bool
    private let events: (LogEvent) -> Void
    private var position: UInt64 = 0
    /// Where a reader stops that does not follow.
    private var end: UInt64 = 0
    private var isPaused = false
    private var isBusy = true
    private var isStopped = false

    /// How long a reader that waits for more sleeps.
    private static let pause = Duration.milliseconds(100)

    /// - Parameter isOver: whether the task writes no more.
    init(
        _ environment: any Environment, _ file: LogFile, _ query: LogQuery, isOver: @escaping () -> Bool,
        events: @escaping (LogEvent) -> Void
    ) {
        self.environment = environment
        self.file = file
        self.query = query
        self.isOver = isOver
        self.events = events
    }

    func start() {
        environment.work.job { [file, query] in
            file.range(query)
        } done: { [self] range in
            (position, end) = range
            isBusy = false
            guard !isStopped else { return }
            // Whoever reads knows from now on where to go on.
            events(.lines([], missed: 0, next: position))
            next()
        }
    }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        next()
    }

    func stop() { isStopped = true }

    private func next() {
        guard !isBusy, !isPaused, !isStopped else { return }
        isBusy = true
        // Asked before it is read: what is written after that is read once more.
        let isLast = !query.follow || isOver()
        environment.work.job { [file, position] in
            file.read(from: position, isOver: isLast)
        } done: { [self] piece in
            isBusy = false
            if !isStopped { took(piece, isLast: isLast) }
        }
    }

    private func took(_ piece: LogFile.Piece, isLast: Bool) {
        position = piece.next
        let isSome = !piece.lines.isEmpty || piece.missed > 0
        if isSome { events(.lines(piece.lines, missed: piece.missed, next: piece.next)) }
        if isSome && (query.follow || position < end) {
            next()
        } else if isLast {
            isStopped = true
            events(.ended)
        } else {
            isBusy = true
            environment.time.after(Self.pause) { [weak self] in
                self?.isBusy = false
                self?.next()
            }
        }
    }
}
