import Bytes
import CSodium

/// 32 public bytes: a hash or a public key. `Kind` keeps one from being passed for the other.
@frozen
package struct Octets32<Kind>: Hashable, Sendable, CustomStringConvertible {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package static var byteCount: Int { 32 }
    package static var zero: Self { Self() }

    private init() {}

    /// Bug: another number of bytes than 32.
    package init(bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 32, "\(bytes.count) bytes for 32")
        unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyMemory(from: bytes) }
    }

    /// The value that `bytes` are, or `nil` when they are not 32.
    package init?(_ bytes: Bytes) {
        guard bytes.count == 32 else { return nil }
        self = unsafe bytes.withUnsafeBytes { unsafe Self(bytes: $0) }
    }

    /// 32 bytes that `body` fills in place.
    package init<E: Error>(filling body: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        try unsafe withUnsafeMutableBytes(of: &words) { (buffer) throws(E) in try unsafe body(buffer) }
        self.words = words
    }

    package func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try unsafe Swift.withUnsafeBytes(of: words) { (buffer) throws(E) -> R in try unsafe body(buffer) }
    }

    package var bytes: Bytes { unsafe withUnsafeBytes { unsafe Bytes($0) } }
    /// 64 hexadecimal digits.
    package var description: String { Hex.text(bytes) }

    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    /// Whether both are the same, in constant time: for what an attacker may guess at.
    package func matches(_ other: Self) -> Bool {
        unsafe withUnsafeBytes { left in
            unsafe other.withUnsafeBytes { right in unsafe sodium_memcmp(left.baseAddress!, right.baseAddress!, 32) == 0
            }
        }
    }
}

package enum DigestKind {}
package enum AgreementKind {}
package enum SigningKind {}

/// A BLAKE2b hash of 32 bytes.
package typealias Digest = Octets32<DigestKind>
/// The public half of an X25519 key.
package typealias PublicKey = Octets32<AgreementKind>
/// The public half of an Ed25519 key.
package typealias VerifyingKey = Octets32<SigningKind>

/// Comparison whose time tells nothing but the lengths.
package enum ConstantTime {
    package static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard left.count > 0 else { return true }
        return unsafe sodium_memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
    }
}
