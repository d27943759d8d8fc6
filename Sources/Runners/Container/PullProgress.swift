import Bytes
import Text

/// What an engine tells while it fetches an image: JSON objects, one a line, of which an `error` is the outcome.
///
/// The status comes before the outcome is known, so it tells only of what failed at once.
struct PullProgress {
    var head = HTTPHead()
    private var line: [UInt8] = []
    private var isLineTooLong = false
    private var error: String?

    /// Of a line; a longer one is passed over.
    private static let lineBytes = 64 << 10

    mutating func take(_ bytes: Bytes) {
        for byte in bytes {
            if byte == 10 {
                readLine()
            } else if line.count < Self.lineBytes {
                line.append(byte)
            } else {
                isLineTooLong = true
            }
        }
    }

    private mutating func readLine() {
        defer {
            line = []
            isLineTooLong = false
        }
        guard !isLineTooLong, let said = try? JSON.read(line) else { return }
        if let text = said["error"]?.string ?? (head.isGood ? nil : said["message"]?.string) { error = text }
    }

    /// Asked for once, at the end.
    var outcome: Result<Void, EngineError> {
        mutating get {
            readLine()
            if let error { return .failure(.refused(status: head.status, error.asReason)) }
            return head.isGood ? .success(()) : .failure(.refused(status: head.status, "status \(head.status)"))
        }
    }
}
