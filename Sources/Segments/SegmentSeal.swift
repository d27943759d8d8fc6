import Bytes
import Model
import Primitives
import Wire

/// Seals and opens the records of one segment. `proto/README.md`, "Record".
final class SegmentSeal {
    static let clearBytes = 88
    static let tagBytes = XChaCha.tagBytes
    static let overheadBytes = clearBytes + tagBytes
    private static let domain = "conclave/log/v1".utf8 + [0]

    let header: SegmentHeader
    private let key: CommittedKey
    /// Domain, hash of the header, then room for the clear bytes and the tag before: 148 bytes.
    private var associated: [UInt8]

    init(_ header: SegmentHeader, _ key: consuming CommittedKey) {
        self.header = header
        self.key = key
        associated = [UInt8](repeating: 0, count: 148)
        associated.replaceSubrange(0..<16, with: Self.domain)
        associated.put(BLAKE2b.digest(Bytes(header.page)), at: 16)
    }

    /// How many bytes a record of `count` bytes of plaintext takes.
    static func recordBytes(_ count: Int) -> Int {
        (overheadBytes + count + 7) & ~7
    }

    /// What a record says in the clear.
    struct Clear: Equatable {
        var length: Int
        var isLast: Bool
        var ordinal: UInt64
        var durable: UInt64
    }

    /// Appends `record` sealed to `buffer`, and returns its tag.
    func seal(
        _ record: LogRecord, isLast: Bool, ordinal: UInt64, durable: UInt64, after tag: Bytes,
        random: inout some RandomNumberGenerator, to buffer: inout [UInt8]
    ) -> Bytes {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.clearBytes))
        record.append(to: &buffer)
        let length = buffer.count - start - Self.clearBytes
        precondition((1...LogLimits.recordBytes).contains(length), "a record of \(length) bytes")
        let end = start + Self.recordBytes(length)
        buffer.append(contentsOf: repeatElement(0, count: end - buffer.count))
        buffer.put(UInt32(length), at: start)
        buffer[start + 8] = 1
        buffer[start + 9] = isLast ? 1 : 0
        buffer.put(header.keyID, at: start + 12)
        buffer.put(ordinal, at: start + 16)
        buffer.put(durable, at: start + 24)
        buffer.put(header.salt, at: start + 32)
        buffer.put(header.seq, at: start + 40)
        buffer.put(header.identity.incarnation, at: start + 48)
        unsafe buffer.withUnsafeMutableBytes { all in
            let record = unsafe UnsafeMutableRawBufferPointer(rebasing: all[start..<end])
            unsafe Random.fill(UnsafeMutableRawBufferPointer(rebasing: record[64..<88]), from: &random)
            unsafe associate(UnsafeRawBufferPointer(record), tag)
            unsafe associated.withUnsafeBytes { associated in
                unsafe XChaCha.seal(
                    UnsafeRawBufferPointer(rebasing: record[88..<88 + length]),
                    into: UnsafeMutableRawBufferPointer(rebasing: record[88..<104 + length]),
                    nonce: UnsafeRawBufferPointer(rebasing: record[64..<88]), associated: associated, key: key.key)
            }
            unsafe record.storeBytes(
                of: Self.sum(UnsafeRawBufferPointer(record)).littleEndian, toByteOffset: 4, as: UInt32.self)
        }
        return Bytes(buffer[start + 88 + length..<start + 104 + length])
    }

    /// The clear part of the record at `offset` of `file`, when one of this segment is there, whole by its sum.
    func clear(_ file: Bytes, at offset: Int) -> Clear? {
        guard isOurs(file, at: offset) else { return nil }
        let length = Int(file.number(at: offset, as: UInt32.self))
        guard (1...LogLimits.recordBytes).contains(length), Self.recordBytes(length) <= file.count - offset else {
            return nil
        }
        let record = file.slice(offset..<offset + Self.recordBytes(length))
        guard unsafe record.withUnsafeBytes({ unsafe Self.sum($0) }) == record.number(at: 4, as: UInt32.self) else {
            return nil
        }
        // A sum says that the bytes are what was written; what was written has these and no others.
        guard record[8] == 1, record[9] <= 1, record[10] == 0, record[11] == 0,
            record.number(at: 12, as: UInt32.self) == header.keyID,
            record.slice(104 + length..<record.count).allSatisfy({ $0 == 0 })
        else { return nil }
        return Clear(
            length: length, isLast: record[9] == 1, ordinal: record.number(at: 16), durable: record.number(at: 24))
    }

    /// Whether the place says that a record of this segment begins there.
    func isOurs(_ file: Bytes, at offset: Int) -> Bool {
        guard offset + Self.overheadBytes <= file.count else { return false }
        return file.number(at: offset + 32, as: UInt64.self) == header.salt
            && file.number(at: offset + 40, as: UInt64.self) == header.seq
            && file.fixed(at: offset + 48, as: Incarnation.self) == header.identity.incarnation
    }

    /// Whether a record of this segment, perhaps a damaged one, seems to begin there: old content has neither number.
    func seemsOurs(_ file: Bytes, at offset: Int) -> Bool {
        guard offset + Self.overheadBytes <= file.count else { return false }
        return file.number(at: offset + 32, as: UInt64.self) == header.salt
            || file.number(at: offset + 40, as: UInt64.self) == header.seq
    }

    /// The records of this segment that begin at or behind `offset` and are whole: the first with a durable ordinal
    /// of at least `ordinal`, and whether there is any.
    func later(_ file: Bytes, from offset: Int, ordinal: UInt64) -> (isProof: Bool, isAny: Bool) {
        var isAny = false
        let salt = header.salt.littleEndian
        let last = file.count - Self.overheadBytes
        guard offset <= last else { return (false, false) }
        var place = offset
        while true {
            let next: Int? = unsafe file.withUnsafeBytes { bytes in
                var place = place
                while place <= last {
                    if unsafe bytes.loadUnaligned(fromByteOffset: place + 32, as: UInt64.self) == salt { return place }
                    place += 8
                }
                return nil
            }
            guard let next else { return (false, isAny) }
            if let clear = clear(file, at: next) {
                isAny = true
                if clear.durable >= ordinal, clear.ordinal > clear.durable { return (true, true) }
            }
            place = next + 8
        }
    }

    /// Opens the record at `offset`, whose clear part was read; `nil`: it was not sealed here for this place.
    func open(_ file: Bytes, at offset: Int, _ clear: Clear, after tag: Bytes) -> (plaintext: Bytes, tag: Bytes)? {
        let end = offset + 104 + clear.length
        let record = file.slice(offset..<end)
        var isForged = false
        let array = unsafe [UInt8](unsafeUninitializedCapacity: clear.length) { output, count in
            unsafe record.withUnsafeBytes { record in
                unsafe associate(record, tag)
                unsafe associated.withUnsafeBytes { associated in
                    do throws(PrimitivesError) {
                        try unsafe XChaCha.open(
                            UnsafeRawBufferPointer(rebasing: record[88...]),
                            into: UnsafeMutableRawBufferPointer(start: output.baseAddress, count: clear.length),
                            nonce: UnsafeRawBufferPointer(rebasing: record[64..<88]), associated: associated,
                            key: key.key)
                        count = clear.length
                    } catch {
                        isForged = true
                    }
                }
            }
        }
        return isForged ? nil : (Bytes(array), file.slice(end - 16..<end).copied())
    }

    /// Completes the associated data for one record.
    private func associate(_ record: UnsafeRawBufferPointer, _ tag: Bytes) {
        precondition(tag.count == Self.tagBytes, "a tag of \(tag.count) bytes")
        unsafe associated.withUnsafeMutableBytes { associated in
            unsafe UnsafeMutableRawBufferPointer(rebasing: associated[48..<52])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: record[0..<4]))
            unsafe UnsafeMutableRawBufferPointer(rebasing: associated[52..<132])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: record[8..<88]))
            unsafe tag.withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(rebasing: associated[132..<148]).copyMemory(from: $0)
            }
        }
    }

    private static func sum(_ record: UnsafeRawBufferPointer) -> UInt32 {
        var sum = CRC32C()
        unsafe sum.update(UnsafeRawBufferPointer(rebasing: record[0..<4]))
        unsafe sum.update(UnsafeRawBufferPointer(rebasing: record[8...]))
        return sum.value
    }
}
