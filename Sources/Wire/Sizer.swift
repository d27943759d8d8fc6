import Bytes

/// Adds up how many bytes a message takes; stores nothing into it.
///
/// The length of what is made of parts (a message, a map's pair, a packed run) is written before the parts. The sizer notes
/// each such length in the order of the walk, and the encoder, which walks the same way, takes them one by one. When
/// there is no room for more notes, the encoder adds up again.
///
/// Safe: notes are only written below `room`, in memory that outlives the walk.
@safe
@frozen
public struct Sizer: Coder, OneOfCoder {
    @usableFromInline var size = 0
    @usableFromInline let notes: UnsafeMutableBufferPointer<UInt32>
    /// How many lengths there are, also those that found no room.
    @usableFromInline var noted = 0

    @inlinable
    init(_ notes: UnsafeMutableBufferPointer<UInt32>) {
        unsafe self.notes = notes
    }

    /// Notes nothing.
    @inlinable
    init() {
        unsafe notes = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    @inlinable
    @inline(__always)
    static func tag(_ number: UInt32) -> Int { Varint.size(UInt64(number) << 3) }

    // MARK: Lengths of what is made of parts

    /// Adds nothing up; the size of `message`, which is noted.
    @inlinable
    mutating func nested<M: Message>(_ message: UnsafePointer<M>) -> Int {
        let place = open()
        let outer = size
        size = 0
        unsafe M.walk(message, &self)
        let inner = size
        size = outer
        close(place, inner)
        return inner
    }

    @inlinable
    @inline(__always)
    mutating func open() -> Int {
        defer { noted &+= 1 }
        return noted
    }

    @inlinable
    @inline(__always)
    func close(_ place: Int, _ length: Int) {
        // A length of more than 32 bits is none that is ever encoded.
        if unsafe place < notes.count { unsafe notes[place] = UInt32(truncatingIfNeeded: length) }
    }

    // MARK: Positions

    @inlinable
    @inline(__always)
    public mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        // One addition on all ways, or the sum would go through memory from field to field.
        let own =
            K.isZero(value)
            ? 0 : unsafe Self.tag(number) &+ withUnsafePointer(to: &value) { unsafe K.size($0, in: &self) }
        size &+= own
    }

    @inlinable
    @inline(__always)
    public mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        if case .none = value { return }
        // In place: binding the value copies it, and counts its references.
        size &+= unsafe Self.tag(number) &+ withUnsafePointer(to: &value!) { unsafe K.size($0, in: &self) }
    }

    @inlinable
    @inline(__always)
    public mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        if value.isEmpty { return }
        if K.isNumber && packed {
            let place = open()
            let run = run(kind, value)
            close(place, run)
            size &+= Self.tag(number) &+ Varint.sizeWithLength(run)
        } else {
            let run = run(kind, value)
            size &+= Self.tag(number) &* value.count &+ run
        }
    }

    /// The elements' bytes without tags.
    @inlinable
    @inline(__always)
    mutating func run<K: Kind>(_ kind: K.Type, _ value: [K.Value]) -> Int {
        unsafe value.withUnsafeBufferPointer { elements in
            var run = 0
            guard let first = elements.baseAddress else { return run }
            for place in elements.indices { unsafe run &+= K.size(first + place, in: &self) }
            return run
        }
    }

    @inlinable
    public mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        unsafe value.pairs.withUnsafeBufferPointer { pairs in
            for place in pairs.indices {
                let note = open()
                let key = unsafe withUnsafePointer(to: pairs[place].key) { unsafe K.size($0, in: &self) }
                let value = unsafe withUnsafePointer(to: pairs[place].value) { unsafe V.size($0, in: &self) }
                let length = 2 &+ key &+ value
                close(note, length)
                size &+= Self.tag(number) &+ Varint.sizeWithLength(length)
            }
        }
    }

    @inlinable
    public mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        if let value { size &+= Self.tag(number) &+ Varint.sizeWithLength(value.count) }
    }

    @inlinable
    @inline(__always)
    public mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        if case .none = value { return }
        try T.members(&self, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func member<K: Kind, T: OneOf>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
        _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        guard let set = value, let payload = get(set) else { return }
        size &+= unsafe Self.tag(number) &+ withUnsafePointer(to: payload) { unsafe K.size($0, in: &self) }
    }

    @inlinable
    @inline(__always)
    public mutating func unknown(_ value: inout UnknownFields) throws(WireError) {
        size &+= value.raw.count
    }
}
