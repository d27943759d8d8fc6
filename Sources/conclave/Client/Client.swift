import Model

/// Stands in for the connection to a daemon.
final class Client {
    init(host: String, timeout: Duration) throws(Failure) {
        throw Failure(.unavailable, "Cannot connect to the Conclave daemon at \(host)", why: "this build has no client")
    }

    func ask(_ operation: Operation, stale: Bool = false) throws(Failure) -> Reply { Reply() }

    func exec(_ start: ExecStart, streams: ExecStreams) throws(Failure) -> Int32 { 0 }
}

struct ExecStreams {
    var input: Bool
    var detached: Bool
}
