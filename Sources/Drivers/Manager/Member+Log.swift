import Logging
import Model
import Raft
import Seams
import Segments

// MARK: - The log

extension Member {
    func write() {
        guard !isWriting, !isStopped, !batches.isEmpty else { return }
        isWriting = true
        // What queued up while the disk was busy is one write and one sync, as far as one batch can say it.
        var joined = LogBatch()
        var taken = 0
        for batch in batches {
            if taken > 0, batch.truncateAfter != nil || batch.snapshot != nil { break }
            if joined.snapshot != nil { break }
            if let state = batch.hardState { joined.hardState = state }
            if let mark = batch.snapshot { joined.snapshot = logMark(for: mark) }
            joined.truncateAfter = batch.truncateAfter ?? joined.truncateAfter
            joined.entries += batch.entries
            taken += 1
        }
        let count = taken
        let batch = joined
        let writer = writer
        writing.submit(
            { () -> (error: LogError?, bytes: UInt64, wantsSpare: Bool) in
                guard !batch.isEmpty else { return (nil, 0, false) }
                do throws(LogError) {
                    try writer.append(batch)
                    if batch.snapshot != nil { try writer.recycle() }
                    return (nil, UInt64(writer.segmentCount * LogLimits.segmentBytes), writer.wantsSpare)
                } catch {
                    return (error, 0, false)
                }
            },
            done: { [weak self] result in
                guard let self else { return }
                if result.bytes > 0 { logBytes = result.bytes }
                if result.wantsSpare, !isStopped { growSpare() }
                written(count, result.error)
            })
    }

    /// After a batch is acknowledged, before the next one is written.
    private func growSpare() {
        let writer = writer
        writing.submit(
            { logError { () throws(LogError) in try writer.growSpare() } },
            done: { [weak self] error in
                if let error { self?.events?.fatal(Failure(logError: error, stateDirectory: "")) }
            })
    }

    private func written(_ count: Int, _ error: LogError?) {
        isWriting = false
        switch error {
        case nil: break
        case .full?:
            // Weather: nothing was written; votes still can be. Try again when there may be space.
            if !isFull { logger.error("the disk is full; changes are refused until there is space") }
            isFull = true
            environment.time.after(.seconds(1)) { [weak self] in self?.write() }
            return
        case let error?:
            events?.fatal(Failure(logError: error, stateDirectory: ""))
            return
        }
        if isFull {
            isFull = false
            logger.info("the disk has space again")
        }
        let done = batches.prefix(count)
        batches.removeFirst(count)
        for batch in done {
            for message in batch.messages where message.to != consensus.id { events?.send(message) }
            step(.persisted(batch.id))
            for message in batch.messages where message.to == consensus.id { step(.received(message)) }
        }
        write()
    }

    private func logMark(for mark: SnapshotMark) -> LogMark? {
        guard let pendingMark, pendingMark.index == mark.index else { return nil }
        return pendingMark
    }
}

/// What `body` throws: for work on another thread, which tells its outcome as a value.
func logError(of body: () throws(LogError) -> Void) -> LogError? {
    do throws(LogError) {
        try body()
        return nil
    } catch {
        return error
    }
}
