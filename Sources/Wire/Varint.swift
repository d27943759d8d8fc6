/// Numbers in groups of seven bits, the lowest first.
public enum Varint {
    /// How many bytes `value` takes: 1 to 10.
    @inlinable
    @inline(__always)
    public static func size(_ value: UInt64) -> Int {
        // (significant bits * 9 + 64) / 64 is their number of groups of seven, for 1...64.
        ((64 - (value | 1).leadingZeroBitCount) &* 9 &+ 64) >> 6
    }

    /// How many bytes `count` bytes and their length take.
    @inlinable
    @inline(__always)
    public static func sizeWithLength(_ count: Int) -> Int {
        size(UInt64(truncatingIfNeeded: count)) &+ count
    }
}
