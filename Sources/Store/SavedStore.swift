import Bytes
import Model
import Wire

/// A piece of a saved store, in order.
package struct SavedPiece: Equatable, Sendable {
    package var bytes: Bytes
    /// Ciphertext: stored as it is, never shown to a compressor.
    package var isRaw: Bool
}

/// The store at one index, on its way out: the canonical stream, piece by piece.
///
/// Equal stores give equal streams. Taken at once by `ReplicatedStore.snapshot()`; the store may go on being
/// written while the pieces are asked for, one or a few in a turn. The stream is the pieces' bytes one after the
/// other: records of `u32 length | u32 kind`, little-endian, and `length` bytes; `SavedKind` has the order.
package struct SavedStore: Sendable {
    private enum Step {
        case head, cluster, nodes, secrets, configs, services, tasks, requests, staged, end, done
    }

    private var step = Step.head
    private let head: StoreHead
    private let cluster: Cluster?
    private var nodes: Shelf<NodeID, Node>.Iterator
    private var secrets: Shelf<SecretID, Secret>.Iterator
    private var configs: Shelf<ConfigID, Config>.Iterator
    private var services: Shelf<ServiceID, Service>.Iterator
    private var tasks: Shelf<TaskID, StoredTask>.Iterator
    private let requests: RequestMemory
    /// Pieces of deployments that are still to come.
    private var staged: ArraySlice<(id: DeploymentID, begun: Timestamp, piece: Deployment.Piece)>
    private var requestOffset = 0
    /// Envelopes of the last record that are still to come.
    private var sealed: ArraySlice<Bytes> = []
    private var records: UInt64 = 0
    private var hash = RollingHash(0)
    /// Compressible records that make the next piece.
    private var pending: [UInt8] = []

    init(_ store: ReplicatedStore) {
        var head = StoreHead()
        head.format = Self.format
        head.index = store.index
        head.term = store.term
        head.stateHash = store.stateHash
        head.configuration = store.configuration
        head.requestsForgotten = store.requests.forgotten
        self.head = head
        cluster = store.cluster
        nodes = store.nodes.makeIterator()
        secrets = store.secrets.makeIterator()
        configs = store.configs.makeIterator()
        services = store.services.makeIterator()
        tasks = store.tasks.makeIterator()
        requests = store.requests.saved
        staged =
            store.deployments.flatMap { (id, deployment) in
                deployment.pieces.map { (id, deployment.begun, $0) }
            }[...]
    }

    static let format: UInt32 = 1
    static let requestsAtOnce = 256

    /// The next piece, about `StoreLimits.pieceBytes` unless one record is larger; `nil`: that was all.
    package mutating func next() -> SavedPiece? {
        while pending.count < StoreLimits.pieceBytes {
            guard let envelope = sealed.first else {
                guard advance() else { break }
                continue
            }
            // What is pending goes first: the order is the stream's.
            if let piece = flush() { return piece }
            sealed.removeFirst()
            add(.sealed, envelope)
            return flush(isRaw: true)
        }
        return flush()
    }

    private mutating func flush(isRaw: Bool = false) -> SavedPiece? {
        guard !pending.isEmpty else { return nil }
        let piece = SavedPiece(bytes: Bytes(pending), isRaw: isRaw)
        pending = []
        return piece
    }

    /// Adds the next records; false: there are no more.
    private mutating func advance() -> Bool {
        switch step {
        case .head:
            add(.head, head.encoded())
            step = .cluster
        case .cluster:
            if let cluster { add(.cluster, cluster.encoded()) }
            step = .nodes
        case .nodes:
            if let next = nodes.next() { add(.node, next.value.encoded()) } else { step = .secrets }
        case .secrets:
            if var secret = secrets.next()?.value {
                sealed = secret.versions.map(\.sealed)[...]
                for place in secret.versions.indices { secret.versions[place].sealed = Bytes() }
                add(.secret, secret.encoded())
            } else {
                step = .configs
            }
        case .configs:
            if let next = configs.next() { add(.config, next.value.encoded()) } else { step = .services }
        case .services:
            if let next = services.next() { add(.service, next.value.encoded()) } else { step = .tasks }
        case .tasks:
            if let next = tasks.next() { add(.task, next.value.encoded()) } else { step = .requests }
        case .requests:
            var batch = RequestBatch()
            batch.requests = requests.records(from: requestOffset, limit: Self.requestsAtOnce)
            requestOffset += batch.requests.count
            if batch.requests.isEmpty { step = .staged } else { add(.requests, batch.encoded()) }
        case .staged:
            if let next = staged.popFirst() { add(next.piece, of: next.id, begun: next.begun) } else { step = .end }
        case .end:
            var end = StoreEnd()
            end.records = records
            end.hash = hash.value
            add(.end, end.encoded())
            step = .done
        case .done:
            return false
        }
        return true
    }

    private mutating func add(_ staged: Deployment.Piece, of deployment: DeploymentID, begun: Timestamp) {
        var piece = StagePiece()
        piece.deployment = deployment
        piece.piece = staged.content
        var saved = SavedStaged()
        saved.piece = piece
        saved.begun = begun
        saved.sealed = !staged.sealed.isEmpty
        if saved.sealed { sealed = [staged.sealed] }
        add(.staged, saved.encoded())
    }

    private mutating func add(_ kind: SavedKind, _ body: Bytes) {
        precondition(body.count <= StoreLimits.recordBytes, "a saved record of \(body.count) bytes")
        for word in [UInt32(body.count), kind.rawValue] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                pending.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        pending.append(contentsOf: body)
        records += 1
        hash.fold(UInt64(kind.rawValue))
        hash.fold(body)
    }
}

extension ReplicatedStore {
    /// The store as it is now, to be saved while it goes on.
    package func snapshot() -> SavedStore { SavedStore(self) }
}
