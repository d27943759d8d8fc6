import Bytes
import Model
import Primitives
import Sealing
import Wire

/// Seals and opens values off the loop.
struct Sealer: Sendable {
    let clusterID: ClusterID
    let keys: ClusterKeyring
    let key: SecretBox
    let nodeKey: AgreementKey

    /// - Parameter current: an envelope of the same secret; when it holds the same value, nothing is sealed.
    /// - Returns: the envelope; empty: `current` will do.
    func seal(
        _ value: SecretBox, _ secret: SecretID, unless current: Bytes? = nil, from generator: inout SecureGenerator
    ) -> Bytes {
        if let current, holds(current, value, secret) { return Bytes() }
        return key.lend { key in
            value.lend { value in
                ValueEnvelope(
                    sealing: value, secretID: secret, clusterID: clusterID, epoch: keys.payloadEpoch, payloadKey: key,
                    random: &generator)
            }
        }.encoded()
    }

    private func holds(_ envelope: Bytes, _ value: SecretBox, _ secret: SecretID) -> Bool {
        guard let envelope = try? ValueEnvelope.decode(envelope),
            let held = try? envelope.open(secretID: secret, clusterID: clusterID, keys: keys)
        else { return false }
        return value.lend { $0.equals(held) }
    }

    /// Opens a value and seals it to a worker; the plaintext exists only here (D3). `nil`: it can't be opened.
    func deliver(
        _ envelope: Bytes, of secret: SecretID, version: UInt64, to task: TaskID, on node: NodeID, sealKey: Bytes,
        from generator: inout SecureGenerator
    ) -> Bytes? {
        guard let recipient = PublicKey(sealKey), let envelope = try? ValueEnvelope.decode(envelope),
            let value = try? envelope.open(secretID: secret, clusterID: clusterID, keys: keys)
        else { return nil }
        let destination = Destination(
            clusterID: clusterID, secretID: secret, version: version, taskID: task, nodeID: node)
        return try? SealedDelivery(
            sealing: value, to: recipient, from: nodeKey, destination: destination, random: &generator
        ).encoded()
    }
}
