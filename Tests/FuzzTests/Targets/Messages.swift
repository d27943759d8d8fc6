import Bytes
import Conformance
import Wire

/// The properties of one message of `proto/`, without its type.
@safe
struct MessageKind: Sendable {
    /// As in `proto/`.
    let name: String
    let traits: MessageTraits
    /// Decodes the input; what is taken must be settled by its canonical encoding.
    let settle: @Sendable (UnsafeRawBufferPointer) throws(Broken) -> Void
    /// Draws a message, which must come back from its encoding; the encoding.
    let draw: @Sendable (inout Generator) throws(Broken) -> Bytes
    /// The canonical encoding of the input.
    let canonical: @Sendable (UnsafeRawBufferPointer) throws(WireError) -> Bytes

    static func of<M: Message>(_ type: M.Type) -> MessageKind {
        unsafe MessageKind(
            name: M.messageName,
            traits: MessageTraits(M.self),
            settle: { (input) throws(Broken) in
                guard let message = try? unsafe M.decode(input) else { return }
                _ = try Self.encode(message)
            },
            draw: { (generator) throws(Broken) in
                let message = generator.message(M.self)
                // One that its own check refuses is refused everywhere.
                return (try? message.check()) == nil ? message.encoded() : try Self.encode(message)
            },
            canonical: { (input) throws(WireError) in try unsafe M.decode(input).encoded() })
    }

    /// Encodes `message`, a valid one: it has the size that was said, comes back equal, and is encoded the same.
    private static func encode<M: Message>(_ message: M) throws(Broken) -> Bytes {
        let encoded = message.encoded()
        try Broken.unless(encoded.count == message.encodedSize, "\(encoded.count) bytes, not \(message.encodedSize)")
        let again: M
        do throws(WireError) {
            again = try M.decode(encoded)
        } catch {
            throw Broken("\(Hex.text(encoded)) was written and is refused: \(error)")
        }
        // What is not a number is not equal to itself. An array that holds one is, since it looks at where it lies
        // first: two arrays of the same bytes tell.
        let isNumeric = try? M.decode(encoded) == again
        try Broken.unless(
            again == message || isNumeric == false, "another message came back from \(Hex.text(encoded))")
        let twice = again.encoded()
        try Broken.unless(twice == encoded, "\(Hex.text(encoded)) is encoded again as \(Hex.text(twice))")
        return encoded
    }

    /// A target for this message alone.
    func target(_ name: String) -> FuzzTarget {
        FuzzTarget(
            name: name,
            variants: 31,
            seeds: {
                (UInt64(0)..<16).compactMap { seed in
                    var generator = Generator(seed: seed)
                    return try? draw(&generator)
                }
            },
            run: { (input) throws(Broken) in try unsafe settle(input) })
    }
}

extension FuzzTarget {
    /// The message of protobuf's public conformance suite, which has fields of every kind.
    static let conformance = MessageKind.of(TestAllTypesProto3.self).target("TestAllTypesProto3")

    /// Messages of all kinds, made from the input: the first byte says which, the others what is in it.
    static let generator = FuzzTarget(
        name: "generator",
        variants: 7,
        seeds: { (0..<UInt8(MessageKind.all.count)).map { kind in Bytes((0..<96).map { kind &+ $0 &* 37 }) } },
        run: { (input) throws(Broken) in
            guard let first = unsafe input.first else { return }
            var generator = unsafe Generator(bytes: [UInt8](input.dropFirst()))
            _ = try MessageKind.all[Int(first) % MessageKind.all.count].draw(&generator)
        })
}
