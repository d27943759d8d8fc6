import Bytes

/// What a frame says about itself beside its type; unknown bits are an error. `proto/README.md` §3.
@frozen
public struct FrameFlags: OptionSet, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The sender's last frame of this stream.
    public static let end = FrameFlags(rawValue: 1)
    /// The message goes on in the next frame of this stream and type.
    public static let more = FrameFlags(rawValue: 2)
    /// An answer, to what opened the stream.
    public static let response = FrameFlags(rawValue: 4)
    /// The body is a `Failure`.
    public static let error = FrameFlags(rawValue: 8)

    static let known: FrameFlags = [.end, .more, .response, .error]
}

/// The twelve bytes before a frame's body, little-endian: length, type, flags, class, stream.
@frozen
public struct FrameHeader: Equatable, Sendable {
    public static let byteCount = 12

    /// Bytes of the body.
    public var length: UInt32
    public var type: UInt16
    public var flags: FrameFlags
    /// The class, which follows from the type: a receiver computes it and never believes this one.
    public var priority: UInt8
    /// Odd from the dialler, even from the acceptor; 0 is the link itself.
    public var stream: UInt32

    public init(length: UInt32, type: UInt16, flags: FrameFlags, priority: UInt8, stream: UInt32) {
        self.length = length
        self.type = type
        self.flags = flags
        self.priority = priority
        self.stream = stream
    }

    /// Reads `byteCount` bytes.
    ///
    /// - Throws: `FrameError.malformed` when a flag is unknown.
    init(parsing bytes: UnsafeRawBufferPointer) throws(FrameError) {
        length = unsafe UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        type = unsafe UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        flags = unsafe FrameFlags(rawValue: bytes[6])
        priority = unsafe bytes[7]
        stream = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        guard flags.isSubset(of: .known) else { throw .malformed("unknown flags in a frame of type \(type)") }
    }

    public func encoded() -> Bytes {
        var array: [UInt8] = []
        append(to: &array)
        return Bytes(array)
    }

    public func append(to array: inout [UInt8]) {
        array.reserveCapacity(array.count + Self.byteCount)
        unsafe withUnsafeBytes(of: length.littleEndian) { unsafe array.append(contentsOf: $0) }
        unsafe withUnsafeBytes(of: type.littleEndian) { unsafe array.append(contentsOf: $0) }
        array.append(flags.rawValue)
        array.append(priority)
        unsafe withUnsafeBytes(of: stream.littleEndian) { unsafe array.append(contentsOf: $0) }
    }
}

/// A frame as it came.
public struct Frame: Equatable, Sendable {
    public let header: FrameHeader
    /// As long as the header says; a view of what was read when it came in one piece.
    public let body: Bytes
}

/// Why a peer's stream of frames can't go on.
public enum FrameError: Error, Equatable {
    /// A body is longer than this peer may send.
    case tooLarge
    /// No encoder of ours writes this.
    case malformed(String)
}
