import Glibc

/// Bytes that must leave no trace: locked in memory, left out of core files, overwritten when released.
///
/// The memory comes from `SecretArena`, never from the heap. There is nothing to print, compare with `==`,
/// encode or iterate. `borrow` and `fill` are the only ways in and out; neither pointer may escape.
public struct SecretBytes: ~Copyable, Sendable {
    /// How many bytes there are; at least 1.
    public let count: Int
    private let slot: SecretArena.Slot

    /// `count` bytes of zero, at least 1, which `body` fills in place.
    ///
    /// Bug: no locked memory left; the process stops rather than spill a secret into pageable memory. Whoever
    /// takes untrusted sizes bounds them before (`Limits`).
    public init<E: Error>(
        count: Int, initializing body: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        self.count = count
        slot = SecretArena.shared.take(count)
        try unsafe body(UnsafeMutableRawBufferPointer(start: slot.base, count: count))
    }

    /// A copy of `buffer`, which is not empty and which the caller wipes.
    public init(copying buffer: UnsafeRawBufferPointer) {
        unsafe self.init(count: buffer.count) { unsafe $0.copyMemory(from: buffer) }
    }

    /// A copy of `bytes`, which are not empty and which the caller wipes.
    public init(copying bytes: Bytes) {
        self = unsafe bytes.withUnsafeBytes { unsafe SecretBytes(copying: $0) }
    }

    deinit {
        SecretArena.shared.release(slot)
    }

    /// Lends the bytes to `body`.
    public borrowing func borrow<R: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E)
        -> R
    {
        try unsafe body(UnsafeRawBufferPointer(start: slot.base, count: count))
    }

    /// Whether both are the same bytes, in time that depends on their lengths alone.
    public borrowing func equals(_ other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe slot.base.withMemoryRebound(to: UInt8.self, capacity: count) { left in
            unsafe other.slot.base.withMemoryRebound(to: UInt8.self, capacity: count) { right in
                var difference: UInt8 = 0
                for offset in 0..<count { unsafe difference |= left[offset] ^ right[offset] }
                return difference == 0
            }
        }
    }
}

/// A shared owner of `SecretBytes`, for fields of messages and for values with several readers.
///
/// Printing, reflecting or encoding one shows nothing of its content.
public final class SecretBox: Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: SecretBytes

    public init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }

    public var count: Int { bytes.count }
    public var description: String { "secret of \(bytes.count) bytes" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Lends the bytes to `body`.
    public func borrow<R: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try unsafe bytes.borrow(body)
    }

    /// Lends the bytes as what they are to `body`, which can copy or compare them.
    public func lend<R: ~Copyable, E: Error>(_ body: (borrowing SecretBytes) throws(E) -> R) throws(E) -> R {
        try body(bytes)
    }
}

extension SecretBox: Equatable {
    public static func == (left: SecretBox, right: SecretBox) -> Bool {
        left === right || left.bytes.equals(right.bytes)
    }
}
