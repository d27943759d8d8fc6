import Model
import Seams
import Wire
import Worker

// MARK: - What tasks wrote

extension AgentDriver {
    /// More readers at once than these are refused.
    private static let mostLogs = 1024

    func beginLogs(_ start: LogsStart, _ stream: UInt32) {
        guard logs[stream] == nil else { return endLogs(stream) }
        let relay = LogRelay(stream, start.taskID)
        logs[stream] = relay
        guard logs.count <= Self.mostLogs else {
            return conclude(relay, Failure(.unavailable, "too many readers of this node's logs"))
        }
        var query = LogQuery()
        query.follow = start.follow
        query.tail = start.tail
        query.since = start.since
        if let known = start.known.first {
            query.position = known.next
            if known.time > .zero {
                query.since = Timestamp(rawValue: known.time.rawValue &+ 1)
                query.tail = nil
            }
        }
        let runner = runner(of: start.taskID)
        relay.reading = runner.logs(launches[start.taskID] ?? plan.ended(start.taskID), query) { [weak self] event in
            self?.happened(relay, event)
        }
        if relay.reading == nil { conclude(relay, Failure(.unimplemented, "runner \(runner.name) keeps no output")) }
    }

    /// The reader is gone.
    func endLogs(_ stream: UInt32) {
        guard let relay = logs.removeValue(forKey: stream) else { return }
        relay.reading?.stop()
        link.finished(stream)
    }

    private func happened(_ relay: LogRelay, _ event: LogEvent) {
        guard isLinked, logs[relay.stream] === relay else { return }
        switch event {
        case .lines(let lines, let missed, let next):
            var chunk = LogsChunk()
            chunk.taskID = relay.task
            chunk.lines = lines
            chunk.missed = missed
            chunk.next = next
            chunk.time = lines.last?.time ?? .zero
            link.send(.logsChunk, stream: relay.stream, flags: .response, chunk.encoded())
            if !relay.isPaused, link.heldBytes(of: relay.stream) > 0 {
                relay.isPaused = true
                relay.reading?.pause()
                lookLater()
            }
        case .ended: conclude(relay, nil)
        case .failed(let reason): conclude(relay, Failure(.unavailable, reason))
        }
    }

    private func conclude(_ relay: LogRelay, _ failure: Failure?) {
        var end = LogsEnd()
        end.taskID = relay.task
        end.failure = failure
        relay.end = end
        drained(relay)
    }

    /// Reads on once nothing waits for credit; the last word comes after that.
    func drained(_ relay: LogRelay) {
        guard relay.isPaused || relay.end != nil else { return }
        guard link.heldBytes(of: relay.stream) == 0 else { return lookLater() }
        if relay.isPaused {
            relay.isPaused = false
            relay.reading?.resume()
        }
        guard let end = relay.end else { return }
        logs[relay.stream] = nil
        link.send(.logsEnd, stream: relay.stream, flags: [.response, .end], end.encoded())
        link.finished(relay.stream)
    }
}
