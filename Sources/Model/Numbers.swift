/// A leader's reign; 0 before the first.
@frozen
public struct Term: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(_ value: UInt64) { rawValue = value }
    @inlinable public static var zero: Term { Term(0) }
    @inlinable public static func < (left: Term, right: Term) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(rawValue) }
    @inlinable public var next: Term { Term(rawValue + 1) }
}

/// A place in the log, from 1; 0 is before the first entry.
@frozen
public struct Index: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(_ value: UInt64) { rawValue = value }
    @inlinable public static var zero: Index { Index(0) }
    @inlinable public static func < (left: Index, right: Index) -> Bool { left.rawValue < right.rawValue }
    @inlinable public static func + (left: Index, right: UInt64) -> Index { Index(left.rawValue + right) }
    @inlinable public static func - (left: Index, right: UInt64) -> Index { Index(left.rawValue - right) }
    @inlinable public static func - (left: Index, right: Index) -> UInt64 { left.rawValue - right.rawValue }
    public var description: String { String(rawValue) }
    @inlinable public var next: Index { Index(rawValue + 1) }
}

/// Index of the entry that last changed an object, or its spec.
public typealias Revision = Index

/// A manager as consensus counts it: from a replicated counter, never reused; 0 is none.
@frozen
public struct MemberID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(_ value: UInt64) { rawValue = value }
    @inlinable public static var none: MemberID { MemberID(0) }
    @inlinable public static func < (left: MemberID, right: MemberID) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(rawValue) }
}

/// Milliseconds of a monotonic clock (`CLOCK_BOOTTIME`), which never goes back.
@frozen
public struct Moment: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(milliseconds: UInt64) { rawValue = milliseconds }
    @inlinable public static var zero: Moment { Moment(milliseconds: 0) }
    @inlinable public static func < (left: Moment, right: Moment) -> Bool { left.rawValue < right.rawValue }
    @inlinable public static func + (left: Moment, right: Duration) -> Moment {
        Moment(milliseconds: left.rawValue + right.milliseconds)
    }
    /// How long `left` is after `right`; zero when it is before.
    @inlinable public static func - (left: Moment, right: Moment) -> Duration {
        .milliseconds(left.rawValue > right.rawValue ? left.rawValue - right.rawValue : 0)
    }
    public var description: String { "\(rawValue) ms" }
}

extension Duration {
    /// Whole milliseconds, rounded down; negative is zero.
    @inlinable public var milliseconds: UInt64 {
        let parts = components
        guard parts.seconds >= 0 else { return 0 }
        return UInt64(parts.seconds) * 1000 + UInt64(max(0, parts.attoseconds) / 1_000_000_000_000_000)
    }
}

/// Wall-clock time: nanoseconds since 1970 in UTC; what people and certificates are shown.
@frozen
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(seconds: UInt64) { rawValue = seconds * 1_000_000_000 }
    @inlinable public static var zero: Timestamp { Timestamp(rawValue: 0) }
    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool { left.rawValue < right.rawValue }
    public var seconds: UInt64 { rawValue / 1_000_000_000 }
}
