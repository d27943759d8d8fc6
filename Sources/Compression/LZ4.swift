import Bytes
import CLZ4

/// lz4 blocks: one buffer in, one buffer out, nothing remembered from one to the next.
///
/// Nothing is ever compressed together with what another principal wrote, or the length would tell about it.
package enum LZ4 {
    /// What one block takes, in bytes.
    package static let inputBytes = 0x7e00_0000
    /// No byte of a block can stand for more bytes of text than this.
    static let ratio = 255

    /// The block, or `nil` when it would save less than 1/16 of `input`.
    ///
    /// Bug: more than `inputBytes`.
    package static func compress(_ input: Bytes) -> Bytes? {
        precondition(input.count <= inputBytes, "a block of \(input.count) bytes")
        // Room for a useful result only: the library gives up early when it does not fit.
        let room = input.count - (input.count + 15) / 16
        guard room > 0 else { return nil }
        let array = unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
            count = unsafe input.withUnsafeBytes { input in
                let written = unsafe LZ4_compress_default(
                    input.baseAddress?.assumingMemoryBound(to: CChar.self),
                    UnsafeMutableRawPointer(output.baseAddress!).assumingMemoryBound(to: CChar.self),
                    Int32(input.count), Int32(room))
                return max(0, Int(written))
            }
        }
        return array.isEmpty ? nil : Bytes(array)
    }

    /// The text of `block`, which must have exactly `length` bytes; checked against `limit` before memory is taken.
    package static func decompress(_ block: Bytes, length: Int, limit: Int) throws(CompressionError) -> Bytes {
        guard length > 0, length <= limit, length <= inputBytes, length / ratio <= block.count else {
            throw .tooLarge(stated: length)
        }
        guard block.count <= inputBytes else { throw .malformed }
        let array = unsafe [UInt8](unsafeUninitializedCapacity: length) { output, count in
            count = unsafe block.withUnsafeBytes { block in
                let written = unsafe LZ4_decompress_safe(
                    block.baseAddress?.assumingMemoryBound(to: CChar.self),
                    UnsafeMutableRawPointer(output.baseAddress!).assumingMemoryBound(to: CChar.self),
                    Int32(block.count), Int32(length))
                return max(0, Int(written))
            }
        }
        guard array.count == length else { throw .malformed }
        return Bytes(array)
    }
}
