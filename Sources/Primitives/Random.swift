import Bytes
import CSodium

/// The kernel's randomness, for everything real. Simulations bring a seeded generator instead.
package struct SecureGenerator: RandomNumberGenerator, Sendable {
    package init() {}

    package mutating func next() -> UInt64 {
        Sodium.start()
        var word: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &word) { unsafe randombytes_buf($0.baseAddress!, 8) }
        return word
    }
}

/// Random bytes into given places. Every function takes its generator, so that a simulation can repeat a run.
package enum Random {
    /// Fills `buffer`; with `SecureGenerator`, in one call to the kernel.
    package static func fill<G: RandomNumberGenerator>(
        _ buffer: UnsafeMutableRawBufferPointer, from generator: inout G
    ) {
        guard buffer.count > 0 else { return }
        if G.self == SecureGenerator.self {
            Sodium.start()
            return unsafe randombytes_buf(buffer.baseAddress!, buffer.count)
        }
        var offset = 0
        while offset < buffer.count {
            var word = generator.next().littleEndian
            unsafe withUnsafeBytes(of: &word) { word in
                let count = min(8, buffer.count - offset)
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: word[..<count]))
            }
            offset += 8
        }
    }

    /// `count` bytes that are no secret, such as a nonce.
    package static func bytes(_ count: Int, from generator: inout some RandomNumberGenerator) -> Bytes {
        var array = [UInt8](repeating: 0, count: count)
        unsafe array.withUnsafeMutableBytes { unsafe fill($0, from: &generator) }
        return Bytes(array)
    }

    /// A new secret of `count` bytes, at least 1, such as a key.
    package static func secret(_ count: Int, from generator: inout some RandomNumberGenerator) -> SecretBytes {
        unsafe SecretBytes(count: count) { unsafe fill($0, from: &generator) }
    }
}
