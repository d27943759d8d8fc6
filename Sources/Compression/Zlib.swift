import Bytes
import CZlib

/// Makes zlib streams of whole chunks, at level 6, each for itself.
///
/// The library's state (about 260 KiB) is kept and reset: making it anew costs more than a small chunk. One thread
/// at a time.
@safe
package final class Deflater: @unchecked Sendable {
    /// The longest chunk, before and after: the library counts in 32 bits.
    static let chunkBytes = 1 << 30

    /// Owned: made in `init`, ended in `deinit`, at one address in between as the library wants it.
    private let stream: UnsafeMutablePointer<z_stream>

    package init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let answer = unsafe deflateInit_(stream, 6, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(answer == Z_OK, "zlib did not start: \(answer)")
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The most bytes that `count` bytes can become.
    package func bound(_ count: Int) -> Int {
        unsafe Int(deflateBound(stream, UInt(count)))
    }

    /// `input`, at most `chunkBytes`, as one zlib stream.
    package func deflate(_ input: Bytes) -> Bytes {
        precondition(input.count <= Self.chunkBytes, "a chunk of \(input.count) bytes")
        unsafe deflateReset(stream)
        let room = bound(input.count)
        return Bytes(
            unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
                unsafe input.withUnsafeBytes { input in
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                    unsafe stream.pointee.avail_in = UInt32(input.count)
                    unsafe stream.pointee.next_out = output.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room)
                    let answer = unsafe CZlib.deflate(stream, Z_FINISH)
                    precondition(answer == Z_STREAM_END, "zlib passed its own bound: \(answer)")
                    count = unsafe room - Int(stream.pointee.avail_out)
                    unsafe stream.pointee.next_in = nil
                    unsafe stream.pointee.next_out = nil
                }
            })
    }
}

/// Reads what `Deflater` made. Kept and reset as it is; one thread at a time.
@safe
package final class Inflater: @unchecked Sendable {
    /// No byte of a zlib stream can stand for more bytes of text than this.
    static let ratio = 1032

    /// Owned: made in `init`, ended in `deinit`, at one address in between as the library wants it.
    private let stream: UnsafeMutablePointer<z_stream>

    package init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let answer = unsafe inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(answer == Z_OK, "zlib did not start: \(answer)")
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The text of `input`, a whole zlib stream and nothing behind it, which must have exactly `length` bytes;
    /// checked against `limit` before memory is taken.
    package func inflate(_ input: Bytes, length: Int, limit: Int) throws(CompressionError) -> Bytes {
        guard length > 0, length <= limit, length <= Deflater.chunkBytes, length / Self.ratio <= input.count else {
            throw .tooLarge(stated: length)
        }
        guard input.count <= Deflater.chunkBytes else { throw .malformed }
        unsafe inflateReset(stream)
        var isWhole = false
        let array = unsafe [UInt8](unsafeUninitializedCapacity: length) { output, count in
            unsafe input.withUnsafeBytes { input in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                unsafe stream.pointee.avail_in = UInt32(input.count)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(length)
                let answer = unsafe CZlib.inflate(stream, Z_FINISH)
                isWhole = unsafe answer == Z_STREAM_END && stream.pointee.avail_in == 0 && stream.pointee.avail_out == 0
                count = unsafe length - Int(stream.pointee.avail_out)
                unsafe stream.pointee.next_in = nil
                unsafe stream.pointee.next_out = nil
            }
        }
        guard isWhole else { throw .malformed }
        return Bytes(array)
    }
}
