import Bytes

/// Crockford's base 32: digits and capitals without I, L, O and U, five bits each, the last padded with zero bits.
///
/// Works between buffers, since what it spells may be a secret.
package enum Base32 {
    private static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    /// How many characters spell `count` bytes.
    package static func textCount(_ count: Int) -> Int { (count * 8 + 4) / 5 }
    /// How many bytes `count` characters spell.
    package static func byteCount(_ count: Int) -> Int { count * 5 / 8 }

    /// Spells `bytes` into `text`, which has `textCount` bytes.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) {
        precondition(text.count == textCount(bytes.count), "\(bytes.count) bytes into \(text.count) characters")
        var bits: UInt32 = 0
        var pending = 0
        var place = 0
        for offset in 0..<bytes.count {
            bits = unsafe bits << 8 | UInt32(bytes[offset])
            pending += 8
            while pending >= 5 {
                pending -= 5
                unsafe text[place] = alphabet.utf8Start[Int(bits >> UInt32(pending) & 31)]
                place += 1
            }
        }
        if pending > 0 { unsafe text[place] = alphabet.utf8Start[Int(bits << UInt32(5 - pending) & 31)] }
    }

    /// Reads `text` into `bytes`, which has `byteCount` bytes. Small letters are taken; O reads as 0, I and L as 1.
    ///
    /// - Throws: `text` for another character, a length that no bytes have, or padding bits that are not zero.
    package static func decode(
        _ text: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer
    ) throws(PrimitivesError) {
        precondition(bytes.count == byteCount(text.count), "\(text.count) characters into \(bytes.count) bytes")
        guard textCount(bytes.count) == text.count else { throw .text }
        var bits: UInt32 = 0
        var pending = 0
        var place = 0
        for offset in 0..<text.count {
            bits = unsafe bits << 5 | (try value(text[offset]))
            pending += 5
            if pending >= 8 {
                pending -= 8
                unsafe bytes[place] = UInt8(truncatingIfNeeded: bits >> UInt32(pending))
                place += 1
            }
        }
        guard bits & (1 << UInt32(pending) - 1) == 0 else { throw .text }
    }

    private static func value(_ unit: UInt8) throws(PrimitivesError) -> UInt32 {
        let upper = unit >= UInt8(ascii: "a") && unit <= UInt8(ascii: "z") ? unit - 32 : unit
        switch upper {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: break
        }
        for place in 0..<32 where unsafe alphabet.utf8Start[place] == upper { return UInt32(place) }
        throw .text
    }
}
