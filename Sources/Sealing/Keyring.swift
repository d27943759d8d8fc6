import Bytes
import Model
import Primitives
import Wire

/// A key and its number. `EpochKey` in `proto/sealing.proto`.
package struct EpochKey: Message {
    package var epoch: UInt32 = 0
    /// 32 bytes.
    package var key: SecretBox?
    package var unknown = UnknownFields()

    package init() {}

    package init(epoch: UInt32, key: SecretBox) {
        precondition(key.count == 32, "a key of \(key.count) bytes")
        self.epoch = epoch
        self.key = key
    }

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "epoch", &epoch)
        try coder.secret(2, "key", &key)
        try coder.unknown(&unknown)
    }

    package func check() throws(WireError) {
        guard key?.count == 32 else { throw .invalid(field: 2, "a key has 32 bytes") }
    }

    /// 32 public bytes that only this key yields; what the log keeps of it.
    package var commitment: Digest? {
        key?.lend { BLAKE2b.digest(Bytes(utf8: "conclave/epoch/v1\0"), key: $0, personal: "cncl-epoch") }
    }
}

extension [EpochKey] {
    /// The key of `epoch`, or `nil`.
    package func key(of epoch: UInt32) -> SecretBox? { first { $0.epoch == epoch }?.key }
}

/// The keys that every manager holds and no log does. `ClusterKeyring` in `proto/sealing.proto`.
package struct ClusterKeyring: Message {
    /// Wrap values' keys; by ascending epoch.
    package var payloadKeys: [EpochKey] = []
    /// The one for new values.
    package var payloadEpoch: UInt32 = 0
    /// Link tickets derive from them; by ascending epoch.
    package var linkKeys: [EpochKey] = []
    /// The one for new tickets.
    package var linkEpoch: UInt32 = 0
    /// Ed25519 seed of the root; absent when it is kept elsewhere.
    package var rootSeed: SecretBox?
    package var unknown = UnknownFields()

    package init() {}

    /// The keys of a new cluster, epoch 1 each.
    package init(random generator: inout some RandomNumberGenerator) {
        payloadKeys = [EpochKey(epoch: 1, key: SecretBox(Random.secret(32, from: &generator)))]
        payloadEpoch = 1
        linkKeys = [EpochKey(epoch: 1, key: SecretBox(Random.secret(32, from: &generator)))]
        linkEpoch = 1
        rootSeed = SecretBox(Random.secret(32, from: &generator))
    }

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.messages(1, "payload_keys", &payloadKeys)
        try coder.uint32(2, "payload_epoch", &payloadEpoch)
        try coder.messages(3, "link_keys", &linkKeys)
        try coder.uint32(4, "link_epoch", &linkEpoch)
        try coder.secret(5, "root_seed", &rootSeed)
        try coder.unknown(&unknown)
    }

    /// 32 public bytes that only this set of keys yields; what a new manager acknowledges before it votes.
    ///
    /// Bug: no keys at all.
    package var commitment: Digest {
        let encoded = encodedSecret()
        return unsafe encoded.borrow { unsafe BLAKE2b.digest($0, personal: "cncl-keyring") }
    }
}

/// All private keys of one node. `Keyring` in `proto/sealing.proto`.
///
/// Written as a whole, sealed under the unlock key; the file's generation ascends by one with every write.
package struct Keyring: Message {
    package var generation: UInt64 = 0
    package var clusterID = ClusterID.none
    package var nodeID = NodeID.none
    /// X25519, for links; 32 bytes.
    package var nodeKey: SecretBox?
    /// Ed25519 seed of a manager's issuing key; 32 bytes.
    package var issuingSeed: SecretBox?
    package var ticket = Handle.none
    /// 32 bytes.
    package var ticketKey: SecretBox?
    /// Seal the log and the snapshots; by ascending epoch; managers.
    package var logKeys: [EpochKey] = []
    /// The one for new files.
    package var logEpoch: UInt32 = 0
    /// Managers.
    package var cluster: ClusterKeyring?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "generation", &generation)
        try coder.bytes(2, "cluster_id", &clusterID)
        try coder.bytes(3, "node_id", &nodeID)
        try coder.secret(4, "node_key", &nodeKey)
        try coder.secret(5, "issuing_seed", &issuingSeed)
        try coder.bytes(6, "ticket", &ticket)
        try coder.secret(7, "ticket_key", &ticketKey)
        try coder.messages(8, "log_keys", &logKeys)
        try coder.uint32(9, "log_epoch", &logEpoch)
        try coder.message(10, "cluster", &cluster)
        try coder.unknown(&unknown)
    }
}

/// The file `keyring`. `SealedKeyring` in `proto/sealing.proto`.
package struct SealedKeyring: Message {
    package var suite: UInt32 = 0
    package var clusterID = ClusterID.none
    package var nodeID = NodeID.none
    package var generation: UInt64 = 0
    /// Random; 16 bytes.
    package var salt = Bytes()
    /// 32 bytes.
    package var commitment = Bytes()
    package var sealed = Bytes()
    package var unknown = UnknownFields()

    package static let suite1: UInt32 = 1

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "suite", &suite)
        try coder.bytes(2, "cluster_id", &clusterID)
        try coder.bytes(3, "node_id", &nodeID)
        try coder.uint64(4, "generation", &generation)
        try coder.bytes(5, "salt", &salt)
        try coder.bytes(6, "commitment", &commitment)
        try coder.bytes(7, "sealed", &sealed)
        try coder.unknown(&unknown)
    }

    private var context: Bytes {
        var context = Context("conclave/keyring/v1\0")
        context.add(clusterID)
        context.add(nodeID)
        context.add(generation)
        context.add(salt)
        return context.bytes
    }

    /// `keyring` under `unlockKey`, 32 bytes.
    package init(
        sealing keyring: Keyring, unlockKey: borrowing SecretBytes, random generator: inout some RandomNumberGenerator
    ) {
        suite = Self.suite1
        clusterID = keyring.clusterID
        nodeID = keyring.nodeID
        generation = keyring.generation
        salt = Random.bytes(16, from: &generator)
        let key = CommittedKey(from: unlockKey, input: context, personal: "cncl-unlock")
        commitment = key.commitment.bytes
        sealed = XChaCha.seal(keyring.encodedSecret(), associated: context, key: key.key, random: &generator)
    }

    /// - Throws: `refused` for another unlock key or a changed file.
    package func open(unlockKey: borrowing SecretBytes) throws(SealingError) -> Keyring {
        guard suite == Self.suite1 else { throw .unknownSuite(suite) }
        let key = CommittedKey(from: unlockKey, input: context, personal: "cncl-unlock")
        do {
            try key.check(commitment)
            let keyring = try Keyring.decode(XChaCha.openSecret(sealed, associated: context, key: key.key))
            guard keyring.clusterID == clusterID, keyring.nodeID == nodeID, keyring.generation == generation else {
                throw SealingError.refused
            }
            return keyring
        } catch {
            throw .refused
        }
    }
}
