import Bytes
import CSodium

/// An Ed25519 key. Every use signs under a prefix of its own, so that no signature serves for another.
package final class SigningKey: Sendable {
    package let publicKey: VerifyingKey
    private let expanded: SecretBox

    package static let signatureBytes = 64

    /// The key that `seed`, 32 bytes, determines.
    package init(seed: SecretBox) {
        Sodium.start()
        precondition(seed.count == 32, "a seed of \(seed.count) bytes")
        var publicKey = VerifyingKey.zero
        expanded = SecretBox(
            unsafe SecretBytes(count: 64) { secret in
                publicKey = unsafe VerifyingKey { (output: UnsafeMutableRawBufferPointer) in
                    _ = unsafe seed.borrow { unsafe crypto_sign_seed_keypair(output.octets, secret.octets, $0.octets) }
                }
            })
        self.publicKey = publicKey
    }

    package convenience init(seed: consuming SecretBytes) {
        self.init(seed: SecretBox(seed))
    }

    /// A new key.
    package convenience init(random generator: inout some RandomNumberGenerator) {
        self.init(seed: Random.secret(32, from: &generator))
    }

    /// The signature, 64 bytes, of `prefix` ‖ `message`.
    package func sign(_ message: Bytes, prefix: StaticString) -> Bytes {
        let input = Signed.input(message, prefix)
        var signature = [UInt8](repeating: 0, count: Self.signatureBytes)
        unsafe signature.withUnsafeMutableBytes { output in
            unsafe input.withUnsafeBytes { input in
                _ = unsafe expanded.borrow {
                    unsafe crypto_sign_detached(output.octets, nil, input.octets, UInt64(input.count), $0.octets)
                }
            }
        }
        return Bytes(signature)
    }
}

extension Octets32 where Kind == SigningKind {
    /// - Throws: `forged` unless `signature` is of `prefix` ‖ `message` by the owner of this key.
    package func verify(_ signature: Bytes, of message: Bytes, prefix: StaticString) throws(PrimitivesError) {
        Sodium.start()
        guard signature.count == SigningKey.signatureBytes else { throw .forged }
        let input = Signed.input(message, prefix)
        let answer = unsafe signature.withUnsafeBytes { signature in
            unsafe input.withUnsafeBytes { input in
                unsafe withUnsafeBytes {
                    unsafe crypto_sign_verify_detached(signature.octets, input.octets, UInt64(input.count), $0.octets)
                }
            }
        }
        guard answer == 0 else { throw .forged }
    }
}

private enum Signed {
    static func input(_ message: Bytes, _ prefix: StaticString) -> Bytes {
        var input = unsafe [UInt8](UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        input.append(contentsOf: message)
        return Bytes(input)
    }
}
