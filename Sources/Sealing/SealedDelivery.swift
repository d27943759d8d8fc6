import Bytes
import Model
import Noise
import Primitives
import Wire

/// Where one value goes: this version, to this task, on this node, and nowhere else.
package struct Destination: Equatable, Sendable {
    package let clusterID: ClusterID
    package let secretID: SecretID
    package let version: UInt64
    package let taskID: TaskID
    package let nodeID: NodeID

    package init(clusterID: ClusterID, secretID: SecretID, version: UInt64, taskID: TaskID, nodeID: NodeID) {
        self.clusterID = clusterID
        self.secretID = secretID
        self.version = version
        self.taskID = taskID
        self.nodeID = nodeID
    }

    fileprivate var context: Bytes {
        var context = Context("conclave/seal/v1\0")
        context.add(clusterID)
        context.add(secretID)
        context.add(version)
        context.add(taskID)
        context.add(nodeID)
        return context.bytes
    }
}

/// A value on its way to a worker. `SealedDelivery` in `proto/sealing.proto`.
package struct SealedDelivery: Message {
    package var suite: UInt32 = 0
    /// The message of `Noise_X`; its payload is the content's key.
    package var message = Bytes()
    /// 32 bytes.
    package var commitment = Bytes()
    /// The padded value, sealed.
    package var ciphertext = Bytes()

    package static let suite1: UInt32 = 1

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "suite", &suite)
        try coder.bytes(2, "message", &message)
        try coder.bytes(3, "commitment", &commitment)
        try coder.bytes(4, "ciphertext", &ciphertext)
        coder.dropUnknown()
    }

    /// Seals `value` to `recipient`, the key that the worker's agent drew at its start, from `sender`, the manager's
    /// node key. About 110 µs.
    ///
    /// - Throws: `refused` when the recipient's key is of small order.
    package init(
        sealing value: borrowing SecretBytes, to recipient: PublicKey, from sender: AgreementKey,
        destination: Destination, random generator: inout some RandomNumberGenerator
    ) throws(SealingError) {
        let context = destination.context
        let content = Random.secret(32, from: &generator)
        var handshake = Handshake(
            .sealing, as: .initiator, prologue: context, local: sender,
            ephemeral: AgreementKey(random: &generator), remoteKey: recipient)
        suite = Self.suite1
        do throws(NoiseError) { message = try handshake.write(secret: content) } catch { throw .refused }
        let key = CommittedKey(from: content, input: context, personal: "cncl-deliver")
        commitment = key.commitment.bytes
        ciphertext = XChaCha.seal(Padding.pad(value), associated: context, key: key.key, random: &generator)
    }

    /// The value, and who sealed it: the caller checks that it is a manager that it knows.
    package func open(
        by recipient: AgreementKey, destination: Destination
    ) throws(SealingError) -> (value: SecretBox, sender: PublicKey) {
        guard suite == Self.suite1 else { throw .unknownSuite(suite) }
        let context = destination.context
        var handshake = Handshake(
            .sealing, as: .responder, prologue: context, local: recipient, ephemeral: nil)
        do {
            let content = try handshake.readSecret(message)
            guard content.count == 32, let sender = handshake.remoteKey else { throw SealingError.refused }
            let key = CommittedKey(from: content, input: context, personal: "cncl-deliver")
            try key.check(commitment)
            let padded = try XChaCha.openSecret(ciphertext, associated: context, key: key.key)
            return (SecretBox(try Padding.unpad(padded)), sender)
        } catch {
            throw .refused
        }
    }
}

extension ClusterKeyring {
    private static func context(_ clusterID: ClusterID, _ nodeID: NodeID) -> Bytes {
        var context = Context("conclave/keys/v1\0")
        context.add(clusterID)
        context.add(nodeID)
        return context.bytes
    }

    /// These keys sealed to the node key of a new manager: `ClusterKeys.sealed`.
    ///
    /// - Throws: `refused` when its key is of small order.
    package func sealed(
        to recipient: PublicKey, nodeID: NodeID, clusterID: ClusterID, from sender: AgreementKey,
        random generator: inout some RandomNumberGenerator
    ) throws(SealingError) -> Bytes {
        var handshake = Handshake(
            .sealing, as: .initiator, prologue: Self.context(clusterID, nodeID), local: sender,
            ephemeral: AgreementKey(random: &generator), remoteKey: recipient)
        do throws(NoiseError) { return try handshake.write(secret: encodedSecret()) } catch { throw .refused }
    }

    /// The keys in `ClusterKeys.sealed`, which `sender`, the leader's node key, must have sealed.
    package init(
        opening sealed: Bytes, by recipient: AgreementKey, nodeID: NodeID, clusterID: ClusterID, sender: PublicKey
    ) throws(SealingError) {
        var handshake = Handshake(
            .sealing, as: .responder, prologue: Self.context(clusterID, nodeID), local: recipient, ephemeral: nil)
        do {
            let encoded = try handshake.readSecret(sealed)
            guard handshake.remoteKey == sender else { throw SealingError.refused }
            self = try Self.decode(encoded)
        } catch {
            throw .refused
        }
    }
}
