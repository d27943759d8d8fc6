import Bytes

/// Where a socket listens or dials.
package enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, an IPv4 or an IPv6 address without brackets; port 0 when listening: any that is free.
    case tcp(host: String, port: UInt16)
    /// A socket file; at most 107 bytes.
    case unix(path: String)

    /// Reads `host:port`, `[v6]:port`, `unix:///path` or an absolute path; `nil` when it is none of them.
    package init?(_ text: String, defaultPort: UInt16? = nil) {
        if text.hasPrefix("unix://") {
            self = .unix(path: String(text.dropFirst(7)))
            return
        }
        if text.hasPrefix("/") {
            self = .unix(path: text)
            return
        }
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            let host = String(text[text.index(after: text.startIndex)..<close])
            let rest = text[text.index(after: close)...]
            let port = rest.hasPrefix(":") ? UInt16(rest.dropFirst()) : rest.isEmpty ? defaultPort : nil
            guard let port, !host.isEmpty else { return nil }
            self = .tcp(host: host, port: port)
            return
        }
        guard let colon = text.lastIndex(of: ":") else {
            guard let defaultPort, !text.isEmpty else { return nil }
            self = .tcp(host: text, port: defaultPort)
            return
        }
        let host = text[..<colon]
        // Two colons without brackets are an IPv6 address alone.
        if host.contains(":") {
            guard let defaultPort else { return nil }
            self = .tcp(host: text, port: defaultPort)
            return
        }
        guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        self = .tcp(host: String(host), port: port)
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix://\(path)"
        }
    }
}

/// Stream sockets: TCP and unix.
package protocol Network: AnyObject {
    /// Listens; each accepted connection is paused until `start`.
    ///
    /// A socket file that nobody listens on is replaced; one in use is refused with `EADDRINUSE`.
    func listen(
        _ address: SocketAddress, _ options: ListenOptions, accepted: @escaping (any Connection) -> Void
    ) throws(SystemError) -> any Listener
    /// Dials; names are resolved off the loop and each of their addresses tried in turn, within `timeout` in all.
    @discardableResult
    func connect(
        _ address: SocketAddress, timeout: Duration, done: @escaping (Result<any Connection, SystemError>) -> Void
    ) -> any Dialing
    /// The host's own addresses that are up, numeric, without loopback and link-local ones, sorted.
    func addresses() -> [String]
}

/// How a unix socket file is made; without meaning for TCP.
package struct ListenOptions: Sendable {
    /// Permission bits of the socket file.
    package var mode: UInt32 = 0o600
    /// Group that owns the socket file; `nil`: the process's.
    package var group: UInt32?
    package init(mode: UInt32 = 0o600, group: UInt32? = nil) {
        self.mode = mode
        self.group = group
    }
}

package protocol Listener: AnyObject {
    /// Where it listens, with the port that was given.
    var address: SocketAddress { get }
    /// Stops; removes the socket file.
    func close()
}

/// A dial that is under way. `done` still runs after `cancel`, with `ECANCELED`.
package protocol Dialing: AnyObject {
    func cancel()
}

/// Why a connection is no more.
package enum CloseReason: Hashable, Sendable {
    /// `close` or `abort` was called at this end.
    case closed
    /// The peer ended it in good order.
    case ended
    case failed(SystemError)
}

/// Who is at the other end of a unix socket.
package struct Credentials: Hashable, Sendable {
    package var uid: UInt32
    package var gid: UInt32
    package var pid: Int32
    package init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }
}

/// What a connection tells its owner; always on the loop, never inside a call to the connection.
///
/// Held strongly until `closed` has run, which is always the last event and comes exactly once.
package protocol ConnectionEvents: AnyObject {
    func received(_ bytes: Bytes)
    /// The peer will send no more; writing is still possible. Followed by `closed` only once this end closes too.
    func receivedEnd()
    /// Everything written has left for the kernel, after `pendingBytes` had been above zero.
    func drained()
    func closed(_ reason: CloseReason)
}

/// An open stream of bytes.
package protocol Connection: AnyObject {
    var peer: SocketAddress { get }
    /// `nil` for TCP.
    var credentials: Credentials? { get }
    /// Written and not yet taken by the kernel; a writer with respect stops near 1 MiB; above 64 MiB the connection fails.
    var pendingBytes: Int { get }
    /// Begins to deliver events; once.
    func start(_ events: any ConnectionEvents)
    /// Queues `pieces`, sent in one call at the end of the turn. Nothing after `close`, `end` or a failure: dropped.
    func write(_ pieces: [Bytes])
    /// The same for pieces with a secret in the clear, which are the connection's own from now on: they are wiped once
    /// the kernel took them, or nobody will.
    func write(wiping pieces: [Bytes])
    func pause()
    func resume()
    /// Sends what is queued, then tells the peer that no more comes; reading goes on.
    func end()
    /// Sends what is queued, then closes.
    func close()
    /// Closes at once; TCP sends a reset.
    func abort()
}
