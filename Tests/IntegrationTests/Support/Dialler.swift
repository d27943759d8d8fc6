import Bytes
import Foundation
import Identity
import Link
import Linux
import Model
import Primitives
import Sealing
import Wire

@testable import Drivers

/// A socket that waits, from an address of this machine that a test chooses.
final class WaitingSocket {
    private let descriptor: Int32

    /// - Parameter source: the last two bytes of a loopback address: each is a stranger of its own.
    init(tcp port: Int, from source: UInt16 = 1) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var here = Self.address(0x7f00_0000 | UInt32(source), 0)
        var there = Self.address(0x7f00_0001, UInt16(port))
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafePointer(to: &here) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        let connected = unsafe withUnsafePointer(to: &there) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, size) }
        }
        guard code == 0, connected == 0 else { throw Trouble("port \(port) can't be reached: error \(errno)") }
        limit()
    }

    init(unix path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var there = sockaddr_un()
        there.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &there.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let connected = unsafe withUnsafePointer(to: &there) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw Trouble("\(path) can't be reached: error \(errno)") }
        limit()
    }

    deinit { close(descriptor) }

    private func limit() {
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func address(_ host: UInt32, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = host.bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    /// `false`: the other end is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// What came; empty: nothing more will.
    func receive() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }
}

/// A node of a cluster by its keys, taken from its state directory, that knocks at a real manager as a test has it.
struct Dialler {
    var identity: NodeIdentity
    let keyring: Keyring
    var port: Int
    var source: UInt16 = 2

    /// - Parameter folder: of a daemon that does not run, or whose node it may replace.
    init(state folder: String, port: Int) throws {
        let loaded = try StateDirectory(LinuxEnvironment(), folder).load()
        guard let (identity, keyring) = loaded else { throw Trouble("no node lives in \(folder)") }
        self.identity = identity
        self.keyring = keyring
        self.port = port
    }

    /// Opens a channel and asks for a sign of life.
    ///
    /// - Parameter cut: the connection ends after so many bytes of this end.
    /// - Returns: whether the manager let it in and answered, and how many bytes this end had to say.
    func knock(cut: Int = .max) throws -> (isIn: Bool, bytes: Int) {
        guard let key = keyring.ticketKey, let nodeKey = keyring.nodeKey else { throw Trouble("no keys") }
        let socket = try WaitingSocket(tcp: port, from: source)
        var generator = SecureGenerator()
        var handshake = try LinkHandshake(
            dial: LinkHello(purpose: .node, epoch: identity.ticketEpoch, handle: keyring.ticket), key: key,
            local: AgreementKey(secret: nodeKey), generator: &generator)
        var said = 0
        func say(_ bytes: [UInt8]) -> Bool {
            let part = bytes.prefix(max(0, cut - said))
            said += part.count
            return socket.send(Array(part)) && part.count == bytes.count
        }
        guard say(handshake.takeOutput().flatMap { $0.array }) else { return (false, said) }
        var records: Records?
        while records == nil {
            let bytes = socket.receive()
            guard !bytes.isEmpty else { return (false, said) }
            guard case .responder? = try handshake.receive(Bytes(bytes)) else { continue }
            var payload = InitiatorPayload()
            var parameters = LinkParameters()
            parameters.incarnation = identity.incarnation
            payload.parameters = parameters
            payload.certificate = identity.certificate
            payload.issuer = identity.issuer
            records = try handshake.answer(payload).records
            guard say(handshake.takeOutput().flatMap { $0.array }) else { return (false, said) }
        }
        guard var records else { return (false, said) }
        var multiplexer = Multiplexer(.dialler, lane: .control, frameBytes: Limits.frameBytes, at: .zero)
        multiplexer.send(.ping, stream: 0, Ping().encoded())
        guard say(try records.seal(multiplexer.take(.max)).array) else { return (false, said) }
        let answer = socket.receive()
        guard !answer.isEmpty else { return (false, said) }
        return (try !records.open(Bytes(answer)).isEmpty, said)
    }
}
