import Bytes
import Primitives

/// One run of a pattern, from the prologue to the transport keys: §5.3 of the Noise specification.
///
///     write ──▶ read ──▶ write ──▶ … ──▶ isComplete ──▶ ciphers()
///
/// A value that may be moved to another thread, where its steps take 30 to 90 µs, and back. After an error it is
/// of no use; every further step is refused.
package struct Handshake: Sendable {
    package enum Part: Sendable { case initiator, responder }

    /// A message of Noise has at most so many bytes.
    package static let maxMessageBytes = 65_535

    package let part: Part
    private let pattern: Pattern
    private let local: AgreementKey?
    private let ephemeral: AgreementKey?
    private let sharedKey: SecretBox?
    private var symmetric: SymmetricState
    /// The other end's static key: given, or read, and then proven once the handshake is complete.
    package private(set) var remoteKey: PublicKey?
    private var remoteEphemeral: PublicKey?
    private var done = 0
    private var hasFailed = false

    /// A run at its start.
    ///
    /// `local` is this end's static key where the pattern sends or knows it; `ephemeral` is used in this run alone;
    /// `remoteKey` is given where the pattern knows it; `sharedKey` has 32 bytes.
    package init(
        _ pattern: Pattern, as part: Part, prologue: Bytes, local: AgreementKey?, ephemeral: AgreementKey?,
        remoteKey: PublicKey? = nil, sharedKey: SecretBox? = nil
    ) {
        precondition(sharedKey == nil || sharedKey?.count == 32, "a pre-shared key of another size than 32")
        self.part = part
        self.pattern = pattern
        self.local = local
        self.ephemeral = ephemeral
        self.remoteKey = remoteKey
        self.sharedKey = sharedKey
        symmetric = SymmetricState(name: pattern.name)
        unsafe prologue.withUnsafeBytes { unsafe symmetric.mixHash($0) }
        if pattern.initiatorIsKnown { mixKnown(isMine: part == .initiator) }
        if pattern.responderIsKnown { mixKnown(isMine: part == .responder) }
    }

    package var isComplete: Bool { done == pattern.messages.count && !hasFailed }
    /// Whether the next message is this end's.
    package var writesNext: Bool {
        done < pattern.messages.count && !hasFailed && done.isMultiple(of: 2) == (part == .initiator)
    }
    /// The hash of all that was said; 64 bytes.
    package var hash: Bytes { unsafe symmetric.hash.span.withUnsafeBytes { unsafe Bytes($0) } }

    /// The next message, with `payload` in it. Bug: it is not this end's turn.
    package mutating func write(_ payload: Bytes) throws(NoiseError) -> Bytes {
        try unsafe payload.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) throws(NoiseError) -> Bytes in
            try unsafe write(buffer)
        }
    }

    /// The same with a secret payload.
    package mutating func write(secret payload: borrowing SecretBytes) throws(NoiseError) -> Bytes {
        try unsafe payload.borrow { (buffer: UnsafeRawBufferPointer) throws(NoiseError) -> Bytes in
            try unsafe write(buffer)
        }
    }

    /// The payload of the other end's message. Bug: it is this end's turn.
    package mutating func read(_ message: Bytes) throws(NoiseError) -> Bytes {
        let place = try readTokens(message)
        let field = message.slice(place..<message.count)
        var payload = [UInt8](repeating: 0, count: field.count - symmetric.overhead)
        var failure: NoiseError?
        unsafe payload.withUnsafeMutableBytes { output in
            do throws(NoiseError) { try unsafe open(field, into: output) } catch { failure = error }
        }
        if let failure { throw failure }
        return Bytes(payload)
    }

    /// The same for a payload that is secret; an empty one is refused.
    package mutating func readSecret(_ message: Bytes) throws(NoiseError) -> SecretBytes {
        let place = try readTokens(message)
        let field = message.slice(place..<message.count)
        guard field.count > symmetric.overhead else { throw fail(.length) }
        return try unsafe SecretBytes(count: field.count - symmetric.overhead) {
            (output: UnsafeMutableRawBufferPointer) throws(NoiseError) in
            try unsafe open(field, into: output)
        }
    }

    /// The ciphers of the transport. Bug: the handshake is not complete.
    package func ciphers() -> (send: TransportCipher, receive: TransportCipher) {
        precondition(isComplete, "a handshake after \(done) of \(pattern.messages.count) messages")
        let (first, second) = symmetric.split()
        let forth = TransportCipher(key: first)
        let back = TransportCipher(key: second)
        return part == .initiator ? (forth, back) : (back, forth)
    }
}

// MARK: - Tokens

extension Handshake {
    private mutating func fail(_ error: NoiseError) -> NoiseError {
        hasFailed = true
        return error
    }

    private mutating func mixKnown(isMine: Bool) {
        guard let key = isMine ? local?.publicKey : remoteKey else {
            preconditionFailure("\(pattern.name) needs a key that was not given")
        }
        unsafe key.withUnsafeBytes { unsafe symmetric.mixHash($0) }
    }

    private mutating func write(_ payload: UnsafeRawBufferPointer) throws(NoiseError) -> Bytes {
        precondition(writesNext, "a message out of turn")
        var message: [UInt8] = []
        do throws(NoiseError) {
            for token in pattern.messages[done] {
                switch token {
                case .e:
                    guard let ephemeral else { preconditionFailure("no ephemeral key") }
                    unsafe ephemeral.publicKey.withUnsafeBytes { key in
                        unsafe message.append(contentsOf: key)
                        unsafe mixEphemeral(key)
                    }
                case .s:
                    guard let local else { preconditionFailure("no static key") }
                    try unsafe local.publicKey.withUnsafeBytes { (key: UnsafeRawBufferPointer) throws(NoiseError) in
                        try unsafe symmetric.seal(key, onto: &message)
                    }
                case .psk: mixShared()
                case .ee, .es, .se, .ss: try mixAgreement(token)
                }
            }
            try unsafe symmetric.seal(payload, onto: &message)
        } catch {
            throw fail(error)
        }
        guard message.count <= Self.maxMessageBytes else { throw fail(.length) }
        done += 1
        return Bytes(message)
    }

    /// Takes all of `message` but its payload, and tells where that begins.
    private mutating func readTokens(_ message: Bytes) throws(NoiseError) -> Int {
        guard !hasFailed else { throw .forged }
        precondition(done < pattern.messages.count && !writesNext, "a message out of turn")
        guard message.count <= Self.maxMessageBytes else { throw fail(.length) }
        var place = 0
        do throws(NoiseError) {
            for token in pattern.messages[done] {
                switch token {
                case .e:
                    guard message.count - place >= 32 else { throw NoiseError.length }
                    let key = message.slice(place..<place + 32)
                    remoteEphemeral = PublicKey(key)
                    unsafe key.withUnsafeBytes { unsafe mixEphemeral($0) }
                    place += 32
                case .s:
                    let count = 32 + symmetric.overhead
                    guard message.count - place >= count else { throw NoiseError.length }
                    let field = message.slice(place..<place + count)
                    remoteKey = try unsafe PublicKey { (output: UnsafeMutableRawBufferPointer) throws(NoiseError) in
                        try unsafe symmetric.open(field, into: output)
                    }
                    place += count
                case .psk: mixShared()
                case .ee, .es, .se, .ss: try mixAgreement(token)
                }
            }
            guard message.count - place >= symmetric.overhead else { throw NoiseError.length }
        } catch {
            throw fail(error)
        }
        return place
    }

    private mutating func open(_ field: Bytes, into output: UnsafeMutableRawBufferPointer) throws(NoiseError) {
        do throws(NoiseError) {
            try unsafe symmetric.open(field, into: output)
        } catch {
            throw fail(error)
        }
        done += 1
    }

    private mutating func mixEphemeral(_ key: UnsafeRawBufferPointer) {
        unsafe symmetric.mixHash(key)
        if pattern.usesSharedKey { unsafe symmetric.mixKey(key) }
    }

    private mutating func mixShared() {
        guard let sharedKey else { preconditionFailure("\(pattern.name) needs a pre-shared key") }
        unsafe sharedKey.borrow { unsafe symmetric.mixKeyAndHash($0) }
    }

    private mutating func mixAgreement(_ token: Pattern.Token) throws(NoiseError) {
        // Whether the ephemeral key takes part, of the initiator and of the responder.
        let (initiators, responders) =
            switch token {
            case .ee: (true, true)
            case .es: (true, false)
            case .se: (false, true)
            case .ss, .e, .s, .psk: (false, false)
            }
        let mineIsEphemeral = part == .initiator ? initiators : responders
        let theirsIsEphemeral = part == .initiator ? responders : initiators
        guard let mine = mineIsEphemeral ? ephemeral : local,
            let theirs = theirsIsEphemeral ? remoteEphemeral : remoteKey
        else { preconditionFailure("\(pattern.name) needs a key that was not given") }
        do throws(PrimitivesError) {
            let shared = try mine.agree(with: theirs)
            unsafe shared.borrow { unsafe symmetric.mixKey($0) }
        } catch {
            throw .weakKey
        }
    }
}

extension SymmetricState {
    mutating func open(_ field: Bytes, into output: UnsafeMutableRawBufferPointer) throws(NoiseError) {
        try unsafe field.withUnsafeBytes { (field: UnsafeRawBufferPointer) throws(NoiseError) in
            try unsafe open(field, into: output)
        }
    }
}
