import Bytes
import CSodium

/// An X25519 key: the private half in locked memory, the public half beside it.
package final class AgreementKey: Sendable {
    /// 32 bytes.
    package let secret: SecretBox
    package let publicKey: PublicKey

    /// The key whose private half is `secret`, 32 bytes; computes the public half (25 µs).
    package init(secret: SecretBox) {
        Sodium.start()
        precondition(secret.count == 32, "a private key of \(secret.count) bytes")
        self.secret = secret
        publicKey = unsafe PublicKey { (output: UnsafeMutableRawBufferPointer) in
            _ = unsafe secret.borrow { unsafe crypto_scalarmult_base(output.octets, $0.octets) }
        }
    }

    package convenience init(secret: consuming SecretBytes) {
        self.init(secret: SecretBox(secret))
    }

    /// A new key.
    package convenience init(random generator: inout some RandomNumberGenerator) {
        self.init(secret: Random.secret(32, from: &generator))
    }

    /// What the two agree on: 32 bytes, to be hashed before they are used.
    ///
    /// - Throws: `weakKey` when `peer` is of small order.
    package func agree(with peer: PublicKey) throws(PrimitivesError) -> SecretBytes {
        var isWeak = false
        let shared = unsafe SecretBytes(count: 32) { output in
            unsafe secret.borrow { secret in
                unsafe peer.withUnsafeBytes { peer in
                    isWeak = unsafe crypto_scalarmult(output.octets, secret.octets, peer.octets) != 0
                }
            }
        }
        if isWeak { throw .weakKey }
        return shared
    }
}
