import Bytes
import Primitives

/// One direction of a finished handshake: records in order, under a key that turns by itself.
///
/// After every 65,536 records both ends replace the key by a one-way function, without a word. The counter goes on.
package struct TransportCipher: Sendable {
    package static let tagBytes = ChaCha.tagBytes
    /// How many records one key seals.
    package static let recordsPerKey: UInt64 = 65_536

    private var key: SecretBox
    /// The number of the next record, from 0.
    package private(set) var counter: UInt64

    package init(key: SecretBox, counter: UInt64 = 0) {
        precondition(key.count == 32, "a transport key of \(key.count) bytes")
        self.key = key
        self.counter = counter
    }

    /// Seals `plaintext` into `output`, which is 16 bytes longer and may begin at the same address.
    package mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(NoiseError) {
        guard counter < .max else { throw .exhausted }
        key.lend {
            unsafe ChaCha.seal(
                plaintext, into: output, counter: counter, associated: UnsafeRawBufferPointer(start: nil, count: 0),
                key: $0)
        }
        advance()
    }

    /// Opens `ciphertext` into `output`, which is 16 bytes shorter and may begin at the same address.
    ///
    /// - Throws: `forged` for anything but the next record of this direction.
    package mutating func open(
        _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(NoiseError) {
        guard counter < .max else { throw .exhausted }
        var isForged = false
        key.lend { key in
            do throws(PrimitivesError) {
                try unsafe ChaCha.open(
                    ciphertext, into: output, counter: counter,
                    associated: UnsafeRawBufferPointer(start: nil, count: 0), key: key)
            } catch {
                isForged = true
            }
        }
        if isForged { throw .forged }
        advance()
    }

    /// Replaces the key; the counter stays.
    package mutating func rekey() {
        let zeros: InlineArray<32, UInt8> = InlineArray(repeating: 0)
        let next = unsafe SecretBytes(count: 48) { output in
            key.lend { key in
                unsafe zeros.span.withUnsafeBytes { zeros in
                    unsafe ChaCha.seal(
                        zeros, into: output, counter: .max, associated: UnsafeRawBufferPointer(start: nil, count: 0),
                        key: key)
                }
            }
        }
        key = unsafe next.borrow {
            unsafe SecretBox(SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<32])))
        }
    }

    private mutating func advance() {
        counter += 1
        if counter.isMultiple(of: Self.recordsPerKey) { rekey() }
    }
}
