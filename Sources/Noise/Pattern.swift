/// Who sends which keys when, and which agreements go into the chaining key: §7 of the Noise specification as data.
package struct Pattern: Sendable {
    package enum Token: Sendable {
        case e, s, ee, es, se, ss, psk
    }

    /// The full protocol name; at most 64 bytes.
    package let name: String
    /// Whether the static key of that end is known before the first message.
    package let initiatorIsKnown: Bool
    package let responderIsKnown: Bool
    /// The tokens of each message; the first is the initiator's, and they alternate.
    package let messages: [[Token]]

    package init(
        name: String, initiatorIsKnown: Bool = false, responderIsKnown: Bool = false, messages: [[Token]]
    ) {
        precondition(name.utf8.count <= 64, "a protocol name of \(name.utf8.count) bytes")
        self.name = name
        self.initiatorIsKnown = initiatorIsKnown
        self.responderIsKnown = responderIsKnown
        self.messages = messages
    }

    /// Whether a pre-shared key is used; then every ephemeral key goes into the chaining key, too.
    var usesSharedKey: Bool { messages.contains { $0.contains(.psk) } }

    /// Links: both ends prove their keys, and nobody without the pre-shared key gets an answer.
    package static let link = Pattern(
        name: "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b",
        messages: [[.psk, .e], [.e, .ee, .s, .es], [.s, .se]])

    /// One message to a known key, from a proven one: what is sealed to a node.
    package static let sealing = Pattern(
        name: "Noise_X_25519_ChaChaPoly_BLAKE2b", responderIsKnown: true, messages: [[.e, .es, .s, .ss]])
}
