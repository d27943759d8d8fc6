import Model
import Seams

/// Puts the output that the engine has of an ended container into the task's log, where it outlives the container.
final class ContainerLogSaver {
    private let host: any Host
    private let file: LogFile
    private var done: ((Bool) -> Void)?
    private var source: EngineLogs?
    private var timer: (any Seams.Timer)?
    private var isBegun = false

    /// What the engine has not told by then is lost: a task that ended is not kept waiting for its output.
    private static let patience = Duration.seconds(30)

    /// - Parameter done: whether there is no more to be had.
    init(_ host: any Host, _ file: LogFile, done: @escaping (Bool) -> Void) {
        self.host = host
        self.file = file
        self.done = done
    }

    func start(_ engine: Engine, _ container: String, terminal: Bool) {
        timer = host.time.after(Self.patience) { self.finish(true) }
        source = EngineLogs(engine, container, LogQuery(), terminal: terminal) { self.happened($0) }
    }

    private func happened(_ event: EngineLogs.Event) {
        switch event {
        case .lines(let lines): save(lines)
        case .ended: finish(true)
        case .failed(let error): finish(!error.isUnreachable)
        }
    }

    /// The first lines take the place of what was saved before: an earlier agent may not have come to the end.
    private func save(_ lines: [LogLine]) {
        source?.pause()
        let isFirst = !isBegun
        isBegun = true
        host.work.job { [file] in
            if isFirst { file.clear() }
            file.append(lines)
        } done: { [self] in
            source?.resume()
        }
    }

    private func finish(_ isAll: Bool) {
        timer?.cancel()
        source?.stop()
        source = nil
        done?(isAll)
        done = nil
    }
}
