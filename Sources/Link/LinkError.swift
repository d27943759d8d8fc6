/// Why a channel ends by this end's judgement. What the peer learns of it is `Goodbye`, or nothing.
package enum LinkError: Error, Equatable, Sendable {
    /// Not the first bytes of a link of ours.
    case notALink
    /// A version or suite that this end does not speak.
    case version(UInt8)
    /// A handle that names no key here, or a key that the peer does not have. Which, is for nobody to learn.
    case refused
    /// A handshake message or a record does not open.
    case damaged
    /// A length beyond its bound.
    case tooLarge
    /// Framing that no encoder of ours writes.
    case malformed(String)
    /// The peer's certificate, or its row, does not allow the link.
    case unauthorised(String)
    /// The peer does not read what it is sent.
    case unread
    /// Nothing was heard for too long.
    case silent
    /// The connection ended without `Goodbye`.
    case cut
}
