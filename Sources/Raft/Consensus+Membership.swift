import Bytes
import Model

extension Consensus {
    mutating func change(
        _ changes: [MemberChange], note: Bytes, context: UInt64, _ effects: inout [Effect]
    ) {
        switch next(after: changes) {
        case .failure(let reason): effects.append(.refused(context: context, reason.refusal))
        case .success(let next):
            let entry = appendConfiguration(next, note: note)
            effects.append(.accepted(context: context, index: entry, term: term))
        }
    }

    private struct Reason: Error {
        let refusal: Refusal
    }

    private func next(after changes: [MemberChange]) -> Result<Configuration, Reason> {
        guard role == .leader else { return .failure(Reason(refusal: .notLeader(leader: leader))) }
        guard successor == nil, configuration.isVoter(id) else { return .failure(Reason(refusal: .transferring)) }
        // Without an entry of its own term committed, a change of an older leader could still be pending
        // elsewhere, and two majorities need not meet (R8).
        guard commit >= opening, configurationIndex <= commit, !configuration.isJoint else {
            return .failure(Reason(refusal: .changePending))
        }
        for case .makeVoter(let member) in changes where !configuration.voters.contains(member) {
            guard let place = find(member), progress[place].silence < settings.electionTicks,
                progress[place].match + settings.promotionLag >= log.last, progress[place].match > .zero
            else { return .failure(Reason(refusal: .lagging(member))) }
        }
        let next: Configuration
        do throws(MemberChangeError) {
            do throws(MemberChangeError) {
                next = try configuration.simple(changes)
            } catch .tooManyVoters {
                next = try configuration.enteringJoint(changes, autoLeave: true)
            }
        } catch { return .failure(Reason(refusal: .impossible(error))) }
        guard next.members.count <= Settings.maxMembers else { return .failure(Reason(refusal: .busy)) }
        guard hearsQuorum(of: next) else { return .failure(Reason(refusal: .losesQuorum)) }
        return .success(next)
    }

    @discardableResult
    private mutating func appendConfiguration(_ next: Configuration, note: Bytes = Bytes()) -> Index {
        precondition(configurationIndex <= commit, "R8: change after \(configurationIndex), commit \(commit)")
        let index = log.last.next
        appendOwn(
            Entry(term: term, index: index, kind: .configuration, minLevel: 0, body: next.body, sealed: note))
        configurations.append((index, next))
        // In force at once; a newcomer is probed from this very entry.
        refreshProgress(next: index)
        return index
    }

    /// Once the joint configuration is committed, not before, the old voters stop counting.
    mutating func leaveJoint() {
        guard configuration.isJoint, configuration.autoLeave, commit >= opening, configurationIndex <= commit,
            let next = try? configuration.leavingJoint()
        else { return }
        appendConfiguration(next)
    }

    /// A leader that is no voter replicates its removal without counting itself, then hands over and goes.
    mutating func stepDownIfRemoved(_ effects: inout [Effect]) {
        guard role == .leader, !configuration.isVoter(id), configurationIndex <= commit, !configuration.isJoint else {
            return
        }
        if let successor = bestVoter {
            effects.append(.send(RaftMessage(.timeoutNow, from: id, to: successor, term: term)))
        }
        becomeFollower(term, leader: .none, &effects)
    }
}
