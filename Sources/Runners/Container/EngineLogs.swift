import Bytes
import Model
import Seams

/// The lines that the engine has of a container's output, told a batch at a time, and the next one only when the last
/// was taken: what waits here is what one read from the connection holds.
final class EngineLogs: LogReading {
    enum Event {
        /// At most `LogFile.pieceBytes` when encoded.
        case lines([LogLine])
        /// Last of all.
        case ended
        case failed(EngineError)
    }

    private let events: (Event) -> Void
    private var call: EngineCall?
    private var output: ContainerOutput
    private var head = HTTPHead()
    /// What the engine says when it refuses.
    private var refusal: [UInt8] = []
    private var waiting: ArraySlice<LogLine> = []
    private var last: Event?
    private var isPaused = false

    private static let refusalBytes = 4096

    /// - Parameter query: of lines that are there already, if it does not follow.
    init(_ engine: Engine, _ container: String, _ query: LogQuery, terminal: Bool, events: @escaping (Event) -> Void) {
        self.events = events
        output = ContainerOutput(terminal: terminal)
        call = engine.logs(of: container, follow: query.follow, since: query.since, tail: query.tail) {
            [weak self] event in self?.happened(event)
        }
    }

    func pause() {
        isPaused = true
        call?.pause()
    }

    func resume() {
        isPaused = false
        tell()
    }

    func stop() {
        call?.cancel()
        call = nil
        waiting = []
        last = nil
        isPaused = true
    }

    private func happened(_ event: EngineCall.Event) {
        switch event {
        case .head(let said): head = said
        case .body(let bytes) where !head.isGood: refusal += bytes.slice(0..<min(bytes.count, room))
        case .body(let bytes):
            do {
                waiting += try output.take(bytes)
            } catch {
                call?.cancel()
                last = .failed(.garbled(error.reason))
            }
        case .drained: break
        case .ended:
            waiting += output.finish()
            last = .ended
            if !head.isGood, case .failure(let error) = Engine.answer(head, refusal) { last = .failed(error) }
        case .failed(let error): last = .failed(error)
        }
        tell()
    }

    private var room: Int { Self.refusalBytes - refusal.count }

    private func tell() {
        while !isPaused, !waiting.isEmpty { events(.lines(next())) }
        guard !isPaused else { return call?.pause() ?? () }
        guard let last else { return call?.resume() ?? () }
        stop()
        events(last)
    }

    private func next() -> [LogLine] {
        var cost = 0
        let count = waiting.prefix {
            cost += $0.data.count + LogFile.lineCost
            return cost <= LogFile.pieceBytes
        }.count
        defer { waiting = waiting.dropFirst(count) }
        return Array(waiting.prefix(count))
    }
}
