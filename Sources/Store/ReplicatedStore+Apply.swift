import Bytes
import Model
import Wire

extension ReplicatedStore {
    /// Executes one committed entry, the next one, and returns its verdict and what changed.
    ///
    /// Deterministic: every precondition is judged here, from the store and the entry alone. A refused command is an
    /// outcome like any other; it changes nothing but the request memory, the index and the hash.
    ///
    /// - Throws: `StoreError` when this member must stop. The store is as it was.
    package mutating func apply(_ entry: Entry) throws(StoreError) -> Applied {
        precondition(entry.index == index.next, "S1: entry \(entry.index) applied after \(index)")
        precondition(entry.term >= term, "S1: entry of term \(entry.term) applied after one of term \(term)")
        guard entry.minLevel <= StoreLimits.level else {
            throw .level(entry.index, needs: entry.minLevel, has: StoreLimits.level)
        }
        var applied: Applied
        switch entry.kind {
        case .opening:
            applied = Applied(index: entry.index, outcome: Outcome())
        case .configuration:
            configuration = try Self.decode(Configuration.self, entry)
            applied = Applied(index: entry.index, outcome: Outcome())
        case .command:
            applied = try command(entry)
        default:
            throw .undecodable(entry.index, nil)
        }
        applied.changes = changes
        watched.append(changes)
        changes.removeAll()
        index = entry.index
        term = entry.term
        fold(entry, applied)
        return applied
    }

    private static func decode<M: Message>(_ type: M.Type, _ entry: Entry) throws(StoreError) -> M {
        do throws(WireError) {
            // From the buffer, so that no object keeps the frame alive that the entry came in.
            return try unsafe entry.body.withUnsafeBytes { (buffer) throws(WireError) in
                try unsafe M.decode(buffer)
            }
        } catch {
            throw .undecodable(entry.index, error)
        }
    }

    private mutating func fold(_ entry: Entry, _ applied: Applied) {
        var hash = RollingHash(stateHash)
        hash.fold(entry.index.rawValue)
        hash.fold(entry.term.rawValue)
        hash.fold(UInt64(entry.kind.rawValue))
        hash.fold(entry.body)
        hash.fold(entry.sealed)
        hash.fold(applied.outcome.encoded())
        for change in applied.changes {
            hash.fold(UInt64(change.object.kind.rawValue) << 8 | UInt64(change.action.rawValue))
        }
        stateHash = hash.value
    }

    // MARK: Requests

    private mutating func command(_ entry: Entry) throws(StoreError) -> Applied {
        let proposal = try Self.decode(Proposal.self, entry)
        guard let command = proposal.command else { throw .undecodable(entry.index, nil) }
        if proposal.request != .none, let outcome = remembered(proposal) {
            return Applied(index: entry.index, outcome: outcome)
        }
        let at = Circumstances(
            index: entry.index, time: proposal.time, actor: proposal.actor, sealed: entry.sealed)
        var outcome: Outcome
        do throws(Failure) {
            outcome = try execute(command, at)
        } catch {
            precondition(changes.isEmpty, "S1: a refused command changed \(changes.count) objects")
            outcome = Outcome()
            outcome.failure = error
        }
        if proposal.request != .none { remember(proposal, outcome, entry.index) }
        return Applied(index: entry.index, outcome: outcome)
    }

    /// The answer to a request that was executed before, or that may have been; `nil`: it is to be executed (S5).
    private func remembered(_ proposal: Proposal) -> Outcome? {
        var outcome = Outcome()
        if let record = requests[proposal.request] {
            guard record.digest == proposal.digest, record.actor == Self.fingerprint(proposal.actor) else {
                outcome.failure = Failure(
                    .conflict, "request \(proposal.request) was used for something else",
                    try: "send it again with an ID of its own")
                return outcome
            }
            do throws(WireError) { return try Outcome.decode(record.answer) } catch {
                preconditionFailure("S5: a remembered outcome can't be decoded: \(error)")
            }
        }
        guard proposal.known < requests.forgotten else { return nil }
        outcome.failure = Failure(
            .unknownOutcome, "the result of request \(proposal.request) can no longer be known",
            why: "it began at index \(proposal.known), and requests up to \(requests.forgotten) are forgotten",
            try: "look at what there is, then ask anew")
        return outcome
    }

    private mutating func remember(_ proposal: Proposal, _ outcome: Outcome, _ index: Index) {
        var record = RequestRecord()
        record.id = proposal.request
        record.digest = proposal.digest.copied()
        record.actor = Self.fingerprint(proposal.actor)
        record.index = index
        record.answer = outcome.encoded()
        requests.append(record)
    }

    /// Tells actors apart, also when the request is sent again to another manager's socket.
    private static func fingerprint(_ actor: Actor?) -> UInt64 {
        var hash = RollingHash(UInt64(actor?.kind.rawValue ?? 0))
        hash.fold(UInt64(actor?.uid ?? 0))
        hash.fold(Bytes(utf8: actor?.name ?? ""))
        return hash.value
    }

    // MARK: Commands

    private mutating func execute(_ command: Command, _ at: Circumstances) throws(Failure) -> Outcome {
        if case .bootstrap(let command) = command { return try bootstrap(command, at) }
        guard cluster != nil else { throw Failure(.unavailable, "This node is not part of a swarm") }
        switch command {
        case .bootstrap: preconditionFailure("taken above")
        case .createSecret(let command): return try create(command, at)
        case .updateSecret(let command): return try update(command, at)
        case .removeSecret(let command): return try remove(command, at)
        case .createConfig(let command): return try create(command, at)
        case .removeConfig(let command): return try remove(command, at)
        case .createService(let command): return try create(command, at)
        case .updateService(let command): return try update(command, at)
        case .removeService(let command): return try remove(command, at)
        case .addNode(let command): return try add(command, at)
        case .updateNode(let command): return try update(command, at)
        case .removeNode(let command): return try remove(command, at)
        case .observeNodes(let command): return observe(command, at)
        case .approveMember(let command): return try approve(command, at)
        case .changeTasks(let command): return change(command, at)
        case .rotateToken(let command): return try rotate(command, at)
        case .stagePiece(let command): return try stage(command, at)
        case .publishStack(let command): return try publish(command, at)
        }
    }

    static func done<Kind>(_ id: ID<Kind>, _ at: Circumstances) -> Outcome {
        var outcome = Outcome()
        outcome.id = unsafe id.withUnsafeBytes { unsafe Bytes($0) }
        outcome.revision = at.index
        return outcome
    }
}
