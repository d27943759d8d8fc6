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
    /// Whether it carries snapshots and programs alone, beside another one to the same node.
    var isBulk: Bool { false }
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
    /// The port for snapshots and programs to the same node: this one, unless it has one for them or can get it.
    /// `done` is called once, perhaps at once; `nil`: there is none to be had now.
    func bulk(_ done: @escaping (Port?) -> Void) { done(self) }
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
    /// Data that the other end was given and has not taken, by stream.
    private var lent: [UInt32: Int] = [:]

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
        if type.isStreamed { lent[stream, default: 0] += body.count }
        // Never inside the sender's own step.
        environment.time.atEndOfTurn { [weak other] in
            guard let other, other.isOpen else { return }
            other.onMessage?(Multiplexer.Incoming(type: type, stream: stream, flags: flags, body: body))
        }
    }

    override func consumed(_ bytes: Int, of stream: UInt32) { other?.lent[stream]? -= bytes }
    override func heldBytes(of stream: UInt32) -> Int { max(0, (lent[stream] ?? 0) - Multiplexer.initialCredit) }
    override func closeStream(_ stream: UInt32) { lent[stream] = nil }

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
