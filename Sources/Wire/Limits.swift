/// The bounds of the wire, each with its reason.
public enum Limits {
    /// A frame's payload from a manager or a client; a sender's own are at most `sentFrameBytes`.
    public static let frameBytes = 1 << 20
    /// A frame's payload from a worker, which has nothing large to say and may be hostile.
    public static let workerFrameBytes = 1 << 16
    /// What a sender puts into one frame, 1 ms at 1 Gbit/s, so that consensus never waits long behind it.
    public static let sentFrameBytes = 1 << 17
    /// One message in `MORE` frames: the largest secret, config or batch of entries with room to spare.
    public static let messageBytes = 1 << 21
    /// Lengths of parts that an encoder keeps on its stack (1 KiB) from adding up to writing: those of a batch of entries.
    public static let notedLengths = 256
    /// What the encoding itself allows (a signed 32-bit length).
    public static let encodedBytes = Int(Int32.max)
    /// Messages and groups inside each other below the outermost message, as in every other implementation.
    public static let depth = 100
    /// Elements that own memory (messages, strings, bytes, pairs of maps) in one decoded message. An empty one
    /// is two bytes here and a few hundred there, so that the bytes alone bound nothing.
    public static let elements = 1 << 16
    /// Bytes of fields that this version does not know, in one message.
    public static let unknownBytes = 1 << 16
    /// A secret's value, 500 kB as in Docker Swarm (512,000 bytes), and 4 KiB for what seals or frames it.
    public static let secretBytes = 512_000 + 4096
}
