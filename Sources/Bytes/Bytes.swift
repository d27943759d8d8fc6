import Glibc

/// An immutable run of bytes, a view into a buffer that it keeps alive.
///
/// Slicing costs no copy, so the entries of a batch can be views of the frame that they came in. A small
/// slice keeps its whole frame alive: `copied()` before storing one for long. Never holds a secret's
/// plaintext; that is `SecretBytes`.
@frozen
package struct Bytes: Sendable {
    @usableFromInline package let owner: [UInt8]
    @usableFromInline package let start: Int
    @usableFromInline package let end: Int

    @inlinable
    package init() {
        owner = []
        start = 0
        end = 0
    }

    /// The whole of `array`, without a copy.
    @inlinable
    package init(_ array: [UInt8]) {
        owner = array
        start = 0
        end = array.count
    }

    @inlinable
    package init(_ slice: ArraySlice<UInt8>) {
        self.init([UInt8](slice))
    }

    @inlinable
    package init(_ buffer: UnsafeRawBufferPointer) {
        self.init(unsafe [UInt8](buffer))
    }

    /// The UTF-8 of `text`.
    @inlinable
    package init(utf8 text: String) {
        self.init([UInt8](text.utf8))
    }

    @usableFromInline
    init(owner: [UInt8], start: Int, end: Int) {
        self.owner = owner
        self.start = start
        self.end = end
    }

    @inlinable package var count: Int { end - start }
    @inlinable package var isEmpty: Bool { start == end }

    /// A view of the bytes in `range`, which counts from the start of this view.
    @inlinable
    package func slice(_ range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice \(range) of \(count) bytes")
        return Bytes(owner: owner, start: start + range.lowerBound, end: start + range.upperBound)
    }

    /// The same bytes in a buffer of their own size.
    @inlinable
    package func copied() -> Bytes {
        owner.count == count ? self : Bytes(array)
    }

    @inlinable package var array: [UInt8] { start == 0 && end == owner.count ? owner : [UInt8](owner[start..<end]) }

    @inlinable
    package func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe owner.span.withUnsafeBytes { (all) throws(E) -> R in
            try unsafe body(UnsafeRawBufferPointer(rebasing: all[start..<end]))
        }
    }

    /// Overwrites the bytes with zeros, for whoever shares the buffer: for one that a secret came or went in.
    ///
    /// The one exception to «immutable»: the owner of such a buffer calls it when nobody reads it any more.
    package func wipe() {
        unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe explicit_bzero(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }

    /// The text that the bytes are, or `nil` when they are not UTF-8.
    package var text: String? {
        String(validating: owner[start..<end], as: UTF8.self)
    }
}

extension Bytes: RandomAccessCollection {
    @inlinable package var startIndex: Int { 0 }
    @inlinable package var endIndex: Int { count }
    @inlinable package subscript(position: Int) -> UInt8 { owner[start + position] }
}

extension Bytes: Equatable, Hashable {
    package static func == (left: Bytes, right: Bytes) -> Bool {
        left.count == right.count && left.owner[left.start..<left.end] == right.owner[right.start..<right.end]
    }

    package func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension Bytes: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: UInt8...) {
        self.init(elements)
    }
}
