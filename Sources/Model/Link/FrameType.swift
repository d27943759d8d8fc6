/// What a frame's body is: the number that stands for a message on the wire. The table is in `proto/README.md`.
@frozen
public struct FrameType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    // MARK: The link itself
    public static let welcome = FrameType(rawValue: 1)
    public static let goodbye = FrameType(rawValue: 2)
    public static let ping = FrameType(rawValue: 3)
    public static let pong = FrameType(rawValue: 4)
    public static let credit = FrameType(rawValue: 5)
    public static let failure = FrameType(rawValue: 6)
    public static let enrolAnswer = FrameType(rawValue: 7)
    public static let clusterKeys = FrameType(rawValue: 8)
    public static let clusterKeysStored = FrameType(rawValue: 9)
    public static let dialBulk = FrameType(rawValue: 10)

    // MARK: Consensus
    public static let raft = FrameType(rawValue: 16)
    public static let snapshotOffer = FrameType(rawValue: 17)
    public static let snapshotChunk = FrameType(rawValue: 18)

    // MARK: A worker's session
    public static let register = FrameType(rawValue: 32)
    public static let registered = FrameType(rawValue: 33)
    public static let redirect = FrameType(rawValue: 34)
    public static let heartbeat = FrameType(rawValue: 35)
    public static let heartbeatAnswer = FrameType(rawValue: 36)
    public static let unregistered = FrameType(rawValue: 37)
    public static let assignment = FrameType(rawValue: 38)
    public static let assignmentApplied = FrameType(rawValue: 39)
    public static let reportTasks = FrameType(rawValue: 40)
    public static let reportTasksAnswer = FrameType(rawValue: 41)

    // MARK: Programs inside tasks
    public static let execStart = FrameType(rawValue: 48)
    public static let execInput = FrameType(rawValue: 49)
    public static let execOutput = FrameType(rawValue: 50)
    public static let execResize = FrameType(rawValue: 51)
    public static let execSignal = FrameType(rawValue: 52)
    public static let execExit = FrameType(rawValue: 53)

    // MARK: What tasks wrote
    public static let logsStart = FrameType(rawValue: 54)
    public static let logsSource = FrameType(rawValue: 55)
    public static let logsChunk = FrameType(rawValue: 56)
    public static let logsEnd = FrameType(rawValue: 57)

    // MARK: What tasks use
    public static let getUsage = FrameType(rawValue: 58)
    public static let taskUsage = FrameType(rawValue: 59)

    // MARK: Requests
    public static let request = FrameType(rawValue: 64)
    public static let reply = FrameType(rawValue: 65)

    /// Which queue it waits in: 0 consensus and the link itself, 1 requests and sessions, 2 bulk.
    ///
    /// Follows from the type alone; the class in a received header is never believed.
    @inlinable
    public var priority: UInt8 {
        switch rawValue {
        case 1...16: 0
        case 17...18: 2
        default: 1
        }
    }

    /// Which of the connections between two nodes carries it; `nil`: each, or a later version says.
    @inlinable
    public var lane: Lane? {
        switch rawValue {
        case 1, 7...16, 32...41, 64...65: .control
        case 17...18, 48...59: .bulk
        default: nil
        }
    }

    /// A connection between two nodes, by what travels on it.
    public enum Lane: Sendable {
        /// Consensus, sessions and requests: there as long as the link.
        case control
        /// Snapshots and the streams of programs and logs, so that none of the others waits behind them: opened on demand.
        case bulk
    }

    /// Whether its body counts against the credit of its stream.
    @inlinable
    public var isStreamed: Bool {
        self == .snapshotChunk || self == .execInput || self == .execOutput || self == .logsChunk
    }

    // MARK: Messages

    /// Every type with the name of its message: `FrameType` in `proto/link.proto`, the table of `proto/README.md`.
    public static let messages: [(FrameType, String)] = [
        (.welcome, "Welcome"), (.goodbye, "Goodbye"), (.ping, "Ping"), (.pong, "Pong"), (.credit, "Credit"),
        (.failure, "Failure"), (.enrolAnswer, "EnrolAnswer"), (.clusterKeys, "ClusterKeys"),
        (.clusterKeysStored, "ClusterKeysStored"), (.dialBulk, "DialBulk"),
        (.raft, "RaftMessage"), (.snapshotOffer, "SnapshotOffer"), (.snapshotChunk, "SnapshotChunk"),
        (.register, "Register"), (.registered, "Registered"), (.redirect, "Redirect"), (.heartbeat, "Heartbeat"),
        (.heartbeatAnswer, "HeartbeatAnswer"), (.unregistered, "Unregistered"), (.assignment, "Assignment"),
        (.assignmentApplied, "AssignmentApplied"), (.reportTasks, "ReportTasks"),
        (.reportTasksAnswer, "ReportTasksAnswer"),
        (.execStart, "ExecStart"), (.execInput, "ExecInput"), (.execOutput, "ExecOutput"),
        (.execResize, "ExecResize"), (.execSignal, "ExecSignal"), (.execExit, "ExecExit"),
        (.logsStart, "LogsStart"), (.logsSource, "LogsSource"), (.logsChunk, "LogsChunk"), (.logsEnd, "LogsEnd"),
        (.getUsage, "GetUsage"), (.taskUsage, "TaskUsage"),
        (.request, "Request"), (.reply, "Reply"),
    ]
}
