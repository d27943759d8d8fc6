import Bytes

/// Writes a message in its canonical form into a buffer of exactly its size; stores nothing into the message.
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

    // MARK: Positions

    @inlinable
    @inline(__always)
    public mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        if K.isZero(value) { return }
        tag(number, K.wire)
        unsafe withUnsafePointer(to: &value) { unsafe K.write($0, to: &self) }
    }

    @inlinable
    @inline(__always)
    public mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        if case .none = value { return }
        tag(number, K.wire)
        // In place: binding the value copies it, and counts its references.
        unsafe withUnsafePointer(to: &value!) { unsafe K.write($0, to: &self) }
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
            guard let first = elements.baseAddress else { return }
            for place in elements.indices {
                if !isPacked { tag(number, K.wire) }
                unsafe K.write(first + place, to: &self)
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
                unsafe withUnsafePointer(to: pairs[place].key) { unsafe K.write($0, to: &self) }
                tag(2, V.wire)
                unsafe withUnsafePointer(to: pairs[place].value) { unsafe V.write($0, to: &self) }
            }
        }
    }

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
        _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        guard let set = value, let payload = get(set) else { return }
        tag(number, K.wire)
        unsafe withUnsafePointer(to: payload) { unsafe K.write($0, to: &self) }
    }

    @inlinable
    @inline(__always)
    public mutating func unknown(_ value: inout UnknownFields) throws(WireError) {
        if value.raw.isEmpty { return }
        unsafe value.raw.withUnsafeBytes { unsafe raw($0) }
    }

    // MARK: Lengths of what is made of parts

    /// The next length that the sizer noted, or `nil` when it had no room for it.
    @inlinable
    @inline(__always)
    mutating func noted() -> Int? {
        guard unsafe taken < notes.count else { return nil }
        defer { taken &+= 1 }
        return unsafe Int(notes[taken])
    }

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
        let key = unsafe withUnsafePointer(to: pair.key) { unsafe K.size($0, in: &sizer) }
        return unsafe 2 &+ key &+ withUnsafePointer(to: pair.value) { unsafe V.size($0, in: &sizer) }
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
        } else if value < 0x4000 {
            room(2)
            let pair = UInt16(truncatingIfNeeded: value & 0x7f | 0x80 | value << 1 & 0x7f00)
            unsafe next.storeBytes(of: pair.littleEndian, as: UInt16.self)
            unsafe next += 2
        } else {
            unsafe next = Self.longVarint(value, at: next, end)
        }
    }

    /// Writes three bytes or more to `start`, and returns what is behind them.
    @usableFromInline
    static func longVarint(
        _ value: UInt64, at start: UnsafeMutableRawPointer, _ end: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        let count = Varint.size(value)
        let left = unsafe end - start
        precondition(count <= left, "a message grew while it was encoded: \(count) bytes, room for \(left)")
        if value < 1 << 56, left >= 8 {
            // Eight bytes at once: the groups of seven apart, a high bit on all but the last. What lies behind them is
            // written later.
            var groups = value & 0x0fff_ffff | value << 4 & 0x0fff_ffff_0000_0000
            groups = groups & 0x0000_3fff_0000_3fff | groups << 2 & 0x3fff_0000_3fff_0000
            groups = groups & 0x007f_007f_007f_007f | groups << 1 & 0x7f00_7f00_7f00_7f00
            groups |= 0x8080_8080_8080_8080 & (1 << UInt64(8 * (count - 1)) - 1)
            unsafe start.storeBytes(of: groups.littleEndian, as: UInt64.self)
            return unsafe start + count
        }
        var next = unsafe start
        var rest = value
        while rest >= 0x80 {
            unsafe next.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            unsafe next += 1
            rest >>= 7
        }
        unsafe next.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        return unsafe next + 1
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
        if isDone == nil { unitByUnit(value) }
    }

    /// A string whose UTF-8 does not lie in one piece, which no string of ours is.
    @usableFromInline
    @inline(never)
    mutating func unitByUnit(_ value: String) {
        for unit in value.utf8 { fixed(unit) }
    }
}
