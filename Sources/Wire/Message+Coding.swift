import Bytes

// MARK: - Decoding

extension Message {
    /// Decodes all of `bytes`; fields of type `Bytes` are views of it and keep it alive.
    ///
    /// `check()` is called on this message and on every message inside it, each where it ends. So a message that
    /// arrives in two parts (which no encoder of ours writes) is checked after each part.
    ///
    /// - Throws: `WireError`, with the offset where the input stops making sense.
    @inlinable
    public static func decode(_ bytes: Bytes, elements: Int = Limits.elements) throws(WireError) -> Self {
        try unsafe bytes.withUnsafeBytes { (buffer) throws(WireError) -> Self in
            try unsafe decode(buffer, source: bytes, elements: elements)
        }
    }

    /// Decodes all of `buffer`, of which nothing is kept: fields of type `Bytes` are copies.
    @inlinable
    public static func decode(
        _ buffer: UnsafeRawBufferPointer, elements: Int = Limits.elements
    ) throws(WireError) -> Self {
        try unsafe decode(buffer, source: nil, elements: elements)
    }

    /// Decodes a message with a secret in it; only what is declared `secret` stays in locked memory.
    @inlinable
    public static func decode(_ secret: borrowing SecretBytes) throws(WireError) -> Self {
        try unsafe secret.borrow { (buffer) throws(WireError) -> Self in
            try unsafe decode(buffer, source: nil, elements: Limits.elements)
        }
    }

    @inlinable
    static func decode(
        _ buffer: UnsafeRawBufferPointer, source: Bytes?, elements: Int
    ) throws(WireError) -> Self {
        var message = Self()
        guard let base = buffer.baseAddress, unsafe !buffer.isEmpty else {
            do throws(WireError) {
                try message.check()
            } catch {
                throw error.located(in: Self.self, field: 0, offset: 0)
            }
            return message
        }
        guard buffer.count <= Limits.encodedBytes else {
            throw WireError(.tooLarge, message: messageName, offset: Limits.encodedBytes)
        }
        var decoder = unsafe Decoder(buffer, base, source: source, elements: elements)
        try decoder.run(&message)
        return message
    }
}

// MARK: - Encoding

extension Message {
    /// How many bytes the encoded message has.
    @inlinable
    public var encodedSize: Int {
        var sizer = Sizer()
        walk(&sizer)
        return sizer.size
    }

    /// The canonical encoding. Not for a message with a secret in it: `encodedSecret()`.
    @inlinable
    public func encoded() -> Bytes {
        var array: [UInt8] = []
        append(to: &array)
        return Bytes(array)
    }

    /// Appends the canonical encoding to `array`.
    @inlinable
    public func append(to array: inout [UInt8]) {
        unsafe withSizes { (size, notes) in
            if array.isEmpty {
                array = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                    unsafe encode(into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size), notes)
                    count = size
                }
            } else {
                let first = array.count
                array.append(contentsOf: repeatElement(0, count: size))
                unsafe array.withUnsafeMutableBytes { unsafe encode(into: .init(rebasing: $0[first...]), notes) }
            }
        }
    }

    /// Writes the canonical encoding to the start of `buffer`, which has room for it, and returns its length.
    @inlinable
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        unsafe withSizes { (size, notes) in
            precondition(size <= buffer.count, "a message of \(size) bytes, room for \(buffer.count)")
            unsafe encode(into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size), notes)
            return size
        }
    }

    /// The canonical encoding in locked memory. A message with a secret in it is as secret as that, and its
    /// plaintext is never in an array: what is sent further is sealed from here.
    ///
    /// Bug: an empty message, which has no encoding to lock.
    @inlinable
    public func encodedSecret() -> SecretBytes {
        unsafe withSizes { (size, notes) in
            unsafe SecretBytes(count: size) { (buffer) in
                unsafe encode(into: buffer, notes)
            }
        }
    }

    /// Lends `body` the size of the encoding and what a sizer noted on the way.
    @inlinable
    @inline(__always)
    func withSizes<R: ~Copyable>(_ body: (Int, UnsafeBufferPointer<UInt32>) -> R) -> R {
        unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Limits.notedLengths) { room in
            var sizer = unsafe Sizer(room)
            walk(&sizer)
            precondition(sizer.size <= Limits.encodedBytes, "a message of \(sizer.size) bytes has no encoding")
            let count = min(sizer.noted, room.count)
            return unsafe body(sizer.size, UnsafeBufferPointer(rebasing: UnsafeBufferPointer(room)[..<count]))
        }
    }

    /// Writes the canonical encoding into `buffer`, which has exactly as many bytes.
    @inlinable
    @inline(__always)
    func encode(into buffer: UnsafeMutableRawBufferPointer, _ notes: UnsafeBufferPointer<UInt32>) {
        guard let base = buffer.baseAddress else { return }
        var encoder = unsafe Encoder(base, count: buffer.count, notes: notes)
        walk(&encoder)
        let left = unsafe encoder.end - encoder.next
        precondition(left == 0, "a message shrank by \(left) bytes while it was encoded")
    }

    /// Shows the fields of an immutable message to a coder that stores nothing.
    ///
    /// `fields` is mutating, for the decoder's sake; a copy would retain every reference of the message. This is
    /// the one place that relies on the promise of `Message.fields`: it stores only what the coder stores.
    @inlinable
    @inline(__always)
    func walk<C: Coder>(_ coder: inout C) {
        unsafe withUnsafePointer(to: self) { unsafe Self.walk($0, &coder) }
    }

    /// The same of a message where it lies.
    @inlinable
    @inline(__always)
    static func walk<C: Coder>(_ message: UnsafePointer<Self>, _ coder: inout C) {
        do throws(WireError) {
            try unsafe UnsafeMutablePointer(mutating: message).pointee.fields(&coder)
        } catch {
            preconditionFailure("a coder that only reads threw \(error)")
        }
    }
}

// MARK: - Frames that hold a secret

extension Message {
    /// The encoding in one buffer of ordinary memory, and nowhere else: whoever sends it wipes it.
    ///
    /// Bug: an empty message.
    package func encodedForWiping() -> Bytes {
        unsafe encodedSecret().borrow { unsafe Bytes($0) }
    }

    /// Decodes a message from a buffer that held a secret in the clear, then overwrites the buffer. Nothing of the
    /// message is a view of it.
    package static func decode(wiping bytes: Bytes) throws(WireError) -> Self {
        defer { bytes.wipe() }
        return try unsafe bytes.withUnsafeBytes { (buffer) throws(WireError) -> Self in
            try unsafe decode(buffer)
        }
    }
}
