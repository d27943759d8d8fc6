import Bytes
import Model
import Store

/// The leader's end of every worker's session: who is alive, what each should hold, what each reported.
///
/// Exists for one term of leading; a new leader begins with an empty one, and the agents register anew. It decides
/// from the applied store alone and sends each worker what its own tasks need, nothing else (D1): a value is asked
/// for by `seal` only when a task assigned to that node names it, and checked again when it comes back.
///
/// A worker's assignment, as the dispatcher sees it:
///
///     clean ──store changed──▶ dirty ──values missing──▶ sealing ──sealed──▶ dirty ──all there──▶ sent (clean)
///
/// Soft state: sessions, observed states of tasks, versions held. What must survive is asked for as commits.
package struct Dispatcher {
    /// An open channel, numbered by the driver; a node that reconnects has a new one.
    package typealias ChannelID = UInt64

    package enum Event: Sendable {
        case registered(NodeID, ChannelID, from: String, Register)
        case heartbeat(NodeID, ChannelID, Heartbeat)
        case applied(NodeID, ChannelID, AssignmentApplied)
        case reported(NodeID, ChannelID, ReportTasks)
        case channelLost(NodeID, ChannelID)
        /// The store changed what these nodes should hold.
        case changed([NodeID])
        /// Another version of a secret is current.
        case secretChanged(SecretID)
        /// What `seal` asked for; a value that could not be opened is missing.
        case sealed(NodeID, SessionID, [AssignedValue])
        /// What `commit` asked for is applied.
        case committed(NodeID, SessionID, report: UInt64)
        /// It is not, and will not be.
        case notCommitted(NodeID, SessionID)
        /// The turn ends: changed assignments go out.
        case flush
        case wake
    }

    package enum Message: Sendable {
        case registered(Registered)
        case heartbeatAnswer(HeartbeatAnswer)
        case unregistered(Unregistered)
        case assignment(Assignment)
        case reportAnswer(ReportTasksAnswer)
    }

    package enum Effect: Sendable {
        case send(ChannelID, Message)
        case close(ChannelID, Failure? = nil)
        /// Opens these values and seals each to its worker; the result comes back as `sealed`.
        case seal(NodeID, SessionID, [SealRequest])
        /// Commits what was observed of nodes.
        case observe([NodeObservation])
        /// Commits terminal states; `report` is answered once they are applied (0: nobody waits).
        case commit(NodeID, SessionID, report: UInt64, [TaskChange])
        /// Observed states of tasks changed: the planner should look.
        case replan
        case wakeAt(Moment)
    }

    /// One value for one task on one node.
    package struct SealRequest: Equatable, Sendable {
        package var node: NodeID
        package var task: TaskID
        package var secret: SecretID
        package var version: UInt64
        /// The `ValueEnvelope`.
        package var envelope: Bytes
        /// The agent's public key.
        package var sealKey: Bytes
    }

    package let lease: Duration
    var generator: any RandomNumberGenerator & Sendable
    /// By node. Walked only in the order of `order`.
    var sessions: [NodeID: WorkerSession] = [:]
    var order: [NodeID] = []
    /// Nodes that the last leader saw and this one has not, with when they count as down.
    var awaited: [NodeID: Moment] = [:]
    /// What agents reported of tasks that have not ended.
    package internal(set) var observed: [TaskID: TaskStatus] = [:]
    /// Tasks of which something else was reported since the planner asked last.
    var news: Set<TaskID> = []
    /// Which versions tasks hold, by task.
    package internal(set) var held: [TaskID: [HeldVersion]] = [:]
    /// Values that each node was sent: for tests and the simulator; bounded.
    package internal(set) var trace = DeliveryTrace()

    /// Begins with the term of a leader, at `now`: nodes that were ready have two leases to come back.
    package init(
        lease: Duration, store: ReplicatedStore, at now: Moment,
        generator: any RandomNumberGenerator & Sendable
    ) {
        self.lease = lease
        self.generator = generator
        for node in store.allNodes where node.status?.state == .ready {
            awaited[node.id] = now + lease * 2
        }
    }

    /// How long after its last sign of life a session ends, beyond the lease: the agent's own clock runs first (D2).
    static let leaseMargin = Duration.milliseconds(300)
    /// A node may register so often without a pause, and then once in each of these: at every beginning all values that
    /// it needs are sealed anew, and what it says of itself may be committed.
    static let registrationsAtOnce = 8
    static let registrationPause = Duration.seconds(1)
    /// Changes in one commit: an entry has room for as many statuses of the greatest size.
    static let mostCommitted = 256

    /// Takes one event; `time` is the wall clock for what people will read.
    package mutating func step(
        _ event: Event, store: ReplicatedStore, at now: Moment, time: Timestamp
    ) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .registered(let node, let channel, let address, let register):
            self.register(node, channel, address, register, store, now, time, &effects)
        case .heartbeat(let node, let channel, let heartbeat):
            beat(node, channel, heartbeat, store, now, &effects)
        case .applied(let node, let channel, let applied):
            guard session(node, channel, applied.session, &effects) != nil else { break }
            hold(applied.held, of: node, store)
        case .reported(let node, let channel, let report):
            self.report(node, channel, report, store, time, &effects)
        case .channelLost(let node, let channel):
            // The session goes on until its lease ends: a restarted connection stops no task.
            if sessions[node]?.channel == channel { sessions[node]?.channel = nil }
        case .changed(let nodes):
            for node in nodes { sessions[node]?.isDirty = true }
        case .secretChanged(let secret):
            for task in store.tasks(using: secret) { sessions[task.nodeID]?.isDirty = true }
        case .sealed(let node, let id, let values):
            sealed(node, id, values, store, time, &effects)
        case .committed(let node, let id, let number):
            answerReport(node, id, number, &effects)
        case .notCommitted(let node, let id):
            // The agent waits for an answer to its report; in a new session it tells all of it again.
            guard let session = sessions[node], session.id == id, let channel = session.channel else { break }
            close(channel, of: node, nil, &effects)
        case .flush: break
        case .wake: lapse(store, now, time, &effects)
        }
        for node in order where sessions[node]?.isDirty == true { flush(node, store, time, &effects) }
        if let next = nextWake() { effects.append(.wakeAt(next)) }
        return effects
    }
}
