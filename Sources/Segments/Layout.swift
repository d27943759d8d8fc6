import Bytes
import Model
import Primitives
import Wire

// Numbers at fixed places of a page, little-endian.

extension [UInt8] {
    mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "no place for a number at \(offset)")
        unsafe withUnsafeMutableBytes { unsafe $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self) }
    }

    mutating func put(_ value: some FixedBytes, at offset: Int) {
        let place = offset..<offset + type(of: value).byteCount
        unsafe value.withUnsafeBytes { unsafe replaceSubrange(place, with: $0) }
    }

    mutating func put(_ value: Digest, at offset: Int) {
        unsafe value.withUnsafeBytes { unsafe replaceSubrange(offset..<offset + 32, with: $0) }
    }

    mutating func put(_ value: Bytes, at offset: Int) {
        replaceSubrange(offset..<offset + value.count, with: value)
    }

    /// Closes a page: its sum over all that is before.
    mutating func putSum() {
        precondition(count == LogLimits.pageBytes, "a page of \(count) bytes")
        let sum = unsafe withUnsafeBytes { unsafe CRC32C.of(UnsafeRawBufferPointer(rebasing: $0[..<4092])) }
        put(sum, at: 4092)
    }
}

extension Bytes {
    func number<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "no number at \(offset)")
        return unsafe withUnsafeBytes { unsafe T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }

    func fixed<T: FixedBytes>(at offset: Int, as type: T.Type = T.self) -> T {
        unsafe slice(offset..<offset + T.byteCount).withUnsafeBytes { unsafe T(bytes: $0) }
    }

    func digest(at offset: Int) -> Digest {
        unsafe slice(offset..<offset + 32).withUnsafeBytes { unsafe Digest(bytes: $0) }
    }

    /// Whether a page's last four bytes are the sum of the others.
    var hasGoodSum: Bool {
        count == LogLimits.pageBytes && CRC32C.of(slice(0..<4092)) == number(at: 4092, as: UInt32.self)
    }

    func begins(with magic: StaticString) -> Bool {
        let length = magic.utf8CodeUnitCount
        guard count >= length else { return false }
        return unsafe withUnsafeBytes { bytes in
            for offset in 0..<length where unsafe bytes[offset] != magic.utf8Start[offset] { return false }
            return true
        }
    }
}

extension StaticString {
    var bytes: [UInt8] { unsafe [UInt8](UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)) }
}

extension [UInt8] {
    /// A page that begins with `magic`, version 1, the key's number, whose it is, and the file's ID: as all do.
    init(page magic: StaticString, keyID: UInt32, identity: LogIdentity, fileID: FileID) {
        self.init(repeating: 0, count: LogLimits.pageBytes)
        put(Bytes(magic.bytes), at: 0)
        put(UInt32(1), at: 8)
        put(keyID, at: 12)
        put(identity.cluster, at: 16)
        put(identity.member.rawValue, at: 32)
        put(identity.incarnation, at: 40)
        put(fileID, at: 56)
    }
}

/// The beginning that all pages share, after the checks that all need.
struct PageHead {
    let keyID: UInt32
    let fileID: FileID

    init(_ page: Bytes, magic: StaticString, identity: LogIdentity, file: String) throws(LogError) {
        guard page.begins(with: magic), page.hasGoodSum else { throw .corrupt(file: file, offset: 0) }
        let version: UInt32 = page.number(at: 8)
        guard version <= 1 else { throw .newer(file: file, version: version) }
        guard version == 1 else { throw .corrupt(file: file, offset: 8) }
        keyID = page.number(at: 12)
        let owner = LogIdentity(
            cluster: page.fixed(at: 16), member: MemberID(page.number(at: 32)), incarnation: page.fixed(at: 40))
        guard owner == identity else { throw .foreign(file: file) }
        fileID = page.fixed(at: 56)
    }
}
