import Bytes

/// A key for one ciphertext or file, derived together with a commitment to it.
///
/// ChaCha20-Poly1305 alone lets one ciphertext open under two keys. Whoever opens compares the stored commitment
/// first and never tries keys.
package struct CommittedKey: ~Copyable {
    /// 32 bytes; what actually seals.
    package let key: SecretBytes
    /// 32 bytes, public; stored beside the ciphertext.
    package let commitment: Digest

    /// From `key` (at most 64 bytes), for the use that `personal` (at most 16 bytes) names, and for `input`: a
    /// context with the nonce or the file ID, unique where the key must be.
    package init(from key: borrowing SecretBytes, input: Bytes, personal: StaticString) {
        let both = BLAKE2b.derive(64, from: key, input: input, personal: personal)
        self.key = unsafe both.borrow { both in
            unsafe SecretBytes(copying: UnsafeRawBufferPointer(rebasing: both[..<32]))
        }
        commitment = unsafe both.borrow { both in
            unsafe Digest(bytes: UnsafeRawBufferPointer(rebasing: both[32...]))
        }
    }

    /// - Throws: `forged` unless `stored` is this key's commitment.
    package borrowing func check(_ stored: Digest) throws(PrimitivesError) {
        guard commitment.matches(stored) else { throw .forged }
    }

    package borrowing func check(_ stored: Bytes) throws(PrimitivesError) {
        guard let stored = Digest(stored) else { throw .forged }
        try check(stored)
    }
}
