import Bytes
import CSodium

/// HMAC over BLAKE2b-512 and Noise's HKDF on it (Noise specification, revision 34, §4.3).
///
/// Not BLAKE2b's own keyed mode: Noise prescribes the construction of RFC 2104, with a block of 128 bytes.
package enum HMAC {
    package static let hashBytes = 64
    static let blockBytes = 128

    /// The code of `first` ‖ `second` under `key`, at most 128 bytes, into `output`, 64 bytes.
    package static func hash(
        key: UnsafeRawBufferPointer, _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = unsafe UnsafeRawBufferPointer(start: nil, count: 0),
        into output: UnsafeMutableRawBufferPointer
    ) {
        Sodium.start()
        precondition(key.count <= blockBytes, "a key of \(key.count) bytes")
        precondition(output.count == hashBytes, "a code into \(output.count) bytes")
        let total = HashStream.stateBytes + blockBytes
        unsafe withUnsafeTemporaryAllocation(byteCount: total, alignment: HashStream.alignment) { scratch in
            let state = OpaquePointer(scratch.baseAddress!)
            let block = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[HashStream.stateBytes...])
            unsafe fill(block, key: key, mask: 0x36)
            _ = unsafe crypto_generichash_init(state, nil, 0, hashBytes)
            _ = unsafe crypto_generichash_update(state, block.octets, UInt64(blockBytes))
            _ = unsafe crypto_generichash_update(state, first.octets, UInt64(first.count))
            _ = unsafe crypto_generichash_update(state, second.octets, UInt64(second.count))
            _ = unsafe crypto_generichash_final(state, output.octets, hashBytes)
            unsafe fill(block, key: key, mask: 0x5c)
            _ = unsafe crypto_generichash_init(state, nil, 0, hashBytes)
            _ = unsafe crypto_generichash_update(state, block.octets, UInt64(blockBytes))
            _ = unsafe crypto_generichash_update(state, output.octets, UInt64(hashBytes))
            _ = unsafe crypto_generichash_final(state, output.octets, hashBytes)
            unsafe sodium_memzero(scratch.baseAddress!, total)
        }
    }

    /// HKDF of Noise: fills `output`, 64 to 192 bytes in steps of 64, from a chaining key and `input`.
    ///
    /// `output` may overlap neither.
    package static func expand(
        chainingKey: UnsafeRawBufferPointer, input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) {
        let count = output.count / hashBytes
        precondition((1...3).contains(count) && output.count == count * hashBytes, "\(output.count) bytes")
        unsafe withUnsafeTemporaryAllocation(byteCount: hashBytes, alignment: 8) { temporary in
            unsafe hash(key: chainingKey, input, into: temporary)
            var previous = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
            for number in 1...count {
                let start = (number - 1) * hashBytes
                let part = unsafe UnsafeMutableRawBufferPointer(rebasing: output[start..<start + hashBytes])
                var ordinal = UInt8(number)
                unsafe withUnsafeBytes(of: &ordinal) {
                    unsafe hash(key: UnsafeRawBufferPointer(temporary), previous, $0, into: part)
                }
                unsafe previous = UnsafeRawBufferPointer(part)
            }
            unsafe sodium_memzero(temporary.baseAddress!, hashBytes)
        }
    }

    private static func fill(_ block: UnsafeMutableRawBufferPointer, key: UnsafeRawBufferPointer, mask: UInt8) {
        for offset in 0..<blockBytes {
            unsafe block[offset] = (offset < key.count ? key[offset] : 0) ^ mask
        }
    }
}
