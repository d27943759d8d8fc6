import Bytes
import Link
import Model
import Seams
import Segments
import Wire

/// Streams one snapshot to one follower, a few portions ahead of its credit.
final class SnapshotSender {
    private let port: Port
    private let source: SnapshotSource
    private let environment: any Environment
    private let work: any SerialWorker
    private let stream: UInt32
    private var reader: SnapshotReader?
    private var offset: UInt64 = 0
    private var done: ((Bool) -> Void)?

    /// Bytes that may wait for the follower's credit.
    static let ahead = 512 * 1024

    init(
        _ port: Port, _ source: SnapshotSource, _ environment: any Environment, _ work: any SerialWorker,
        done: @escaping (Bool) -> Void
    ) {
        self.port = port
        self.source = source
        self.environment = environment
        self.work = work
        self.done = done
        stream = port.openStream()
    }

    func start() {
        var offer = SnapshotOffer()
        offer.mark = source.mark
        offer.term = source.term
        port.send(.snapshotOffer, stream: stream, offer.encoded())
        next()
    }

    private func next() {
        guard port.isOpen else { return finish(false) }
        guard port.heldBytes(of: stream) < Self.ahead, !port.isFull else {
            environment.time.after(.milliseconds(5)) { self.next() }
            return
        }
        let (source, reader) = (source, reader)
        work.submit(
            { () -> (SnapshotReader, Bytes?)? in
                do throws(LogError) {
                    let open: SnapshotReader
                    if let reader { open = reader } else { open = try source.makeReader() }
                    return (open, try open.next())
                } catch {
                    return nil
                }
            },
            done: { [self] result in
                guard let (reader, portion) = result else {
                    port.fail(Failure(.unavailable, "the snapshot can't be read"), stream: stream)
                    return finish(false)
                }
                self.reader = reader
                var chunk = SnapshotChunk()
                chunk.offset = offset
                chunk.data = portion ?? Bytes()
                chunk.last = portion == nil
                offset += UInt64(chunk.data.count)
                port.send(.snapshotChunk, stream: stream, flags: chunk.last ? .end : [], chunk.encoded())
                if chunk.last { finish(true) } else { next() }
            })
    }

    private func finish(_ isWhole: Bool) {
        done?(isWhole)
        done = nil
    }
}
