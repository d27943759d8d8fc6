import Bytes
import CSodium

/// The kernel's randomness, for everything real; in a simulation what a seed gives.
package struct SecureGenerator: RandomNumberGenerator, Sendable {
    /// `nil`: the kernel's.
    private var seed: UInt64?
    private var drawn: UInt64 = 0

    package init() {}

    /// For simulations alone: whoever knows the seed knows all that is drawn.
    package init(insecureSeed seed: UInt64) { self.seed = seed }

    package mutating func next() -> UInt64 {
        var word: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &word) { unsafe fill($0) }
        return word
    }

    /// Fills `buffer`, which is not empty, at one go.
    fileprivate mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        Sodium.start()
        guard let seed else { return unsafe randombytes_buf(buffer.baseAddress!, buffer.count) }
        drawn += 1
        unsafe withUnsafeBytes(of: (seed, drawn, 0 as UInt64, 0 as UInt64)) { seed in
            unsafe randombytes_buf_deterministic(buffer.baseAddress!, buffer.count, seed.octets)
        }
    }
}

/// Random bytes into given places. Every function takes its generator, so that a simulation can repeat a run.
package enum Random {
    /// Fills `buffer`; with `SecureGenerator`, at one go.
    package static func fill<G: RandomNumberGenerator>(
        _ buffer: UnsafeMutableRawBufferPointer, from generator: inout G
    ) {
        guard buffer.count > 0 else { return }
        if var secure = generator as? SecureGenerator {
            unsafe secure.fill(buffer)
            if let advanced = secure as? G { generator = advanced }
            return
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
