import Bytes
import Model

/// What a client wants in the log.
package struct Offer: Equatable, Sendable {
    /// Returned with the answer; means nothing here.
    package var context: UInt64
    package var minLevel: UInt32
    package var body: Bytes
    package var sealed: Bytes

    @inlinable
    package init(context: UInt64, minLevel: UInt32 = 0, body: Bytes, sealed: Bytes = Bytes()) {
        self.context = context
        self.minLevel = minLevel
        self.body = body
        self.sealed = sealed
    }
}

extension Consensus {
    /// What happens to a member. Effects that can wait come with `endTurn`.
    package enum Event: Equatable, Sendable {
        /// A tick has passed.
        case tick
        /// A message of an authenticated member, checked, for this member.
        case received(RaftMessage)
        /// Answered at once by `accepted` or `refused`.
        case propose(Offer)
        /// A change of the members: simple if at most one voter differs, else joint and left by itself. `note`
        /// becomes the entry's `sealed`: what apply wants to see with it. Answered by `accepted` or `refused`.
        case change([MemberChange], note: Bytes, context: UInt64)
        /// Asks when a read is linearizable; answered by `readable` or `refused`.
        case read(context: UInt64)
        /// Asks the leader to hand over; to the most caught-up voter if none is named. Silent, but for `refused`.
        case transfer(to: MemberID?, context: UInt64)
        /// Starts an election at once; for a cluster's first member.
        case campaign
        /// The batch of that number is durable, and so are all before it.
        case persisted(UInt64)
        /// All entries through the index are executed; the state has that hash (0: not known).
        case applied(Index, stateHash: UInt64)
        /// The driver's own snapshot at the index is durable: the log up to it may go from memory.
        case compact(Index)
        /// A snapshot from `from`, leader of `term`, is whole and durable beside the old state.
        case snapshotReceived(SnapshotMark, from: MemberID, term: Term)
        /// A transfer to a follower has ended; `index` is the snapshot's, `nil` if it failed.
        case snapshotSent(to: MemberID, index: Index?)
        /// A snapshot begins or stops arriving: no candidacy meanwhile.
        case receivingSnapshot(Bool)
        /// The channel to the member was lost, and perhaps messages with it.
        case unreachable(MemberID)
        /// The turn of the loop ends: what gathered becomes one write, one append a follower, one apply.
        case endTurn
    }

    /// What the driver must do, in this order.
    package enum Effect: Equatable, Sendable {
        /// Goes out at once; may be lost.
        case send(RaftMessage)
        /// Writes the batch after all before it, then sends its messages, then reports `persisted`.
        case persist(Batch)
        /// Executes committed entries in order, then reports `applied`.
        case apply([Entry])
        /// Replaces the whole store by the received snapshot, then reports `applied` with its index.
        case install(SnapshotMark)
        /// Sends the newest snapshot to the follower under this term, then reports `snapshotSent`.
        case sendSnapshot(to: MemberID)
        /// The offer or change is in the leader's log at that place. It is done if, and only if, the entry that is
        /// applied at the index has the term.
        case accepted(context: UInt64, index: Index, term: Term)
        case refused(context: UInt64, Refusal)
        /// The store, which has applied `index` or more, may be read for this request.
        case readable(context: UInt64, index: Index)
        /// The leader's state had this hash at the index: a member that differs stops.
        case compare(Index, stateHash: UInt64)
        /// Role, term or leader differ from before.
        case changed(Role, Term, leader: MemberID)
        /// The configuration in the log differs from before: appended, rolled back or installed.
        case configured(Configuration, index: Index)
        /// This member can't go on; every later event is ignored.
        case halt(Halt)
    }

    /// A part in a term.
    package enum Role: Equatable, Sendable {
        case follower, preCandidate, candidate, leader
    }

    /// What becomes durable together, in the order hard state, `snapshot` or `truncateAfter` and `entries`.
    ///
    /// A batch may have nothing to write: then its messages wait for the batches before it, and no sync is due.
    package struct Batch: Equatable, Sendable {
        /// Ascending by one.
        package var id: UInt64
        package var hardState: HardState?
        /// The log restarts after this place: everything in it goes. Never together with entries.
        package var snapshot: SnapshotMark?
        /// Entries after this index go, before `entries` are appended.
        package var truncateAfter: Index?
        package var entries: [Entry]
        /// To be sent once all this is durable, not before.
        package var messages: [RaftMessage]

        // Inlined, or each look would copy the batch.
        @inline(__always) package var writesNothing: Bool {
            hardState == nil && snapshot == nil && truncateAfter == nil && entries.isEmpty
        }
    }

    package enum Refusal: Equatable, Sendable {
        /// Another member leads, or none (`MemberID.none`) is known.
        case notLeader(leader: MemberID)
        /// The leader is handing over; soon.
        case transferring
        case tooLarge(bytes: Int)
        /// Too much is uncommitted, or too many reads wait.
        case busy
        /// A change is uncommitted, or the leader has not yet committed an entry of its term.
        case changePending
        case impossible(MemberChangeError)
        /// The learner is too far behind, or silent.
        case lagging(MemberID)
        /// Not enough of the new voters have been heard of.
        case losesQuorum
        /// The target is not another voter.
        case notVoter
    }

    package enum Halt: Equatable, Sendable {
        /// The entry needs a member of a higher level.
        case level(Index, needs: UInt32)
        /// A leader contradicts what is committed here: some log is damaged.
        case conflict(Index)
    }
}
