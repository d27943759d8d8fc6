import Bytes
import Model
import Noise

/// One direction of a link as it was on the wire, opened with a key log: `proto/README.md` §2.
package enum LinkCapture {
    /// Whether a capture begins as a dialler's half does.
    package static func isDiallers(_ bytes: Bytes) -> Bool { bytes.starts(with: Array("CNCL".utf8)) }

    /// The stream of frames inside the records.
    ///
    /// - Throws: `Failure`: no link, no key of it, or a record that does not open.
    package static func open(_ bytes: Bytes, _ keys: KeyLog) throws(Failure) -> Bytes {
        var place = 0
        let key: Bytes?
        if isDiallers(bytes) {
            place = 32
            let first = try piece(bytes, &place).prefix(32)
            key = keys.lines.first { $0.dialler.elementsEqual(first) }?.diallerKey
            _ = try piece(bytes, &place)
        } else {
            let second = try piece(bytes, &place).prefix(32)
            key = keys.lines.first { $0.acceptor.elementsEqual(second) }?.acceptorKey
        }
        guard let key else {
            throw Failure(
                .notFound, "the key log has no line for this link",
                try: "capture with a test's client, which writes the keys of its own links")
        }
        var cipher = TransportCipher(key: SecretBox(SecretBytes(copying: key)))
        var plain: [UInt8] = []
        while place < bytes.count {
            let start = place
            let record = try piece(bytes, &place)
            guard record.count > TransportCipher.tagBytes else { throw damaged(start, "it is too short") }
            let count = record.count - TransportCipher.tagBytes
            do throws(NoiseError) {
                let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
                defer { unsafe room.deallocate() }
                try unsafe record.withUnsafeBytes { (input) throws(NoiseError) in
                    try unsafe cipher.open(input, into: room)
                }
                unsafe plain += room
            } catch {
                throw damaged(start, "it does not open")
            }
        }
        return Bytes(plain)
    }

    /// A big-endian u16 of length, and so many bytes.
    private static func piece(_ bytes: Bytes, _ place: inout Int) throws(Failure) -> Bytes {
        guard bytes.count - place >= 2 else { throw damaged(place, "the capture ends") }
        let length = Int(bytes[place]) << 8 | Int(bytes[place + 1])
        guard bytes.count - place - 2 >= length else { throw damaged(place, "the capture ends") }
        defer { place += 2 + length }
        return bytes.slice(place + 2..<place + 2 + length)
    }

    private static func damaged(_ place: Int, _ why: String) -> Failure {
        Failure(.integrity, "there is no record at byte \(place) of the capture", why: why)
    }
}
