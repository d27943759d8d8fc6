import Bytes
import Seams

/// Reads a stream for its end alone, or for the few bytes before it.
final class EndOfStream: ConnectionEvents {
    /// The stream, which is closed at the other end's end.
    weak var connection: (any Connection)?
    private(set) var content: [UInt8] = []
    private let ended: () -> Void
    /// A reason is one line.
    private static let mostBytes = 1024

    init(ended: @escaping () -> Void) {
        self.ended = ended
    }

    func received(_ bytes: Bytes) {
        content += bytes.prefix(Self.mostBytes - content.count)
    }

    func receivedEnd() {
        connection?.close()
    }

    func drained() {}

    func closed(_ reason: CloseReason) {
        ended()
    }
}
