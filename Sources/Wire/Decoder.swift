import Bytes

/// Reads a message: holds the next tag, which each field in turn compares with its own.
///
/// Canonical input is decoded in one pass over `fields`. Whatever comes in another order takes further passes; a
/// tag that no field of a whole pass took is unknown. The order of arrival decides which of two values is last.
///
/// Safe: every read is checked against `end`, which is inside the buffer; it lives only inside the call that
/// lends the buffer.
@safe
@frozen
public struct Decoder: Coder, OneOfCoder {
    @usableFromInline let start: UnsafeRawPointer
    @usableFromInline var next: UnsafeRawPointer
    /// The end of the message that is being read, or of the packed run.
    @usableFromInline var end: UnsafeRawPointer
    /// The tag that was read and not yet taken; 0: this message is at its end.
    @usableFromInline var tag: UInt32 = 0
    @usableFromInline var tagStart: UnsafeRawPointer
    /// `tagStart` as the pass over `fields` began.
    @usableFromInline var passStart: UnsafeRawPointer
    @usableFromInline var depth = Limits.depth
    @usableFromInline var elements: Int
    /// What `start` points into, for slices; `nil`: bytes are copied.
    @usableFromInline let source: Bytes?

    @inlinable
    init(_ buffer: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, source: Bytes?, elements: Int) {
        unsafe start = base
        unsafe next = base
        unsafe end = base + buffer.count
        unsafe tagStart = base
        unsafe passStart = base
        self.source = source
        self.elements = elements
    }

    // MARK: Messages

    /// Reads up to `end` into `message` and checks it.
    @inlinable
    mutating func run<M: Message>(_ message: inout M) throws(WireError) {
        do throws(WireError) {
            try advance()
            while tag != 0 {
                unsafe passStart = tagStart
                try message.fields(&self)
                if tag != 0, unsafe tagStart == passStart {
                    try skip(tag)
                    try advance()
                }
            }
            try message.check()
        } catch {
            throw located(error, in: M.self)
        }
    }

    /// Reads a length and the message of that length.
    @inlinable
    mutating func nested<M: Message>(_ message: inout M) throws(WireError) {
        let outer = unsafe (end: end, pass: passStart)
        try descend()
        try run(&message)
        depth &+= 1
        unsafe end = outer.end
        unsafe passStart = outer.pass
    }

    /// Reads a length and makes it the end, one level deeper.
    @inlinable
    @inline(__always)
    mutating func descend() throws(WireError) {
        let length = try length()
        guard depth > 0 else { throw failure(.malformed) }
        depth &-= 1
        unsafe end = next + length
    }

    // MARK: Positions

    @inlinable
    @inline(__always)
    public mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        guard tag == number << 3 | K.wire else { return }
        try K.read(&self, into: &value)
        try advance()
    }

    @inlinable
    @inline(__always)
    public mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        guard tag == number << 3 | K.wire else { return }
        // Not `== nil`, which compares, and copies to compare.
        if case .none = value { value = K.zero }
        try K.read(&self, into: &value!)
        try advance()
    }

    @inlinable
    @inline(__always)
    public mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        if K.isNumber {
            if tag == number << 3 | WireType.length { try packedRun(kind, &value) }
            if tag == number << 3 | K.wire { try numbers(kind, number, &value) }
        } else if tag == number << 3 | WireType.length {
            try runOfElements(kind, number, &value)
        }
    }

    /// Elements that own memory: in place, counted, with one allocation for a run into an empty array.
    @inlinable
    mutating func runOfElements<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ value: inout [K.Value]
    ) throws(WireError) {
        let mine = number << 3 | WireType.length
        // Only into an empty array: reserving exactly for each of many runs would be quadratic.
        if value.isEmpty { value.reserveCapacity(min(runLength(mine), elements)) }
        repeat {
            try countElement()
            value.append(K.zero)
            try K.read(&self, into: &value[value.count &- 1])
            try advance()
        } while tag == mine
    }

    @inlinable
    mutating func numbers<K: Kind>(_ kind: K.Type, _ number: UInt32, _ value: inout [K.Value]) throws(WireError) {
        repeat {
            var element = K.zero
            try K.read(&self, into: &element)
            value.append(element)
            try advance()
        } while tag == number << 3 | K.wire
    }

    @inlinable
    mutating func packedRun<K: Kind>(_ kind: K.Type, _ value: inout [K.Value]) throws(WireError) {
        let length = try length()
        let outer = unsafe end
        unsafe end = next + length
        if value.isEmpty {
            // The last byte of a varint alone has no high bit.
            let width = K.wire == WireType.four ? 4 : 8
            value.reserveCapacity(K.wire == WireType.varint ? unsafe Self.ends(next, length) : length / width)
        }
        while unsafe next < end {
            var element = K.zero
            try K.read(&self, into: &element)
            value.append(element)
        }
        unsafe end = outer
        try advance()
    }

    @inlinable
    static func ends(_ base: UnsafeRawPointer, _ count: Int) -> Int {
        var ends = 0
        for place in 0..<count { unsafe ends &+= Int(~base.load(fromByteOffset: place, as: UInt8.self) >> 7) }
        return ends
    }

    @inlinable
    public mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        let mine = number << 3 | WireType.length
        if tag == mine, value.isEmpty { value.reserve(min(runLength(mine), elements)) }
        while tag == mine {
            try countElement()
            let outer = unsafe end
            try descend()
            var pair = (key: K.zero, value: V.zero)
            do throws(WireError) {
                try entry(key, element, &pair)
            } catch {
                // What failed is this field, not the one of the entry.
                tag = mine
                throw error
            }
            depth &+= 1
            unsafe end = outer
            value[pair.key] = pair.value
            try advance()
        }
    }

    /// Reads the key and the value of a map's entry up to its end.
    @inlinable
    @inline(__always)
    mutating func entry<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ pair: inout (key: K.Value, value: V.Value)
    ) throws(WireError) {
        try advance()
        while tag != 0 {
            if tag == 1 << 3 | K.wire {
                try K.read(&self, into: &pair.key)
            } else if tag == 2 << 3 | V.wire {
                try V.read(&self, into: &pair.value)
            } else {
                try skip(tag)
            }
            try advance()
        }
    }

    @inlinable
    public mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        guard tag == number << 3 | WireType.length else { return }
        try readSecret(&value)
        try advance()
    }

    @inlinable
    @inline(__always)
    public mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        try T.members(&self, &value)
    }

    @inlinable
    @inline(__always)
    public mutating func member<K: Kind, T: OneOf>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
        _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
    ) throws(WireError) {
        guard tag == number << 3 | K.wire else { return }
        // The same member again is merged; another one begins anew.
        var payload = K.zero
        if let set = value, let same = get(set) { payload = same }
        try K.read(&self, into: &payload)
        value = make(consume payload)
        try advance()
    }

    @inlinable
    @inline(__always)
    public mutating func unknown(_ value: inout UnknownFields) throws(WireError) {
        if tag != 0, unsafe tagStart == passStart { try keep(&value) }
    }
}
