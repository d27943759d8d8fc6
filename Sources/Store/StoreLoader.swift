import Bytes
import Model
import Wire

/// Reads a saved store from its stream, in portions of any size, and believes nothing of it.
///
///     var loader = StoreLoader()
///     for portion in stream { try loader.take(portion) }
///     let store = try loader.finish()
package struct StoreLoader: Sendable {
    private var store: ReplicatedStore
    /// The beginning of a record whose end has not come yet; at most one record.
    private var pending: [UInt8] = []
    private var records = 0
    private var hash = RollingHash(0)
    private var last: SavedKind?
    /// The secret whose values are coming, and how many have.
    private var secret: Secret?
    private var values = 0
    /// The staged piece whose envelope is to come.
    private var staged: SavedStaged?
    private var ended = false

    package init() { self.init(remembering: StoreLimits.requests) }

    init(remembering capacity: Int) { store = ReplicatedStore(remembering: capacity) }

    /// Takes the next bytes.
    ///
    /// - Throws: `StoreError.saved`; the loader is of no use afterwards.
    package mutating func take(_ portion: Bytes) throws(StoreError) {
        pending.append(contentsOf: portion)
        var start = 0
        while pending.count - start >= 8 {
            let length = Int(word(at: start))
            guard length <= StoreLimits.recordBytes, let kind = SavedKind(rawValue: word(at: start + 4)) else {
                throw .saved(.malformed(record: records))
            }
            guard pending.count - start - 8 >= length else { break }
            try record(kind, Bytes(pending[(start + 8)..<(start + 8 + length)]))
            start += 8 + length
        }
        pending.removeSubrange(..<start)
    }

    /// The store, once the whole stream was taken.
    ///
    /// - Throws: `StoreError.saved`.
    package consuming func finish() throws(StoreError) -> ReplicatedStore {
        guard ended, pending.isEmpty else { throw .saved(.length) }
        if let fault = store.fault() { throw .saved(.inconsistent(fault)) }
        store.watched = ChangeRing(from: store.index)
        store.changes = []
        return store
    }

    private func word(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(pending[offset + $1]) << UInt32(8 * $1) }
    }

    private func decode<M: Message>(_ type: M.Type, _ body: Bytes) throws(StoreError) -> M {
        do throws(WireError) {
            return try unsafe body.withUnsafeBytes { (buffer) throws(WireError) in try unsafe M.decode(buffer) }
        } catch {
            throw .saved(.message(record: records, error))
        }
    }

    private mutating func record(_ kind: SavedKind, _ body: Bytes) throws(StoreError) {
        guard !ended else { throw .saved(.length) }
        try checkOrder(kind)
        switch kind {
        case .head: try head(decode(StoreHead.self, body))
        case .cluster: store.cluster = try decode(Cluster.self, body)
        case .node:
            let node = try decode(Node.self, body)
            try checkAscending(store.nodes[node.id] == nil)
            store.nodes[node.id] = node
            store.indexes.replace(nil, node)
        case .secret:
            let secret = try decode(Secret.self, body)
            try checkAscending(store.secrets[secret.id] == nil && !secret.versions.isEmpty)
            self.secret = secret
            values = 0
        case .sealed: try staged == nil ? value(body) : keep(body)
        case .config: try config(decode(Config.self, body))
        case .service: try service(decode(Service.self, body))
        case .task:
            let task = try decode(StoredTask.self, body)
            try checkAscending(store.tasks[task.id] == nil)
            store.tasks[task.id] = task
            store.indexes.replace(nil, task)
        case .requests: for request in try decode(RequestBatch.self, body).requests { try keep(request) }
        case .staged:
            staged = try decode(SavedStaged.self, body)
            if staged?.sealed != true { try keep(Bytes()) }
        case .end: try end(decode(StoreEnd.self, body))
        }
        records += 1
        hash.fold(UInt64(kind.rawValue))
        hash.fold(body)
        last = kind
    }

    private func checkOrder(_ kind: SavedKind) throws(StoreError) {
        let isNext: Bool
        switch (last, kind) {
        case (nil, .head): isNext = true
        case (nil, _), (_, .head): isNext = false
        case (_, .sealed): isNext = secret != nil || staged != nil
        case (.cluster, .cluster): isNext = false
        case (let last?, _):
            isNext = secret == nil && staged == nil && kind.rawValue >= previous(last).rawValue
        }
        guard isNext else { throw .saved(.malformed(record: records)) }
    }

    private func checkAscending(_ isNew: Bool) throws(StoreError) {
        guard isNew else { throw .saved(.malformed(record: records)) }
    }

    private mutating func head(_ head: StoreHead) throws(StoreError) {
        guard head.format == SavedStore.format else { throw .saved(.format(head.format)) }
        store.index = head.index
        store.term = head.term
        store.stateHash = head.stateHash
        store.configuration = head.configuration ?? Configuration()
        store.requests.forgotten = head.requestsForgotten
    }

    private mutating func config(_ config: Config) throws(StoreError) {
        try checkAscending(store.configs[config.id] == nil)
        guard store.indexes.configNames[config.name.folded] == nil else { throw .saved(.inconsistent("S2")) }
        store.configs[config.id] = config
        store.indexes.replace(nil, config)
        store.weight += ReplicatedStore.weight(config)
    }

    private mutating func service(_ service: Service) throws(StoreError) {
        try checkAscending(store.services[service.id] == nil)
        guard store.indexes.serviceNames[service.name.folded] == nil else { throw .saved(.inconsistent("S2")) }
        store.services[service.id] = service
        store.indexes.replace(nil, service)
    }

    private mutating func keep(_ request: RequestRecord) throws(StoreError) {
        guard store.requests[request.id] == nil, store.requests.count < StoreLimits.requests else {
            throw .saved(.inconsistent("S5"))
        }
        do throws(WireError) { _ = try Outcome.decode(request.answer) } catch {
            throw .saved(.message(record: records, error))
        }
        store.requests.append(request)
    }

    private mutating func value(_ sealed: Bytes) throws(StoreError) {
        guard var secret else { throw .saved(.malformed(record: records)) }
        secret.versions[values].sealed = sealed
        values += 1
        guard values == secret.versions.count else {
            self.secret = secret
            return
        }
        guard store.indexes.secretNames[secret.name.folded] == nil else { throw .saved(.inconsistent("S2")) }
        store.secrets[secret.id] = secret
        store.indexes.replace(nil, secret)
        store.weight += ReplicatedStore.weight(secret)
        self.secret = nil
    }

    /// An envelope belongs to the record before it.
    private func previous(_ last: SavedKind) -> SavedKind {
        guard last == .sealed else { return last }
        return store.deployments.isEmpty ? .secret : .staged
    }

    private mutating func keep(_ sealed: Bytes) throws(StoreError) {
        guard let staged, let piece = staged.piece, piece.deployment != .none, let content = piece.piece else {
            throw .saved(.malformed(record: records))
        }
        var deployment = store.deployments[piece.deployment] ?? Deployment(begun: staged.begun)
        let kept = Deployment.Piece(content: content, sealed: sealed)
        deployment.pieces.append(kept)
        store.weight += kept.weight
        store.deployments[piece.deployment] = deployment
        self.staged = nil
    }

    private mutating func end(_ end: StoreEnd) throws(StoreError) {
        guard end.records == UInt64(records), end.hash == hash.value else { throw .saved(.hash) }
        ended = true
    }
}
