import Bytes

extension Decoder {
    /// Where the decoder is, from the start of the outermost message.
    @inlinable public var offset: Int { unsafe next - start }

    // MARK: Errors

    @usableFromInline
    @inline(never)
    func failure(_ reason: WireError.Reason) -> WireError { WireError(reason, offset: offset) }

    /// The pending tag is none, so that it names no field.
    @usableFromInline
    @inline(never)
    mutating func failureOfTag() -> WireError {
        tag = 0
        return failure(.malformed)
    }

    /// `error` with the place that the pending tag stands for.
    @usableFromInline
    @inline(never)
    func located<M: Message>(_ error: WireError, in type: M.Type) -> WireError {
        error.located(in: type, field: tag >> 3, offset: offset)
    }

    // MARK: Tags

    /// Reads the next tag of this message, or 0 at its end.
    @inlinable
    @inline(__always)
    mutating func advance() throws(WireError) {
        unsafe tagStart = next
        guard unsafe next < end else {
            tag = 0
            return
        }
        let byte = unsafe next.load(as: UInt8.self)
        if byte < 0x80 {
            unsafe next += 1
            tag = UInt32(byte)
        } else {
            // If it can't be read, there is no field to name.
            tag = 0
            tag = try longTag()
        }
        // A number of 0, or a wire type other than 0, 1, 2, 3 and 5.
        guard tag >= 8, 0b10_1111 >> (tag & 7) & 1 == 1 else { throw failureOfTag() }
    }

    /// A tag is at most five bytes and 32 bits.
    @usableFromInline
    mutating func longTag() throws(WireError) -> UInt32 {
        let value = try shortVarint()
        guard let tag = UInt32(exactly: value) else { throw failure(.malformed) }
        return tag
    }

    /// A varint of at most five bytes.
    @usableFromInline
    mutating func shortVarint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 35 {
            guard unsafe next < end else { throw failure(.truncated) }
            let byte = unsafe next.load(as: UInt8.self)
            unsafe next += 1
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw failure(.malformed)
    }

    // MARK: Values

    @inlinable
    @inline(__always)
    mutating func varint() throws(WireError) -> UInt64 {
        guard unsafe next < end else { throw failure(.truncated) }
        let byte = unsafe next.load(as: UInt8.self)
        if byte < 0x80 {
            unsafe next += 1
            return UInt64(byte)
        }
        return try longVarint()
    }

    /// At most ten bytes; bits above 64 in the tenth are dropped.
    @usableFromInline
    mutating func longVarint() throws(WireError) -> UInt64 {
        if unsafe end - next >= 8 {
            // Eight bytes at a time: the first without a high bit is the last of the varint.
            let word = unsafe UInt64(littleEndian: next.loadUnaligned(as: UInt64.self))
            let stops = ~word & 0x8080_8080_8080_8080
            if stops != 0 {
                unsafe next += stops.trailingZeroBitCount / 8 &+ 1
                var groups = word & (stops ^ (stops &- 1)) & 0x7f7f_7f7f_7f7f_7f7f
                groups = (groups & 0x7f00_7f00_7f00_7f00) >> 1 | groups & 0x007f_007f_007f_007f
                groups = (groups & 0x3fff_0000_3fff_0000) >> 2 | groups & 0x0000_3fff_0000_3fff
                return (groups & 0x0fff_ffff_0000_0000) >> 4 | groups & 0x0fff_ffff
            }
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        let last = unsafe min(10, end - next)
        var place = 0
        while place < last {
            let byte = unsafe next.load(fromByteOffset: place, as: UInt8.self)
            value |= UInt64(byte & 0x7f) &<< shift
            place &+= 1
            if byte < 0x80 {
                unsafe next += place
                return value
            }
            shift &+= 7
        }
        throw failure(last == 10 ? .malformed : .truncated)
    }

    /// A length, which this message has room for.
    @inlinable
    @inline(__always)
    mutating func length() throws(WireError) -> Int {
        guard unsafe next < end else { throw failure(.truncated) }
        let byte = unsafe next.load(as: UInt8.self)
        var length = UInt64(byte)
        if byte < 0x80 {
            unsafe next += 1
        } else {
            length = try shortVarint()
            guard length <= UInt64(Limits.encodedBytes) else { throw failure(.malformed) }
        }
        guard unsafe length <= UInt64(truncatingIfNeeded: end - next) else { throw failure(.truncated) }
        return Int(truncatingIfNeeded: length)
    }

    @inlinable
    @inline(__always)
    mutating func fixed<Pattern: FixedWidthInteger & BitwiseCopyable>(
        _ type: Pattern.Type
    ) throws(WireError) -> Pattern {
        let count = Pattern.bitWidth / 8
        guard unsafe end - next >= count else { throw failure(.truncated) }
        let value = unsafe next.loadUnaligned(as: Pattern.self)
        unsafe next += count
        return Pattern(littleEndian: value)
    }

    @inlinable
    mutating func string() throws(WireError) -> String {
        let length = try length()
        let units = unsafe UnsafeBufferPointer(start: next.assumingMemoryBound(to: UInt8.self), count: length)
        let text: String
        do throws(UTF8.ValidationError) {
            text = String(copying: try UTF8Span(validating: unsafe Span(_unsafeElements: units)))
        } catch {
            throw failure(.text)
        }
        unsafe next += length
        return text
    }

    /// A view of the source, or a copy when there is none.
    @inlinable
    mutating func bytes() throws(WireError) -> Bytes {
        let length = try length()
        if length == 0 { return Bytes() }
        let first = offset
        unsafe next += length
        if let source { return source.slice(first..<first &+ length) }
        return unsafe Bytes(UnsafeRawBufferPointer(start: start + first, count: length))
    }

    @inlinable
    mutating func fixedBytes<T: FixedBytes>() throws(WireError) -> T {
        let length = try length()
        if length == 0 { return T.zero }
        guard length == T.byteCount else { throw failure(.malformed) }
        let value = unsafe T(bytes: UnsafeRawBufferPointer(start: next, count: length))
        unsafe next += length
        return value
    }

    /// Straight from the buffer into locked memory.
    @usableFromInline
    mutating func readSecret(_ value: inout SecretBox?) throws(WireError) {
        let length = try length()
        guard length <= Limits.secretBytes else { throw failure(.tooLarge) }
        if length == 0 {
            value = nil
        } else {
            value = unsafe SecretBox(SecretBytes(copying: UnsafeRawBufferPointer(start: next, count: length)))
        }
        unsafe next += length
    }

    // MARK: Elements

    @inlinable
    @inline(__always)
    mutating func countElement() throws(WireError) {
        guard elements > 0 else { throw failure(.tooLarge) }
        elements &-= 1
    }

    /// How many fields of tag `mine` follow each other from here, the pending one included; a hint, which takes
    /// nothing and stops at what is malformed.
    @usableFromInline
    func runLength(_ mine: UInt32) -> Int {
        var place = unsafe next
        var count = 0
        repeat {
            count &+= 1
            guard let length = unsafe Self.peek(&place, end), unsafe UInt64(length) <= UInt64(end - place) else {
                break
            }
            unsafe place += Int(length)
        } while unsafe Self.peek(&place, end) == mine
        return count
    }

    /// A varint of at most four bytes; `nil`: there is none.
    private static func peek(_ place: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> UInt32? {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while shift < 28, unsafe place < end {
            let byte = unsafe place.load(as: UInt8.self)
            unsafe place += 1
            value |= UInt32(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        return nil
    }

    // MARK: Unknown fields

    /// Keeps the pending field, tag and value, as it came.
    @usableFromInline
    mutating func keep(_ value: inout UnknownFields) throws(WireError) {
        let first = unsafe tagStart
        try skip(tag)
        let field = unsafe UnsafeRawBufferPointer(start: first, count: next - first)
        guard value.raw.count + field.count <= Limits.unknownBytes else { throw failure(.tooLarge) }
        unsafe value.append(field)
        try advance()
    }

    /// Skips the value of a field with `tag`.
    @usableFromInline
    mutating func skip(_ tag: UInt32) throws(WireError) {
        switch tag & 7 {
        case WireType.varint: _ = try varint()
        case WireType.eight: _ = try fixed(UInt64.self)
        case WireType.four: _ = try fixed(UInt32.self)
        case WireType.length:
            let length = try length()
            unsafe next += length
        case WireType.groupStart: try skipGroup(tag >> 3)
        default: throw failure(.malformed)
        }
    }

    /// Skips to the end tag of group `number`, which is at the same level of this message.
    private mutating func skipGroup(_ number: UInt32) throws(WireError) {
        guard depth > 0 else { throw failure(.malformed) }
        depth -= 1
        while true {
            guard unsafe next < end else { throw failure(.truncated) }
            let tag = try longTag()
            guard tag >= 8 else { throw failure(.malformed) }
            if tag & 7 == WireType.groupEnd {
                guard tag >> 3 == number else { throw failure(.malformed) }
                depth += 1
                return
            }
            try skip(tag)
        }
    }
}
