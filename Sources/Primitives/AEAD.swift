import Bytes
import CSodium

/// XChaCha20-Poly1305: random nonces of 24 bytes, which may be drawn without a counter. For what rests.
package enum XChaCha {
    package static let keyBytes = 32
    package static let nonceBytes = 24
    package static let tagBytes = 16

    /// Seals `plaintext` into `output`, which has 16 more bytes and may begin at the same address.
    ///
    /// Bug: a key, nonce or output of another size.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
        nonce: UnsafeRawBufferPointer, associated: UnsafeRawBufferPointer, key: borrowing SecretBytes
    ) {
        Sodium.start()
        precondition(key.count == keyBytes, "a key of \(key.count) bytes")
        precondition(nonce.count == nonceBytes, "a nonce of \(nonce.count) bytes")
        precondition(output.count == plaintext.count + tagBytes, "\(plaintext.count) into \(output.count) bytes")
        unsafe key.borrow { key in
            _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                output.octets, nil, plaintext.octets, UInt64(plaintext.count), associated.octets,
                UInt64(associated.count), nil, nonce.octets, key.octets)
        }
    }

    /// Opens `ciphertext` into `output`, which has 16 bytes fewer and may begin at the same address.
    ///
    /// - Throws: `forged`; `output` then holds nothing of the plaintext.
    package static func open(
        _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
        nonce: UnsafeRawBufferPointer, associated: UnsafeRawBufferPointer, key: borrowing SecretBytes
    ) throws(PrimitivesError) {
        Sodium.start()
        precondition(key.count == keyBytes, "a key of \(key.count) bytes")
        precondition(nonce.count == nonceBytes, "a nonce of \(nonce.count) bytes")
        guard ciphertext.count >= tagBytes else { throw .forged }
        precondition(
            output.count == ciphertext.count - tagBytes, "\(ciphertext.count) into \(output.count) bytes")
        let answer = unsafe key.borrow { key in
            unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                output.octets, nil, nil, ciphertext.octets, UInt64(ciphertext.count), associated.octets,
                UInt64(associated.count), nonce.octets, key.octets)
        }
        guard answer == 0 else { throw .forged }
    }

    /// The same with a nonce drawn from `generator`: nonce ‖ ciphertext ‖ tag, 40 bytes more than `plaintext`.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, associated: Bytes, key: borrowing SecretBytes,
        random generator: inout some RandomNumberGenerator
    ) -> Bytes {
        var array = [UInt8](repeating: 0, count: nonceBytes + plaintext.count + tagBytes)
        unsafe array.withUnsafeMutableBytes { all in
            let nonce = unsafe UnsafeMutableRawBufferPointer(rebasing: all[..<nonceBytes])
            unsafe Random.fill(nonce, from: &generator)
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: all[nonceBytes...])
            unsafe associated.withUnsafeBytes { associated in
                unsafe seal(
                    plaintext, into: rest, nonce: UnsafeRawBufferPointer(nonce), associated: associated, key: key)
            }
        }
        return Bytes(array)
    }

    package static func seal(
        _ plaintext: Bytes, associated: Bytes, key: borrowing SecretBytes,
        random generator: inout some RandomNumberGenerator
    ) -> Bytes {
        unsafe plaintext.withUnsafeBytes {
            unsafe seal($0, associated: associated, key: key, random: &generator)
        }
    }

    package static func seal(
        _ plaintext: borrowing SecretBytes, associated: Bytes, key: borrowing SecretBytes,
        random generator: inout some RandomNumberGenerator
    ) -> Bytes {
        unsafe plaintext.borrow { unsafe seal($0, associated: associated, key: key, random: &generator) }
    }

    /// Opens nonce ‖ ciphertext ‖ tag, whose plaintext is no secret.
    package static func open(
        _ sealed: Bytes, associated: Bytes, key: borrowing SecretBytes
    ) throws(PrimitivesError) -> Bytes {
        guard sealed.count >= nonceBytes + tagBytes else { throw .forged }
        var array = [UInt8](repeating: 0, count: sealed.count - nonceBytes - tagBytes)
        var isForged = false
        unsafe array.withUnsafeMutableBytes { output in
            do throws(PrimitivesError) {
                try unsafe open(sealed, into: output, associated: associated, key: key)
            } catch {
                isForged = true
            }
        }
        if isForged { throw .forged }
        return Bytes(array)
    }

    /// Opens nonce ‖ ciphertext ‖ tag into locked memory; an empty plaintext is refused.
    package static func openSecret(
        _ sealed: Bytes, associated: Bytes, key: borrowing SecretBytes
    ) throws(PrimitivesError) -> SecretBytes {
        guard sealed.count > nonceBytes + tagBytes else { throw .forged }
        return try unsafe SecretBytes(count: sealed.count - nonceBytes - tagBytes) {
            (output: UnsafeMutableRawBufferPointer) throws(PrimitivesError) in
            try unsafe open(sealed, into: output, associated: associated, key: key)
        }
    }

    private static func open(
        _ sealed: Bytes, into output: UnsafeMutableRawBufferPointer, associated: Bytes, key: borrowing SecretBytes
    ) throws(PrimitivesError) {
        try unsafe sealed.withUnsafeBytes { (sealed: UnsafeRawBufferPointer) throws(PrimitivesError) in
            try unsafe associated.withUnsafeBytes { (associated: UnsafeRawBufferPointer) throws(PrimitivesError) in
                try unsafe open(
                    UnsafeRawBufferPointer(rebasing: sealed[nonceBytes...]), into: output,
                    nonce: UnsafeRawBufferPointer(rebasing: sealed[..<nonceBytes]), associated: associated, key: key)
            }
        }
    }
}

/// ChaCha20-Poly1305 (RFC 8439) with Noise's nonce: four zero bytes, then the counter in little-endian.
///
/// One key must never see the same counter twice. For what travels; what rests takes `XChaCha`.
package enum ChaCha {
    package static let keyBytes = 32
    package static let tagBytes = 16

    /// Seals `plaintext` into `output`, which has 16 more bytes and may begin at the same address.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, counter: UInt64,
        associated: UnsafeRawBufferPointer, key: borrowing SecretBytes
    ) {
        Sodium.start()
        precondition(key.count == keyBytes, "a key of \(key.count) bytes")
        precondition(output.count == plaintext.count + tagBytes, "\(plaintext.count) into \(output.count) bytes")
        unsafe withNonce(counter) { nonce in
            unsafe key.borrow { key in
                _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                    output.octets, nil, plaintext.octets, UInt64(plaintext.count), associated.octets,
                    UInt64(associated.count), nil, nonce, key.octets)
            }
        }
    }

    /// Opens `ciphertext` into `output`, which has 16 bytes fewer and may begin at the same address.
    ///
    /// - Throws: `forged`; `output` then holds nothing of the plaintext.
    package static func open(
        _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, counter: UInt64,
        associated: UnsafeRawBufferPointer, key: borrowing SecretBytes
    ) throws(PrimitivesError) {
        Sodium.start()
        precondition(key.count == keyBytes, "a key of \(key.count) bytes")
        guard ciphertext.count >= tagBytes else { throw .forged }
        precondition(
            output.count == ciphertext.count - tagBytes, "\(ciphertext.count) into \(output.count) bytes")
        let answer = unsafe withNonce(counter) { nonce in
            unsafe key.borrow { key in
                unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                    output.octets, nil, nil, ciphertext.octets, UInt64(ciphertext.count), associated.octets,
                    UInt64(associated.count), nonce, key.octets)
            }
        }
        guard answer == 0 else { throw .forged }
    }

    private static func withNonce<R>(_ counter: UInt64, _ body: (UnsafePointer<UInt8>) -> R) -> R {
        var words: InlineArray<3, UInt32> = [
            0, UInt32(truncatingIfNeeded: counter).littleEndian, UInt32(truncatingIfNeeded: counter >> 32).littleEndian,
        ]
        return unsafe withUnsafeBytes(of: &words) { unsafe body($0.octets) }
    }
}
