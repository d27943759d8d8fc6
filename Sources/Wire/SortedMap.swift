/// What a key of a map may be: an integer, a `Bool` or a `String`, in the order of the canonical encoding.
public protocol MapKey: Equatable, Sendable {
    /// Integers by value, `false` before `true`, strings by their UTF-8.
    static func precedes(_ left: Self, _ right: Self) -> Bool
}

extension MapKey where Self: Comparable {
    @inlinable
    public static func precedes(_ left: Self, _ right: Self) -> Bool { left < right }
}

extension Int32: MapKey {}
extension Int64: MapKey {}
extension UInt32: MapKey {}
extension UInt64: MapKey {}

extension Bool: MapKey {
    @inlinable
    public static func precedes(_ left: Bool, _ right: Bool) -> Bool { !left && right }
}

extension String: MapKey {
    /// `<` of `String` takes canonical equivalents as equal; keys are bytes.
    @inlinable
    public static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// A map field: pairs sorted by key, without duplicates.
///
/// For labels and options: few pairs, so that a search in sorted pairs beats hashing, and the canonical order
/// costs nothing.
@frozen
public struct SortedMap<Key: MapKey, Value: Equatable & Sendable>: Equatable, Sendable {
    public typealias Pair = (key: Key, value: Value)

    /// Sorted by key.
    @inlinable public var pairs: [Pair] { sorted }
    @usableFromInline var sorted: [Pair]

    @inlinable
    public init() {
        sorted = []
    }

    @inlinable
    public static func == (left: SortedMap, right: SortedMap) -> Bool {
        left.pairs.elementsEqual(right.pairs, by: ==)
    }

    /// Makes room for `count` pairs.
    @inlinable
    mutating func reserve(_ count: Int) { sorted.reserveCapacity(count) }

    /// Puts `value` at `key`, in place of what was there.
    @inlinable
    public mutating func set(_ key: Key, _ value: Value) { self[key] = value }

    @inlinable
    public mutating func remove(_ key: Key) { self[key] = nil }

    @inlinable public var count: Int { pairs.count }
    @inlinable public var isEmpty: Bool { pairs.isEmpty }

    /// The value at `key`; setting `nil` removes the pair.
    @inlinable
    public subscript(key: Key) -> Value? {
        get {
            let place = place(of: key)
            return holds(key, at: place) ? pairs[place].value : nil
        }
        set {
            // Pairs arrive sorted from every canonical encoder.
            if let newValue, sorted.isEmpty || Key.precedes(sorted[sorted.count - 1].key, key) {
                return sorted.append((key: key, value: newValue))
            }
            let place = place(of: key)
            switch (newValue, holds(key, at: place)) {
            case (let value?, true): sorted[place].value = value
            case (let value?, false): sorted.insert((key: key, value: value), at: place)
            case (nil, true): sorted.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// The first place whose key is not before `key`.
    @inlinable
    func place(of key: Key) -> Int {
        var low = 0
        var high = pairs.count
        while low < high {
            let middle = low + (high - low) / 2
            if Key.precedes(pairs[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @inlinable
    func holds(_ key: Key, at place: Int) -> Bool {
        place < pairs.count && !Key.precedes(key, pairs[place].key)
    }
}

extension SortedMap: ExpressibleByDictionaryLiteral {
    @inlinable
    public init(dictionaryLiteral elements: (Key, Value)...) {
        self.init()
        for (key, value) in elements { self[key] = value }
    }
}

extension SortedMap: RandomAccessCollection {
    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { pairs.count }
    @inlinable public subscript(position: Int) -> Pair { pairs[position] }
}

/// Strings by string: labels and options.
public typealias StringMap = SortedMap<String, String>
