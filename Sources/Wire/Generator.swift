import Bytes

/// Fills messages with random valid values through the same walk that decodes them: equal seeds, equal messages.
///
/// In place of a seed it draws from given bytes when a fuzzer looks for messages: one byte a small decision, so that
/// a changed byte changes one thing, and zeros behind their end, which choose what is empty.
///
/// Numbers and lengths lean to the edges (0, the varint steps, all ones), where codecs are wrong. A message inside
/// another appears while the budget lasts, so that a message of the whole cluster stays small. A nested message that
/// its `check` refuses is drawn again a few times, then left at its zero.
public struct Generator: Coder {
    private enum Source {
        case seed(SplitMix)
        case bytes(ArraySlice<UInt8>)
    }

    private var source: Source
    /// How many more messages may be made inside the outermost one.
    private var budget = 0
    /// How deep the message that is being filled is.
    private var depth = 0

    private static let messages = 40
    private static let levels = 5
    private static let attempts = 8

    public init(seed: UInt64) {
        source = .seed(SplitMix(seed: seed))
    }

    public init(bytes: [UInt8]) {
        source = .bytes(bytes[...])
    }

    /// A random message; one that `check` may refuse.
    public mutating func message<M: Message>(_ type: M.Type) -> M {
        budget = Self.messages
        depth = 0
        return filled(type)
    }

    private mutating func filled<M: Message>(_ type: M.Type) -> M {
        var message = M()
        do throws(WireError) {
            try message.fields(&self)
        } catch {
            preconditionFailure("a generator threw \(error)")
        }
        return message
    }

    // MARK: Values

    /// The next 64 random bits.
    public mutating func bits() -> UInt64 {
        switch source {
        case .seed(var chance):
            defer { source = .seed(chance) }
            return chance.next()
        case .bytes(let rest):
            source = .bytes(rest.dropFirst(8))
            return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// From 0 up to `bound`, without it.
    public mutating func below(_ bound: Int) -> Int {
        guard case .bytes(let rest) = source, bound <= 256 else {
            return Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
        }
        source = .bytes(rest.dropFirst())
        return Int(rest.first ?? 0) * bound >> 8
    }

    private mutating func byte() -> UInt8 {
        if case .bytes = source { UInt8(below(256)) } else { UInt8(truncatingIfNeeded: bits()) }
    }

    /// A number of a random width, or just at a step of the varints.
    mutating func number() -> UInt64 {
        switch below(4) {
        case 0: UInt64(below(4))
        case 1: (1 << UInt64(7 * below(10))) &- UInt64(below(2))
        case 2: UInt64.max << UInt64(below(64))
        default: bits() >> UInt64(below(64))
        }
    }

    mutating func text() -> String {
        let pieces = [
            "a", "Z", "0", "-", ".", "_", "/", " ", "\0", "\n", "\"", "é", "e\u{301}", "値", "🔑", "\u{10ffff}",
        ]
        var text = ""
        for _ in 0..<length() { text += pieces[below(pieces.count)] }
        return text
    }

    mutating func bytes(_ count: Int) -> Bytes {
        Bytes((0..<count).map { _ in byte() })
    }

    /// That of an ID, a key or a signature; short; at times above the step from one byte of length to two.
    mutating func length() -> Int {
        switch below(20) {
        case 0: 100 + below(100)
        case 1...9: 16 << below(3)
        default: below(20)
        }
    }

    mutating func nested<M: Message>(_ type: M.Type) -> M {
        guard budget > 0, depth < Self.levels else { return M() }
        budget -= 1
        depth += 1
        defer { depth -= 1 }
        for _ in 0..<Self.attempts {
            let message = filled(type)
            if (try? message.check()) != nil { return message }
        }
        return M()
    }

    // MARK: Positions

    public mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {
        value = below(5) == 0 ? K.zero : K.random(&self)
    }

    public mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {
        value = below(3) == 0 ? nil : K.random(&self)
    }

    public mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {
        value = []
        for _ in 0..<below(4) { value.append(K.random(&self)) }
    }

    public mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {
        value = SortedMap()
        for _ in 0..<below(4) { value[K.random(&self)] = V.random(&self) }
    }

    public mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        if below(3) == 0 {
            value = nil
        } else {
            value = SecretBox(SecretBytes(copying: bytes(max(1, length()))))
        }
    }

    public mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {
        var counter = MemberCounter()
        value = nil
        try T.members(&counter, &value)
        var chooser = MemberChooser(generator: self, left: below(counter.count + 1))
        try T.members(&chooser, &value)
        self = chooser.generator
    }

    /// Numbers from 19000 on are never declared.
    public mutating func unknown(_ value: inout UnknownFields) throws(WireError) {
        value = UnknownFields()
        guard below(4) == 0 else { return }
        for field in 0..<UInt32(1 + below(3)) {
            let known = Unknown(number: 19_000 + field, bytes: bytes(length()))
            unsafe known.encoded().withUnsafeBytes { unsafe value.append($0) }
        }
    }

    /// One field of a newer version.
    private struct Unknown: Message {
        var number: UInt32 = 19_000
        var bytes = Bytes()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.bytes(number, "unknown", &bytes)
        }
    }

    /// How many members a `oneof` has.
    private struct MemberCounter: OneOfCoder {
        var count = 0

        mutating func member<K: Kind, T: OneOf>(
            _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
            _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
        ) throws(WireError) {
            count += 1
        }
    }

    /// Sets the member that `left` others are before; none when there are not so many.
    private struct MemberChooser: OneOfCoder {
        var generator: Generator
        var left: Int

        mutating func member<K: Kind, T: OneOf>(
            _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout T?,
            _ make: (consuming K.Value) -> T, _ get: (T) -> K.Value?
        ) throws(WireError) {
            if left == 0 { value = make(K.random(&generator)) }
            left -= 1
        }
    }
}
