import Bytes
import Primitives

/// The chaining key, the hash of all said so far, and the key of the moment: §5.2 of the Noise specification.
///
/// A value: its keys are shared boxes that are replaced, never changed, so that a copy can be worked on elsewhere.
struct SymmetricState: Sendable {
    private(set) var hash: InlineArray<64, UInt8> = InlineArray(repeating: 0)
    private var chainingKey: SecretBox
    private var key: SecretBox?
    private var counter: UInt64 = 0

    init(name: String) {
        for (place, byte) in name.utf8.enumerated() { hash[place] = byte }
        chainingKey = unsafe hash.span.withUnsafeBytes { unsafe SecretBox(SecretBytes(copying: $0)) }
    }

    var hasKey: Bool { key != nil }
    /// How many bytes longer a field is than its plaintext.
    var overhead: Int { hasKey ? ChaCha.tagBytes : 0 }

    mutating func mixHash(_ data: UnsafeRawBufferPointer) {
        var stream = HashStream(count: 64)
        unsafe hash.span.withUnsafeBytes { unsafe stream.update($0) }
        unsafe stream.update(data)
        unsafe withUnsafeMutableBytes(of: &hash) { unsafe stream.finish(into: $0) }
    }

    mutating func mixKey(_ input: UnsafeRawBufferPointer) {
        let output = unsafe expand(128, input)
        take(chainingKey: output, keyFrom: 64)
    }

    mutating func mixKeyAndHash(_ input: UnsafeRawBufferPointer) {
        let output = unsafe expand(192, input)
        unsafe output.borrow { unsafe mixHash(UnsafeRawBufferPointer(rebasing: $0[64..<128])) }
        take(chainingKey: output, keyFrom: 128)
    }

    /// Appends what `plaintext` becomes under the key of the moment, if there is one.
    mutating func seal(_ plaintext: UnsafeRawBufferPointer, onto message: inout [UInt8]) throws(NoiseError) {
        let start = message.count
        if let key {
            guard counter < .max else { throw .exhausted }
            message.append(contentsOf: repeatElement(0, count: plaintext.count + ChaCha.tagBytes))
            unsafe message.withUnsafeMutableBytes { all in
                let output = unsafe UnsafeMutableRawBufferPointer(rebasing: all[start...])
                unsafe hash.span.withUnsafeBytes { hash in
                    key.lend {
                        unsafe ChaCha.seal(plaintext, into: output, counter: counter, associated: hash, key: $0)
                    }
                }
            }
            counter += 1
        } else {
            unsafe message.append(contentsOf: plaintext)
        }
        unsafe message.withUnsafeBytes { unsafe mixHash(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    /// Opens `field` into `output`, which is `overhead` bytes shorter.
    mutating func open(
        _ field: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(NoiseError) {
        if let key {
            guard counter < .max else { throw .exhausted }
            var isForged = false
            unsafe hash.span.withUnsafeBytes { hash in
                key.lend { key in
                    do throws(PrimitivesError) {
                        try unsafe ChaCha.open(field, into: output, counter: counter, associated: hash, key: key)
                    } catch {
                        isForged = true
                    }
                }
            }
            if isForged { throw .forged }
            counter += 1
        } else {
            unsafe output.copyMemory(from: field)
        }
        unsafe mixHash(field)
    }

    /// The keys of the two directions, the initiator's first.
    func split() -> (SecretBox, SecretBox) {
        let output = unsafe expand(128, UnsafeRawBufferPointer(start: nil, count: 0))
        return unsafe output.borrow { output in
            unsafe (
                SecretBox(SecretBytes(copying: UnsafeRawBufferPointer(rebasing: output[..<32]))),
                SecretBox(SecretBytes(copying: UnsafeRawBufferPointer(rebasing: output[64..<96])))
            )
        }
    }

    private func expand(_ count: Int, _ input: UnsafeRawBufferPointer) -> SecretBytes {
        unsafe SecretBytes(count: count) { output in
            unsafe chainingKey.borrow { unsafe HMAC.expand(chainingKey: $0, input: input, into: output) }
        }
    }

    private mutating func take(chainingKey output: borrowing SecretBytes, keyFrom start: Int) {
        unsafe output.borrow { output in
            unsafe chainingKey = SecretBox(SecretBytes(copying: UnsafeRawBufferPointer(rebasing: output[..<64])))
            unsafe key = SecretBox(
                SecretBytes(copying: UnsafeRawBufferPointer(rebasing: output[start..<start + 32])))
        }
        counter = 0
    }
}
