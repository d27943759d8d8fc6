import Bytes

/// Raw bytes of the fields that this version does not know, tag and value, in the order of arrival.
@frozen
package struct UnknownFields: Equatable, Sendable {
    package var raw: Bytes?
    @inlinable package init() {}
}

/// Strings by string, sorted by key: labels and options.
@frozen
package struct StringMap: Equatable, Sendable {
    /// Sorted by the UTF-8 of the keys, without duplicates.
    package private(set) var pairs: [(key: String, value: String)] = []
    package init() {}
    package static func == (left: Self, right: Self) -> Bool {
        left.pairs.elementsEqual(right.pairs, by: ==)
    }
}
package protocol OneOfCoder {
    mutating func message<T: OneOf, M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout T?, _ make: (M) -> T, _ get: (T) -> M?
    ) throws(WireError)
}
