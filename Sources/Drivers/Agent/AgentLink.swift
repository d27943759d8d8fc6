import Bytes
import Model
import Wire

/// What carries an agent's frames to the leader and opens its deliveries.
///
/// After `hangUp` nothing more of that link is told to the driver; a `dial` is answered once, by `connected` or
/// `lost`. All calls are on the loop's thread, and may be answered from inside.
package protocol AgentLink: AnyObject {
    func dial(_ manager: ManagerAddress)
    func hangUp()
    /// Queues a message; a body longer than a worker's frame travels in parts.
    func send(_ type: FrameType, stream: UInt32, flags: FrameFlags, _ body: Bytes)
    /// Input of `stream` was taken by a task: credit for the other end.
    func consumed(_ bytes: Int, of stream: UInt32)
    /// Bytes of `stream` that were sent and wait for credit or for the channel.
    func heldBytes(of stream: UInt32) -> Int
    /// Nothing more is sent on `stream`, nor is anything of it wanted.
    func finished(_ stream: UInt32)
    /// The managers to ask at the next start.
    func remember(_ managers: [ManagerAddress])
    /// Opens a delivery, perhaps off the loop; `done` on the loop, `nil` when it can't be opened.
    func open(_ value: AssignedValue, done: @escaping (SecretBox?) -> Void)
}
