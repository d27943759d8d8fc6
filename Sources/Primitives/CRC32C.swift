import Bytes

/// CRC-32C (Castagnoli), which finds damage but no forgery. Eight bytes a step, by table.
package struct CRC32C: Sendable {
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
            tables[byte] = value
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let before = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = before >> 8 ^ tables[Int(before & 0xff)]
            }
        }
        return tables
    }()

    private var state: UInt32 = 0xffff_ffff

    package init() {}

    /// The sum of all bytes so far.
    package var value: UInt32 { ~state }

    package mutating func update(_ input: UnsafeRawBufferPointer) {
        var crc = state
        unsafe Self.tables.withUnsafeBufferPointer { table in
            var offset = 0
            let wide = input.count & ~7
            while offset < wide {
                let word = unsafe UInt64(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let low = UInt32(truncatingIfNeeded: word) ^ crc
                let high = UInt32(truncatingIfNeeded: word >> 32)
                let first = unsafe table[1792 + Int(low & 0xff)] ^ table[1536 + Int(low >> 8 & 0xff)]
                let second = unsafe table[1280 + Int(low >> 16 & 0xff)] ^ table[1024 + Int(low >> 24)]
                let third = unsafe table[768 + Int(high & 0xff)] ^ table[512 + Int(high >> 8 & 0xff)]
                let fourth = unsafe table[256 + Int(high >> 16 & 0xff)] ^ table[Int(high >> 24)]
                crc = first ^ second ^ third ^ fourth
                offset += 8
            }
            while offset < input.count {
                crc = unsafe crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ input[offset])]
                offset += 1
            }
        }
        state = crc
    }

    package static func of(_ input: UnsafeRawBufferPointer) -> UInt32 {
        var crc = CRC32C()
        unsafe crc.update(input)
        return crc.value
    }

    package static func of(_ input: Bytes) -> UInt32 {
        unsafe input.withUnsafeBytes { unsafe of($0) }
    }
}
