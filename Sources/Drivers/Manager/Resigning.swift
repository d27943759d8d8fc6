import Bytes
import Link
import Model
import Primitives
import Raft
import Seams
import Store
import Wire

// MARK: - Managers that go

/// A manager's own request to count no more: it takes the way of a client's.
final class Resignation {
    private let near: LocalPort
    private let far: LocalPort

    init(_ manager: Manager, within limit: Duration, _ done: @escaping (Failure?) -> Void) {
        (near, far) = LocalPort.pair(manager.environment, node: .none)
        near.onMessage = { message in
            guard message.type == .reply else { return done(try? Failure.decode(message.body)) }
            done((try? Reply.decode(message.body))?.failure)
        }
        var generator = manager.environment.makeGenerator()
        var request = Request()
        request.id = RequestID(random: &generator)
        request.timeoutMilliseconds = limit.milliseconds
        request.operation = .leaveCluster(LeaveCluster())
        manager.requests.take(request, from: far, stream: near.openStream(), manager)
    }
}

extension Manager {
    /// Whether the cluster ends with this manager.
    var isLast: Bool { member.consensus.configuration.voters == [identity.member] }

    /// Has the leader count this node no more, so that its going costs the others nothing; `done` once that is
    /// committed, or with why it can't be.
    func resign(within limit: Duration, _ done: @escaping (Failure?) -> Void) {
        resignation = Resignation(self, within: limit) { [weak self] failure in
            self?.resignation = nil
            done(failure)
        }
    }

    /// At the leader: the vote of the manager that asks is taken away, then its role. A leader that goes hands over,
    /// and its request goes to its successor.
    func release(_ id: NodeID, _ pending: Requests.Pending) {
        guard let row = store.node(id), row.role == .manager else { return pending.answer(Reply()) }
        guard id != identity.nodeID else {
            member.transfer(to: nil)
            return requests.wait(pending)
        }
        var spec = row.spec ?? NodeSpec()
        spec.role = .worker
        var command = UpdateNode()
        command.id = id
        command.spec = spec
        command.role = .worker
        guard store.configuration.contains(row.member) else {
            return propose(.updateNode(command), pending)
        }
        member.change([.remove(row.member)]) { [weak self] result in
            switch result {
            // At once, before the member could be brought in again.
            case .success: self?.propose(.updateNode(command), pending)
            case .failure(let failure) where failure.code == .unavailable || failure.code == .notLeader:
                self?.requests.wait(pending)
            case .failure(let failure): pending.fail(failure)
            }
        }
    }
}
