import Glibc

/// An immutable run of bytes, a view into a buffer that it keeps alive.
///
/// Slicing costs no copy, so the entries of a batch can be views of the frame that they came in. A small
/// slice keeps its whole frame alive: `copied()` before storing one for long. Never holds a secret's
/// plaintext; that is `SecretBytes`.
@frozen
public struct Bytes: Sendable {
    /// The buffer that is viewed, and shared with other views.
    public let owner: [UInt8]
    /// The first byte's place in `owner`.
    public let start: Int
    /// The place in `owner` behind the last byte.
    public let end: Int

    @inlinable
    public init() {
        owner = []
        start = 0
        end = 0
    }

    /// The whole of `array`, without a copy.
    @inlinable
    public init(_ array: [UInt8]) {
        owner = array
        start = 0
        end = array.count
    }

    @inlinable
    public init(_ slice: ArraySlice<UInt8>) {
        self.init([UInt8](slice))
    }

    @inlinable
    public init(_ buffer: UnsafeRawBufferPointer) {
        self.init(unsafe [UInt8](buffer))
    }

    /// The UTF-8 of `text`.
    @inlinable
    public init(utf8 text: String) {
        self.init([UInt8](text.utf8))
    }

    @usableFromInline
    init(owner: [UInt8], start: Int, end: Int) {
        self.owner = owner
        self.start = start
        self.end = end
    }

    @inlinable public var count: Int { end - start }
    @inlinable public var isEmpty: Bool { start == end }

    /// A view of the bytes in `range`, which counts from the start of this view.
    @inlinable
    public func slice(_ range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice \(range) of \(count) bytes")
        return Bytes(owner: owner, start: start + range.lowerBound, end: start + range.upperBound)
    }

    /// The same bytes in a buffer of their own size.
    @inlinable
    public func copied() -> Bytes {
        owner.count == count ? self : Bytes(array)
    }

    /// The bytes as an array: the owner itself when they are all of it, or else a copy.
    @inlinable public var array: [UInt8] { start == 0 && end == owner.count ? owner : [UInt8](owner[start..<end]) }

    @inlinable
    public func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe owner.span.withUnsafeBytes { (all) throws(E) -> R in
            try unsafe body(UnsafeRawBufferPointer(rebasing: all[start..<end]))
        }
    }

    /// Overwrites the bytes with zeros, for whoever shares the buffer: for one that a secret came or went in.
    ///
    /// The one exception to «immutable»: the owner of such a buffer calls it when nobody reads it any more.
    public func wipe() {
        unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe explicit_bzero(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }

    /// The text that the bytes are, or `nil` when they are not UTF-8.
    public var text: String? {
        String(validating: owner[start..<end], as: UTF8.self)
    }
}

extension Bytes: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { count }
    @inlinable public subscript(position: Int) -> UInt8 { owner[start + position] }

    /// The bytes as they lie, for algorithms that ask for it.
    @inlinable
    public func withContiguousStorageIfAvailable<R>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> R
    ) rethrows -> R? {
        try unsafe owner.withUnsafeBufferPointer { try unsafe body(UnsafeBufferPointer(rebasing: $0[start..<end])) }
    }
}

extension [UInt8] {
    /// Appends all of `bytes` in one piece; the general function goes byte by byte.
    @inlinable
    public mutating func append(contentsOf bytes: Bytes) {
        append(contentsOf: bytes.owner[bytes.start..<bytes.end])
    }

    @inlinable
    public static func += (array: inout [UInt8], bytes: Bytes) {
        array.append(contentsOf: bytes)
    }
}

extension Bytes: Equatable, Hashable {
    public static func == (left: Bytes, right: Bytes) -> Bool {
        left.count == right.count && left.owner[left.start..<left.end] == right.owner[right.start..<right.end]
    }

    public func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension Bytes: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: UInt8...) {
        self.init(elements)
    }
}
