import Bytes
import Identity
import Model
import Primitives
import Sealing
import Wire

/// What a manager can do with its keys; the store never sees any of it.
final class ManagerKeys: @unchecked Sendable {
    // Used on the loop alone; what jobs need they are handed by value.
    let identity: NodeIdentity
    private(set) var keyring: Keyring
    let nodeKey: AgreementKey
    let issuingKey: SigningKey?
    private var tokens: [Handle: JoinSecret] = [:]

    init(identity: NodeIdentity, keyring: Keyring) throws(Failure) {
        guard let key = keyring.nodeKey else { throw Failure(.integrity, "the keyring has no node key") }
        self.identity = identity
        self.keyring = keyring
        nodeKey = AgreementKey(secret: key)
        issuingKey = keyring.issuingSeed.map { SigningKey(seed: $0) }
    }

    var cluster: ClusterKeyring? { keyring.cluster }

    /// The cluster's keys arrived: the keyring with them, to be written before anything is acknowledged.
    func adopt(_ cluster: ClusterKeyring) -> Keyring {
        keyring.cluster = cluster
        keyring.generation += 1
        return keyring
    }

    func linkKey(_ epoch: UInt32) -> SecretBox? { keyring.cluster?.linkKeys.key(of: epoch) }

    var rootDigest: Digest {
        guard let key = VerifyingKey(identity.rootKey) else { preconditionFailure("an identity without a root key") }
        return Root.digest(clusterID: identity.clusterID, rootKey: key)
    }

    /// A token's envelope stands in the place of a secret named by the token's handle.
    static func place(of handle: Handle) -> SecretID { SecretID(high: handle.high, low: handle.low) }

    /// The token that a handle names, opened once.
    func token(_ handle: Handle, in cluster: Cluster?) -> JoinSecret? {
        guard let row = cluster?.tokens.first(where: { $0.handle == handle }) else {
            tokens[handle] = nil
            return nil
        }
        if let known = tokens[handle] { return known }
        guard let keys = keyring.cluster, let envelope = try? ValueEnvelope.decode(row.sealed),
            let secret = try? envelope.open(
                secretID: Self.place(of: handle), clusterID: identity.clusterID, keys: keys)
        else { return nil }
        let token = JoinSecret(role: row.role, rootDigest: rootDigest, handle: handle, secret: SecretBox(secret))
        tokens[handle] = token
        return token
    }

    /// A new token for a role, with its row for the store.
    func makeToken(
        _ role: Role, from generator: inout SecureGenerator
    ) throws(Failure) -> (JoinSecret, JoinToken) {
        let token = JoinSecret(role: role, rootDigest: rootDigest, random: &generator)
        var row = JoinToken()
        row.role = role
        row.handle = token.handle
        row.publicKey = token.signingKey.publicKey.bytes
        row.sealed = try seal(token.secret, Self.place(of: token.handle), from: &generator)
        return (token, row)
    }

    /// Seals a value for its place under the current payload key.
    private func seal(
        _ value: SecretBox, _ secret: SecretID, from generator: inout SecureGenerator
    ) throws(Failure) -> Bytes {
        guard let sealer = sealer else {
            throw Failure(
                .unavailable, "this manager has not received the cluster's keys yet", try: "again in a second")
        }
        return sealer.seal(value, secret, from: &generator)
    }

    /// What a job needs to seal values; `nil` before the cluster's keys arrived.
    var sealer: Sealer? {
        guard let keys = keyring.cluster, let key = keys.payloadKeys.key(of: keys.payloadEpoch) else { return nil }
        return Sealer(clusterID: identity.clusterID, keys: keys, key: key, nodeKey: nodeKey)
    }

    /// A digest that only managers can make, so that a request is bound to its content without showing it.
    func digest(of request: Request) -> Bytes {
        guard let key = sealer?.key else { return Bytes() }
        var bare = Request()
        bare.operation = request.operation
        let encoded = bare.encodedSecret()
        return unsafe encoded.borrow { content in
            key.lend { key in
                let inner = unsafe BLAKE2b.digest(content)
                return BLAKE2b.digest(inner.bytes, key: key, personal: "cncl-request").bytes.slice(0..<16).copied()
            }
        }
    }
}
