import Bytes
import CSodium

/// Hides a value's length: the byte 0x80, then zeros, up to one of a few sizes.
package enum Padding {
    /// The size that `count` bytes are padded to: 256; up to 4096 the next power of two; above by PADMÉ (Nikitin and
    /// others, «Reducing Metadata Leakage from Encrypted Files and Communication with PURBs», §4), at most 6.3 % more.
    package static func paddedCount(_ count: Int) -> Int {
        let length = count + 1
        if length <= 256 { return 256 }
        let exponent = Int.bitWidth - 1 - length.leadingZeroBitCount
        if length <= 4096 { return length & (length - 1) == 0 ? length : 1 << (exponent + 1) }
        let significant = Int.bitWidth - exponent.leadingZeroBitCount
        let mask = 1 << (exponent - significant) - 1
        return (length + mask) & ~mask
    }

    /// The value and its padding.
    package static func pad(_ value: borrowing SecretBytes) -> SecretBytes {
        unsafe value.borrow { value in
            unsafe SecretBytes(count: paddedCount(value.count)) { output in
                unsafe output.copyMemory(from: value)
                unsafe output[value.count] = 0x80
                unsafe sodium_memzero(output.baseAddress! + value.count + 1, output.count - value.count - 1)
            }
        }
    }

    /// The value without its padding, in time that depends on the sizes alone.
    ///
    /// - Throws: `forged` when the padding is not what `pad` makes, or nothing is left.
    package static func unpad(_ padded: borrowing SecretBytes) throws(PrimitivesError) -> SecretBytes {
        let total = padded.count
        let count = try unsafe padded.borrow { (buffer: UnsafeRawBufferPointer) throws(PrimitivesError) -> Int in
            var count = 0
            guard unsafe sodium_unpad(&count, buffer.octets, total, total) == 0 else { throw .forged }
            return count
        }
        guard count > 0, paddedCount(count) == total else { throw .forged }
        return unsafe padded.borrow { unsafe SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
