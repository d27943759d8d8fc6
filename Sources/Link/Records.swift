import Bytes
import Noise

/// The sealed byte stream of an open link: records of at most 16 KiB in both directions. `proto/README.md` §2.3.
package struct Records: Sendable {
    private var send: TransportCipher
    private var receive: TransportCipher
    /// Of a record that is not whole.
    private var buffer: [UInt8] = []

    /// Plaintext of one record: a heartbeat waits at most so long behind bulk.
    static let plainBytes = 16_384

    init(send: TransportCipher, receive: TransportCipher) {
        self.send = send
        self.receive = receive
    }

    /// Seals `pieces`, one after the other, into records, and wipes those that are secret.
    ///
    /// - Throws: `LinkError.damaged` when the key has no more numbers.
    package mutating func seal(_ pieces: [Multiplexer.Piece]) throws(LinkError) -> Bytes {
        let sealed = try seal(pieces.map(\.bytes))
        for piece in pieces where piece.isSecret { piece.bytes.wipe() }
        return sealed
    }

    mutating func seal(_ pieces: [Bytes]) throws(LinkError) -> Bytes {
        let total = pieces.reduce(0) { $0 + $1.count }
        guard total > 0 else { return Bytes() }
        let records = (total + Self.plainBytes - 1) / Self.plainBytes
        let overhead = 2 + TransportCipher.tagBytes
        var source = PieceReader(pieces)
        var isExhausted = false
        let sealed = unsafe [UInt8](unsafeUninitializedCapacity: total + records * overhead) { output, count in
            var left = total
            while left > 0, !isExhausted {
                let plain = min(left, Self.plainBytes)
                let record = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(output)[count..<count + plain + overhead])
                do throws(NoiseError) {
                    try unsafe seal(plain, of: &source, into: record)
                } catch {
                    isExhausted = true
                }
                count += record.count
                left -= plain
            }
        }
        if isExhausted { throw .damaged }
        return Bytes(sealed)
    }

    /// Makes `record` of the next `count` bytes of `source`: a length of two bytes, then what they are sealed.
    private mutating func seal(
        _ count: Int, of source: inout PieceReader, into record: UnsafeMutableRawBufferPointer
    ) throws(NoiseError) {
        let length = count + TransportCipher.tagBytes
        unsafe record[0] = UInt8(length >> 8)
        unsafe record[1] = UInt8(length & 0xff)
        let body = unsafe UnsafeMutableRawBufferPointer(rebasing: record[2...])
        let plain = unsafe UnsafeMutableRawBufferPointer(rebasing: body[..<count])
        unsafe source.read(into: plain)
        try unsafe send.seal(UnsafeRawBufferPointer(plain), into: body)
    }

    /// Takes bytes and returns the plaintext of the records that are whole now.
    ///
    /// - Throws: `LinkError` for a length that no record has, or anything but the next record.
    package mutating func open(_ bytes: Bytes) throws(LinkError) -> Bytes {
        buffer += bytes
        var start = 0
        var plain: [UInt8] = []
        // Room for all of it at once: an array that grew would leave plaintext behind.
        plain.reserveCapacity(buffer.count)
        while buffer.count - start >= 2 {
            let length = Int(buffer[start]) << 8 | Int(buffer[start + 1])
            guard length > TransportCipher.tagBytes, length <= Self.plainBytes + TransportCipher.tagBytes else {
                throw .tooLarge
            }
            guard buffer.count - start >= 2 + length else { break }
            let from = start + 2
            let count = length - TransportCipher.tagBytes
            let first = plain.count
            plain.append(contentsOf: repeatElement(0, count: count))
            var isForged = false
            unsafe buffer.withUnsafeBytes { input in
                unsafe plain.withUnsafeMutableBytes { output in
                    do throws(NoiseError) {
                        try unsafe receive.open(
                            UnsafeRawBufferPointer(rebasing: input[from..<(from + length)]),
                            into: UnsafeMutableRawBufferPointer(rebasing: output[first...]))
                    } catch {
                        isForged = true
                    }
                }
            }
            if isForged {
                Bytes(plain).wipe()
                throw .damaged
            }
            start += 2 + length
        }
        // What is left is less than a record; an idle link keeps no buffer at all.
        buffer = Array(buffer[start...])
        return Bytes(plain)
    }
}

/// Reads pieces one after the other, as if they were one.
private struct PieceReader {
    private let pieces: [Bytes]
    private var piece = 0
    private var offset = 0

    init(_ pieces: [Bytes]) { self.pieces = pieces }

    /// Fills `output` with the next bytes. Bug: there are fewer.
    mutating func read(into output: UnsafeMutableRawBufferPointer) {
        var filled = 0
        while filled < output.count {
            let end = min(pieces[piece].count, offset + output.count - filled)
            unsafe pieces[piece].withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: output[filled...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
            }
            filled += end - offset
            offset = end
            if offset == pieces[piece].count {
                piece += 1
                offset = 0
            }
        }
    }
}
