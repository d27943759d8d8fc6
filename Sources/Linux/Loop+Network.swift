import Bytes
import CLinux
import Glibc
import Seams

/// Text that a C function writes into a buffer, or its negative errno.
func text(_ size: Int, _ body: (UnsafeMutablePointer<CChar>) -> Int32) -> (code: Int32, lines: [String]) {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
        unsafe buffer[0] = 0
        let code = unsafe body(buffer.baseAddress!)
        let all = unsafe String(cString: buffer.baseAddress!)
        return (code, all.split(separator: "\n").map(String.init))
    }
}

extension Loop: Network {
    package func addresses() -> [String] {
        unsafe text(16_384) { unsafe cl_addresses($0, 16_384) }.lines.sorted()
    }

    package func listen(
        _ address: SocketAddress, _ options: ListenOptions, accepted: @escaping (any Connection) -> Void
    ) throws(SystemError) -> any Listener {
        switch address {
        case .tcp(let host, let port):
            let found = Self.resolve(host)
            guard case .success(let numbers) = found, let number = numbers.first else {
                throw SystemError("listen on", address.description, code: EADDRNOTAVAIL)
            }
            let descriptor = unsafe cl_tcp_listen(number, port)
            guard descriptor >= 0 else { throw SystemError("listen on", address.description, code: descriptor) }
            return try LoopListener(self, descriptor, Self.name(descriptor, peer: false), accepted)
        case .unix(let path):
            let descriptor = Self.bind(path)
            guard descriptor >= 0 else { throw SystemError("listen on", address.description, code: descriptor) }
            if let group = options.group, unsafe lchown(path, uid_t.max, group) != 0 {
                let code = errno
                Glibc.close(descriptor)
                throw SystemError("set the group of", path, code: code)
            }
            guard unsafe fchmodat(AT_FDCWD, path, options.mode, AT_SYMLINK_NOFOLLOW) == 0 else {
                let code = errno
                Glibc.close(descriptor)
                throw SystemError("set the mode of", path, code: code)
            }
            return try LoopListener(self, descriptor, address, accepted)
        }
    }

    /// A socket that listens at `path`, or a negative errno; one that a killed daemon left there is replaced.
    private static func bind(_ path: String) -> Descriptor {
        let descriptor = unsafe cl_unix_listen(path)
        guard descriptor == -EADDRINUSE else { return descriptor }
        let probe = unsafe cl_unix_connect(path)
        if probe >= 0 { Glibc.close(probe) }
        // Nobody is behind a file that refuses.
        guard probe == -ECONNREFUSED else { return descriptor }
        unsafe unlink(path)
        return unsafe cl_unix_listen(path)
    }

    @discardableResult
    package func connect(
        _ address: SocketAddress, timeout: Duration, done: @escaping (Result<any Connection, SystemError>) -> Void
    ) -> any Dialing {
        Dial(self, address, timeout, done)
    }

    static func resolve(_ host: String) -> Result<[String], SystemError> {
        if unsafe cl_is_numeric(host) != 0 { return .success([host]) }
        let found = unsafe text(4096) { out in unsafe cl_resolve(host, out, 4096) }
        return found.code == 0 ? .success(found.lines) : .failure(SystemError("resolve", host, code: found.code))
    }

    static func name(_ descriptor: Descriptor, peer: Bool) -> SocketAddress {
        var port: UInt16 = 0
        let found = unsafe text(64) { unsafe cl_socket_name(descriptor, peer, $0, 64, &port) }
        return .tcp(host: found.lines.first ?? "", port: port)
    }

    /// A connection over a connected socket, which it owns.
    func adopt(_ descriptor: Descriptor, _ address: SocketAddress) throws(SystemError) -> Stream {
        switch address {
        case .tcp:
            cl_tcp_options(descriptor)
            return try Stream(self, descriptor, peer: Self.name(descriptor, peer: true))
        case .unix:
            var who = Credentials(uid: .max, gid: .max, pid: 0)
            let code = unsafe cl_peer_credentials(descriptor, &who.uid, &who.gid, &who.pid)
            return try Stream(self, descriptor, peer: address, credentials: code == 0 ? who : nil)
        }
    }
}

/// A listening socket.
final class LoopListener: Listener {
    let address: SocketAddress
    private let poll: Poll
    private let loop: Loop
    /// Given up to take and drop one connection when descriptors run out, or the loop would spin on it.
    private var spare: Descriptor
    /// Connections accepted in one turn.
    private static let turnConnections = 64

    init(
        _ loop: Loop, _ descriptor: Descriptor, _ address: SocketAddress, _ accepted: @escaping (any Connection) -> Void
    ) throws(SystemError) {
        self.address = address
        self.loop = loop
        poll = try Poll(loop, descriptor)
        spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        poll.ready = { [unowned self] _, _ in accept(accepted) }
        poll.want(read: true, write: false)
    }

    private func accept(_ accepted: (any Connection) -> Void) {
        for _ in 0..<Self.turnConnections {
            let descriptor = cl_accept(poll.descriptor)
            if descriptor == -EMFILE || descriptor == -ENFILE {
                Glibc.close(spare)
                let refused = cl_accept(poll.descriptor)
                if refused >= 0 { Glibc.close(refused) }
                spare = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
                return
            }
            if descriptor == -ECONNABORTED || descriptor == -EINTR { continue }
            guard descriptor >= 0 else { return }
            if let stream = try? loop.adopt(descriptor, address) { accepted(stream) }
        }
    }

    func close() {
        poll.close()
        if spare >= 0 { Glibc.close(spare) }
        spare = -1
        if case .unix(let path) = address { unsafe unlink(path) }
    }
}

/// A dial: resolve, then one address after the other.
final class Dial: Dialing {
    private let loop: Loop
    private let address: SocketAddress
    private var done: ((Result<any Connection, SystemError>) -> Void)?
    private var alarm: (any Seams.Timer)?
    private var poll: Poll?
    private var left: [String] = []

    init(
        _ loop: Loop, _ address: SocketAddress, _ timeout: Duration,
        _ done: @escaping (Result<any Connection, SystemError>) -> Void
    ) {
        self.loop = loop
        self.address = address
        self.done = done
        alarm = loop.after(timeout) { [self] in finish(.failure(failure(ETIMEDOUT))) }
        switch address {
        case .unix(let path):
            loop.after(.zero) { [self] in
                guard self.done != nil else { return }
                let descriptor = unsafe cl_unix_connect(path)
                if descriptor < 0 { finish(.failure(failure(descriptor))) } else { connected(descriptor) }
            }
        case .tcp(let host, _):
            loop.job({ Loop.resolve(host) }) { [self] found in
                switch found {
                case .failure(let error): finish(.failure(error))
                case .success(let numbers):
                    left = numbers
                    next(EADDRNOTAVAIL)
                }
            }
        }
    }

    private func failure(_ code: Int32) -> SystemError { SystemError("connect to", address.description, code: code) }

    private func next(_ code: Int32) {
        guard done != nil, case .tcp(_, let port) = address else { return }
        guard !left.isEmpty else { return finish(.failure(failure(code))) }
        let descriptor = unsafe cl_tcp_connect(left.removeFirst(), port)
        guard descriptor >= 0 else { return next(descriptor) }
        guard let poll = try? Poll(loop, descriptor) else { return next(ENOMEM) }
        self.poll = poll
        poll.ready = { [self] _, _ in
            let code = cl_socket_error(descriptor)
            self.poll = nil
            if code != 0 {
                poll.close()
                return next(code)
            }
            // libuv watches a descriptor once, so the connection gets a number of its own.
            let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
            poll.close()
            if own < 0 { next(EMFILE) } else { connected(own) }
        }
        poll.want(read: false, write: true)
    }

    private func connected(_ descriptor: Descriptor) {
        do throws(SystemError) { finish(.success(try loop.adopt(descriptor, address))) } catch {
            finish(.failure(error))
        }
    }

    private func finish(_ result: Result<any Connection, SystemError>) {
        let done = done
        self.done = nil
        alarm?.cancel()
        alarm = nil
        poll?.close()
        poll = nil
        done?(result)
    }

    func cancel() {
        guard done != nil else { return }
        loop.atEndOfTurn { [self] in finish(.failure(failure(ECANCELED))) }
        loop.nudge()
    }
}
