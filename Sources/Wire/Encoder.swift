import Bytes

/// Writes a message in its canonical form into a buffer of exactly `encodedSize` bytes; stores nothing into it.
///
/// Known fields by ascending number, numbers packed, varints minimal, maps by key, unknown fields last.
/// Safe: every write is checked against the buffer's end, once a field; it lives only inside the call that
/// lends the buffer and the sizer's notes.
@safe
@frozen
public struct Encoder: Coder, OneOfCoder {
    @usableFromInline var next: UnsafeMutableRawPointer
    @usableFromInline let end: UnsafeMutableRawPointer
    /// What the sizer noted, and how much of it was taken.
    @usableFromInline let notes: UnsafeBufferPointer<UInt32>
    @usableFromInline var taken = 0

    @inlinable
    init(_ base: UnsafeMutableRawPointer, count: Int, notes: UnsafeBufferPointer<UInt32>) {
        unsafe next = base
        unsafe end = base + count
        unsafe self.notes = notes
    }

    /// The next length that the sizer noted, or `nil` when it had no room for it.
    @inlinable
    @inline(__always)
    mutating func noted() -> Int? {
        guard unsafe taken < notes.count else { return nil }
        defer { taken &+= 1 }
        return unsafe Int(notes[taken])
    }

    // MARK: Positions

    @inlinable
    @inline(__always)
    public mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        if K.isZero(value) { return }
        tag(number, K.wire)
        K.write(value, to: &self)
    }

    @inlinable
    @inline(__always)
    public mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        if case .none = value { return }
        tag(number, K.wire)
        // In place: binding the value copies it, and counts its references.
        unsafe withUnsafeMutablePointer(to: &value!) { unsafe K.write($0.pointee, to: &self) }
    }

    @inlinable
    @inline(__always)
    public mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        if value.isEmpty { return }
        let isPacked = K.isNumber && packed
        if isPacked {
            tag(number, WireType.length)
            varint(UInt64(truncatingIfNeeded: noted() ?? Self.run(kind, value)))
        }
        // Elements in place: iterating an array copies and retains each.
        unsafe value.withUnsafeBufferPointer { elements in
            for place in elements.indices {
                if !isPacked { tag(number, K.wire) }
                unsafe K.write(elements[place], to: &self)
            }
        }
    }

    @inlinable
    public mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        unsafe value.pairs.withUnsafeBufferPointer { pairs in
            for place in pairs.indices {
                tag(number, WireType.length)
                unsafe varint(UInt64(truncatingIfNeeded: noted() ?? Self.pair(key, element, pairs[place])))
                tag(1, K.wire)
                unsafe K.write(pairs[place].key, to: &self)
                tag(2, V.wire)
                unsafe V.write(pairs[place].value, to: &self)
            }
        }
    }

    // MARK: Lengths that there was no room to note

    @inlinable
    static func run<K: Kind>(_ kind: K.Type, _ value: [K.Value]) -> Int {
        var sizer = Sizer()
        return sizer.run(kind, value)
    }

    @inlinable
    static func pair<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ pair: (key: K.Value, value: V.Value)
    ) -> Int {
        var sizer = Sizer()
        return 2 &+ K.size(pair.key, in: &sizer) &+ V.size(pair.value, in: &sizer)
    }

    // MARK: More positions

    @inlinable
    public mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        guard let value else { return }
        tag(number, WireType.length)
        unsafe value.borrow { unsafe lengthAndBytes($0) }
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
        _ make: (K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        guard let set = value, let payload = get(set) else { return }
        tag(number, K.wire)
        K.write(payload, to: &self)
    }

    @inlinable
    @inline(__always)
    public mutating func unknown(_ value: inout UnknownFields) throws(WireError) {
        if value.raw.isEmpty { return }
        unsafe value.raw.withUnsafeBytes { unsafe raw($0) }
    }

    // MARK: Primitives

    @inlinable
    @inline(__always)
    func room(_ count: Int) {
        let left = unsafe end - next
        precondition(count <= left, "a message grew while it was encoded: \(count) bytes, room for \(left)")
    }

    @inlinable
    @inline(__always)
    mutating func tag(_ number: UInt32, _ wire: UInt32) {
        varint(UInt64(number << 3 | wire))
    }

    @inlinable
    @inline(__always)
    mutating func varint(_ value: UInt64) {
        if value < 0x80 {
            room(1)
            unsafe next.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            unsafe next += 1
        } else {
            longVarint(value)
        }
    }

    @inlinable
    mutating func longVarint(_ value: UInt64) {
        room(Varint.size(value))
        var rest = value
        while rest >= 0x80 {
            unsafe next.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            unsafe next += 1
            rest >>= 7
        }
        unsafe next.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        unsafe next += 1
    }

    @inlinable
    @inline(__always)
    mutating func fixed<Pattern: FixedWidthInteger & BitwiseCopyable>(_ value: Pattern) {
        let count = Pattern.bitWidth / 8
        room(count)
        unsafe next.storeBytes(of: value.littleEndian, as: Pattern.self)
        unsafe next += count
    }

    @inlinable
    @inline(__always)
    mutating func lengthAndBytes(_ bytes: UnsafeRawBufferPointer) {
        varint(UInt64(truncatingIfNeeded: bytes.count))
        unsafe raw(bytes)
    }

    @inlinable
    @inline(__always)
    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        room(bytes.count)
        if let base = bytes.baseAddress { unsafe next.copyMemory(from: base, byteCount: bytes.count) }
        unsafe next += bytes.count
    }

    @inlinable
    @inline(__always)
    mutating func string(_ value: String) {
        varint(UInt64(truncatingIfNeeded: value.utf8.count))
        let isDone: Void? = unsafe value.utf8.withContiguousStorageIfAvailable {
            unsafe raw(UnsafeRawBufferPointer($0))
        }
        if isDone == nil {
            for unit in value.utf8 { fixed(unit) }
        }
    }

    /// Walks `message`, which no coder that only reads stores into.
    @inlinable
    @inline(__always)
    mutating func fields<M: Message>(of message: M) {
        message.walk(&self)
    }
}
