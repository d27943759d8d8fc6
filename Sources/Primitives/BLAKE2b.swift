import Bytes
import CSodium

/// BLAKE2b (RFC 7693) in one call: plain, keyed, with salt and personal string.
package enum BLAKE2b {
    /// Hashes `input` into `output`, 16…64 bytes.
    ///
    /// `personal` is up to 16 bytes of UTF-8, padded with zeros: it keeps the uses of one key apart.
    ///
    /// Bug: a size out of bounds.
    package static func hash(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, personal: StaticString = ""
    ) {
        unsafe hash(input, into: output, key: UnsafeRawBufferPointer(start: nil, count: 0), personal: personal)
    }

    /// The hash of `input` in 32 bytes.
    package static func digest(_ input: UnsafeRawBufferPointer, personal: StaticString = "") -> Digest {
        unsafe Digest { unsafe hash(input, into: $0, personal: personal) }
    }

    package static func digest(_ input: Bytes, personal: StaticString = "") -> Digest {
        unsafe input.withUnsafeBytes { unsafe digest($0, personal: personal) }
    }

    /// The keyed hash of `input` in 32 bytes; for what others may see.
    package static func digest(_ input: Bytes, key: borrowing SecretBytes, personal: StaticString = "") -> Digest {
        unsafe key.borrow { key in
            unsafe input.withUnsafeBytes { input in
                unsafe Digest { unsafe hash(input, into: $0, key: key, personal: personal) }
            }
        }
    }

    /// A key of `count` bytes (16…64) derived from `key` (at most 64) for `input`.
    package static func derive(
        _ count: Int = 32, from key: borrowing SecretBytes, input: Bytes, personal: StaticString
    ) -> SecretBytes {
        unsafe key.borrow { key in
            unsafe input.withUnsafeBytes { input in
                unsafe SecretBytes(count: count) { unsafe hash(input, into: $0, key: key, personal: personal) }
            }
        }
    }

    private static func hash(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, key: UnsafeRawBufferPointer,
        personal: StaticString
    ) {
        Sodium.start()
        precondition((16...64).contains(output.count), "a hash of \(output.count) bytes")
        precondition(key.count <= 64, "a key of \(key.count) bytes")
        let length = personal.utf8CodeUnitCount
        precondition(length <= 16, "a personal string of \(length) bytes")
        var padded: InlineArray<16, UInt8> = InlineArray(repeating: 0)
        unsafe withUnsafeMutableBytes(of: &padded) { padded in
            unsafe padded.copyMemory(from: UnsafeRawBufferPointer(start: personal.utf8Start, count: length))
            let answer = unsafe crypto_generichash_blake2b_salt_personal(
                output.octets, output.count, input.octets, UInt64(input.count), key.octets, key.count, nil,
                padded.octets)
            precondition(answer == 0, "BLAKE2b refused its sizes")
        }
    }
}

/// BLAKE2b over pieces. Its state is wiped with it.
@safe
package struct HashStream: ~Copyable {
    /// Owned: 64-byte aligned, as the library wants it, freed in `deinit`.
    private let state: UnsafeMutableRawPointer
    private let count: Int

    /// The library's own state is declared with an alignment that Swift can't import; it is 384 bytes.
    static let stateBytes = 384
    static let alignment = 64

    /// A hash of `count` bytes, 16…64.
    package init(count: Int = 32) {
        Sodium.start()
        precondition((16...64).contains(count), "a hash of \(count) bytes")
        self.count = count
        unsafe state = .allocate(byteCount: Self.stateBytes, alignment: Self.alignment)
        _ = unsafe crypto_generichash_init(OpaquePointer(state), nil, 0, count)
    }

    deinit {
        unsafe sodium_memzero(state, Self.stateBytes)
        unsafe state.deallocate()
    }

    package mutating func update(_ input: UnsafeRawBufferPointer) {
        _ = unsafe crypto_generichash_update(OpaquePointer(state), input.octets, UInt64(input.count))
    }

    package mutating func update(_ input: Bytes) {
        unsafe input.withUnsafeBytes { unsafe update($0) }
    }

    /// The hash of all pieces. Bug: the stream was made for another size than 32.
    package consuming func digest() -> Digest {
        precondition(count == 32, "a digest of \(count) bytes")
        return unsafe Digest { unsafe finish(into: $0) }
    }

    /// The hash of all pieces into `output`, of the size the stream was made for; nothing may follow.
    package func finish(into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count == count, "a hash of \(count) bytes into \(output.count)")
        _ = unsafe crypto_generichash_final(OpaquePointer(state), output.octets, count)
    }
}
