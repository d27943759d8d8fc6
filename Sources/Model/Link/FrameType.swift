/// What a frame's body is: the number that stands for a message on the wire. The table is in `proto/README.md`.
@frozen
package struct FrameType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16
    @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

    // MARK: The link itself
    package static let welcome = FrameType(rawValue: 1)
    package static let goodbye = FrameType(rawValue: 2)
    package static let ping = FrameType(rawValue: 3)
    package static let pong = FrameType(rawValue: 4)
    package static let credit = FrameType(rawValue: 5)
    package static let failure = FrameType(rawValue: 6)
    package static let enrolAnswer = FrameType(rawValue: 7)
    package static let clusterKeys = FrameType(rawValue: 8)
    package static let clusterKeysStored = FrameType(rawValue: 9)

    // MARK: Consensus
    package static let raft = FrameType(rawValue: 16)
    package static let snapshotOffer = FrameType(rawValue: 17)
    package static let snapshotChunk = FrameType(rawValue: 18)

    // MARK: A worker's session
    package static let register = FrameType(rawValue: 32)
    package static let registered = FrameType(rawValue: 33)
    package static let redirect = FrameType(rawValue: 34)
    package static let heartbeat = FrameType(rawValue: 35)
    package static let heartbeatAnswer = FrameType(rawValue: 36)
    package static let unregistered = FrameType(rawValue: 37)
    package static let assignment = FrameType(rawValue: 38)
    package static let assignmentApplied = FrameType(rawValue: 39)
    package static let reportTasks = FrameType(rawValue: 40)
    package static let reportTasksAnswer = FrameType(rawValue: 41)

    // MARK: Programs inside tasks
    package static let execStart = FrameType(rawValue: 48)
    package static let execInput = FrameType(rawValue: 49)
    package static let execOutput = FrameType(rawValue: 50)
    package static let execResize = FrameType(rawValue: 51)
    package static let execSignal = FrameType(rawValue: 52)
    package static let execExit = FrameType(rawValue: 53)

    // MARK: Requests
    package static let request = FrameType(rawValue: 64)
    package static let reply = FrameType(rawValue: 65)

    /// Which queue it waits in: 0 consensus and the link itself, 1 requests and sessions, 2 bulk.
    ///
    /// Follows from the type alone; the class in a received header is never believed.
    @inlinable
    package var priority: UInt8 {
        switch rawValue {
        case 1...16: 0
        case 17...18: 2
        default: 1
        }
    }

    /// Whether its body counts against the credit of its stream.
    @inlinable
    package var isStreamed: Bool {
        self == .snapshotChunk || self == .execInput || self == .execOutput
    }
}
