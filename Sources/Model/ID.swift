import Bytes
import Wire

/// The name of an object: 16 random bytes, shown as 25 digits of base 36.
///
/// `Kind` keeps a node's ID from being passed for a task's. Zero means none.
@frozen
public struct ID<Kind>: FixedBytes, Hashable, Comparable {
    /// Bytes 0…7 and 8…15, big-endian.
    public let high: UInt64
    public let low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    @inlinable public static var byteCount: Int { 16 }
    @inlinable public static var zero: Self { Self(high: 0, low: 0) }
    /// No object.
    @inlinable public static var none: Self { zero }

    @inlinable
    public init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 16, "an ID has 16 bytes")
        high = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    public init(random generator: inout some RandomNumberGenerator) {
        var high = generator.next()
        if high == 0 { high = 1 }  // Zero is none.
        self.init(high: high, low: generator.next())
    }

    @inlinable
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let words: InlineArray<2, UInt64> = [high.bigEndian, low.bigEndian]
        return try unsafe words.span.withUnsafeBytes(body)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension ID: CustomStringConvertible {
    /// 25 digits of base 36, zero-padded, so that the text sorts as the bytes do.
    public var description: String {
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
    public var short: String { String(description.prefix(12)) }

    /// The ID that 25 digits of base 36 spell, or `nil`.
    public init?(_ text: String) {
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

public enum ClusterKind {}
public enum NodeKind {}
public enum SecretKind {}
public enum ConfigKind {}
public enum ServiceKind {}
public enum TaskKind {}
public enum SessionKind {}
public enum RequestKind {}
public enum ValueKind {}
public enum SerialKind {}
public enum IncarnationKind {}
public enum HandleKind {}
public enum DeploymentKind {}

public typealias ClusterID = ID<ClusterKind>
public typealias NodeID = ID<NodeKind>
public typealias SecretID = ID<SecretKind>
public typealias ConfigID = ID<ConfigKind>
public typealias ServiceID = ID<ServiceKind>
public typealias TaskID = ID<TaskKind>
public typealias SessionID = ID<SessionKind>
public typealias RequestID = ID<RequestKind>
/// Binds a value's envelope to its place; 16 random bytes.
public typealias ValueID = ID<ValueKind>
/// A certificate's serial number.
public typealias Serial = ID<SerialKind>
/// Drawn anew each time a state directory is made: a wiped member is a new one.
public typealias Incarnation = ID<IncarnationKind>
/// Names a pre-shared key in the clear hello: a link ticket's or a join token's.
public typealias Handle = ID<HandleKind>
/// Holds the pieces of a stack together until they are published; drawn by the client.
public typealias DeploymentID = ID<DeploymentKind>
