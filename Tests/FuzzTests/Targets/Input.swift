import Bytes
import Wire

/// An input as a list of small decisions and pieces: what is missing at its end is zero or empty.
struct Input {
    private var rest: ArraySlice<UInt8>

    init(_ input: UnsafeRawBufferPointer) { unsafe rest = [UInt8](input)[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// Of two bytes, the higher one first.
    mutating func word() -> Int { Int(byte()) << 8 | Int(byte()) }

    /// The next `count` bytes, or as many as there are.
    mutating func bytes(_ count: Int) -> Bytes {
        defer { rest = rest.dropFirst(count) }
        return Bytes(rest.prefix(count))
    }

    /// A length of two bytes, and as many bytes.
    mutating func piece() -> Bytes { bytes(word()) }

    mutating func remainder() -> Bytes { bytes(rest.count) }

    /// What `piece` reads.
    static func piece(_ bytes: Bytes) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes.array }
}

/// Keys and numbers that are the same in every run: an input that broke something breaks it again.
extension Generator: RandomNumberGenerator {
    public mutating func next() -> UInt64 { bits() }
}
