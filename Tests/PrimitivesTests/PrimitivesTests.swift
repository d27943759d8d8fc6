import Bytes
import Primitives
import TestSupport
import Testing

private func shown(_ secret: borrowing SecretBytes) -> Bytes { unsafe secret.borrow { unsafe Bytes($0) } }

@Test func `CRC-32C of the check string is the published one`() {
    #expect(CRC32C.of(Bytes(utf8: "123456789")) == 0xe306_9283)
    let zeros = Bytes([UInt8](repeating: 0, count: 32))
    #expect(CRC32C.of(zeros) == 0x8a91_36aa)
    var pieces = CRC32C()
    for byte in "123456789".utf8 { unsafe Bytes([byte]).withUnsafeBytes { unsafe pieces.update($0) } }
    #expect(pieces.value == 0xe306_9283)
}

@Test func `BLAKE2b in one call and in pieces agree, and a personal string changes it`() {
    let input = Bytes([UInt8](repeating: 7, count: 1000))
    var stream = HashStream()
    stream.update(input.slice(0..<3))
    stream.update(input.slice(3..<1000))
    #expect(stream.digest() == BLAKE2b.digest(input))
    #expect(BLAKE2b.digest(input) != BLAKE2b.digest(input, personal: "other"))
    let empty = Bytes(hex: "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
    #expect(BLAKE2b.digest(Bytes()).bytes == empty)
}

@Test func `XChaCha opens what it sealed and nothing that was changed`() throws {
    var random = SecureGenerator()
    let key = Random.secret(32, from: &random)
    let sealed = XChaCha.seal(Bytes(utf8: "hello"), associated: Bytes(utf8: "place"), key: key, random: &random)
    #expect(sealed.count == 24 + 5 + 16)
    #expect(try XChaCha.open(sealed, associated: Bytes(utf8: "place"), key: key) == Bytes(utf8: "hello"))
    #expect(shown(try XChaCha.openSecret(sealed, associated: Bytes(utf8: "place"), key: key)) == Bytes(utf8: "hello"))
    for place in 0..<sealed.count {
        var array = sealed.array
        array[place] ^= 1
        var isRefused = false
        do { _ = try XChaCha.open(Bytes(array), associated: Bytes(utf8: "place"), key: key) } catch { isRefused = true }
        #expect(isRefused, "byte \(place)")
    }
    for count in 0..<sealed.count {
        var isRefused = false
        do {
            _ = try XChaCha.open(sealed.slice(0..<count), associated: Bytes(utf8: "place"), key: key)
        } catch { isRefused = true }
        #expect(isRefused, "\(count) bytes")
    }
}

@Test func `XChaCha gives the bytes of the draft's vector`() {
    let key = SecretBytes(copying: Bytes(hex: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"))
    let nonce = Bytes(hex: "404142434445464748494a4b4c4d4e4f5051525354555657")
    let text = Bytes(
        utf8: "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
            + "sunscreen would be it.")
    var output = [UInt8](repeating: 0, count: text.count + 16)
    let associated = Bytes(hex: "50515253c0c1c2c3c4c5c6c7")
    unsafe output.withUnsafeMutableBytes { output in
        unsafe text.withUnsafeBytes { text in
            unsafe nonce.withUnsafeBytes { nonce in
                unsafe associated.withUnsafeBytes {
                    unsafe XChaCha.seal(text, into: output, nonce: nonce, associated: $0, key: key)
                }
            }
        }
    }
    #expect(Hex.text(output[..<16]) == "bd6d179d3e83d43b9576579493c0e939")
    #expect(Hex.text(output.suffix(16)) == "c0875924c1c7987947deafd8780acf49")
}

@Test func `two keys agree, and a key of small order is refused`() throws {
    var random = SecureGenerator()
    let one = AgreementKey(random: &random)
    let two = AgreementKey(random: &random)
    #expect(try one.agree(with: two.publicKey).equals(try two.agree(with: one.publicKey)))
    #expect(throws: PrimitivesError.weakKey) { _ = shown(try one.agree(with: .zero)) }
}

@Test func `a signature holds for its message and its prefix alone`() throws {
    var random = SecureGenerator()
    let key = SigningKey(random: &random)
    let signature = key.sign(Bytes(utf8: "text"), prefix: "one")
    try key.publicKey.verify(signature, of: Bytes(utf8: "text"), prefix: "one")
    #expect(throws: PrimitivesError.forged) {
        try key.publicKey.verify(signature, of: Bytes(utf8: "text"), prefix: "two")
    }
    #expect(throws: PrimitivesError.forged) {
        try key.publicKey.verify(signature, of: Bytes(utf8: "texu"), prefix: "one")
    }
}

@Test(arguments: [(0, 256), (255, 256), (256, 512), (4095, 4096), (4096, 4352), (5000, 5120), (512_000, 516_096)])
func `a length is padded to one of few`(count: Int, padded: Int) {
    #expect(Padding.paddedCount(count) == padded)
}

@Test func `padding comes off, and only padding`() throws {
    for count in [1, 2, 255, 256, 4096, 70_000] {
        let value = SecretBytes(copying: Bytes([UInt8](repeating: 0x80, count: count)))
        let padded = Padding.pad(value)
        #expect(try Padding.unpad(padded).equals(value))
    }
    #expect(throws: PrimitivesError.forged) {
        _ = shown(try Padding.unpad(SecretBytes(copying: Bytes([UInt8](repeating: 0, count: 256)))))
    }
}

@Test func `base32 reads what it spells, in any case, and refuses other characters`() throws {
    for count in 1...40 {
        let value = Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) })
        var text = [UInt8](repeating: 0, count: Base32.textCount(count))
        unsafe text.withUnsafeMutableBytes { text in
            unsafe value.withUnsafeBytes { unsafe Base32.encode($0, into: text) }
        }
        let small = Bytes(Array(String(decoding: text, as: UTF8.self).lowercased().utf8))
        var back = [UInt8](repeating: 0, count: Base32.byteCount(text.count))
        try unsafe back.withUnsafeMutableBytes { back in
            try unsafe small.withUnsafeBytes { try unsafe Base32.decode($0, into: back) }
        }
        #expect(Bytes(back) == value)
    }
    for text in ["U0", "00-", "0", "01"] {
        let text = Bytes(utf8: text)
        #expect(throws: PrimitivesError.text) {
            var back = [UInt8](repeating: 0, count: Base32.byteCount(text.count))
            try unsafe back.withUnsafeMutableBytes { back in
                try unsafe text.withUnsafeBytes { try unsafe Base32.decode($0, into: back) }
            }
        }
    }
}

@Test func `a committed key is refused under another commitment`() throws {
    var random = SecureGenerator()
    let key = Random.secret(32, from: &random)
    let one = CommittedKey(from: key, input: Bytes(utf8: "file 1"), personal: "test")
    let two = CommittedKey(from: key, input: Bytes(utf8: "file 2"), personal: "test")
    try one.check(one.commitment)
    var isRefused = false
    do { try one.check(two.commitment) } catch { isRefused = true }
    #expect(isRefused)
}
