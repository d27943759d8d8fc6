import Bytes
import Link
import Model
import Seams
import Wire

/// One end of a channel that carries frames: over a connection (`Peer`), or inside this process (`LocalPort`).
class Port {
    /// Numbered in this process, never again.
    let number: UInt64
    /// Who is at the other end; none on the control socket.
    var node = NodeID.none
    var role = Role.unspecified
    var onMessage: ((Multiplexer.Incoming) -> Void)?
    /// The port is of no more use; called once.
    var onClosed: (() -> Void)?
    var isOpen = false

    private static nonisolated(unsafe) var last: UInt64 = 0

    init() {
        // The loop's thread alone makes ports.
        unsafe Self.last += 1
        number = unsafe Self.last
    }

    /// Where the other end is, for people.
    var address: String { "" }

    func openStream() -> UInt32 { preconditionFailure("a port without streams") }
    func send(_ type: FrameType, stream: UInt32 = 0, flags: FrameFlags = [], _ body: Bytes) {}
    /// Data of a stream was taken: its sender may go on.
    func consumed(_ bytes: Int, of stream: UInt32) {}
    /// Data that waits for credit, in bytes.
    func heldBytes(of stream: UInt32) -> Int { 0 }
    var isFull: Bool { false }
    func closeStream(_ stream: UInt32) {}
    /// Says goodbye and closes.
    func close(_ failure: Failure? = nil) {}

    func fail(_ failure: Failure, stream: UInt32) {
        send(.failure, stream: stream, flags: [.end, .error, .response], failure.encoded())
    }
}

/// Two ends in one process: a manager's own agent and its own dispatcher.
final class LocalPort: Port {
    private let environment: any Environment
    private weak var other: LocalPort?
    private var nextStream: UInt32

    private init(_ environment: any Environment, isFirst: Bool, node: NodeID) {
        self.environment = environment
        nextStream = isFirst ? 1 : 2
        super.init()
        self.node = node
        role = .manager
        isOpen = true
    }

    static func pair(_ environment: any Environment, node: NodeID) -> (LocalPort, LocalPort) {
        let first = LocalPort(environment, isFirst: true, node: node)
        let second = LocalPort(environment, isFirst: false, node: node)
        first.other = second
        second.other = first
        return (first, second)
    }

    override var address: String { "local" }

    override func openStream() -> UInt32 {
        defer { nextStream &+= 2 }
        return nextStream
    }

    override func send(_ type: FrameType, stream: UInt32, flags: FrameFlags, _ body: Bytes) {
        guard isOpen else { return }
        // Never inside the sender's own step.
        environment.time.atEndOfTurn { [weak other] in
            guard let other, other.isOpen else { return }
            other.onMessage?(Multiplexer.Incoming(type: type, stream: stream, flags: flags, body: body))
        }
    }

    override func close(_ failure: Failure?) {
        guard isOpen else { return }
        isOpen = false
        let other = other
        environment.time.atEndOfTurn { [self] in
            onClosed?()
            if let other, other.isOpen {
                other.isOpen = false
                other.onClosed?()
            }
        }
    }
}
