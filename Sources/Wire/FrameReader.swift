import Bytes

/// Cuts a stream of bytes, which may arrive in any pieces, into frames.
///
/// A frame's length is held against the limit as soon as its header is whole, before anything is allocated for
/// it. A body that lies in one piece is a view of it; another is put together once. After an error the reader is
/// of no further use: the connection ends.
///
/// A reader that wipes owns the pieces that it is given: what it put together it overwrites where it came from, so
/// that the frame is the only copy.
public struct FrameReader: Sendable {
    private let limit: Int
    private let isWiping: Bool
    /// Pieces that were not read yet; the first from `offset` on.
    private var pieces: [Bytes] = []
    private var first = 0
    private var offset = 0
    /// Bytes of `pieces` that were not read yet.
    private var waiting = 0
    /// The frame that has begun.
    private var header: FrameHeader?

    /// - Parameter limit: the longest body in bytes: `Limits.frameBytes`, or `Limits.workerFrameBytes`.
    public init(limit: Int = Limits.frameBytes, wiping: Bool = false) {
        self.limit = limit
        isWiping = wiping
    }

    /// Whether the bytes so far end where a frame ends.
    public var isBetweenFrames: Bool { waiting == 0 && header == nil }

    /// Takes the next piece; `next` is called until it has no frame before another one is taken.
    public mutating func append(_ piece: Bytes) {
        if piece.isEmpty { return }
        pieces.append(piece)
        waiting += piece.count
    }

    /// The next whole frame, or `nil` until more bytes come.
    public mutating func next() throws(FrameError) -> Frame? {
        if header == nil {
            guard waiting >= FrameHeader.byteCount else { return nil }
            let parsed = try unsafe read(FrameHeader.byteCount).withUnsafeBytes { (bytes) throws(FrameError) in
                try unsafe FrameHeader(parsing: bytes)
            }
            guard parsed.length <= UInt32(limit) else { throw .tooLarge }
            header = parsed
        }
        guard let header, waiting >= Int(header.length) else { return nil }
        self.header = nil
        return Frame(header: header, body: read(Int(header.length)))
    }

    /// Gives up, and wipes what was not read yet if it is the reader's.
    public mutating func discard() {
        if isWiping {
            for place in first..<max(first, pieces.count) {
                pieces[place].slice((place == first ? offset : 0)..<pieces[place].count).wipe()
            }
        }
        self = FrameReader(limit: limit, wiping: isWiping)
    }

    /// Takes `count` bytes, of which at least as many are waiting.
    private mutating func read(_ count: Int) -> Bytes {
        if count == 0 { return Bytes() }
        waiting -= count
        if pieces[first].count - offset >= count {
            let view = pieces[first].slice(offset..<offset + count)
            move(count)
            return view
        }
        var array: [UInt8] = []
        array.reserveCapacity(count)
        while array.count < count {
            let piece = pieces[first]
            let part = piece.slice(offset..<min(piece.count, offset + count - array.count))
            unsafe part.withUnsafeBytes { unsafe array.append(contentsOf: $0) }
            if isWiping { part.wipe() }
            move(part.count)
        }
        return Bytes(array)
    }

    /// Steps over `count` bytes of the first piece, and lets go of it at its end.
    private mutating func move(_ count: Int) {
        offset += count
        guard offset == pieces[first].count else { return }
        pieces[first] = Bytes()
        first += 1
        offset = 0
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            first = 0
        }
    }
}
