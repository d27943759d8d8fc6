import Bytes
import Model
import Primitives
import Wire

/// A value as the store keeps it: encrypted under a key of its own, which is wrapped by a payload key.
/// `ValueEnvelope` in `proto/sealing.proto`.
package struct ValueEnvelope: Message {
    package var suite: UInt32 = 0
    /// Of the payload key.
    package var epoch: UInt32 = 0
    /// Of the wrapping key; 32 bytes.
    package var commitment = Bytes()
    package var valueID = ValueID.none
    /// The value's key, sealed; 72 bytes.
    package var wrappedKey = Bytes()
    /// The padded value, sealed.
    package var ciphertext = Bytes()
    package var unknown = UnknownFields()

    package static let suite1: UInt32 = 1

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "suite", &suite)
        try coder.uint32(2, "epoch", &epoch)
        try coder.bytes(3, "commitment", &commitment)
        try coder.bytes(4, "value_id", &valueID)
        try coder.bytes(5, "wrapped_key", &wrappedKey)
        try coder.bytes(6, "ciphertext", &ciphertext)
        try coder.unknown(&unknown)
    }

    private func context(_ clusterID: ClusterID, _ secretID: SecretID) -> Bytes {
        var context = Context("conclave/value/v1\0")
        context.add(suite)
        context.add(epoch)
        context.add(clusterID)
        context.add(secretID)
        context.add(valueID)
        return context.bytes
    }

    /// Seals `value` for its place under the payload key of `epoch`, 32 bytes. Nothing of the value but one of few
    /// lengths shows.
    package init(
        sealing value: borrowing SecretBytes, secretID: SecretID, clusterID: ClusterID, epoch: UInt32,
        payloadKey: borrowing SecretBytes, random generator: inout some RandomNumberGenerator
    ) {
        suite = Self.suite1
        self.epoch = epoch
        valueID = ValueID(random: &generator)
        let context = context(clusterID, secretID)
        let wrapping = CommittedKey(from: payloadKey, input: context, personal: "cncl-wrap")
        commitment = wrapping.commitment.bytes
        let secretKey = Random.secret(32, from: &generator)
        wrappedKey = XChaCha.seal(secretKey, associated: context, key: wrapping.key, random: &generator)
        ciphertext = XChaCha.seal(Padding.pad(value), associated: context, key: secretKey, random: &generator)
    }

    /// The value.
    ///
    /// - Throws: `SealingError`: `refused` also for another secret's or cluster's envelope.
    package func open(
        secretID: SecretID, clusterID: ClusterID, keys: ClusterKeyring
    ) throws(SealingError) -> SecretBytes {
        guard suite == Self.suite1 else { throw .unknownSuite(suite) }
        guard let payloadKey = keys.payloadKeys.key(of: epoch) else { throw .missingKey(epoch: epoch) }
        let context = context(clusterID, secretID)
        let wrapping = payloadKey.lend { CommittedKey(from: $0, input: context, personal: "cncl-wrap") }
        do throws(PrimitivesError) {
            try wrapping.check(commitment)
            let secretKey = try XChaCha.openSecret(wrappedKey, associated: context, key: wrapping.key)
            guard secretKey.count == 32 else { throw PrimitivesError.forged }
            return try Padding.unpad(XChaCha.openSecret(ciphertext, associated: context, key: secretKey))
        } catch {
            throw .refused
        }
    }
}
