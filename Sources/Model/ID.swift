import Bytes
import Wire

/// The name of an object: 16 random bytes, shown as 25 digits of base 36.
///
/// `Kind` keeps a node's ID from being passed for a task's. Zero means none.
@frozen
package struct ID<Kind>: FixedBytes, Hashable, Comparable {
    /// Bytes 0…7 and 8…15, big-endian.
    package let high: UInt64
    package let low: UInt64

    @inlinable
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static var byteCount: Int { 16 }
    package static var zero: Self { Self(high: 0, low: 0) }
    /// No object.
    package static var none: Self { zero }

    package init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 16, "an ID has 16 bytes")
        high = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    package init(random generator: inout some RandomNumberGenerator) {
        var high = generator.next()
        if high == 0 { high = 1 }  // Zero is none.
        self.init(high: high, low: generator.next())
    }

    package func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let words: InlineArray<2, UInt64> = [high.bigEndian, low.bigEndian]
        return try unsafe words.span.withUnsafeBytes(body)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension ID: CustomStringConvertible {
    /// 25 digits of base 36, zero-padded, so that the text sorts as the bytes do.
    package var description: String {
        var high = high
        var low = low
        var digits = [UInt8](repeating: UInt8(ascii: "0"), count: 25)
        for place in stride(from: 24, through: 0, by: -1) {
            let (top, rest) = high.quotientAndRemainder(dividingBy: 36)
            let (bottom, digit) = UInt64(36).dividingFullWidth((rest, low))
            high = top
            low = bottom
            digits[place] = digit < 10 ? UInt8(ascii: "0") + UInt8(digit) : UInt8(ascii: "a") + UInt8(digit - 10)
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The first 12 digits, as tables show them.
    package var short: String { String(description.prefix(12)) }

    /// The ID that 25 digits of base 36 spell, or `nil`.
    package init?(_ text: String) {
        guard text.utf8.count == 25 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for unit in text.utf8 {
            let digit: UInt64
            switch unit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(unit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = UInt64(unit - UInt8(ascii: "a")) + 10
            default: return nil
            }
            let product = low.multipliedFullWidth(by: 36)
            let (sum, carry) = product.low.addingReportingOverflow(digit)
            let (scaled, overflow) = high.multipliedReportingOverflow(by: 36)
            let (top, overflow2) = scaled.addingReportingOverflow(product.high + (carry ? 1 : 0))
            guard !overflow, !overflow2 else { return nil }
            high = top
            low = sum
        }
        self.init(high: high, low: low)
    }
}

package enum ClusterKind {}
package enum NodeKind {}
package enum SecretKind {}
package enum ConfigKind {}
package enum ServiceKind {}
package enum TaskKind {}
package enum SessionKind {}
package enum RequestKind {}
package enum ValueKind {}
package enum ExecKind {}
package enum SerialKind {}
package enum IncarnationKind {}
package enum HandleKind {}

package typealias ClusterID = ID<ClusterKind>
package typealias NodeID = ID<NodeKind>
package typealias SecretID = ID<SecretKind>
package typealias ConfigID = ID<ConfigKind>
package typealias ServiceID = ID<ServiceKind>
package typealias TaskID = ID<TaskKind>
package typealias SessionID = ID<SessionKind>
package typealias RequestID = ID<RequestKind>
/// Binds a value's envelope to its place; 16 random bytes.
package typealias ValueID = ID<ValueKind>
/// A certificate's serial number.
package typealias Serial = ID<SerialKind>
/// Drawn anew each time a state directory is made: a wiped member is a new one.
package typealias Incarnation = ID<IncarnationKind>
/// Names a pre-shared key in the clear hello: a link ticket's or a join token's.
package typealias Handle = ID<HandleKind>
