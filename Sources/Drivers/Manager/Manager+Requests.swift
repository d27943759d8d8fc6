import Bytes
import ClientAPI
import Dispatching
import Identity
import Model
import Raft
import Seams
import Store
import Wire

extension Manager {
    /// A manager that is down and is to be forgotten must first count no more: its removal from the members is
    /// committed, then the request is looked at again. `false`: nothing of that kind is to be done.
    func expel(_ reference: String, _ pending: Requests.Pending) -> Bool {
        guard let row = try? store.findNode(reference), row.member != .none, row.id != identity.nodeID,
            row.status?.state != .ready, store.configuration.contains(row.member)
        else { return false }
        member.change([.remove(row.member)]) { [weak self] result in
            switch result {
            case .success:
                guard let self else { return }
                // At once, before the member could be brought in again.
                requests.wait(pending)
                requests.retry(self)
            case .failure(let failure): pending.fail(failure)
            }
        }
        return true
    }

    /// Proposes what a request asks for. Once it is applied the verdict is the answer, or `answer` gives another one
    /// when it was done.
    func propose(
        _ command: Command, sealed: Bytes = Bytes(), _ pending: Requests.Pending, answer: (() -> Void)? = nil
    ) {
        var proposal = Proposal()
        proposal.actor = pending.request.actor
        proposal.via = pending.request.via
        proposal.time = environment.time.wallClock
        proposal.request = pending.request.id
        proposal.digest = pending.request.digest
        proposal.known = pending.request.known
        proposal.command = command
        member.propose(proposal, sealed: sealed) { [weak self] result in
            switch result {
            case .failure(let failure) where failure.code == .notLeader:
                if pending.isForwarded { pending.fail(failure) } else { self?.requests.wait(pending) }
            case .failure(let failure): pending.fail(failure)
            case .success(let applied):
                if let answer, applied.outcome.failure == nil { answer() } else { pending.answer(Reply(applied)) }
            }
        }
    }

    /// Answers a request for objects from the store as it is now.
    func answerRead(_ pending: Requests.Pending) {
        if case .watchEvents(let watch)? = pending.request.operation { return watchers.begin(watch, pending, self) }
        do throws(Failure) {
            var reply = Reply()
            reply.index = store.index
            if case .getJoinToken(let get)? = pending.request.operation {
                reply.result = .token(try shownToken(get.role))
            } else {
                let asked = pending.isForwarded ? pending.request.via : identity.nodeID
                reply.result = try Gateway(store).read(pending.request, observations(), asked: asked)
            }
            pending.answer(reply)
        } catch {
            pending.fail(error)
        }
    }

    private func observations() -> Observations {
        var observed = Observations()
        observed.leader = leaderNode ?? .none
        if let leading {
            observed.tasks = leading.dispatcher.observed
            observed.held = leading.dispatcher.held
        }
        for (node, peer) in links.peers where peer.isOpen { observed.reachable.insert(node) }
        observed.reachable.insert(identity.nodeID)
        return observed
    }

    func shownToken(_ role: Role) throws(Failure) -> ShownToken {
        guard let row = store.cluster?.tokens.first(where: { $0.role == role }) else {
            throw Failure(.invalid, "there is no join token for that role")
        }
        guard let token = keys.token(row.handle, in: store.cluster) else {
            throw Failure(
                .unavailable, "this manager has not received the cluster's keys yet", try: "again in a second")
        }
        var shown = ShownToken()
        shown.token = SecretBox(token.text())
        shown.address = identity.address
        shown.role = role
        return shown
    }

    func rotateToken(_ role: Role, _ pending: Requests.Pending) {
        do throws(Failure) {
            guard role == .worker || role == .manager else { throw Failure(.invalid, "unknown role") }
            var generator = environment.makeGenerator()
            let (_, row) = try keys.makeToken(role, from: &generator)
            var command = RotateToken()
            var bare = row
            bare.sealed = Bytes()
            command.token = bare
            propose(.rotateToken(command), sealed: row.sealed, pending) { [weak self] in self?.answerRead(pending) }
        } catch {
            pending.fail(error)
        }
    }
}

extension Reply {
    /// The verdict of apply as an answer.
    init(_ applied: Applied) {
        self.init()
        failure = applied.outcome.failure
        index = applied.outcome.revision == .zero ? applied.index : applied.outcome.revision
        id = applied.outcome.id
        version = applied.outcome.version
    }
}
