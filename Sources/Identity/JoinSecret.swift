import Bytes
import Model
import Primitives

/// A join token as its holder has it: `CNCLT-1-w-…` for a worker, `CNCLT-1-m-…` for a manager; 145 characters.
///
/// `proto/README.md` §5. Printing one shows its kind and the beginning of its handle, never what it opens.
package struct JoinSecret: Sendable, CustomStringConvertible {
    package let role: Role
    /// What the joiner will trust: `Root.digest`.
    package let rootDigest: Digest
    /// Said in the clear hello.
    package let handle: Handle
    /// 32 bytes.
    package let secret: SecretBox

    package static let textBytes = 145
    private static let headBytes = 10
    private static let contentBytes = 84

    package init(role: Role, rootDigest: Digest, handle: Handle, secret: SecretBox) {
        precondition(role == .worker || role == .manager, "a token for no role")
        precondition(secret.count == 32, "a token's secret of \(secret.count) bytes")
        self.role = role
        self.rootDigest = rootDigest
        self.handle = handle
        self.secret = secret
    }

    /// A new token.
    package init(role: Role, rootDigest: Digest, random generator: inout some RandomNumberGenerator) {
        self.init(
            role: role, rootDigest: rootDigest, handle: Handle(random: &generator),
            secret: SecretBox(Random.secret(32, from: &generator)))
    }

    package var description: String { "CNCLT-1-\(role == .manager ? "m" : "w")-…\(handle.short)" }

    /// The pre-shared key of the handshake; 32 bytes.
    package var sharedKey: SecretBox {
        SecretBox(secret.lend { BLAKE2b.derive(from: $0, input: Bytes(utf8: "psk"), personal: "cnclt-psk") })
    }

    /// What signs the enrolment; the store has its public half.
    package var signingKey: SigningKey {
        SigningKey(seed: secret.lend { BLAKE2b.derive(from: $0, input: Bytes(utf8: "seed"), personal: "cnclt-seed") })
    }

    /// The token's text, which is as secret as the token.
    package func text() -> SecretBytes {
        let content = unsafe SecretBytes(count: Self.contentBytes) { content in
            unsafe rootDigest.withUnsafeBytes { unsafe content.copyMemory(from: $0) }
            unsafe handle.withUnsafeBytes { unsafe Self.part(content, 32..<48).copyMemory(from: $0) }
            unsafe secret.borrow { unsafe Self.part(content, 48..<80).copyMemory(from: $0) }
            let check = unsafe Self.check(UnsafeRawBufferPointer(rebasing: content[..<80]))
            unsafe check.withUnsafeBytes { unsafe Self.part(content, 80..<84).copyMemory(from: $0) }
        }
        return unsafe SecretBytes(count: Self.textBytes) { text in
            unsafe Bytes(utf8: "CNCLT-1-\(role == .manager ? "m" : "w")-").withUnsafeBytes {
                unsafe text.copyMemory(from: $0)
            }
            unsafe content.borrow {
                unsafe Base32.encode($0, into: Self.part(text, Self.headBytes..<Self.textBytes))
            }
        }
    }

    /// Reads a token's text, without the white space around it.
    ///
    /// - Throws: `IdentityError.token` with a sentence for the person who typed it.
    package init(parsing text: UnsafeRawBufferPointer) throws(IdentityError) {
        var start = 0
        var end = text.count
        while unsafe start < end && text[start] <= 0x20 { start += 1 }
        while unsafe end > start && text[end - 1] <= 0x20 { end -= 1 }
        let text = unsafe UnsafeRawBufferPointer(rebasing: text[start..<end])
        let head = unsafe String(decoding: text.prefix(Self.headBytes), as: UTF8.self).uppercased()
        guard head.hasPrefix("CNCLT-") else { throw .token("a join token begins with CNCLT-1-") }
        guard head.hasPrefix("CNCLT-1-") else { throw .token("the token is of a newer version of conclave") }
        guard head == "CNCLT-1-W-" || head == "CNCLT-1-M-" else {
            throw .token("a join token is for a worker (w) or a manager (m)")
        }
        guard text.count == Self.textBytes else {
            throw .token("a join token has \(Self.textBytes) characters, this one \(text.count)")
        }
        let content: SecretBytes
        do throws(PrimitivesError) {
            content = try unsafe SecretBytes(count: Self.contentBytes) {
                (output: UnsafeMutableRawBufferPointer) throws(PrimitivesError) in
                try unsafe Base32.decode(UnsafeRawBufferPointer(rebasing: text[Self.headBytes...]), into: output)
            }
        } catch {
            throw .token("the token has a character that no token has")
        }
        let fields: (Digest, Handle, SecretBox)? = unsafe content.borrow { content in
            let check = unsafe Self.check(UnsafeRawBufferPointer(rebasing: content[..<80]))
            let isRight = unsafe check.withUnsafeBytes {
                unsafe ConstantTime.equal($0, UnsafeRawBufferPointer(rebasing: content[80...]))
            }
            guard isRight else { return nil }
            return unsafe (
                Digest(bytes: UnsafeRawBufferPointer(rebasing: content[..<32])),
                Handle(bytes: UnsafeRawBufferPointer(rebasing: content[32..<48])),
                SecretBox(SecretBytes(copying: UnsafeRawBufferPointer(rebasing: content[48..<80])))
            )
        }
        guard let fields else { throw .token("the token is mistyped: its check does not fit") }
        self.init(
            role: head == "CNCLT-1-M-" ? .manager : .worker, rootDigest: fields.0, handle: fields.1, secret: fields.2)
    }

    package init(parsing text: borrowing SecretBytes) throws(IdentityError) {
        self = try unsafe text.borrow { (text: UnsafeRawBufferPointer) throws(IdentityError) in
            try unsafe JoinSecret(parsing: text)
        }
    }

    /// Four bytes of a hash.
    private static func check(_ content: UnsafeRawBufferPointer) -> Bytes {
        unsafe BLAKE2b.digest(content, personal: "cnclt-check").bytes.slice(0..<4)
    }

    private static func part(
        _ buffer: UnsafeMutableRawBufferPointer, _ range: Range<Int>
    ) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[range])
    }
}

extension Enrol {
    private static let prefix: StaticString = "conclave/enrol/v1\0"
    private var signed: Bytes { Bytes(key.array + issuingKey.array) }

    /// Signs the keys that it enrols by the token.
    package mutating func sign(by token: JoinSecret) {
        tokenSignature = token.signingKey.sign(signed, prefix: Self.prefix)
    }

    /// - Throws: `IdentityError.token` unless the token whose public half is `key` signed these keys.
    package func check(tokenKey key: Bytes) throws(IdentityError) {
        guard let key = VerifyingKey(key) else { throw .token("no such token") }
        do throws(PrimitivesError) {
            try key.verify(tokenSignature, of: signed, prefix: Self.prefix)
        } catch {
            throw .token("another token's signature")
        }
    }
}
