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
package protocol OneOfCoder {}
