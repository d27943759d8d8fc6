/// Raw bytes of the fields that this version does not know, tag and value, in the order of arrival.
///
/// At most `Limits.unknownBytes`. They are written again after the known fields.
@frozen
public struct UnknownFields: Equatable, Sendable {
    public internal(set) var raw: [UInt8] = []

    @inlinable public init() {}

    /// What was `raw` of a message before it was stored in another one.
    public init(raw: [UInt8]) { self.raw = raw }

    @usableFromInline
    mutating func append(_ field: UnsafeRawBufferPointer) {
        unsafe raw.append(contentsOf: field)
    }
}
