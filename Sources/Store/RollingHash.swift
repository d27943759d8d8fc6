import Bytes

/// A 64-bit hash that is carried from entry to entry: equal histories have equal hashes.
///
/// It finds members that differ by a fault, not by an attacker: what comes from outside is authenticated before.
struct RollingHash: Equatable, Sendable {
    private(set) var value: UInt64

    init(_ value: UInt64) { self.value = value }

    mutating func fold(_ word: UInt64) {
        let product = (value ^ word ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        value = product.high ^ product.low ^ word.byteSwapped
    }

    mutating func fold(_ bytes: Bytes) {
        fold(UInt64(bytes.count))
        unsafe bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset + 8 <= buffer.count {
                fold(UInt64(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                offset += 8
            }
            guard offset < buffer.count else { return }
            var last: UInt64 = 0
            while offset < buffer.count {
                last = last << 8 | UInt64(unsafe buffer[offset])
                offset += 1
            }
            fold(last)
        }
    }
}
