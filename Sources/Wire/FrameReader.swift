import Bytes

/// Cuts a stream of bytes, which may arrive in any pieces, into frames.
///
/// A frame's length is held against the limit as soon as its header is whole, before anything is allocated for
/// it. A body that lies in one piece is a view of it; another is put together once, in a buffer of its own length, so
/// that a peer that sends byte by byte costs no more than one that sends at once. After an error the reader is of no
/// further use: the connection ends.
///
/// A reader that wipes owns the pieces that it is given: what it put together it overwrites where it came from, so
/// that the frame is the only copy.
public struct FrameReader: Sendable {
    private let limit: Int
    private let isWiping: Bool
    /// The piece that is read, from `offset` on.
    private var piece = Bytes()
    private var offset = 0
    /// A header that is not whole.
    private var begun: [UInt8] = []
    /// The frame that has begun.
    private var header: FrameHeader?
    /// What is there of its body, once that does not lie in one piece.
    private var body: [UInt8] = []

    /// - Parameter limit: the longest body in bytes: `Limits.frameBytes`, or `Limits.workerFrameBytes`.
    public init(limit: Int = Limits.frameBytes, wiping: Bool = false) {
        self.limit = limit
        isWiping = wiping
    }

    /// Whether the bytes so far end where a frame ends.
    public var isBetweenFrames: Bool { left == 0 && begun.isEmpty && header == nil }

    /// Bytes of frames that are not whole: at most a header and a body of the limit.
    package var heldBytes: Int { left + begun.count + body.count }

    private var left: Int { piece.count - offset }

    /// Takes the next piece; `next` is called until it has no frame before another one is taken.
    public mutating func append(_ piece: Bytes) {
        precondition(left == 0, "\(left) bytes were not read before the next piece came")
        self.piece = piece
        offset = 0
    }

    /// The next whole frame, or `nil` until more bytes come.
    public mutating func next() throws(FrameError) -> Frame? {
        do throws(FrameError) {
            if header == nil { header = try readHeader() }
        } catch {
            discard()
            throw error
        }
        guard let header, let body = readBody(Int(header.length)) else { return nil }
        self.header = nil
        return Frame(header: header, body: body)
    }

    /// Gives up, and wipes what was not read yet if it is the reader's.
    public mutating func discard() {
        if isWiping {
            piece.slice(offset..<piece.count).wipe()
            Bytes(body).wipe()
        }
        self = FrameReader(limit: limit, wiping: isWiping)
    }

    private mutating func readHeader() throws(FrameError) -> FrameHeader? {
        let bytes: Bytes
        if begun.isEmpty, left >= FrameHeader.byteCount {
            bytes = take(FrameHeader.byteCount)
        } else {
            begun += take(min(left, FrameHeader.byteCount - begun.count))
            guard begun.count == FrameHeader.byteCount else { return nil }
            bytes = Bytes(begun)
            begun = []
        }
        let parsed = try unsafe bytes.withUnsafeBytes { (bytes) throws(FrameError) in
            try unsafe FrameHeader(parsing: bytes)
        }
        guard parsed.length <= UInt32(limit) else { throw .tooLarge }
        return parsed
    }

    private mutating func readBody(_ count: Int) -> Bytes? {
        if body.isEmpty, left >= count { return take(count) }
        // Room for all of it at once: an array that grew would leave what it held behind.
        if body.isEmpty { body.reserveCapacity(count) }
        let part = take(min(left, count - body.count))
        body += part
        if isWiping { part.wipe() }
        guard body.count == count else { return nil }
        defer { body = [] }
        return Bytes(body)
    }

    /// A view of the next `count` bytes of the piece, which is let go at its end.
    private mutating func take(_ count: Int) -> Bytes {
        let view = piece.slice(offset..<offset + count)
        offset += count
        if left == 0 {
            piece = Bytes()
            offset = 0
        }
        return view
    }
}
