import Bytes
import Model

/// One worker's session: its lease, and what it was sent.
struct WorkerSession: Sendable {
    struct ValueKey: Hashable, Sendable {
        var task: TaskID
        var secret: SecretID
    }

    /// What a worker should hold, or was told to.
    struct Content: Sendable {
        var tasks: [TaskID: TaskState] = [:]
        var values: [ValueKey: UInt64] = [:]
        var configs: [ConfigID: Revision] = [:]
    }

    let id: SessionID
    var channel: Dispatcher.ChannelID?
    /// The agent's public key for this start of its own; 32 bytes.
    let sealKey: Bytes
    var lapse = Moment.zero
    /// When the node has waited as long as its registrations so far should have taken.
    var restedAt = Moment.zero
    /// Of the last assignment sent.
    var number: UInt64 = 0
    var sent = Content()
    var isDirty = true
    var isSealing = false
    /// Sealed and not yet sent.
    var ready: [ValueKey: AssignedValue] = [:]
    /// Could not be opened; their tasks are being rejected.
    var failed: Set<ValueKey> = []

    init(id: SessionID, channel: Dispatcher.ChannelID, sealKey: Bytes) {
        self.id = id
        self.channel = channel
        self.sealKey = sealKey
    }
}

/// Which node was sent which version of which secret for which task: names, never values.
///
/// Keeps the last `capacity` deliveries. Tests and the simulator compare it with what the tasks needed (D1).
package struct DeliveryTrace: Sendable {
    package struct Delivery: Equatable, Sendable {
        package var node: NodeID
        package var task: TaskID
        package var secret: SecretID
        package var version: UInt64
    }

    static let capacity = 65_536
    package private(set) var deliveries: [Delivery] = []

    mutating func add(node: NodeID, task: TaskID, secret: SecretID, version: UInt64) {
        if deliveries.count == Self.capacity { deliveries.removeFirst(Self.capacity / 4) }
        deliveries.append(Delivery(node: node, task: task, secret: secret, version: version))
    }
}
